"""What kinds of items there are: pictures, vectors; each an entry of a registry."""

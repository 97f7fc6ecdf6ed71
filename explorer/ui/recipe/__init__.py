"""The recipe: what is trained and how."""

"""Files that embeddings are written to, one file a format."""

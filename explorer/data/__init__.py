"""Pictures, tables and vectors in."""

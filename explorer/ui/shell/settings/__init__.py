"""The pages of settings and shortcuts, and what is kept on the disk."""

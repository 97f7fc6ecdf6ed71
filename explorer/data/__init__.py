"""Pictures, tables and vectors in: scanning, decoding, caching and splitting, without torch and without Qt."""

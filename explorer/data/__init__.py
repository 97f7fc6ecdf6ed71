"""Pictures and tables in: scanning, decoding, caching and splitting, without torch and without Qt."""

"""The analysis process: everything that reads embeddings, in one spawned process without torch."""

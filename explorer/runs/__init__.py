"""The run folder: atomic writes, checkpoints, history."""

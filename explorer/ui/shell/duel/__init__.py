"""Two runs of one dataset in one window."""

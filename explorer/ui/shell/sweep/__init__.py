"""Several runs at once: what is tried, and what came of it."""

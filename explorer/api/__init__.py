"""What scripts and notebooks use: ``explorer.train``, ``explorer.open_run`` and ``explorer.compare``."""

"""What scripts and notebooks use: ``explorer.train``, ``open_run``, ``compare`` and ``watch``."""

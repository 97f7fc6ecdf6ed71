"""Widgets and drawing that know nothing of a session: theme, text, plots, tiles, forms."""

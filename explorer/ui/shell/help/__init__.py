"""The help, the guided first run, and what this program is."""

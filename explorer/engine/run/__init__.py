"""One run: the trainer thread, what is written of it, alarms, and saved runs."""

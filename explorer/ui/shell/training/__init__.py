"""The run that is shown: its bar, its commands, its alarms, and a branch of it."""

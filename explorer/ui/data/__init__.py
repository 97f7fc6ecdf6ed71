"""The open data: classes, split, what was skipped."""

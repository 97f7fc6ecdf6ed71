"""Losses: one file each, registered as kind `loss`."""

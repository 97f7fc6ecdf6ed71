"""Batch samplers: one file each, registered as kind `sampler`."""

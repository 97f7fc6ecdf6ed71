"""Encoders: one file each, registered as kind `encoder`."""

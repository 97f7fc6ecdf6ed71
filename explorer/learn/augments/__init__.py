"""Augmentation presets, in batches on the device: one file each, registered as kind `augment`."""

"""The docks of the window: one file each, registered as kind `panel`."""

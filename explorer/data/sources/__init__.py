"""Where a dataset can come from: one file a source, registered as kind ``source``; see ``listing.Source``."""

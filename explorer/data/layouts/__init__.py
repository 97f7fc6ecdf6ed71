"""Known data sets as they are downloaded: one file a family, which says how a set is recognised and what it means."""

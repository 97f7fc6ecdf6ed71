"""A sweep: many runs of one set of data, a recipe for each combination of some values, one after the other."""

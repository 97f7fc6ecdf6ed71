"""From a path to an open dataset with its split, and what a recipe needs of it."""

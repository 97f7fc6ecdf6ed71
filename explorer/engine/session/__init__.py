"""A session: one dataset, a recipe, a run, and what is shown of them."""

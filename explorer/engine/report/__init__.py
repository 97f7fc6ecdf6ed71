"""A saved run on one page that needs nothing else: what was trained, how good it is, and where it goes wrong."""

"""The saved runs: their page, table, curves and details, and several of them beside each other."""

"""The start page: where data are dropped, what was open last, examples."""

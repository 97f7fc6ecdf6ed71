"""The fields of a form: one widget for each type of parameter."""

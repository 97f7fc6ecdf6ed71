"""Lists of boxes on pictures, as programs that mark them and data sets of objects write them: one file a format."""

"""File formats and archives: what is read out of tables, arrays, Parquet, HDF5, tar and zip, whatever the items are."""

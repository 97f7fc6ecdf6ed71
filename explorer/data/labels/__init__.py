"""What says the class, the part of the split and other columns of an item: folders, names, tables, lists of pairs."""

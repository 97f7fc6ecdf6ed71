"""The commands of the window itself, and the list in which everything is found by typing."""

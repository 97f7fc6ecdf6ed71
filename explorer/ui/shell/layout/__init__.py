"""Where the panels are: docks, their sizes, and the layouts of the window."""

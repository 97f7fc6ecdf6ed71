"""How data and runs come into the window: dialogs, drops, what is asked before, what comes back after a crash."""

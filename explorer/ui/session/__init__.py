"""What all panels share: the bridge to the engine, the state of the view, commands, settings, the base of a panel."""

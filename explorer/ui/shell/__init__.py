"""The window around the panels: menus, run bar, docks, start page, opening data, messages."""

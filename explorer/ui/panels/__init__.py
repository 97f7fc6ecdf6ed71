"""The panels of the window, one module each; a module here that registers a class of kind ``panel`` becomes a dock."""

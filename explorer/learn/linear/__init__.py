"""Linear metrics fitted to features that stay as they are: one file each, registered as kind `fitter`."""

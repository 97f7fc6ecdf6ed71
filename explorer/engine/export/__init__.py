"""What can be taken out of the application, one file a format."""

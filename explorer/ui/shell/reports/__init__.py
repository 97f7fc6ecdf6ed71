"""Reports that are written for somebody."""

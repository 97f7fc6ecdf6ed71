"""What is done with whole recipes: taken, saved, copied, compared."""

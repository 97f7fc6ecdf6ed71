"""What is selected: how many, of which classes and parts, their pictures, and what can be done with all of them."""

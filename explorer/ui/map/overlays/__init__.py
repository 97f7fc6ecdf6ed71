"""What is painted over the points: of each overlay its controller and its layer, side by side."""

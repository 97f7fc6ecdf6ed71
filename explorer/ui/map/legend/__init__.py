"""What colours and shapes of the map mean."""

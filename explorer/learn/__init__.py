"""Training: distances, losses, miners, samplers, encoders and the loop that joins them; the only room with torch."""

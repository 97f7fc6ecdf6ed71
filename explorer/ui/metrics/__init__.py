"""What is measured: curves, distances, triplets, miners, the learned metric."""

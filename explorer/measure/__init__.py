"""What every reader of embeddings needs: lifts, search, census, histograms; numpy, numba and faiss, never torch."""

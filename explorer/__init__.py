"""Embedding Explorer: train an embedding on your pictures and watch the metric being learned."""

__version__ = "0.1.0"

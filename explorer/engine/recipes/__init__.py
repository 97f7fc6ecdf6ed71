"""Recipes as people hand them on: what two say differently, how a run was trained, and lines that train it again."""

"""The map taken away: PNG, SVG, a film."""

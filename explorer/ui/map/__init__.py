"""The map: its panel, the point canvas, overlays, legend, time line and export."""

"""The point canvas: raster, picking, sprites, overlays."""

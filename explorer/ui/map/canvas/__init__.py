"""The point canvas: raster, picking, viewport, selection tools, thumbnails."""

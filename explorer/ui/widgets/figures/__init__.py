"""Figures for paper: what a panel shows as data, drawn without parts of the window, as PNG, SVG and CSV."""

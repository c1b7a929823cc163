"""Plotters' files: written, read back, and verified against the plot."""

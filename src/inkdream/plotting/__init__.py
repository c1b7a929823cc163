"""From a run, an SVG or a photo to a plotter's file; stands on `plot` and `run`."""

"""From a run, an SVG or a picture to strokes in one's own pens, and to a plotter's file."""

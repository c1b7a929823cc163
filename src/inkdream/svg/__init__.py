"""Anybody's SVG as shapes in mm, with bounds on time and memory; and resvg's look at a file."""

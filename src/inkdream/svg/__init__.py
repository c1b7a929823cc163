"""SVG files of any program as shapes in mm, in bounded time and memory; and resvg's pictures."""

"""`inkdream plot`: runs, SVGs and pictures as strokes of pens, in plotters' files."""

"""How areas of one ink become strokes: outlines, rings, lines, and how they are connected."""

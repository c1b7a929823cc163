"""How areas of one ink become strokes: outlines, rings, lines, and how they are connected."""

from typing import Literal, get_args

# How areas are filled; `HatchSettings` says what the words mean.
Style = Literal["parallel", "cross", "concentric", "spiral"]
STYLES: tuple[str, ...] = get_args(Style)
# Lines side by side over an area, at most: a pen of 0.15 mm on a sheet of 5 m takes as many.
MOST_LINES = 2**15

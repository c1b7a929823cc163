"""How areas of one ink become strokes: outlines, rings, lines; and how tones do."""

from typing import Literal, get_args

# How areas are filled; `HatchSettings` says what the words mean.
Style = Literal["parallel", "cross", "concentric", "spiral"]
STYLES: tuple[str, ...] = get_args(Style)
# How tones of pictures and of areas are drawn; `toned` in tones.py says what the words mean.
Tone = Literal["flow", "ruled", "stipple", "single"]
TONES: tuple[str, ...] = get_args(Tone)
# Lines side by side over an area, at most: a pen of 0.15 mm on a sheet of 5 m takes as many.
MOST_LINES = 2**15

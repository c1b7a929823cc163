"""The words for how areas are filled; what they mean stands in `HatchSettings`."""

from __future__ import annotations

from typing import Literal, get_args

Style = Literal["parallel", "cross", "concentric", "spiral"]
STYLES: tuple[str, ...] = get_args(Style)

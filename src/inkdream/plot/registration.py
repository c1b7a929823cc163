"""Registration marks: what several pens, or several sheets, are aligned by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from inkdream.page import Page
from inkdream.plot.plot import Plot, Stroke

# Half of a cross, in mm.
ARM = 2.5


def with_crosses(plot: Plot, arm: float = ARM, bare: float = 0.0) -> Plot:
    """Return the plot with a cross at each corner of its margin, first in every layer that draws.

    Args:
        plot: any.
        arm: from a cross's middle to its ends, in mm; less where the page has no room for it.
        bare: mm along the page's edges where nothing can be drawn: crosses lie further inside.
    """
    crosses = tuple(_crosses(plot.page, arm, bare))
    layers = (
        replace(layer, strokes=crosses + layer.strokes) if layer.strokes else layer
        for layer in plot.layers
    )
    return replace(plot, layers=tuple(layers))


def _crosses(page: Page, arm: float, bare: float) -> Iterator[Stroke]:
    """Yield two strokes for each corner, clockwise from the top left, all on the page."""
    arm = min(arm, page.width / 4, page.height / 4)
    inset = max(page.margin, bare + arm)
    left, top, right, bottom = inset, inset, page.width - inset, page.height - inset
    for x, y in ((left, top), (right, top), (right, bottom), (left, bottom)):
        yield Stroke(np.array([[x - arm, y], [x + arm, y]]))
        yield Stroke(np.array([[x, y - arm], [x, y + arm]]))

"""How a page lies in an HPGL plotter: which paper, which way round, and what is within reach."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inkdream.errors import InputError, unknown
from inkdream.page import Page
from inkdream.plot.devices import HpglDevice, HpglPaper
from inkdream.plot.plot import Points
from inkdream.plot.split import Lines

Units = NDArray[np.int64]

# A sheet counts as a paper's own size if it differs by no more than this, in mm.
SAME = 1.0
# Of sums of lengths in mm.
NOISE = 1e-6


@dataclass(frozen=True)
class Placement:
    """How a page lies in an HPGL plotter.

    Attributes:
        page: the page.
        paper: what the machine holds.
        unit: mm of one plotter unit.
        turned: whether the page lies a quarter turn counter-clockwise, its top at the paper's left.
        left, bottom: mm from the paper's edges to the page's, as it lies.
    """

    page: Page
    paper: HpglPaper
    unit: float
    turned: bool
    left: float
    bottom: float

    def to_units(self, points: Points) -> Units:
        """Return points (N, 2) on the page in mm as the nearest in plotter units, y up."""
        x, y = points.T
        right, up = (y, x) if self.turned else (x, self.page.height - y)
        lying = np.stack([right + self.left, up + self.bottom], axis=1)
        return np.rint((lying - self.paper.origin) / self.unit).astype(np.int64)

    def to_page(self, units: Units) -> Points:
        """Return plotter units (N, 2) as points on the page in mm, y down."""
        lying = units * self.unit + np.asarray(self.paper.origin)
        right, up = lying[:, 0] - self.left, lying[:, 1] - self.bottom
        x, y = (up, right) if self.turned else (right, self.page.height - up)
        page: Points = np.stack([x, y], axis=1)
        return page

    @property
    def margin(self) -> float:
        """The page's margin in mm within which the machine can draw everything."""
        limits = np.array([self.paper.x, self.paper.y], dtype=np.float64)
        reach = limits * self.unit + np.array(self.paper.origin)[:, None]
        page = (self.page.width, self.page.height)
        width, height = page[::-1] if self.turned else page
        sides = np.array([[self.left, self.left + width], [self.bottom, self.bottom + height]])
        return max(0.0, float((reach - sides)[:, 0].max()), float((sides - reach)[:, 1].max()))

    def beyond(self, units: Units) -> float:
        """Return by how many mm units (N, 2) lie beyond the hard-clip limits; 0 if they do not."""
        low, high = np.array([self.paper.x, self.paper.y]).T
        return max(0.0, float(np.maximum(low - units, units - high).max(initial=0)) * self.unit)


def place(page: Page, device: HpglDevice, paper: str = "") -> Placement:
    """Return how a page lies in a plotter.

    It lies on paper of its own size if the machine takes that, else in the middle (on a flat bed in
    the lower left corner) of the first paper that is large enough; turned if it does not fit
    upright, or only so has its margin within reach.

    Args:
        page: the page.
        device: the plotter.
        paper: one of its papers; '' for the first that fits.

    Raises:
        InputError: if there is no such paper, or the page is larger than it.
    """
    papers = [each for each in device.paper if not paper or each.name == paper.lower()]
    if not papers:
        raise unknown(f"paper of {device.name}", paper, [each.name for each in device.paper])
    found = [
        _lay(page, device, each, turned)
        for each in papers
        for turned in (False, True)
        if _spare(page, each, turned) >= -SAME
    ]
    if not found:
        sizes = ", ".join(f"{each.name} {each.size[0]:g} x {each.size[1]:g}" for each in papers)
        raise InputError(
            f"{device.title}: a page of {page.width:g} x {page.height:g} mm is larger than its "
            f"paper ({sizes} mm); choose a smaller page"
        )
    # min() keeps to the machine's order, and to upright, among equals.
    return min(found, key=lambda each: _preference(each, device))


def check_reach(layers: Sequence[Lines], placed: Placement, device: HpglDevice) -> None:
    """Raise InputError if ink lies beyond the hard-clip limits, where it would be cut off.

    The line says by how much, and what would fit.
    """
    lines = [line for layer in layers for line in layer.lines]
    if not lines:
        return
    corners = np.stack(
        [np.min([line.min(0) for line in lines], 0), np.max([line.max(0) for line in lines], 0)]
    )
    over = placed.beyond(placed.to_units(corners))
    if not over:
        return
    margin = math.ceil(placed.margin - NOISE)
    room = min(placed.page.width, placed.page.height) - 2 * margin
    ways = [f"a page margin of {margin} mm"] if room > 0 else []
    ways += [f"paper {name}" for name in _larger(corners, placed, device)]
    raise InputError(
        f"{device.title}: the drawing reaches {over:.2g} mm beyond what the machine draws on "
        f"{placed.paper.name}; what fits: {' or '.join(ways) or 'a smaller page'}"
    )


def _larger(corners: Points, placed: Placement, device: HpglDevice) -> list[str]:
    """Return the names of other papers on which a drawing of these corners fits."""
    names = []
    for paper in device.paper:
        larger = [_spare(placed.page, paper, turned) >= -SAME for turned in (False, True)]
        if paper.name != placed.paper.name and any(larger):
            other = place(placed.page, device, paper.name)
            names += [paper.name] if not other.beyond(other.to_units(corners)) else []
    return names


def _spare(page: Page, paper: HpglPaper, turned: bool) -> float:
    """Return how much larger a paper is than a page, in mm, where it is least so."""
    width, height = (page.height, page.width) if turned else (page.width, page.height)
    return min(paper.size[0] - width, paper.size[1] - height)


def _lay(page: Page, device: HpglDevice, paper: HpglPaper, turned: bool) -> Placement:
    width, height = (page.height, page.width) if turned else (page.width, page.height)
    spare = (0.0, 0.0) if device.corner else (paper.size[0] - width, paper.size[1] - height)
    return Placement(page, paper, device.unit, turned, spare[0] / 2, spare[1] / 2)


def _preference(placed: Placement, device: HpglDevice) -> tuple[bool, int, bool]:
    """Return a key that is least for the placement that is best."""
    sides = sorted((placed.page.width, placed.page.height))
    own = sorted(placed.paper.size)
    differs = max(abs(side - other) for side, other in zip(sides, own, strict=True)) > SAME
    return differs, device.paper.index(placed.paper), placed.margin > placed.page.margin + NOISE

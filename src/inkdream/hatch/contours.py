"""Where a picture's forms end: lines along its edges, as an engraver draws first of all."""

from __future__ import annotations

import contourpy
import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from inkdream.filters import blurred
from inkdream.plot.clip import reached
from inkdream.plot.plot import Points
from inkdream.plot.ragged import pack
from inkdream.plot.simplify import simplify_lines

# The wider of two blurs whose difference is 0 along edges.
WIDER = 1.6
# The line lies this far on the darker side of an edge, in blurs, as its ink belongs there.
INWARDS = 0.5
# An edge's line goes on for as long as the edge is this share of what it has to be somewhere.
GOES_ON = 0.5
TOLERANCE = 0.02


def contours(
    grey: Float[np.ndarray, "H W"], deviation: float, scale: float, least: float, strong: float
) -> list[Points]:
    """Return lines along a picture's edges, on their darker side.

    They are where a blur and a wider one are equal, for as long as the picture changes much there.

    Source: Marr and Hildreth, "Theory of edge detection", 1980.

    >>> import numpy as np
    >>> rows, columns = np.mgrid[:40, :40]
    >>> disc = (np.hypot(rows - 19.5, columns - 19.5) > 12).astype(float)
    >>> [len(line) > 20 for line in contours(disc, 1.5, 1.0, 10.0, 0.3)]
    [True]

    Args:
        grey: tones from 0, black, to 1.
        deviation: of the blur, in px: finer edges are not told.
        scale: mm per pixel.
        least: mm; shorter lines are left out.
        strong: by how much tones change at an edge, somewhere along its line.

    Returns:
        Polylines (N, 2) in mm from the top left corner; rings end where they begin.
    """
    if min(grey.shape) < 2:
        return []
    fine = blurred(grey, deviation)
    # At a step from 0 to h, the blur's slope is h / (sqrt(2 pi) deviation).
    slope = np.hypot(*np.gradient(fine)) * np.sqrt(2 * np.pi) * deviation
    level = INWARDS * deviation * _steepness(fine, deviation)
    generator = contourpy.contour_generator(
        z=blurred(fine, np.sqrt(WIDER**2 - 1) * deviation) - fine - level, name="serial"
    )
    kept = []
    for line in generator.lines(0.0):
        kept += _strong_parts(np.asarray(line), slope, strong)
    mm = [(line + 0.5) * scale for line in kept]
    mm = [line for line in mm if reached(line)[-1] >= least]
    thin = simplify_lines(pack(mm), TOLERANCE)
    return [thin.line(number) for number in range(len(mm))]


def _steepness(fine: Float[np.ndarray, "H W"], deviation: float) -> Float[np.ndarray, "H W"]:
    """Return about how steeply the difference of blurs falls across edges, per px."""
    return np.asarray(0.3 * np.hypot(*np.gradient(fine)) / deviation)


def _strong_parts(line: Points, slope: Float[np.ndarray, "H W"], strong: float) -> list[Points]:
    """Return the parts of a line along which the slope does not fall much below `strong`."""
    across, down = line.T.round().astype(np.intp)
    steep = slope[down, across]
    goes_on = steep >= GOES_ON * strong
    if goes_on.all():
        return [line] if steep.max() >= strong else []
    if (line[0] == line[-1]).all():  # a ring begins where it is weak
        start = int(np.argmin(goes_on))
        line = np.concatenate([line[start:-1], line[: start + 1]])
        steep = np.concatenate([steep[start:-1], steep[: start + 1]])
        goes_on = steep >= GOES_ON * strong
    edges: NDArray[np.intp] = np.flatnonzero(np.diff(goes_on)) + 1
    parts = []
    for number in np.split(np.arange(len(line)), edges):
        if goes_on[number[0]] and len(number) > 1 and steep[number].max() >= strong:
            parts.append(line[number])
    return parts

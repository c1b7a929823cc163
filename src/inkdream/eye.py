"""What an eye sees of a drawing from a distance: lines melt into tones, and colours before tones.

Source: Zhang and Wandell, "A spatial extension of CIELAB for digital color image reproduction",
1996 (S-CIELAB): light is taken apart into lightness, red against green and blue against yellow,
each is blurred as the eye does it, and the result is compared in CIELAB.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from inkdream import colour
from inkdream.filters import blurred

# From where a drawing on a wall is looked at, in mm.
DISTANCE = 1000.0
# From linear RGB to lightness, red against green, blue against yellow: the paper's, of XYZ.
_OPPONENT = np.array([[0.279, 0.720, -0.107], [-0.449, 0.290, -0.077], [0.086, -0.590, 0.501]])
_TO_OPPONENT = _OPPONENT @ np.array(colour.LINEAR_TO_XYZ)
_FROM_OPPONENT = np.linalg.inv(_TO_OPPONENT)
# Of each, Gaussians: how much each weighs, and its full width at half maximum, in degrees.
_FILTERS = (
    ((1.00327, 0.05), (0.114416, 0.225), (-0.117686, 7.0)),
    ((0.616725, 0.0685), (0.383275, 0.826)),
    ((0.567885, 0.092), (0.432115, 0.6451)),
)
# A Gaussian's full width at half maximum in standard deviations.
_WIDTH = float(np.sqrt(8 * np.log(2)))


def seen(
    picture: Float[np.ndarray, "3 H W"], scale: float, distance: float = DISTANCE
) -> Float[np.ndarray, "3 H W"]:
    """Return a picture as an eye sees it from a distance, in linear RGB.

    Hatching of 0.3 mm at 1 m is a tone; of 3 mm it is lines still. Colours melt at about three
    times that.

    >>> import numpy as np
    >>> lines = np.tile(np.arange(60) % 3 == 0, (3, 60, 1)).astype(float)   # 0.3 mm from each other
    >>> bool(np.ptp(seen(lines, 0.1)) < 0.05)
    True

    Args:
        picture: in linear RGB; beyond its edges it is mirrored.
        scale: mm per pixel.
        distance: in mm.
    """
    degree = distance * np.pi / 180 / scale
    channels = np.tensordot(_TO_OPPONENT, picture, 1)
    for channel, filters in zip(channels, _FILTERS, strict=True):
        total = sum(weight for weight, _ in filters)
        parts = [w / total * blurred(channel, width / _WIDTH * degree) for w, width in filters]
        channel[:] = np.sum(parts, axis=0)
    return np.asarray(np.tensordot(_FROM_OPPONENT, channels, 1))


def difference(
    first: Float[np.ndarray, "3 H W"],
    second: Float[np.ndarray, "3 H W"],
    scale: float,
    distance: float = DISTANCE,
) -> Float[np.ndarray, "H W"]:
    """Return how different two pictures look from a distance, pixel by pixel (CIEDE2000).

    >>> import numpy as np
    >>> white, black = np.ones((3, 8, 8)), np.zeros((3, 8, 8))
    >>> float(difference(white, white, 0.1).max())
    0.0
    >>> round(float(difference(white, black, 0.1).mean()))
    100

    Args:
        first: in linear RGB.
        second: of the same size.
        scale: mm per pixel.
        distance: in mm.
    """
    one, other = (
        colour.linear_to_lab(seen(each, scale, distance), axis=0) for each in (first, second)
    )
    return np.asarray(colour.ciede2000(one, other, axis=0))

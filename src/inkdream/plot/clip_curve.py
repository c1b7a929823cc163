"""Cutting Bezier curves at a box: what is left of a curve is a curve."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np

from inkdream.plot.plot import Points

# Beyond the box by less than this, in mm, is a rounding error.
NOISE = 1e-9
_HALVINGS = 60


def cut_curve(points: Points, low: Points, high: Points) -> list[Points]:
    """Return the pieces of a curve inside a box, along it; a closed one is not cut at its ends.

    Args:
        points: (3 C + 1, 2) control points of C cubics, each beginning where the one before ends.
        low: the box's least x and y.
        high: its largest.
    """
    pieces: list[Points] = []
    reached = False  # whether the last piece goes on to the end of the cubic before
    for start in range(0, len(points) - 1, 3):
        control, goes_on = points[start : start + 4], False
        for begin, end in _spans(control, low, high):
            part = _part(control, begin, end, low, high)
            if reached and begin == 0:
                pieces[-1] = np.concatenate([pieces[-1], part[1:]])
            else:
                pieces.append(part)
            goes_on = end == 1
        reached = goes_on
    is_ring = (points[0] == points[-1]).all() and len(pieces) > 1
    if is_ring and (pieces[0][0] == points[0]).all() and (pieces[-1][-1] == points[0]).all():
        pieces[0] = np.concatenate([pieces.pop(), pieces[0][1:]])
    return [piece for piece in pieces if (piece != piece[0]).any()]


def _spans(control: Points, low: Points, high: Points) -> Iterator[tuple[float, float]]:
    """Yield from where to where, in [0, 1], a cubic is inside the box."""
    if (control >= low - NOISE).all() and (control <= high + NOISE).all():
        yield 0.0, 1.0
        return
    meetings = {0.0, 1.0}
    for axis in (0, 1):
        for edge in (low[axis], high[axis]):
            meetings.update(_roots(control[:, axis] - edge))
    since = None
    for begin, end in pairwise([*sorted(meetings), math.inf]):
        middle = _at(control, min((begin + end) / 2, 1.0))
        is_inside = bool((middle >= low - NOISE).all() and (middle <= high + NOISE).all())
        if is_inside and end <= 1:
            since = begin if since is None else since
        elif since is not None:
            yield since, begin
            since = None


def _roots(values: Points) -> Iterator[float]:
    """Yield where in (0, 1) a cubic polynomial of these Bernstein coefficients changes its sign."""
    first, second, third, last = (float(value) for value in values)
    if min(first, second, third, last) > 0 or max(first, second, third, last) < 0:
        return

    def value(t: float) -> float:
        s = 1 - t
        return s * s * (s * first + 3 * t * second) + t * t * (3 * s * third + t * last)

    # Between its turns the polynomial rises or falls; there it has one root at most.
    turns = _turns(second - first, third - second, last - third)
    for begin, end in pairwise([0.0, *turns, 1.0]):
        if (value(begin) < 0) != (value(end) < 0):
            root = _halve(value, begin, end)
            if 0 < root < 1:
                yield root


def _halve(value: Callable[[float], float], begin: float, end: float) -> float:
    """Return where a function that has one root between two places changes its sign."""
    is_rising = value(begin) < 0
    for _ in range(_HALVINGS):
        middle = (begin + end) / 2
        if (value(middle) < 0) == is_rising:
            begin = middle
        else:
            end = middle
    return end


def _turns(a: float, b: float, c: float) -> list[float]:
    """Return the roots in (0, 1) of the quadratic of Bernstein coefficients a, b, c, in order."""
    square, half = a - 2 * b + c, b - a
    inner = half * half - square * a
    if inner < 0:
        return []
    # The two forms of the root that lose no digits.
    sum_ = -(half + math.copysign(math.sqrt(inner), half))
    roots = [sum_ / square if square else 0.0, a / sum_ if sum_ else 0.0]
    return sorted(root for root in roots if 0 < root < 1)


def _at(control: Points, t: float) -> Points:
    """Return the cubic's point at t."""
    return _polar(control, t, t, t)


def _part(control: Points, begin: float, end: float, low: Points, high: Points) -> Points:
    """Return a cubic's control points from `begin` to `end`; new ends lie in the box exactly."""
    if (begin, end) == (0, 1):
        return control
    places = (begin, begin, begin), (begin, begin, end), (begin, end, end), (end, end, end)
    part = np.stack([_polar(control, *three) for three in places])
    part[0] = np.clip(part[0], low, high) if begin > 0 else control[0]
    part[3] = np.clip(part[3], low, high) if end < 1 else control[3]
    return part


def _polar(control: Points, *places: float) -> Points:
    """Return the cubic's polar form; control points of a part of it are values of that.

    Source: Ramshaw 1989, "Blossoms are polar forms".
    """
    for t in places:
        control = (1 - t) * control[:-1] + t * control[1:]
    point: Points = control[0]
    return point

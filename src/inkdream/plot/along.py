"""Polylines by the length along them, and parts of strokes between places along them.

A place is a number in [0, S] on a stroke of S segments: its whole part names a line or a cubic, the
rest is that segment's parameter. So a part of a curve is a curve.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inkdream.plot.plot import Points, Stroke, bezier, cubics_of

Places = NDArray[np.float64]

# Chords that a cubic's length is measured by, and how many there may be in all.
_CHORDS = 128
_MOST_CHORDS = 2**21


def length_of(line: Points) -> float:
    """Return the length of a polyline (V, 2), in its own unit."""
    return float(np.hypot(*np.diff(line, axis=0).T).sum())


def reached(line: Points) -> NDArray[np.float64]:
    """Return how far along a polyline (V, 2) each of its vertices lies (V,)."""
    return np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])


def points_at(line: Points, along: NDArray[np.float64], at: NDArray[np.float64]) -> Points:
    """Return the points (M, 2) that lie `at` (M,) along a polyline.

    Args:
        line: (V, 2).
        along: (V,) as `reached` has it.
        at: lengths along it; what is beyond an end is that end.
    """
    return np.stack([np.interp(at, along, each) for each in line.T], axis=1)


def between(line: Points, along: NDArray[np.float64], begin: float, end: float) -> Points:
    """Return the part of a polyline between two lengths along it, `begin` before `end`.

    Args:
        line: (V, 2).
        along: (V,) as `reached` has it.
        begin: where it is cut.
        end: where it is cut again; the vertices between the two stay.
    """
    ends = points_at(line, along, np.array([begin, end], dtype=np.float64))
    inner = slice(np.searchsorted(along, begin, "right"), np.searchsorted(along, end))
    return np.concatenate([ends[:1], line[inner], ends[1:]])


def segments_of(stroke: Stroke) -> int:
    """Return of how many lines or cubics a stroke is made."""
    return (len(stroke.points) - 1) // 3 if stroke.curved else len(stroke.points) - 1


def parts(stroke: Stroke, begins: Places, ends: Places) -> list[Stroke]:
    """Return the parts of a stroke between places along it.

    Args:
        stroke: any.
        begins: (N,) where the parts begin.
        ends: (N,) where they end; one that ends where it begins is a dot.

    Returns:
        N strokes.
    """
    count = segments_of(stroke)
    if not len(begins) or count == 0:
        return [Stroke(stroke.points[[0, -1]]) for _ in begins]
    marks = np.unique(np.concatenate([np.arange(count + 1.0), begins, ends]))
    first, last = np.searchsorted(marks, begins), np.searchsorted(marks, ends)
    vertices = at_places(stroke, marks)
    if not stroke.curved:
        spans = zip(first.tolist(), last.tolist(), strict=True)
        return [Stroke(vertices[[a, a]] if a == b else vertices[a : b + 1]) for a, b in spans]
    cubics = _sub_cubics(stroke.points, marks)
    cubics[:, 0], cubics[:, 3] = vertices[:-1], vertices[1:]
    pieces = []
    for a, b in zip(first.tolist(), last.tolist(), strict=True):
        if a == b:
            pieces.append(Stroke(vertices[[a, a]]))
        else:
            points = np.concatenate([cubics[a, :1], cubics[a:b, 1:].reshape(-1, 2)])
            pieces.append(Stroke(points, curved=True))
    return pieces


def at_places(stroke: Stroke, places: Places) -> Points:
    """Return the points (N, 2) at places (N,) along a stroke; at whole ones, its own vertices."""
    count = segments_of(stroke)
    index = np.minimum(places.astype(np.int64), max(0, count - 1))
    t = (places - index)[:, None]
    if stroke.curved:
        points = bezier(cubics_of(stroke.points)[:, index], t)
        own = stroke.points[::3]
    else:
        own = stroke.points
        points = (1 - t) * own[index] + t * own[np.minimum(index + 1, count)]
    is_own = places == np.round(places)
    points[is_own] = own[places[is_own].astype(np.int64)]
    return points


def _sub_cubics(points: Points, marks: Places) -> NDArray[np.float64]:
    """Return the control points (M - 1, 4, 2) of the parts between neighbouring marks (M,).

    Source: Ramshaw 1989, "Blossoms are polar forms".
    """
    index = np.floor((marks[:-1] + marks[1:]) / 2).astype(np.int64)
    begin, end = (marks[:-1] - index)[:, None, None], (marks[1:] - index)[:, None, None]
    control = cubics_of(points)[:, index].swapaxes(0, 1)
    corners = []
    for three in ((begin,) * 3, (begin, begin, end), (begin, end, end), (end,) * 3):
        level = control
        for t in three:
            level = (1 - t) * level[:, :-1] + t * level[:, 1:]
        corners.append(level[:, 0])
    return np.stack(corners, axis=1)


def ruler(stroke: Stroke) -> tuple[NDArray[np.float64], Places]:
    """Return how long a stroke is up to each of many places (P,), and these places (P,)."""
    if not stroke.curved:
        return reached(stroke.points), np.arange(float(len(stroke.points)))
    count = segments_of(stroke)
    chords = int(np.clip(_MOST_CHORDS // max(1, count), 4, _CHORDS))
    places = np.arange(chords * count + 1) / chords
    return reached(at_places(stroke, places)), places

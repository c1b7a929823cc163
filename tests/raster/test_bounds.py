"""The room for what a stroke touches is never less than what the search finds."""

import numpy as np
import pytest
import torch

from inkdream.raster import numba_cpu
from inkdream.raster.lanes import WIDTH, address, keep, kernel, room
from inkdream.raster.numba_strokes import bound_entries, strokes_at, visit_blocks
from inkdream.raster.scene import Scene

HEIGHT, WIDE = 37, 50


@kernel
def count_visited(strokes, slots):
    """Return how many blocks each stroke visits, in an array with room for the whole page."""
    counts = np.zeros(strokes.strokes, np.int64)
    best, visited = room(2 * WIDTH * len(slots)), np.empty(len(slots), np.int32)
    work = (address(slots), address(best), address(visited))
    inside = strokes_at(strokes)
    for stroke in range(strokes.strokes):
        counts[stroke] = visit_blocks(inside, stroke, work)
        slots[:] = -1
    keep(best)
    keep(visited)
    return counts


def lattice(generator, strokes, vertices):
    """Vertices on the corners of blocks, and a rounding beside them."""
    corners = 4.0 * torch.randint(-2, 16, (strokes, vertices, 2), generator=generator)
    roundings = torch.randint(-2, 3, corners.shape, generator=generator)
    return corners * (1 + roundings * torch.finfo(torch.float32).eps)


def short(generator, strokes, vertices):
    """Segments about as long as what counts as a point."""
    start = torch.rand(strokes, 1, 2, generator=generator) * 40
    return start + torch.randn(strokes, vertices, 2, generator=generator) * 1e-6


def far(generator, strokes, vertices):
    """Vertices far beyond the page, as from one end of it to another."""
    power = torch.randint(0, 30, (strokes, vertices, 2), generator=generator)
    return torch.randn(strokes, vertices, 2, generator=generator) * 10.0**power


def odd(generator, strokes, vertices):
    """Vertices that are no numbers, among others."""
    lines = torch.rand(strokes, vertices, 2, generator=generator) * 40
    for bad in (float("nan"), float("inf"), -float("inf"), 3e38):
        lines[torch.rand(lines.shape, generator=generator) < 0.05] = bad
    return lines


@pytest.mark.parametrize("make", [lattice, short, far, odd])
@pytest.mark.parametrize("softening", [0.645, 1.0, 2.0])
def test_no_stroke_visits_more_blocks_than_there_is_room_for(make, softening):
    generator = torch.Generator().manual_seed(7)
    lines = make(generator, 20_000, 6)
    radius = torch.randint(0, 5, (len(lines),), generator=generator) / 2
    scene = Scene(lines, radius, torch.ones(len(lines), 1), HEIGHT, WIDE, softening)
    strokes = numba_cpu._strokes(scene)
    bounds = bound_entries(strokes, 2)
    slots = np.full(strokes.across * strokes.down, -1, np.int32)
    visited = count_visited(strokes, slots)
    assert (visited <= bounds[np.argsort(strokes.order)]).all()
    assert visited.max() > 3

"""Where strokes start: at chance, on a grid, or along the lines of a picture.

Legend: S strokes, N control points.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor

from inkdream import colour
from inkdream.blur import gaussian
from inkdream.drawing.initial import Origin
from inkdream.drawing.pixel_limits import LIGHT
from inkdream.drawing.splines import points_of, reach_of
from inkdream.drawing.symmetry import copies
from inkdream.errors import InputError
from inkdream.page import Page
from inkdream.placement import emphasis, read_mask
from inkdream.recipe import Recipe

# From how many strokes there are, their control points, page, length in mm, and chance.
Start = Callable[[int, int, Page, float, torch.Generator], Float[Tensor, "S N 2"]]

# How much a stroke begins bent: the standard deviation of its direction's turn from end to end.
_BEND = 0.8
# Blur of the structure tensor in px; below it, edges are noise.
_SMOOTH = 3.0
# Share of strokes along a picture that go to its flat parts as well as its edges.
_EVERYWHERE = 0.15


def at_random(
    count: int, points: int, page: Page, length: float, generator: torch.Generator
) -> Float[Tensor, "S N 2"]:
    """Return strokes anywhere inside the margin, in any direction, gently bent.

    Args:
        count: S.
        points: N control points a stroke.
        page: the sheet.
        length: of a stroke in mm.
        generator: the run's source of chance.
    """
    left, top, right, bottom = page.inside
    low, high = torch.tensor([left, top]), torch.tensor([right, bottom])
    centres = low + torch.rand(count, 2, generator=generator) * (high - low)
    return arcs(centres, _directions(count, generator), points, length, generator)


def on_grid(
    count: int, points: int, page: Page, length: float, generator: torch.Generator
) -> Float[Tensor, "S N 2"]:
    """Return strokes spread evenly inside the margin; for the arguments see `at_random`."""
    left, top, right, bottom = page.inside
    width, height = right - left, bottom - top
    rows = min(count, max(1, round(math.sqrt(count * height / width))))
    # Rows have as many strokes as each other, or one less, each row spread over the whole width.
    row = torch.arange(count) * rows // count
    in_row = torch.bincount(row)
    in_turn = torch.arange(count) - (in_row.cumsum(0) - in_row)[row]
    x = left + (in_turn + 0.5) / in_row[row] * width
    y = top + (row + 0.5) / rows * height
    centres = torch.stack([x, y], 1)
    return arcs(centres, _directions(count, generator), points, length, generator)


def within(
    mask: Float[Tensor, "H W"],
    count: int,
    points: int,
    page: Page,
    length: float,
    generator: torch.Generator,
) -> Float[Tensor, "S N 2"]:
    """Return strokes anywhere inside the margin where a mask is light; see `at_random`.

    They are no longer than that place is wide, about.

    Raises:
        InputError: if it is dark all over.
    """
    light = _margin_mask(page, mask) * (mask >= LIGHT)
    if not light.any():
        raise InputError("keep.where: is dark all over, so that nothing new can be drawn")
    wide = math.sqrt(float(light.mean()) * page.width * page.height)
    return weighted(light, count, points, page, min(length, wide), generator)


def weighted(
    weight: Float[Tensor, "H W"],
    count: int,
    points: int,
    page: Page,
    length: float,
    generator: torch.Generator,
) -> Float[Tensor, "S N 2"]:
    """Return strokes by chance, the more of them the larger a weight is; see `at_random`."""
    centres = _places(weight, count, page, generator)
    return arcs(centres, _directions(count, generator), points, length, generator)


def along(
    picture: Float[Tensor, "3 H W"],
    count: int,
    points: int,
    page: Page,
    length: float,
    generator: torch.Generator,
    where: Float[Tensor, "H W"] | None = None,
) -> Float[Tensor, "S N 2"]:
    """Return strokes that follow a picture's edges, most of them where the edges are strongest.

    The directions are those of the least change: the second eigenvectors of the structure tensor
    of the lightness (Bigün and Granlund 1987).

    Args:
        picture: linear RGB, as large as the page's own in px or any other size.
        count: S.
        points: N control points a stroke.
        page: the sheet.
        length: of a stroke in mm.
        generator: the run's source of chance.
        where: by what the edges' strength is multiplied, of the picture's size.
    """
    direction, strength = flow(picture)
    inside = _margin_mask(page, strength)
    weight = inside * (strength / strength.mean().clamp(min=1e-9) + _EVERYWHERE)
    weight = weight if where is None else weight * where
    centres = _places(weight, count, page, generator)
    return _follow(centres, direction, points, page, length)


def arcs(
    centres: Float[Tensor, "S 2"],
    directions: Float[Tensor, " S"],
    points: int,
    length: float,
    generator: torch.Generator,
) -> Float[Tensor, "S N 2"]:
    """Return strokes of a length in mm through centres, in directions (radians), gently bent."""
    turn = torch.randn(len(centres), generator=generator) * _BEND
    along_it = torch.linspace(-0.5, 0.5, points)
    angle = directions[:, None] + turn[:, None] * along_it
    steps = torch.stack([torch.cos(angle), torch.sin(angle)], -1) * (length / (points - 1))
    path = torch.cumsum(steps, 1)
    return centres[:, None] + path - path.mean(1, keepdim=True)


def flow(
    picture: Float[Tensor, "3 H W"],
) -> tuple[Float[Tensor, "2 H W"], Float[Tensor, "H W"]]:
    """Return the direction along a picture's edges (unit vectors x, y) and the edges' strength."""
    light = colour.linear_to_oklab(picture, axis=0)[:1]
    dy, dx = (torch.gradient(light, dim=axis)[0] for axis in (1, 2))
    tensor = gaussian(torch.cat([dx * dx, dx * dy, dy * dy]), _SMOOTH)
    xx, xy, yy = tensor
    angle = 0.5 * torch.atan2(2 * xy, xx - yy) + math.pi / 2
    return torch.stack([torch.cos(angle), torch.sin(angle)]), (xx + yy).clamp(min=0).sqrt()


def nearness(known: Float[Tensor, "K 3"], wanted: Float[Tensor, "S 3"]) -> Float[Tensor, "K S"]:
    """Return how near colours come to those wanted, by their squared distance in OKLab.

    For each stroke 0 on average, and a standard deviation of 1 over all: preferences to begin with.

    Args:
        known: of K inks, linear RGB.
        wanted: of S strokes, linear RGB.
    """
    far = torch.cdist(colour.linear_to_oklab(known), colour.linear_to_oklab(wanted)).square()
    near = far.mean(0, keepdim=True) - far
    # Where one ink is as near as another, there is nothing to lean to.
    return near / near.std(correction=0).clamp(min=1e-6)


def _follow(
    centres: Float[Tensor, "S 2"],
    direction: Float[Tensor, "2 H W"],
    points: int,
    page: Page,
    length: float,
) -> Float[Tensor, "S N 2"]:
    """Return strokes through centres that keep to a field of directions, both ways."""
    step = length / (points - 1)
    middle = points // 2
    halves = []
    for sign, count in ((-1.0, middle), (1.0, points - 1 - middle)):
        place, before, half = centres, None, []
        for _ in range(count):
            heading = _look_up(direction, place, page)
            # A direction has no sign: go on the way the stroke has come.
            turn = torch.full_like(heading[:, :1], sign)
            if before is not None:
                turn = torch.sign((heading * before).sum(1, keepdim=True) + 1e-9)
            before = heading * turn
            place = place + before * step
            half.append(place)
        halves.append(half)
    back, forth = halves
    return torch.stack([*reversed(back), centres, *forth], 1)


def _look_up(
    field: Float[Tensor, "2 H W"], places: Float[Tensor, "S 2"], page: Page
) -> Float[Tensor, "S 2"]:
    rows, columns = field.shape[1:]
    column = (places[:, 0] / page.width * columns).long().clamp(0, columns - 1)
    row = (places[:, 1] / page.height * rows).long().clamp(0, rows - 1)
    return field[:, row, column].T


def _margin_mask(page: Page, like: Float[Tensor, "H W"]) -> Float[Tensor, "H W"]:
    """Return 1 inside the margin and 0 outside, on the grid of a picture of the page."""
    left, top, right, bottom = page.inside
    rows, columns = like.shape
    x = (torch.arange(columns) + 0.5) / columns * page.width
    y = (torch.arange(rows) + 0.5) / rows * page.height
    return ((x > left) & (x < right))[None] * ((y > top) & (y < bottom))[:, None].to(like)


def _places(
    weight: Float[Tensor, "H W"], count: int, page: Page, generator: torch.Generator
) -> Float[Tensor, "S 2"]:
    """Return places in mm by chance, as many in each cell of a page as its share of a weight."""
    cells = torch.multinomial(weight.flatten(), count, replacement=True, generator=generator)
    rows, columns = weight.shape
    size = torch.tensor([page.width / columns, page.height / rows])
    jitter = torch.rand(count, 2, generator=generator)
    return (torch.stack([cells % columns, cells // columns], 1) + jitter) * size


def _directions(count: int, generator: torch.Generator) -> Float[Tensor, " S"]:
    return torch.rand(count, generator=generator) * math.pi


def begin(
    recipe: Recipe, generator: torch.Generator, initial: Origin | None
) -> Float[Tensor, "S N 2"]:
    """Return where a recipe's strokes begin: first those that are given, then spares."""
    strokes, page = recipe.strokes, recipe.page
    # A stroke that is longer than the page begins bent over its edge.
    length = min(strokes.length, min(page.width, page.height) - 2 * page.margin)
    count = strokes.count // len(copies(recipe.symmetry))
    points = points_of(strokes.spans_of, corners=strokes.corners)
    length = reach_of(length, points, corners=strokes.corners)
    near = emphasis(recipe)
    # A picture that is named is there to be followed, a study only where that is asked for.
    named = recipe.origin or recipe.tile
    follows = strokes.start == "study" or (named and strokes.start in ("random", "sketch"))
    if initial is not None and initial.picture is not None and follows:
        return along(initial.picture, count, points, page, length, generator, near)
    start: Start = on_grid if strokes.start == "grid" else at_random
    if near is not None and strokes.start != "grid":
        start = partial(weighted, _margin_mask(page, near) * near)
    if recipe.keep.where:
        start = partial(within, read_mask(recipe, recipe.keep.where))
    if initial is not None and initial.lines is not None:
        given = initial.lines.points
        spare = start(max(1, count - len(given)), points, page, length, generator)
        return torch.cat([given, spare])[:count]
    return start(count, points, page, length, generator)

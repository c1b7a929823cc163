"""Lines that are drawn before they are climbed: a plan in areas, engraved along its forms.

The plan is a drawing in areas of what the pens look like from afar where they hatch, before bare
paper. Its areas become lines that follow their forms, evenly spaced, close where things are small
and wide apart in what is large; or rings around the inside of each, wound into one line. Each is a
stroke in its area's pen. The climb goes on from there: a drawing that starts drawn stays drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int, UInt8
from torch import Tensor

from inkdream import colour
from inkdream.blur import gaussian
from inkdream.drawing.distance import signed_distance
from inkdream.drawing.fitting import fitted, lengths_of, longest
from inkdream.drawing.initial import Lines, Origin
from inkdream.drawing.pixel_limits import LIGHT, PixelLimits
from inkdream.drawing.pixels import PixelDrawing
from inkdream.hatch.areas import outlines, without_specks
from inkdream.hatch.contours import contours
from inkdream.hatch.flow import Flow, field, level
from inkdream.hatch.hatch import HatchSettings, fill_areas
from inkdream.hatch.streamlines import Lengths, streamlines
from inkdream.placement import focus, read_mask
from inkdream.plot.clip import length_of, points_at, reached
from inkdream.plot.plot import Points, Stroke
from inkdream.recipe import Recipe

# How much of an area its hatch covers, as the plan has it.
COVER = 0.5
# How the plan's waves fall, and mm of the finest thing that it shows.
_DECAY, DETAIL = 1.0, 1.5
# What a plan takes from the recipe as it is.
_KEPT = {
    *("seed", "family", "steps", "terms", "page", "paper", "networks", "random_weights", "device"),
    *("compose", "bare", "crop", "ink_budget"),
}
# Lines are traced on a grid so many times finer than the plan.
_FINER = 2
# Off a focus lines lie further apart, by this share.
_OFF_FOCUS = 1.5
# Lines keep this far from each other, in widths of the pen, where areas are as narrow as lines...
_CLOSEST = 1.5
# ... and by this share more for each mm that the area's edge is away.
_WIDER = 0.18
# Deviations in px of the plan: over which directions are averaged, and of smoothed borders, which
# rings would not follow as far as the plan is recognised by them.
_FLOW, _SMOOTH = 4.0, 1.2
# mm: corners of areas are as round as this before rings go around their inside, and what is wound
# of these is no shorter. The rings' ink covers as much of an area as the plan has it.
_ROUND, _WOUND, _RINGS = 0.25, 5.0, 1 / COVER
# Of edges: the blur in px of the plan, mm of the shortest, and by how much lightness changes there.
_EDGE, _EDGES, _STRONG = 1.5, 9.0, 0.1
# Degrees of the first pen's straight hatches.
_FIRST = 45.0
# mm: lines that are traced, and lines that are drawn, are no shorter; ends nearer than the last
# join if they go on in the same direction, by this cosine. Nearer than so much they meet.
_TRACED, SHORTEST, _GAP, _ON, _MEET = 3.0, 9.0, 5.0, 0.85, 0.4
# A line has turned enough after so many degrees.
_TURN = 400.0
# Of a stroke from its line, in widths of the pen, and from a ring; and mm up to which lines are not
# cut.
_OFF, _OFF_RING, _WHOLE = 0.8, 1.5, 12.0
# A stroke is at most so many times as long as the recipe has it.
_LONGEST = 1.5
# mm between the places of a line whose px are smoothed, and how many of them the deviation is.
_STEP, _STEPS = 0.1, 5
# Rounds of finding how far apart so many lines lie, and the factor of the distance in each.
_ROUNDS, _FACTOR = 12, 1.12
# If the longest of too many rings hold this share of all ink, the others, in the smallest areas,
# are left out; else all would lie farther apart, and tones would fade.
_LONG_RINGS = 0.85


@dataclass(frozen=True)
class _Traced:
    """What lines are traced on: finer than the plan.

    Attributes:
        areas: the number of the ink at each place; 0 is paper.
        flows: which way each pen's lines run.
        edges: lines along areas' edges, and the number of each one's pen.
        wider: factor of the distance between lines, off the focus.
    """

    areas: UInt8[np.ndarray, "H W"]
    flows: Sequence[Flow]
    edges: Sequence[tuple[Points, int]]
    wider: Float[np.ndarray, "H W"] | float


def plan(recipe: Recipe, generator: torch.Generator, initial: Origin | None = None) -> PixelDrawing:
    """Return the plan of a recipe for strokes, before its first step.

    Args:
        recipe: the run's.
        generator: the stage's source of chance.
        initial: a study in colour that it begins from; None for chance.
    """
    drawing = PixelDrawing.of(planned(recipe), generator, initial)
    inside = _inside(recipe)
    limits = drawing.limits
    count = len(drawing.palette)
    light = torch.ones(count, *inside.shape)
    if limits is not None and limits.light is not None:
        light = limits.light.clone()
    light[1:] *= inside
    groups = limits.groups if limits is not None else torch.zeros(0, count)
    most = limits.most if limits is not None else torch.zeros(0)
    drawing.limits = PixelLimits(light, groups, most)
    return drawing


def planned(recipe: Recipe) -> Recipe:
    """Return the recipe of a plan: the page's px, in what the pens look like as hatching."""
    rows, columns = recipe.size
    paper = torch.from_numpy(colour.linear_of([recipe.paper])[0])
    inks = torch.from_numpy(colour.linear_of([pen.colour for pen in recipe.pens]))
    tints = colour.to_bytes((COVER * inks + (1 - COVER) * paper).float()).tolist()
    pens = [
        {**pen.model_dump(), "colour": colour.to_hex(tint)}
        for pen, tint in zip(recipe.pens, tints, strict=True)
    ]
    table = {
        **recipe.model_dump(include=_KEPT),
        "medium": "pixels",
        "width": columns,
        "height": rows,
        "pens": pens,
        "pixels": {"decay": _DECAY, "tidiness": 1.0, "detail": DETAIL},
    }
    return Recipe.model_validate(table).located(recipe.folder or Path())


def _inside(recipe: Recipe) -> Float[Tensor, "H W"]:
    """Return 1 where lines may run: inside the margin and half of where they fade, where asked."""
    left, top, right, bottom = recipe.page.inside
    fade, scale = recipe.strokes.fade / 2, recipe.page.scale
    rows, columns = recipe.size
    y, x = (torch.arange(rows) + 0.5) / scale, (torch.arange(columns) + 0.5) / scale
    down = (y > top + fade) & (y < bottom - fade)
    across = (x > left + fade) & (x < right - fade)
    inside = (down[:, None] & across).float()
    if not recipe.keep.where:
        return inside
    return inside * (read_mask(recipe, recipe.keep.where) >= LIGHT)


def engraved(recipe: Recipe, drawing: PixelDrawing) -> Lines:
    """Return a plan as strokes: at most as many as the recipe has, as close as that allows."""
    is_wound = recipe.strokes.lines == "rings"
    labels, count = drawing.inked().labels, len(drawing.palette)
    if is_wound:
        # An unfinished plan still has areas in which no line finds room, and very many of them.
        labels = without_specks(labels, np.full(count, (DETAIL * recipe.page.scale) ** 2))
        areas = labels.repeat(_FINER, 0).repeat(_FINER, 1)
    else:
        areas = _smooth(labels, count)
    colours = colour.linear_to_oklab(drawing.palette.colours().detach())[:, 0].double().numpy()
    grey = colours[areas]
    traced = _Traced(
        areas,
        [] if is_wound else _flows(recipe, grey),
        _edges(recipe, areas, grey) if recipe.strokes.lines in ("flow", "contour") else [],
        _wider(recipe, areas.shape),
    )
    apart = _RINGS if is_wound else _CLOSEST
    for _ in range(_ROUNDS):
        points, pens = _strokes(recipe, traced, apart)
        kept = longest(points, recipe.strokes.count)
        lengths = lengths_of(points)
        if lengths[kept].sum() >= (_LONG_RINGS if is_wound else 1.0) * lengths.sum():
            break
        apart *= _FACTOR
    inks = colour.linear_of([pen.colour for pen in recipe.pens])[pens[kept]]
    strokes = torch.from_numpy(points[kept]).float()
    return Lines(strokes, torch.from_numpy(inks).float(), alone=True)


def _wider(recipe: Recipe, shape: tuple[int, ...]) -> Float[np.ndarray, "H W"] | float:
    near = focus(recipe)
    if near is None:
        return 1.0
    far = 1 - F.interpolate(near[None, None], shape, mode="bilinear")[0, 0]
    return 1 + _OFF_FOCUS * far.double().numpy()


def _flows(recipe: Recipe, grey: Float[np.ndarray, "H W"]) -> list[Flow]:
    """Return which way each pen's lines run: along forms, or straight, each pen's another way."""
    count = len(recipe.pens)
    if recipe.strokes.lines == "hatch":
        rows, columns = grey.shape
        return [level(rows, columns, _FIRST + number * 180 / count) for number in range(count)]
    return [field(grey, _FLOW * _FINER)] * count


def _edges(
    recipe: Recipe, areas: UInt8[np.ndarray, "H W"], grey: Float[np.ndarray, "H W"]
) -> list[tuple[Points, int]]:
    """Return lines along the edges of areas, and the number of each one's pen: of the darker side.

    A pen's areas are told apart by other lightness; where two are alike there is no edge.
    """
    scale = 1 / (recipe.page.scale * _FINER)
    lines = contours(grey, _EDGE * _FINER, scale, least=_EDGES, strong=_STRONG)
    edges = []
    for line in lines:
        column, row = np.clip((line / scale - 0.5).round().astype(np.intp).T, 0, None)
        under = areas[np.minimum(row, areas.shape[0] - 1), np.minimum(column, areas.shape[1] - 1)]
        counts = np.bincount(under[under > 0], minlength=1)
        if counts.sum():
            edges.append((line, int(counts.argmax()) - 1))
    return edges


def _smooth(labels: UInt8[np.ndarray, "H W"], count: int) -> UInt8[np.ndarray, "H2 W2"]:
    """Return ink numbers on a finer grid, with smooth borders."""
    shares = F.one_hot(torch.from_numpy(labels).long(), count).permute(2, 0, 1).float()
    smooth = gaussian(shares, _SMOOTH)
    found = F.interpolate(smooth[None], scale_factor=_FINER, mode="bilinear")[0].argmax(0)
    return found.to(torch.uint8).numpy()


def _strokes(
    recipe: Recipe, plan: _Traced, apart: float
) -> tuple[Float[np.ndarray, "R N 2"], Int[np.ndarray, " R"]]:
    """Return strokes, and the number of each one's pen, of lines so many widths apart."""
    is_wound = recipe.strokes.lines == "rings"
    lines: list[Stroke] = []
    pens: list[int] = []
    for number in range(len(recipe.pens)):
        drawn = (_wound if is_wound else _followed)(recipe, plan, number, apart)
        lines += [Stroke(line, False) for line in drawn]
        pens += [number] * len(drawn)
    strokes, numbers = fitted(
        lines,
        recipe.strokes.spans_of,
        longest=_LONGEST * recipe.strokes.length,
        tolerance=(_OFF_RING if is_wound else _OFF) * min(pen.width for pen in recipe.pens),
        shortest=_WHOLE,
        corners=recipe.strokes.corners,
    )
    return strokes, np.array(pens, np.int64)[numbers]


def _followed(recipe: Recipe, plan: _Traced, number: int, apart: float) -> list[Points]:
    """Return a pen's lines along the edges of its areas, and along its flow inside them."""
    edges = [line for line, its in plan.edges if its == number]
    mask = plan.areas == number + 1
    if not mask.any() or recipe.strokes.lines == "contour":
        return edges
    scale = 1 / (recipe.page.scale * _FINER)
    near = apart * recipe.pens[number].width
    deep = np.maximum(signed_distance(~mask), 0.0) * scale
    lengths = Lengths(least=_TRACED / near, most=recipe.page.height / near, turn=_TURN)
    spacing = near * (1 + _WIDER * deep) * plan.wider
    flow = plan.flows[number]
    rows = streamlines(flow, spacing, scale, mask=mask, beside=edges, lengths=lengths)
    return edges + [line for line in joined(rows, _GAP) if length_of(line) > SHORTEST]


def _wound(recipe: Recipe, plan: _Traced, number: int, apart: float) -> list[Points]:
    """Return a pen's rings around the inside of its areas, those of an area wound into one line."""
    nib, scale = recipe.pens[number].width, 1 / (recipe.page.scale * _FINER)
    areas = outlines(plan.areas == number + 1, scale, nib, "smooth")
    for distance in (_ROUND, -2 * _ROUND, _ROUND):
        areas = shapely.buffer(areas, distance)
    alike: dict[float, list[shapely.Geometry]] = {}
    for area in shapely.get_parts(areas):
        if area.is_empty:
            continue
        spacing = apart * _around(area, plan.wider, scale)
        # Half of the bare gap lies along the edge too: were rings drawn up to it, those of two
        # areas would lie side by side, and every edge would look outlined.
        inner = shapely.buffer(area, -(spacing - 1) * nib / 2)
        alike.setdefault(spacing, []).extend(shapely.get_parts(area if inner.is_empty else inner))
    lines: list[Points] = []
    for spacing, parts in alike.items():
        style = HatchSettings(fill="spiral").spaced(spacing)
        lines += [wound.points for wound in fill_areas(np.array(parts), nib, 0, style)]
    return [softened(line) for line in lines if length_of(line) > _WOUND]


def softened(line: Points) -> Points:
    """Return a line (V, 2) in mm without the steps of px: each place is a mean of those near it.

    Its ends stay; lines of a mm or two stay as they are.
    """
    along, reach = reached(line), 3 * _STEPS
    count = int(along[-1] / _STEP) + 1
    if count <= reach:
        return line
    places = points_at(line, along, np.linspace(0, along[-1], count))
    # Beyond its ends a line goes on as its image through them, which keeps them in place.
    before = 2 * places[0] - places[reach:0:-1]
    after = 2 * places[-1] - places[-2 : -reach - 2 : -1]
    weights = np.exp(-((np.arange(-reach, reach + 1) / _STEPS) ** 2) / 2)
    whole = np.concatenate([before, places, after])
    means = [np.convolve(axis, weights / weights.sum(), "valid") for axis in whole.T]
    return np.stack(means, axis=1)


def _around(area: shapely.Geometry, wider: Float[np.ndarray, "H W"] | float, scale: float) -> float:
    """Return how much further apart than elsewhere lines lie in an area, on average."""
    if isinstance(wider, float):
        return wider
    left, top, right, bottom = (np.array(area.bounds) / scale).astype(np.intp)
    return float(wider[top : bottom + 1, left : right + 1].mean())


def joined(lines: Sequence[Points], gap: float) -> list[Points]:
    """Return lines whose ends are joined where they go on in the same direction.

    The longest line is taken first, and goes on at both ends, to the nearest each time.

    Args:
        lines: in mm.
        gap: between ends that may join.
    """
    if not lines:
        return []
    # Of each line, both ends, and the ways out there.
    ends = np.array([[line[0], line[-1]] for line in lines])
    inner = np.array([[line[min(len(line), 4) - 1], line[-min(len(line), 4)]] for line in lines])
    ways = ends - inner
    ways /= np.maximum(np.linalg.norm(ways, axis=2, keepdims=True), 1e-9)
    free = np.ones(len(lines), bool)
    whole = []
    for number in np.argsort([-length_of(line) for line in lines], kind="stable").tolist():
        if not free[number]:
            continue
        free[number] = False
        parts = [lines[number]]
        for side in (1, 0):
            at, end = number, side
            while (found := _next(ends, ways, free, (at, end), gap)) is not None:
                at, near = found
                free[at] = False
                other = lines[at] if near == 1 - side else lines[at][::-1]
                parts = [*parts, other] if side else [other, *parts]
                end = 1 - near
        whole.append(np.concatenate(parts))
    return whole


def _next(
    ends: Float[np.ndarray, "L 2 2"],
    ways: Float[np.ndarray, "L 2 2"],
    free: Bool[np.ndarray, " L"],
    place: tuple[int, int],
    gap: float,
) -> tuple[int, int] | None:
    """Return the line, and which of its ends, that a line goes on to from one end; None if none."""
    step, way = ends - ends[place], ways[place]
    away = np.linalg.norm(step, axis=2)
    fits = free[:, None] & (away < gap) & (-(ways @ way) > _ON)
    fits &= (away < _MEET) | (step @ way > _ON * away)
    if not fits.any():
        return None
    line, end = divmod(int(np.where(fits, away, np.inf).argmin()), 2)
    return line, end

"""Small plots that the tests of writers, readers, estimates and pictures share."""

import numpy as np

from inkdream.page import Page
from inkdream.pens import Pen
from inkdream.plot import Layer, Plot, Stroke

YELLOW = Pen(name="Stabilo 88 44", colour="#ffd83a", width=0.4)
CYAN = Pen(name="Stabilo 88 31", colour="#39b5e8", width=0.4)
MAGENTA = Pen(name="Micron 05 rose", colour="#d63384", width=0.45)
BLACK = Pen(name="Stabilo 88 46 black", colour="#222222", width=0.4)
GOLD = Pen(name="gold & gel", colour="#c9a227", width=0.6, opacity=1)
WHITE = Pen(name="Signo white", colour="#ffffff", width=0.8)


def spiral(x, y, radius, turns, vertices=1000):
    """A polyline from a centre out, in mm."""
    t = np.linspace(0, 1, vertices)
    angle = 2 * np.pi * turns * t
    return Stroke(np.stack([x + radius * t * np.cos(angle), y + radius * t * np.sin(angle)], 1))


def wave(left, right, y, height, cubics=6):
    """A row of cubic curves, in mm; where two meet their tangents are level."""
    joints = np.linspace(left, right, cubics + 1)
    third = (joints[1] - joints[0]) / 2.5
    side = y + height * (-1.0) ** np.arange(cubics + 1)
    points = [(joints[0], side[0])]
    for i in range(cubics):
        points += [(joints[i] + third, side[i]), (joints[i + 1] - third, side[i + 1])]
        points.append((joints[i + 1], side[i + 1]))
    return Stroke(np.array(points), curved=True)


def nice(scale=1.22, paper="#ffffff", pens=(YELLOW, CYAN, MAGENTA, BLACK), page="a6", margin=10):
    """Waves, spirals and dots in four pens that cross each other."""
    sheet = Page.of(page, scale=scale, margin=margin)
    left, top, right, bottom = sheet.inside
    wide, high = right - left, bottom - top
    rows = np.arange(top + 4, bottom - 4, 4.8)
    waves = [wave(left, right, y, 3.5) for y in rows]
    middle = (left + wide * 0.38, top + high * 0.4)
    other = (left + wide * 0.6, top + high * 0.62)
    spots = np.random.default_rng(3).uniform((left, top), (right, bottom), (40, 2))
    frame = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
    layers = [
        Layer(pens[0], tuple(waves)),
        Layer(pens[1], (spiral(*middle, wide * 0.36, wide / 5),)),
        Layer(pens[2], (spiral(*other, wide * 0.38, wide / 6), *waves[::6])),
        Layer(pens[3], (Stroke(np.array(frame)), *(Stroke(spot[None].copy()) for spot in spots))),
    ]
    return Plot(sheet, paper, tuple(layers))


def simple(*strokes, pen=BLACK, page="a6", paper="#ffffff"):
    """A plot of one pen."""
    return Plot(Page.of(page), paper, (Layer(pen, strokes),))


def line(*points):
    """A polyline of points in mm."""
    return Stroke(np.array(points, dtype=np.float64))


def many(strokes=20_000, seed=0, page="a4"):
    """Strokes of very different lengths in two pens: most of some mm, a few across the page."""
    rng = np.random.default_rng(seed)
    sheet = Page.of(page)
    made = []
    for vertices in np.clip(rng.pareto(1.0, strokes) * 4, 2, 3000).astype(int):
        heading = np.cumsum(rng.normal(0, 0.3, vertices)) + rng.uniform(0, 6.3)
        way = np.cumsum(np.stack([np.cos(heading), np.sin(heading)], 1), 0)
        way += rng.uniform((0, 0), (sheet.width, sheet.height))
        made.append(Stroke(np.clip(way, 0, (sheet.width, sheet.height))))
    half = strokes // 2
    layers = (Layer(CYAN, tuple(made[:half])), Layer(BLACK, tuple(made[half:])))
    return Plot(sheet, "#ffffff", layers)

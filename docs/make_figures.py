"""Draws the figures of docs/how-it-works.md and docs/tutorial.md, all by the program itself.

.venv/bin/python docs/make_figures.py [NAME ...]     only these
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from make_book import packed
from make_gallery import beside
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from inkdream import colour, recipe
from inkdream.drawing.softness import choose
from inkdream.drawing.splines import bezier_matrix
from inkdream.hatch.hatch import HatchSettings, hatch
from inkdream.objectives.views import Exposure, Views
from inkdream.optimize.session import Session
from inkdream.page import Page
from inkdream.pens.pen import Pen
from inkdream.plot.machines import machine
from inkdream.plot.motion import stroke_seconds
from inkdream.plot.optimise import optimise
from inkdream.plot.plot import Layer, Plot, Stroke
from inkdream.raster import SHARP, Inks, flatten, paint
from inkdream.storage import write_whole

IMAGES = Path(__file__).parent / "images/figures"
INKS = ("#ffffff", "#c8102e", "#0057b8", "#1b1b1b")
GREY, DARK = "#8a8a8a", "#333333"
FONT = 'font-family="system-ui, sans-serif" font-size="13"'
Points = NDArray[np.float64]


def svg(width: float, height: float, *parts: str) -> str:
    """Return a figure on white, in px."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
        f'width="{width:g}" height="{height:g}">\n'
        f'<rect width="{width:g}" height="{height:g}" fill="white"/>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def words(x: float, y: float, text: str, anchor: str = "middle") -> str:
    """Return words at a place."""
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" fill="{DARK}" {FONT}>{text}</text>'


def box(x: float, y: float, width: float, height: float, fill: str, line: str = "none") -> str:
    """Return a rectangle."""
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" '
        f'fill="{fill}" stroke="{line}"/>'
    )


def way(points: Points, line: str, width: float = 1.5, more: str = "") -> str:
    """Return a polyline through points (N, 2)."""
    text = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return (
        f'<polyline points="{text}" fill="none" stroke="{line}" stroke-width="{width:g}" '
        f'stroke-linecap="round" stroke-linejoin="round" {more}/>'
    )


def softmax() -> str:
    """One mark's shares of four inks while softness falls, and the colour that they mix to."""
    wish = torch.tensor([0.9, 1.1, 0.6, 0.1])
    linear = torch.tensor(colour.linear_of(INKS), dtype=torch.float32)
    parts = [words(8, 40, "shares", "start"), words(8, 216, "what is seen", "start")]
    for column, softness in enumerate((1.0, 0.5, 0.2, 0.1, 0.0)):
        shares, left = choose(wish, softness), 110 + 100 * column
        top = 20.0
        for share, each in zip(shares.tolist(), INKS, strict=True):
            parts.append(box(left, top, 70, 150 * share, each, GREY))
            top += 150 * share
        mixed = colour.to_hex(colour.to_bytes(shares @ linear).tolist())
        parts.append(box(left, 190, 70, 44, mixed, GREY))
        parts.append(words(left + 35, 256, f"softness {softness:g}"))
    return svg(620, 270, *parts)


def strict() -> bytes:
    """A part of one drawing: soft, less soft, strict."""
    made = drawn("loom/conv4_1/17", 4, 120, 160)
    parts = []
    with torch.no_grad():
        for softness in (1.0, 0.3, 0.0):
            image = colour.to_bytes(made.result.image(softness)).permute(1, 2, 0).numpy()
            part = Image.fromarray(np.ascontiguousarray(image[30:70, 30:70]))
            parts.append(part.resize((240, 240), Image.Resampling.NEAREST))
    return packed(beside(parts))


def drawn(target: str, inks: int, side: int, steps: int) -> Session:
    """Return a small drawing that is finished."""
    said = {"terms": [{"target": target}], "inks": inks, "width": side, "height": side}
    made = Session(recipe.assemble(None, {**said, "steps": steps}, []))
    for _ in made.steps():
        pass
    return made


def views() -> bytes:
    """A drawing, and six views of it as a network for photographs gets them."""
    made = drawn("loom/conv4_3/62", 4, 160, 160)
    with torch.no_grad():
        image = made.result.image(0.0)
        how = Views(count=6, size=160, jitter=16, scale=1.4, rotation=12, flip=True)
        seen = how.sample(torch.Generator().manual_seed(3))(image)
        noisy = Exposure(noise=0.12, blur=1.5)(colour.linear_to_srgb(seen.clamp(0, 1)), 5)
    whole = colour.to_bytes(image).permute(1, 2, 0).numpy()
    shown = (noisy.clamp(0, 1) * 255).round().to(torch.uint8).permute(0, 2, 3, 1).numpy()
    pictures = [Image.fromarray(np.ascontiguousarray(each)) for each in (whole, *shown)]
    rows = Image.new("RGB", (816, 320), "white")
    rows.paste(pictures[0].resize((320, 320), Image.Resampling.NEAREST), (0, 0))
    for number, picture in enumerate(pictures[1:]):
        place = (332 + 164 * (number % 3), 164 * (number // 3))
        rows.paste(picture.resize((156, 156), Image.Resampling.LANCZOS), place)
    return packed(rows)


def curves(points: Sequence[Sequence[tuple[float, float]]]) -> Tensor:
    """Return splines of control points (S, N, 2) as polylines."""
    places = torch.tensor(points, dtype=torch.float32)
    return flatten(bezier_matrix(places.shape[1]) @ places, 24)


def strokes() -> bytes:
    """Two strokes, from soft to sharp, as the rasteriser makes them, in large px."""
    lines = curves(
        [
            [(-8, 40), (6, 30), (14, 8), (34, 10), (40, 34), (58, 30), (70, 10)],
            [(2, -12), (10, 8), (26, 20), (24, 34), (12, 42), (20, 54), (50, 60)],
        ]
    )
    linear = torch.tensor(colour.linear_of(INKS[1:3]), dtype=torch.float32)
    inks = Inks(linear, torch.zeros(2), torch.ones(3))
    parts = []
    for softening in (6.0, 3.0, 1.0, SHARP):
        weights, radius = torch.eye(2), torch.full((2,), 1.2)
        picture = paint(lines, radius, weights, inks, 48, 48, softening)
        image = colour.to_bytes(picture).permute(1, 2, 0).numpy()
        large = Image.fromarray(np.ascontiguousarray(image))
        parts.append(large.resize((168, 168), Image.Resampling.NEAREST))
    return packed(beside(parts))


def hatching() -> str:
    """One area, filled in the four ways that there are, with lines twice the pen's width apart."""
    y, x = np.mgrid[:90, :70] / 10
    bean = ((x - 3.5) ** 2 + (y - 4.5) ** 2 * 0.6 < 8) & ((x - 5.6) ** 2 + (y - 4.4) ** 2 > 2.4)
    page = Page(width=35, height=45, margin=0)
    parts = []
    for number, style in enumerate(("parallel", "cross", "concentric", "spiral")):
        pens = [None, Pen(name="pen", colour="#1b1b1b", width=0.4)]
        settings = HatchSettings(fill=style, spacing=2.4, edges="smooth")
        plot = hatch(bean.astype(np.int64), pens, page, settings)
        left = 155 * number
        for stroke in plot.layers[0].strokes:
            parts.append(way(stroke.polyline() * 4.2 + (left + 4, 4), INKS[1 + number % 2], 1.6))
        parts.append(words(left + 77, 212, style))
    return svg(620, 224, *parts)


def order() -> str:
    """Strokes as they came, and in the order in which they are drawn; travel in grey."""
    chance = np.random.default_rng(4)
    starts, turns = chance.uniform(8, 92, (40, 2)), chance.uniform(0, 2 * np.pi, 40)
    ways = np.stack([np.cos(turns), np.sin(turns)], -1) * 9
    drawn_lines = tuple(
        Stroke(np.clip(np.stack([start, start + step]), 3, 97))
        for start, step in zip(starts, ways, strict=True)
    )
    pen = Pen(name="pen", colour="#0057b8", width=0.5)
    plot = Plot(Page(width=100, height=100, margin=0), "#ffffff", (Layer(pen, drawn_lines),))
    parts = []
    for number, each in enumerate((plot, optimise(plot))):
        left, place, travel = 310 * number + 10, np.zeros(2), 0.0
        for stroke in each.layers[0].strokes:
            hop = np.stack([place, stroke.points[0]])
            travel += float(np.hypot(*(hop[1] - hop[0])))
            parts.append(way(hop * 2.8 + (left, 6), GREY, 0.8, 'stroke-dasharray="3 3"'))
            parts.append(way(stroke.points * 2.8 + (left, 6), INKS[2], 2.2))
            place = stroke.points[-1]
        parts.append(words(left + 140, 306, f"{travel:.0f} mm of travel"))
    return svg(620, 318, *parts)


def seconds() -> str:
    """How long a straight stroke takes, by its length, on two machines."""
    lengths = np.linspace(0.5, 60, 120)
    lines = [Stroke(np.array([[0.0, 0.0], [length, 0.0]])) for length in lengths]
    left, bottom, wide, high, most = 60.0, 250.0, 520.0, 220.0, 2.0
    parts = [way(np.array([[left, 20], [left, bottom], [left + wide, bottom]]), DARK, 1)]
    for length in range(0, 61, 10):
        parts.append(words(left + wide * length / 60, bottom + 18, f"{length}"))
    for mark in (0, 1, 2):
        parts.append(words(left - 8, bottom - high * mark / most + 4, f"{mark} s", "end"))
    parts.append(words(left + wide / 2, bottom + 40, "mm of straight line"))
    for name, line, up in (("axidraw-v3", INKS[2], 34), ("grbl-servo", INKS[1], -10)):
        took = stroke_seconds(lines, machine(name))
        places = np.stack([left + wide * lengths / 60, bottom - high * took / most], -1)
        parts.append(way(places, line, 2))
        parts.append(words(left + wide - 4, places[-1, 1] + up, name, "end"))
    lift = machine("axidraw-v3").lift + machine("axidraw-v3").drop
    level = bottom - high * lift / most
    across = np.array([[left, level], [left + wide, level]])
    parts.append(way(across, GREY, 1, 'stroke-dasharray="4 4"'))
    parts.append(words(left + wide - 4, level - 6, f"lift and drop alone: {lift:.2f} s", "end"))
    return svg(620, 300, *parts)


def taping() -> str:
    """A sheet on a plotter's bed, seen from above."""
    parts = [
        box(20, 20, 580, 30, "#d9d9d9", GREY),
        words(400, 40, "the machine's rail"),
        box(150, 30, 26, 300, "#c8c8c8", GREY),
        box(128, 66, 70, 26, "#b0b0b0", GREY),
        words(70, 200, "the arm"),
        f'<path d="M98 196H146" stroke="{DARK}" fill="none"/>',
        box(163, 79, 330, 233, "#fffdf5", GREY),
        box(197, 113, 262, 165, "none", "#bbbbbb"),
        words(328, 200, "the sheet; inside, what is drawn"),
    ]
    for x, y in ((163, 79), (493, 79), (163, 312), (493, 312)):
        parts.append(
            f'<rect x="{x - 24}" y="{y - 7}" width="48" height="14" fill="#e8c869" opacity="0.85" '
            f'transform="rotate({45 if (x < 300) != (y < 200) else -45} {x} {y})"/>'
        )
    parts += [
        f'<circle cx="163" cy="79" r="6" fill="{INKS[1]}"/>',
        f'<path d="M250 350 170 86" stroke="{INKS[1]}" fill="none"/>',
        words(252, 364, "the pen at home: over the sheet's upper left corner"),
        words(540, 84, "masking tape", "start"),
    ]
    return svg(640, 380, *parts)


def wrong() -> str:
    """One small drawing in two pens, and what goes wrong with it."""
    arcs = curves(
        [
            [
                *((10 + 5 * k, 110), (16 + 5 * k, 90), (30 + 2 * k, 40 + 4 * k), (60, 30 + 8 * k)),
                *((90 - 2 * k, 40 + 4 * k), (104 - 5 * k, 90), (110 - 5 * k, 110)),
            ]
            for k in range(4)
        ]
    )
    x = np.linspace(14, 106, 60)
    waves = [np.stack([x, 122 + 5 * k + 3 * np.sin(x / 8 + k)], -1) for k in range(3)]
    lines = [*((arc, INKS[3]) for arc in arcs.numpy()), *((wave, INKS[1]) for wave in waves)]
    parts = []
    for number, name in enumerate(
        ("as it should be", "pen too high", "pen too low", "pen moved", "pen dry")
    ):
        left = 124.0 * number
        for step, (line, pen) in enumerate(lines, 1):
            aside = (5, -9) if name == "pen moved" and pen == INKS[1] else (0, 0)
            place = line + np.array([left, 4]) + np.array(aside)
            more = {
                "pen too high": f'stroke-dasharray="{14 - step} {step} 3 {step}"',
                "pen dry": f'opacity="{max(0.12, 1 - 0.14 * step):.2f}"',
            }.get(name, "")
            parts.append(way(place, pen, 2.6 if name == "pen too low" else 1.6, more))
            if name == "pen too low":
                (x0, y0) = place[0]
                parts.append(f'<circle cx="{x0:.1f}" cy="{y0:.1f}" r="4" fill="{pen}"/>')
        parts.append(words(left + 60, 160, name))
    return svg(624, 172, *parts)


FIGURES: dict[str, Callable[[], str] | Callable[[], bytes]] = {
    "softmax.svg": softmax,
    "strict.png": strict,
    "views.png": views,
    "strokes.png": strokes,
    "hatching.svg": hatching,
    "order.svg": order,
    "seconds.svg": seconds,
    "taping.svg": taping,
    "wrong.svg": wrong,
}


def main() -> None:
    """Draw what was asked for, or all."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    wanted = set(sys.argv[1:])
    for name, draw in FIGURES.items():
        if not wanted or name.partition(".")[0] in wanted:
            write_whole(IMAGES / name, draw())


if __name__ == "__main__":
    main()

"""How long do filled areas take to plot, and how well are they filled? Prints tables in Markdown.

    python benchmarks/hatching.py                 # pictures made of formulas
    python benchmarks/hatching.py --run runs/x    # the picture of a finished run of pixels, too

512 px in 6 inks, one of them bare paper, on 180 mm, with a nib of 0.4 mm. Each way of hatching is
compared with separate segments: rows at 45 degrees, a nib apart, cut at each area's edge less half
a nib, drawn row by row, and never joined. Seconds are those of the motion model of an AxiDraw V3.

*Inked* is how much of the areas' px is inked, and *beside* how much of the ink is not on its area's
px: both counted on resvg's drawing of each pen's layer alone, 8 x 8 samples a px. *Travel* is the
way with the pen up over the way with it down. *Computing* is seconds of one core, after a first
run that compiles.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import shapely
from PIL import Image

from inkdream.formats.svg import to_svg
from inkdream.hatch.areas import COARSENESS, Labels, inset, outlines, without_specks
from inkdream.hatch.hatch import HatchSettings, hatch
from inkdream.page import Page
from inkdream.pens import Pen
from inkdream.plot import Layer, Plot, Stroke
from inkdream.plot.machines import machine
from inkdream.plot.motion import estimate
from inkdream.plot.optimise import optimise, travel
from inkdream.svg.render import render_svg

SIDE, NIB, PX = 180.0, 0.4, 512
PAGE = Page(width=SIDE, height=SIDE, margin=0.0)
COLOURS = ("black", "red", "blue", "green", "orange")
# resvg draws this many px a side, each of 4 x 4 samples: no px lies in two of the picture's.
FINE = 1024
STYLES = ("parallel", "cross", "concentric", "spiral")
ANGLE = 45.0


@dataclass(frozen=True)
class Row:
    """What one way of hatching gave."""

    plot: Plot
    seconds: float
    inked: float
    beside: float
    computing: float


def fields(blur: float, bare: float, seed: int = 0, inks: int = 6) -> Labels:
    """The largest of smooth fields of chance, one an ink; the paper's is raised by `bare`."""
    noise = np.random.default_rng(seed).normal(size=(inks, PX, PX))
    waves = np.hypot(np.fft.fftfreq(PX)[:, None], np.fft.rfftfreq(PX)[None])
    kept = np.exp(-2 * (np.pi * blur * waves) ** 2)
    smooth = np.fft.irfft2(np.fft.rfft2(noise) * kept, s=(PX, PX))
    smooth /= smooth.std(axis=(1, 2), keepdims=True)
    smooth[0] += bare
    return np.asarray(smooth.argmax(0), np.uint8)


def of_run(folder: Path) -> Labels:
    """The inks of a run's drawing.png; its lightest is bare paper."""
    rgb = np.asarray(Image.open(folder / "drawing.png").convert("RGB"), np.int64)
    codes = rgb @ (1 << 16, 1 << 8, 1)
    used, labels = np.unique(codes, return_inverse=True)
    light = np.argsort([-sum(int(code).to_bytes(3, "big")) for code in used], kind="stable")
    numbers = np.empty(len(used), np.uint8)
    numbers[light] = np.arange(len(used))
    return np.asarray(numbers[labels.reshape(codes.shape)], np.uint8)


def separate(labels: Labels, pens: list[Pen | None]) -> Plot:
    """Rows cut at the edges of areas, in an order of little travel, and never joined."""
    scale = SIDE / len(labels)
    turn = np.radians(ANGLE)
    along, across = np.array([np.cos(turn), -np.sin(turn)]), np.array([np.sin(turn), np.cos(turn)])
    layers = []
    for number, pen in enumerate(pens):
        areas = inset(
            shapely.simplify(outlines(labels == number, scale, NIB), COARSENESS * NIB), NIB / 2
        )
        strokes: list[Stroke] = []
        for area in areas[~shapely.is_empty(areas)] if pen else []:
            heights = shapely.get_coordinates(area) @ across / NIB
            offsets = (np.arange(np.floor(heights.min()), heights.max()) + 0.5)[:, None, None] * NIB
            rows = offsets * across + along * np.array([[-2 * SIDE], [2 * SIDE]])
            parts = shapely.get_parts(shapely.intersection(shapely.linestrings(rows), area))
            strokes += [
                Stroke(shapely.get_coordinates(part)) for part in parts[shapely.length(parts) > 0]
            ]
        if pen and strokes:
            layers.append(Layer(pen, tuple(strokes)))
    return optimise(Plot(PAGE, "#ffffff", tuple(layers)), join=0)


def measured(plot: Plot, labels: Labels, pens: list[Pen | None]) -> tuple[float, float]:
    """The share of the areas that is inked, and of the ink that is beside its area."""
    area = inside = ink = 0.0
    times = FINE // len(labels)
    for number, pen in enumerate(pens):
        if pen is None:
            continue
        region = np.repeat(np.repeat(labels == number, times, 0), times, 1)
        area += region.sum()
        for layer in plot.layers:
            if layer.pen.name == pen.name:
                black = replace(layer, pen=Pen(name="1", colour="black", width=pen.width))
                svg = to_svg(replace(plot, layers=(black,)))
                inked = 1 - render_svg(svg, "white", FINE, FINE).mean(0)
                inside += inked[region].sum()
                ink += inked.sum()
    return inside / area, 1 - inside / ink


def table(labels: Labels, styles: dict[str, HatchSettings]) -> Iterator[str]:
    used = labels.max() + 1
    pens = [None, *(Pen(name=word, colour=word, width=NIB) for word in COLOURS[: used - 1])]
    plots: dict[str, tuple[Plot, float]] = {}
    begun = time.process_time()
    plots["separate segments"] = separate(labels, pens), time.process_time() - begun
    for name, style in styles.items():
        begun = time.process_time()
        plot = optimise(hatch(labels, pens, PAGE, style))
        plots[name] = plot, time.process_time() - begun
    yield (
        "| | strokes | ink, m | travel | s on an AxiDraw | of separate | inked | beside "
        "| computing, s |"
    )
    yield "|---" * 9 + "|"
    whole = 0.0
    for name, (plot, computing) in plots.items():
        least = np.full(len(pens), styles.get(name, HatchSettings()).speck)
        least *= np.pi / 4 * NIB**2 / (SIDE / len(labels)) ** 2
        drawn = without_specks(labels, least)
        timed = estimate(plot, machine("axidraw-v3"))
        whole = whole or timed.seconds
        ink = sum(layer.times.ink for layer in timed.layers)
        inked, beside = measured(plot, drawn, pens)
        yield (
            f"| {name} | {plot.strokes:,} | {ink / 1000:.1f} | {travel(plot) / ink:.3f} "
            f"| {timed.seconds:,.0f} | {timed.seconds / whole:.3f} | {inked:.4f} | {beside:.4f} "
            f"| {computing:.2f} |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, action="append", default=[], help="a run's folder")
    options = parser.parse_args()
    pictures = {
        "like the measured case: a fifth inked, 7,000 segments": fields(5.3, 1.85),
        "all inks alike": fields(5.3, 0.0),
        "larger areas, seed 1": fields(12.0, 0.0, seed=1),
        **{f"the picture of {folder.name}": of_run(folder) for folder in options.run},
    }
    styles = {style: HatchSettings.model_validate({"fill": style}) for style in STYLES}
    optimise(hatch(fields(8.0, 0.0)[:64, :64], [Pen(name="1", colour="black", width=1)] * 6, PAGE))
    for name, labels in pictures.items():
        share = (labels > 0).mean()
        print(f"{name} ({len(labels)} px, {share:.0%} inked)\n", flush=True)
        for line in table(labels, styles):
            print(line, flush=True)
        print()


if __name__ == "__main__":
    main()

"""Small sources to plot: SVGs, pictures, runs' folders; and who is to plot them."""

import json

import numpy as np
from PIL import Image

from inkdream import recipe as recipes
from inkdream.formats.registry import format_for
from inkdream.formats.svg import to_svg
from inkdream.inking.files import ink
from inkdream.inking.flags import PlotFlags
from tests.plot.plots import nice

AXIDRAW = format_for("svg", None)


def svg(body, width="60mm", height="40mm", box="0 0 60 40"):
    """An SVG whose user unit is 1 mm."""
    names = (
        'xmlns="http://www.w3.org/2000/svg" '
        'xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape"'
    )
    return f'<svg {names} width="{width}" height="{height}" viewBox="{box}">{body}</svg>'


def lines(*rows, stroke="black", width=0.5, more=""):
    """One path of level lines at some heights, 10 to 50 mm."""
    data = "".join(f"M10 {y}H50" for y in rows)
    return f'<path d="{data}" stroke="{stroke}" stroke-width="{width}" fill="none" {more}/>'


def inked(source, **said):
    """A source in pens, for an AxiDraw."""
    return ink(source, PlotFlags(**said), AXIDRAW)[0]


def by_pen(plot):
    """How many strokes each pen draws."""
    return {layer.pen.name: len(layer.strokes) for layer in plot.layers}


def ramp(rows=60, columns=80):
    """A picture (H, W, 3) from black on the left to white on the right, in sRGB."""
    levels = np.linspace(0, 255, columns).round().astype(np.uint8)
    return np.repeat(np.repeat(levels[None, :, None], rows, axis=0), 3, axis=2)


def quarters(size=48, inks=("#ffffff", "#c8102e", "#123456", "#e0b020")):
    """A picture (H, W, 3) of four squares, each in its ink."""
    rgb = np.array([[int(ink[i : i + 2], 16) for i in (1, 3, 5)] for ink in inks], np.uint8)
    half = np.arange(size) * 2 // size
    return rgb[2 * half[:, None] + half[None]]


def save(path, rgb, **said):
    Image.fromarray(rgb).save(path, **said)
    return path


def stroke_run(folder, **said):
    """The folder of a finished run of strokes."""
    pens = "gold:0.6:opaque,black:0.4"
    recipe = recipes.assemble(
        None, {"medium": "strokes", "pens": pens, "steps": 3, "page": {"size": "a6"}, **said}, []
    )
    folder.mkdir()
    plot = nice(pens=(recipe.pens[1], recipe.pens[1], recipe.pens[1], recipe.pens[0]))
    plot = type(plot)(plot.page, plot.paper, (plot.layers[0], plot.layers[3]))
    (folder / "recipe.toml").write_text(recipe.to_toml())
    (folder / "drawing.svg").write_text(to_svg(plot))
    (folder / "certificate.json").write_text(json.dumps({}))
    return folder, plot


def pixel_run(folder, **said):
    """The folder of a finished run of pixels."""
    recipe = recipes.assemble(None, {"steps": 3, "inks": "#ffffff,#c8102e,#123456", **said}, [])
    folder.mkdir()
    save(folder / "drawing.png", quarters(32, ("#ffffff", "#c8102e", "#123456", "#c8102e")))
    (folder / "recipe.toml").write_text(recipe.to_toml())
    (folder / "drawing.svg").write_text(to_svg(nice(page="a5")))
    (folder / "certificate.json").write_text(json.dumps({}))
    return folder

"""Write the files for a plotter, and measure them."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import inkdream
from inkdream.errors import RunError
from inkdream.formats.svg import to_svg
from inkdream.formats.verify import compare_plots
from inkdream.page import Page
from inkdream.plot import Plot
from inkdream.plot.finish import finished
from inkdream.plot.machines import machine
from inkdream.plot.motion import Estimate, estimate
from inkdream.plot.preview import preview_gif, preview_png
from inkdream.plot.refill import refilled
from inkdream.plot.run_sheet import sheet_html
from inkdream.progress import tell
from inkdream.recipe import Recipe, title_of
from inkdream.recipe.carry import carried_text, carrying
from inkdream.run.certificate import PenUse, PlotFacts
from inkdream.storage import PLOTTED, PREVIEW, SHEET, SVG, write_whole
from inkdream.svg.read import read_svg
from inkdream.svg.render import render_svg

# Longer sides of preview.png and preview.gif in px, and how many frames the latter has.
PREVIEW_SIDE, GIF_SIDE, GIF_FRAMES = 1600, 480, 50


def write_plot(
    folder: Path, plot: Plot, recipe: Recipe, seen: Callable[[Plot], Plot] = lambda plot: plot
) -> PlotFacts:
    """Write drawing.svg, and if asked for previews and the run sheet; return the facts of the plot.

    Args:
        folder: the run's.
        plot: ordered, without hidden ink.
        recipe: of the run, for the files' metadata; its frame and words are added.
        seen: what the paper shows after a plot; previews show that.

    Raises:
        RunError: if a file cannot be written, or reads back as another plot.
    """
    tell("writing the plotter's file, and reading it back")
    plot = finished(plot, recipe.finish, recipe.box)
    plot = refilled(plot, recipe.plot.refill).plot
    timed = estimate(plot, machine(recipe.plot.machine))
    write_whole(folder / SVG, to_svg(plot, provenance(recipe, timed)))
    read = read_svg(folder / SVG).as_plot()
    differences = compare_plots(plot, read)
    if differences:
        raise RunError(f"{folder / SVG}: is not what was to be written: {differences[0]}")
    if recipe.leaves("previews"):
        shown = seen(plot)
        picture = preview_png(shown, PREVIEW_SIDE)
        write_whole(folder / PREVIEW, carrying(picture, recipe))
        facts = provenance(recipe, timed)
        write_whole(folder / SHEET, sheet_html(plot, timed, picture, facts, facts["title"]))
        growing = preview_gif(shown, GIF_FRAMES, GIF_SIDE)
        write_whole(folder / "preview.gif", carrying(growing, recipe))
    return facts_of(read, estimate(read, machine(recipe.plot.machine)))


def write_plotted(folder: Path, lines: Plot | None) -> None:
    """Write plotted.svg, what is on paper already, for who keeps that when this run is plotted too.

    Raises:
        RunError: if the file cannot be written.
    """
    if lines is not None and lines.layers:
        write_whole(folder / PLOTTED, to_svg(lines))


def render_file(folder: Path, page: Page, paper: str) -> NDArray[np.float32]:
    """Return drawing.svg as resvg draws it, (3, H, W) linear RGB at the page's own scale."""
    return render((folder / SVG).read_text(encoding="utf-8"), page, paper)


def render(text: str, page: Page, paper: str) -> NDArray[np.float32]:
    """Return an SVG as resvg draws it, (3, H, W) linear RGB at the page's own scale."""
    height, width = page.pixels
    picture: NDArray[np.float32] = render_svg(text, paper, height, width, page.scale)
    return picture


def provenance(recipe: Recipe, timed: Estimate) -> dict[str, str]:
    """Return the metadata of a plot's file; the same for every run of a recipe."""
    facts = {
        "title": title_of(recipe),
        "source": f"inkdream {inkdream.__version__}",
        "medium": recipe.medium,
        "seed": str(recipe.seed),
        "steps": str(recipe.steps),
        "recipe": carried_text(recipe),
        "estimate": f"{timed.seconds:.0f} s on {timed.machine}, changing pens left out",
    }
    drawn = [layer for layer in timed.layers if layer.times.strokes and not layer.is_refill]
    for number, layer in enumerate(drawn, 1):
        facts[f"pen {number}"] = f"{layer.pen}, {layer.width:g} mm"
    return facts


def facts_of(plot: Plot, timed: Estimate) -> PlotFacts:
    """Return time, strokes and ink of a plot, in all and by pen."""
    pens: list[PenUse] = []
    for layer, part in zip(plot.layers, timed.layers, strict=True):
        use = PenUse(
            pen=layer.pen.name,
            colour=layer.pen.colour,
            width_mm=round(layer.pen.width, 4),
            strokes=part.times.strokes,
            ink_metres=part.times.ink / 1000,
            travel_metres=part.times.travel / 1000,
            seconds=part.times.seconds,
        )
        pens.append(pens.pop().refilled(use) if layer.is_refill else use)
    changes = sum(1 for one, other in itertools.pairwise(pens) if one.pen != other.pen)
    return PlotFacts(
        machine=timed.machine,
        plot_seconds=timed.seconds,
        strokes=plot.strokes,
        lifts=timed.lifts,
        pen_changes=changes,
        ink_metres=sum(pen.ink_metres for pen in pens),
        travel_metres=sum(pen.travel_metres for pen in pens),
        pens=pens,
        rendering_difference=None,
    )

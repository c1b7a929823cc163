"""A plotter's file as a text, and the proof that the text is the plot, by reading it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import sqrt

import numpy as np

from inkdream.errors import InputError, RunError
from inkdream.formats import verify as proof
from inkdream.formats.devices import GcodeProfile, HpglDevice
from inkdream.formats.gcode import read_gcode, to_gcode
from inkdream.formats.hpgl import place, read_hpgl, to_hpgl
from inkdream.formats.svg import to_svg
from inkdream.formats.templates import check_places, finest, read_by_templates, rounded_step
from inkdream.formats.text import Lines, lines_on_page, plain
from inkdream.inking.target import Target
from inkdream.plot.plot import Plot, Points, Stroke
from inkdream.svg.read import read_svg

# Of sums of lengths in mm.
NOISE = 1e-6


def proven(plot: Plot, target: Target, facts: Mapping[str, str]) -> str:
    """Return the text of a plotter's file, which was read back and found to be the plot.

    Args:
        plot: on its page, in plotting order.
        target: whom the file is for.
        facts: where the drawing is from, by name.

    Raises:
        InputError: if the machine cannot draw it: too many pens, beyond its reach.
        RunError: if the file does not come back as the plot.
    """
    plot = with_long_dots(plot)
    text = _write(plot, target, facts)
    problems = problems_of(text, plot, target)
    if problems:
        _blame_profile(target.profile, problems[0])
        raise RunError(
            f"the {target.kind} is not what was to be written, so it is not kept: {problems[0]}"
        )
    return text


def _blame_profile(profile: GcodeProfile | None, problem: str) -> None:
    """Raise InputError if what is wrong with a file is as its profile has it."""
    step = rounded_step(profile) if profile and profile.pen_up is None else ""
    if profile and step:
        whole = f"{{i{step[1:3].lstrip('_')}:d}}"
        raise InputError(
            f"profile {profile.name}: steps as {step} are rounded one by one, and that adds up "
            f"({problem}); write more digits, or {whole}, whose rounding does not"
        )


def problems_of(text: str, plot: Plot, target: Target) -> list[str]:
    """Return how a file's text differs from its plot, none if it can be trusted."""
    try:
        if target.device:
            return _prove_hpgl(text, plot, target.device)
        if target.profile:
            return _prove_gcode(text, plot, target.profile)
        return proof.prove(plot, read_svg(text).as_plot())
    except InputError as error:
        return [f"it cannot be read back ({error})"]


def with_long_dots(plot: Plot) -> Plot:
    """Return the plot with every stroke of one vertex drawn from there to there."""
    layers = tuple(
        replace(layer, strokes=tuple(_long(stroke) for stroke in layer.strokes))
        for layer in plot.layers
    )
    return replace(plot, layers=layers)


def _long(stroke: Stroke) -> Stroke:
    return stroke if len(stroke.points) > 1 else Stroke(np.repeat(stroke.points, 2, axis=0))


def _write(plot: Plot, target: Target, facts: Mapping[str, str]) -> str:
    if target.device:
        return to_hpgl(plot, target.device)
    if target.profile:
        if target.profile.pen_up is None:
            check_places(target.profile)
        notes = [f"{name}: {text}" for name, text in facts.items()]
        return to_gcode(plot, target.profile, notes)
    return to_svg(plot, facts)


def _prove_gcode(text: str, plot: Plot, profile: GcodeProfile) -> list[str]:
    """Compare with what a machine draws, or where nobody knows that, with the numbers written."""
    layers = lines_on_page(plot)
    if profile.pen_up is not None:
        found = read_gcode(text, profile, plot.page)
        names = _prove_names(text, plot) if profile.names_pens else []
        return names + _prove_lines(found, layers, plot)
    found = read_by_templates(text, layers, profile, plot.page)
    return _prove_lines(found, layers, plot, max(proof.TOLERANCE, finest(profile) + NOISE))


def _prove_hpgl(text: str, plot: Plot, device: HpglDevice) -> list[str]:
    """Compare with what the plotter draws: the same but for the nearest plotter unit."""
    found = read_hpgl(text, device, plot.page)
    placed = place(plot.page, device)
    layers = []
    for lines in lines_on_page(plot):
        kept = [_thinned(line, placed.to_units(line)) for line in lines.lines]
        layers.append(Lines(lines.pen, tuple(line for line, _ in kept)))
        for number, (_, lost) in enumerate(kept, 1):
            if lost > device.unit * sqrt(2) + NOISE:
                return [f"stroke {number} of {lines.pen.name!r} lost {lost:.3g} mm on the grid"]
    return _prove_lines(found, layers, plot, device.unit * sqrt(0.5) + NOISE)


def _thinned(line: Points, units: np.ndarray) -> tuple[Points, float]:
    """Return a line without vertices that share a plotter unit with the one before them.

    Returns:
        The line, and how far the farthest of those that are gone was from the one kept, in mm.
    """
    kept = np.r_[True, (np.diff(units, axis=0) != 0).any(axis=1)]
    if kept.sum() < 2:
        return line[:2], float(np.hypot(*(line - line[0]).T).max())
    lost = np.hypot(*(line - line[kept][np.cumsum(kept) - 1]).T).max()
    return line[kept], float(lost)


def _prove_lines(
    found: Mapping[int, list[Points]],
    layers: Sequence[Lines],
    plot: Plot,
    tolerance: float = proof.TOLERANCE,
) -> list[str]:
    """Return how polylines read back, by pen from 1, differ from those written."""
    if list(found) != list(range(1, len(layers) + 1)):
        return [f"it is drawn with pens {list(found)}, not with 1 to {len(layers)}"]
    low, high = -tolerance, np.array([plot.page.width, plot.page.height]) + tolerance
    problems = []
    for (number, lines), layer in zip(found.items(), layers, strict=True):
        problems += proof.differences(layer.lines, lines, f"pen {number}", tolerance)
        if any((line < low).any() or (line > high).any() for line in lines):
            problems.append(f"pen {number} leaves the page")
    return problems


def _prove_names(text: str, plot: Plot) -> list[str]:
    """Say which pen is not named, in the order in which they are needed."""
    at = 0
    for layer in plot.layers:
        if not layer.strokes:
            continue
        name = plain(layer.pen.name)
        at = text.find(name, at)
        if at < 0:
            return [f"it does not name the pen {layer.pen.name!r} in its turn"]
    return []

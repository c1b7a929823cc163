"""HPGL: plots as pen plotters of the eighties read them.

Source of the instructions: HP-GL Programmer's Reference Manual, 5953-9765 (Hewlett-Packard, 1984).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from inkdream.errors import InputError, shorten
from inkdream.plot.devices import HpglDevice
from inkdream.plot.hpgl_place import Placement, Units, check_reach, place
from inkdream.plot.hpgl_read import read_hpgl
from inkdream.plot.plot import Plot
from inkdream.plot.split import lines_on_page
from inkdream.wording import counted

__all__ = ["Placement", "carousel", "place", "read_hpgl", "to_hpgl"]


def carousel(plot: Plot, device: HpglDevice) -> list[tuple[int, str]]:
    """Return which pen goes into which slot, in plotting order.

    Raises:
        InputError: if there are more pens than slots: a pen too many would draw with another's ink.
    """
    names = [layer.pen.name for layer in plot.layers if layer.strokes]
    if len(names) > device.pens:
        over = ", ".join(repr(shorten(name, 40)) for name in names[device.pens :][:8])
        raise InputError(
            f"{device.title} holds {counted(device.pens, 'pen')}, the drawing has {len(names)}: no "
            f"slot for {over}; use fewer pens, or --per-pen, which writes one file each"
        )
    return list(enumerate(names, 1))


def to_hpgl(plot: Plot, device: HpglDevice) -> str:
    """Return the plot as HPGL: one SP a pen, integers in plotter units, y up.

    It lies on the first of the machine's papers that the page fits on, and is drawn as fast as the
    machine is set to. Strokes are told as differences, which is shorter than from the origin.

    Raises:
        InputError: if there are too many pens, or ink beyond the page or the machine's reach.
    """
    carousel(plot, device)
    placed = place(plot.page, device)
    layers = lines_on_page(plot)
    check_reach(layers, placed, device)
    ps = "" if placed.paper.ps is None else f"PS{placed.paper.ps};"
    parts = ["IN;DF;", ps]
    for slot, layer in enumerate(layers, 1):
        parts.append(f"PU;SP{slot};" if slot > 1 else f"SP{slot};")
        strokes = [_thin(placed.to_units(line)) for line in layer.lines]
        parts += _relative(strokes, device.longest)
    parts.append("PU{},{};SP0;IN;\n".format(*placed.paper.park))
    return "".join(parts)


def _thin(line: Units) -> Units:
    """Return a line without vertices that fall on the one before; a dot keeps two."""
    keep = np.ones(len(line), dtype=bool)
    keep[1:] = (np.diff(line, axis=0) != 0).any(axis=1)
    return line[keep] if keep.sum() > 1 else line[:2]


def _relative(strokes: Sequence[Units], longest: int) -> Iterator[str]:
    """Yield strokes as differences; the first of a pen is told from the origin."""
    yield f"PU{strokes[0][0, 0]},{strokes[0][0, 1]};PR;"
    at = strokes[0][0]
    for line in strokes:
        x, y = line[0] - at
        if line is not strokes[0]:
            yield f"PU{x},{y};"
        yield _down(np.diff(line, axis=0), longest)
        at = line[-1]
    yield "PA;"


def _down(points: Units, longest: int) -> str:
    """Return PD with these coordinates, in instructions of at most `longest` characters."""
    done, words, room = [], list[str](), longest
    for x, y in points.tolist():
        word = f"{x},{y}"
        if len(word) + 3 > room and words:
            done.append(f"PD{','.join(words)};")
            words, room = [], longest
        words.append(word)
        room -= len(word) + 1
    done.append(f"PD{','.join(words)};")
    return "".join(done)

"""G-code by templates: plots for GRBL, Marlin and whatever else a profile describes.

The grammar, and what each field holds, is that of vpype-gcode 0.13, so that its users' profiles do
here what they do there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from string import Formatter

import numpy as np
from numpy.typing import NDArray

from inkdream.errors import InputError
from inkdream.page import MM_PER, Page
from inkdream.plot.devices import GcodeProfile, Value
from inkdream.plot.gcode_read import read_gcode
from inkdream.plot.plot import TOLERANCE, Plot, Points
from inkdream.plot.split import Lines, lines_on_page, plain

# Words that stop a machine, or have a pen changed; and the fields that tell pens apart.
_STOP = re.compile(r"(?<![A-Z0-9])(M0*[016]|M0*25|M226|M600|T\d+)(?![0-9])", re.IGNORECASE)
_OF_PENS = frozenset(
    {"layer_id", "layer_index", "layer_index1", "index", "index1", "vp_name", "vp_color"}
    | {"next_id", "next_name"}
)
_COMMENT = re.compile(r"\([^()\n]*\)|;[^\n]*")
_GCODE = re.compile(r"(?<![A-Z])G\d", re.IGNORECASE)

__all__ = ["check_pens", "check_travel", "read_gcode", "to_gcode"]


def to_gcode(
    plot: Plot,
    profile: GcodeProfile,
    notes: Sequence[str] = (),
    filename: str = "drawing.gcode",
    tolerance: float = TOLERANCE,
) -> str:
    """Return the plot as the text that a profile's templates describe.

    Args:
        plot: what is to be drawn.
        profile: how it is written.
        notes: lines that come first, as comments: an estimate, the pens.
        filename: the value of {filename}.
        tolerance: of polylines to curves, in mm.

    Raises:
        InputError: if ink lies off the page, or the page is larger than the machine's travel.
    """
    check_travel(plot.page, profile)
    layers = lines_on_page(plot, tolerance)
    check_pens(len(layers), profile)
    scribe = _Scribe(profile, {"filename": plain(filename, "drawing")})
    # What is no G-code may take a comment for something else.
    for note in notes if _takes_comments(profile) else ():
        scribe.say("comment", text=plain(note, "note"))
    _write_document(scribe, layers, _axes(layers, profile, plot.page))
    return "".join(scribe.parts)


class _Scribe:
    """Fills templates, and remembers where the pen is.

    Attributes:
        parts: what was written.
        about: the values that hold for all that is written now: of the document, layer and line.
        at: x and y in the profile's unit.
        whole: the same, added up of steps rounded to whole numbers.
    """

    def __init__(self, profile: GcodeProfile, about: Mapping[str, Value]) -> None:
        self.templates: dict[str, str | None] = {
            key: getattr(profile, key) for key in type(profile).model_fields
        }
        self.about: dict[str, Value] = {**profile.default_values, **about}
        self.parts: list[str] = []
        self.at = (0.0, 0.0)
        self.whole = (0, 0)

    def say(self, key: str, **fields: Value) -> None:
        """Write a template, if the profile has it."""
        template = self.templates[key]
        if template is not None:
            self.parts.append(template.format_map({**self.about, **fields}))

    def say_where(self, key: str, **fields: Value) -> None:
        """Write a template that knows where the pen is."""
        x, y = self.at
        ix, iy = self.whole
        self.say(key, x=x, y=y, ix=ix, iy=iy, **fields)

    def go(self, key: str, x: float, y: float, index: int) -> None:
        """Write a template for a vertex, and be there."""
        dx, dy = x - self.at[0], y - self.at[1]
        idx, idy = round(x - self.whole[0]), round(y - self.whole[1])
        self.at = (x, y)
        self.whole = (self.whole[0] + idx, self.whole[1] + idy)
        negated = {"_x": -x, "_y": -y, "_dx": -dx, "_dy": -dy}
        whole = {"idx": idx, "idy": idy, **_count("segment_", index)}
        self.say_where(key, dx=dx, dy=dy, **negated, **whole)


def _write_document(scribe: _Scribe, layers: Sequence[Lines], axes: NDArray[np.float64]) -> None:
    scribe.say("document_start")
    document = scribe.about
    for index, layer in enumerate(layers):
        scribe.about = {
            **document,
            **_count("layer_", index),
            "layer_id": index + 1,
            "vp_name": plain(layer.pen.name),
            "vp_color": plain(layer.pen.colour, "#000000"),
            "vp_pen_width": layer.pen.width / MM_PER["px"],
        }
        scribe.say_where("layer_start")
        _write_lines(scribe, [line * axes[0] + axes[1] for line in layer.lines])
        scribe.say_where("layer_end")
        if index + 1 < len(layers):
            following = plain(layers[index + 1].pen.name)
            scribe.say_where("layer_join", next_id=index + 2, next_name=following)
    scribe.about = document
    scribe.say("document_end")


def _write_lines(scribe: _Scribe, lines: Sequence[Points]) -> None:
    layer = scribe.about
    for index, line in enumerate(lines):
        scribe.about = {**layer, **_count("lines_", index)}
        scribe.say_where("line_start")
        last = len(line) - 1
        # The last digits are noise, and could be written as '-0.000'.
        for number, (x, y) in enumerate((np.round(line, 9) + 0.0).tolist()):
            scribe.go(_segment(scribe, number, last), x, y, number)
        scribe.say_where("line_end")
        if index + 1 < len(lines):
            scribe.say_where("line_join")
    scribe.about = layer


def _segment(scribe: _Scribe, number: int, last: int) -> str:
    """Return which template is a vertex's: the first, the last, or that of all others."""
    if number == 0 and scribe.templates["segment_first"] is not None:
        return "segment_first"
    if number == last and scribe.templates["segment_last"] is not None:
        return "segment_last"
    return "segment"


def _count(of: str, index: int) -> dict[str, int]:
    """Return a counter from 0 and from 1, as 'index' and under its own name."""
    return {
        "index": index,
        "index1": index + 1,
        f"{of}index": index,
        f"{of}index1": index + 1,
    }


def _axes(layers: Sequence[Lines], profile: GcodeProfile, page: Page) -> NDArray[np.float64]:
    """Return what mm on the page are multiplied with, and what is then added: (2, 2) by x, y."""
    factor = np.array([profile.scale_x, profile.scale_y]) / profile.mm
    summand = np.array([profile.offset_x, profile.offset_y])
    lines = [line for layer in layers for line in layer.lines]
    if lines:
        low = np.min([line.min(axis=0) for line in lines], axis=0)
        high = np.max([line.max(axis=0) for line in lines], axis=0)
        # Inverted, the drawing takes the place that it had.
        inverted = np.array([profile.invert_x, profile.invert_y])
        summand = np.where(inverted, factor * (low + high) + summand, summand)
        factor = np.where(inverted, -factor, factor)
    flipped = np.array([profile.horizontal_flip, profile.vertical_flip])
    size = np.array([page.width, page.height]) / profile.mm
    return np.stack(
        [np.where(flipped, -factor, factor), np.where(flipped, size - summand, summand)]
    )


def check_pens(count: int, profile: GcodeProfile) -> None:
    """Raise InputError if a profile cannot draw with so many pens: nothing tells them apart.

    Between two pens something must be written that stops the machine, or that has the pen's number
    or name outside of comments.
    """
    between = "".join(
        template
        for template in (profile.layer_end, profile.layer_join, profile.layer_start)
        if template
    )
    told = _COMMENT.sub("", between)
    fields = {name for _, name, _, _ in Formatter().parse(told)}
    if count > 1 and not (fields & _OF_PENS or _STOP.search(told)):
        raise InputError(
            f"profile {profile.name} is for one pen, and there are {count}: it has no layer_join "
            'that stops between two; add layer_join = "M0\\n", or take --per-pen, or one pen'
        )


def _takes_comments(profile: GcodeProfile) -> bool:
    """Return whether notes may be written: the profile says how, or it writes G-code."""
    texts = (profile.document_start, profile.segment_first, profile.segment)
    return "comment" in profile.model_fields_set or any(_GCODE.search(text or "") for text in texts)


def check_travel(page: Page, profile: GcodeProfile) -> None:
    """Raise InputError if a page is larger than a machine's travel."""
    travel = profile.travel
    if travel and (page.width > travel[0] or page.height > travel[1]):
        raise InputError(
            f"{profile.name}: a page of {page.width:g} x {page.height:g} mm is larger than the "
            f"machine's travel of {travel[0]:g} x {travel[1]:g} mm"
        )

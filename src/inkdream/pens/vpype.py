"""Pens as vpype takes them: a table for its configuration file."""

from __future__ import annotations

import json
from collections.abc import Sequence

from inkdream import colour
from inkdream.errors import InputError
from inkdream.pens.pen import LEARNED, Pen

# What `vpype ... pens inkdream` asks for.
SET = "inkdream"


def to_vpype(pens: Sequence[Pen], name: str = SET) -> str:
    """Return a set of pens for vpype's configuration (TOML), one a layer from 1, as they come.

    Each pen is an entry of an array of tables, so that the text may be appended to a file that has
    it already, or an earlier one of the same name: vpype then takes what stands last.

    Source: vpype's documentation, "Creating a custom pen configuration".

    Args:
        pens: the first for layer 1.
        name: what the set is called, in letters, figures, _ and -.

    Raises:
        InputError: if a pen's colour is to be learned.
    """
    lines = []
    for number, pen in enumerate(pens, 1):
        if pen.colour == LEARNED:
            raise InputError(f"pen {pen.name!r} has no colour yet: vpype needs one")
        ink = colour.to_hex(colour.parse(pen.colour))
        # JSON's strings are TOML's.
        lines += [
            f"[[pen_config.{name}.layers]]",
            f"layer_id = {number}",
            f"name = {json.dumps(pen.name, ensure_ascii=False)}",
            f"color = {json.dumps(ink)}",
            f'pen_width = "{pen.width:g}mm"',
            "",
        ]
    return "\n".join(lines)

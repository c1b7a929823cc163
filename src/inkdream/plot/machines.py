"""Machines as data: how fast each plotter moves, and how far it reaches."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from inkdream.errors import unknown

Basis = Literal["measured", "published", "assumed"]


@dataclass(frozen=True)
class Moves:
    """The limits of a machine's moves with the pen down, or up.

    Attributes:
        speed: at most, along the path, in mm/s.
        acceleration: along the path, in mm/s^2.
        corner: how far a rounded corner may leave the vertex, in mm; it limits the speed there.
    """

    speed: float
    acceleration: float
    corner: float


@dataclass(frozen=True)
class Machine:
    """A plotter; the constants and their sources stand in machines.toml.

    Attributes:
        name: the word for it.
        title: what it is.
        basis: what the constants stand on: 'measured' against the maker's own estimates,
            'published' settings, or 'assumed'.
        travel: width and height in mm of what it reaches, as it lies.
        down: its moves with the pen down.
        up: its moves with the pen up.
        lift: seconds from pen down to pen up.
        drop: seconds from pen up to pen down.
        returns: whether it goes back to where it began after the last stroke.
        extra: seconds once a plot, after the last stroke.
        shortest: shorter segments are not driven; in mm.
        slice: seconds of one step of its planner, for which short pen-up moves are slower than
            its acceleration allows; 0 if it has none.
    """

    name: str
    title: str
    basis: Basis
    travel: tuple[float, float]
    down: Moves
    up: Moves
    lift: float
    drop: float
    returns: bool
    extra: float
    shortest: float
    slice: float

    def reaches(self, width: float, height: float) -> bool:
        """Whether a page of this size in mm can be plotted, upright or turned."""
        pages = ((width, height), (height, width))
        return any(wide <= self.travel[0] and high <= self.travel[1] for wide, high in pages)

    def beyond(self, width: float, height: float) -> str:
        """Return a sentence on a page of a size in mm that is not reached; '' if it is."""
        if self.reaches(width, height):
            return ""
        assumed = "; yours may reach further" if self.basis == "assumed" else ""
        return (
            f"the page of {width:.4g} x {height:.4g} mm is larger than what {self.name} reaches, "
            f"{self.travel[0]:g} x {self.travel[1]:g} mm{assumed}"
        )


def machine(name: str) -> Machine:
    """Return the machine of that name.

    Raises:
        InputError: if there is none; names the nearest.
    """
    tables = _tables()
    word = name.strip().lower()
    if word not in tables:
        raise unknown("machine", name, tables)
    said = tables[word]
    said = {**tables[said["like"]], **said} if "like" in said else said
    return Machine(
        name=word,
        travel=(said["travel"][0], said["travel"][1]),
        down=Moves(**said["down"]),
        up=Moves(**said["up"]),
        **{key: said[key] for key in said if key not in ("like", "travel", "down", "up")},
    )


def machine_names() -> tuple[str, ...]:
    """Return the names that `machine` knows."""
    return tuple(_tables())


@cache
def _tables() -> dict[str, Any]:
    text = (files("inkdream.plot") / "machines.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)

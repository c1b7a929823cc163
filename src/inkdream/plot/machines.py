"""Plotters as data: how fast they move, and how far they reach."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass, fields, replace
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from inkdream.errors import InputError, shorten, unknown

# The machine that times are for if none is named.
USUAL = "axidraw-v3"

Basis = Literal["measured", "published", "assumed"]


@dataclass(frozen=True)
class Moves:
    """The limits of a machine's moves with the pen down, or up.

    Attributes:
        speed: along the path, in mm/s.
        acceleration: along the path, in mm/s^2.
        corner: how far a rounded corner may leave the vertex, in mm (GRBL's junction deviation).
        jerk: in mm/s^3, of a planner that limits it instead of acceleration and corner; else 0.
    """

    speed: float
    acceleration: float = 0.0
    corner: float = 0.0
    jerk: float = 0.0


@dataclass(frozen=True)
class Settings:
    """The settings of AxiDraw's and NextDraw's programs, by the names of their options.

    Attributes:
        speed_pendown: with the pen down, in % of the fastest, as are the next two.
        speed_penup: with the pen up.
        accel: acceleration.
        pen_pos_up: height of the raised pen in %.
        pen_pos_down: height of the lowered pen in %.
        pen_rate_raise: speed of raising the pen, in %.
        pen_rate_lower: speed of lowering it.
        pen_delay_up: ms to wait after raising it; negative ones shorten the raising.
        pen_delay_down: ms to wait after lowering it, likewise.
        penlift: 1 or 2 for the usual servo, 3 for a brushless one.

    Raises:
        InputError: if a value is out of range.
    """

    speed_pendown: int = 25
    speed_penup: int = 75
    accel: int = 75
    pen_pos_up: int = 60
    pen_pos_down: int = 30
    pen_rate_raise: int = 75
    pen_rate_lower: int = 50
    pen_delay_up: int = 0
    pen_delay_down: int = 0
    penlift: int = 1

    @property
    def speeds(self) -> tuple[int, int]:
        """With the pen down and up, in %."""
        return self.speed_pendown, self.speed_penup

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            allowed = _RANGES[name]
            if value not in allowed:
                raise InputError(
                    f"{name}={value}: a whole number from {allowed[0]} to {allowed[-1]}"
                )


_PERCENT, _DELAY = range(1, 101), range(-500, 10_001)
_RANGES = {
    **dict.fromkeys(("speed_pendown", "speed_penup"), range(1, 111)),
    **dict.fromkeys(("pen_pos_up", "pen_pos_down"), range(101)),
    **dict.fromkeys(("accel", "pen_rate_raise", "pen_rate_lower"), _PERCENT),
    **dict.fromkeys(("pen_delay_up", "pen_delay_down"), _DELAY),
    "penlift": range(1, 4),
}


@dataclass(frozen=True)
class Drive:
    """A machine at 100 % of its settings.

    Attributes:
        speed: mm/s.
        down: mm/s^2 with the pen down; mm/s^3 if jerk is limited.
        up: with the pen up.
        corner: see `Moves`; None if jerk is limited.
        servo: of the pen: ms for each % of height, ms in any case, ms for each % of height at 1 %
            of rate.
        brushless: the same of a brushless servo.
    """

    speed: float
    down: float
    up: float
    corner: float | None
    servo: tuple[float, float, float]
    brushless: tuple[float, float, float]

    def moves(self, settings: Settings) -> tuple[Moves, Moves]:
        """Return the moves with the pen down and up."""
        share = settings.accel / 100
        low, high = (self.speed * percent / 100 for percent in settings.speeds)
        if self.corner is None:
            return Moves(low, jerk=self.down * share**3), Moves(high, jerk=self.up * share**3)
        return (
            Moves(low, self.down * share, self.corner),
            Moves(high, self.up * share, self.corner),
        )

    def lift(self, settings: Settings) -> float:
        """Return seconds from pen down to pen up."""
        return self._pen(settings, settings.pen_rate_raise, settings.pen_delay_up)

    def drop(self, settings: Settings) -> float:
        """Return seconds from pen up to pen down."""
        return self._pen(settings, settings.pen_rate_lower, settings.pen_delay_down)

    def _pen(self, settings: Settings, rate: int, delay: int) -> float:
        slope, least, sweep = self.brushless if settings.penlift == 3 else self.servo
        height = abs(settings.pen_pos_up - settings.pen_pos_down)
        time = 0
        if height:
            time = int(((slope * height + least) ** 4 + (sweep * height / rate) ** 4) ** 0.25)
        return max(time + delay, 0) / 1000


@dataclass(frozen=True)
class Machine:
    """A plotter; the constants and their sources are in machines.toml.

    Attributes:
        name: the word for it.
        title: what it is.
        basis: 'measured' against the maker's own estimates, 'published' settings, or 'assumed'.
        travel: width and height in mm that it reaches, as it lies.
        down: its moves with the pen down.
        up: its moves with the pen up.
        lift: seconds from pen down to pen up.
        drop: seconds from pen up to pen down.
        returns: whether it goes home after the last stroke.
        extra: seconds once a plot, after the last stroke.
        shortest: shorter segments are not driven; in mm.
        slice: seconds of one step of AxiDraw's planner; 0 for other planners.
        turns: whether it draws upright pages turned, from their top right corner.
        slow_end: the last mm home along each axis that are driven slowly.
        settings: of its program; None if unknown.
        drive: at 100 % of the settings.
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
    turns: bool = False
    slow_end: float = 0.0
    settings: Settings | None = None
    drive: Drive | None = None

    def tuned(self, **changes: int) -> Machine:
        """Return the machine with other settings, by the names of `Settings`.

        Raises:
            InputError: if it has no such settings, or a value is out of range.
        """
        if self.settings is None or self.drive is None:
            word = next(iter(changes), "")
            raise InputError(f"machine {self.name!r} has no setting {word!r}: it has none")
        settings = replace(self.settings, **changes)
        down, up = self.drive.moves(settings)
        lift, drop = self.drive.lift(settings), self.drive.drop(settings)
        return replace(self, settings=settings, down=down, up=up, lift=lift, drop=drop)

    def home(self, width: float, height: float) -> tuple[float, float]:
        """Return where the pen begins on a page of a size in mm: x and y from its top left."""
        return (width if self.turns and height > width else 0.0), 0.0

    def reaches(self, width: float, height: float) -> bool:
        """Return whether a page of this size in mm can be plotted, upright or turned."""
        pages = ((width, height), (height, width))
        return any(wide <= self.travel[0] and high <= self.travel[1] for wide, high in pages)

    def beyond(self, width: float, height: float) -> str:
        """Return a sentence if a page of a size in mm is not reached; else ''."""
        if self.reaches(width, height):
            return ""
        assumed = "; yours may reach further" if self.basis == "assumed" else ""
        return (
            f"the page of {width:.4g} x {height:.4g} mm is larger than what {self.name} reaches, "
            f"{self.travel[0]:g} x {self.travel[1]:g} mm{assumed}"
        )


def machine(name: str) -> Machine:
    """Return the machine of that name.

    Args:
        name: one of `machine_names`, and settings that differ from the usual ones (see `Settings`):
            'axidraw-v3:accel=50,speed_pendown=40'.

    Raises:
        InputError: if there is none, or no such setting; names the nearest.
    """
    word, _, changes = name.strip().lower().partition(":")
    plain = _machine(word.strip(), name)
    if not changes.strip():
        return plain
    settings = _settings(changes, plain)
    words = ",".join(f"{key}={value}" for key, value in sorted(settings.items()))
    return replace(plain.tuned(**settings), name=f"{plain.name}:{words}")


def machine_names() -> tuple[str, ...]:
    """Return the names that `machine` knows."""
    return tuple(_tables())


@cache
def _machine(word: str, name: str) -> Machine:
    tables = _tables()
    if word not in tables:
        raise unknown("machine", name, tables)
    table = tables[word]
    base = tables[table["like"]] if "like" in table else {}
    table = {**base, **table}
    if "drive" not in table:
        return _of_table(
            word, {**table, "down": Moves(**table["down"]), "up": Moves(**table["up"])}
        )
    drive = {"corner": None, **base.get("drive", {}), **table["drive"]}
    still = {"down": Moves(0.0), "up": Moves(0.0), "lift": 0.0, "drop": 0.0}
    settings = Settings(**table["settings"])
    table |= {"drive": Drive(**_tuples(drive)), "settings": settings, **still}
    return _of_table(word, table).tuned()


def _of_table(word: str, table: dict[str, Any]) -> Machine:
    return Machine(name=word, **_tuples({key: table[key] for key in table if key != "like"}))


def _tuples(table: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(each) if isinstance(each, list) else each for key, each in table.items()}


def _settings(text: str, plain: Machine) -> dict[str, int]:
    """Parse 'accel=50,speed_pendown=40'."""
    if plain.settings is None:
        raise InputError(f"{plain.name}:{shorten(text, 40)}: {plain.name} has no settings")
    settings = {}
    for part in text.split(","):
        key, _, value = (word.strip().removeprefix("--") for word in part.partition("="))
        if key not in _RANGES:
            raise unknown(f"setting of {plain.name}", key, [each.name for each in fields(Settings)])
        try:
            settings[key] = int(value)
        except ValueError:
            raise InputError(f"{shorten(part)!r}: write {key}=NUMBER, a whole one") from None
    return settings


@cache
def _tables() -> dict[str, Any]:
    text = (files("inkdream.plot") / "machines.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)

"""Whom a file is for: its kind, the machine that draws it, and what is known of that machine."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from inkdream.errors import InputError, unknown
from inkdream.formats.devices import (
    GcodeProfile,
    HpglDevice,
    gcode_names,
    gcode_profile,
    hpgl_device,
    hpgl_names,
    read_profile,
)
from inkdream.formats.gcode import check_travel
from inkdream.formats.hpgl import place
from inkdream.page import Page
from inkdream.plot.machines import Machine, machine, machine_names

SUFFIXES = {"svg": ".svg", "hpgl": ".hpgl", "gcode": ".gcode"}
# How files of each kind end, ours and others'.
ENDINGS = {
    "svg": (".svg",),
    "hpgl": (".hpgl", ".hpg", ".plt"),
    "gcode": (".gcode", ".gco", ".nc", ".ngc"),
}
USUAL = {"svg": "axidraw-v3", "hpgl": "hp7475a", "gcode": "grbl-servo"}
_NAMES: dict[str, Callable[[], tuple[str, ...]]] = {
    "hpgl": hpgl_names,
    "gcode": gcode_names,
    "svg": machine_names,
}
_PROFILES = re.compile(r"(.+\.toml)(?::([^:/\\]*))?", re.IGNORECASE)


@dataclass(frozen=True)
class Target:
    """Whom a file is for.

    Attributes:
        kind: 'svg', 'hpgl' or 'gcode'.
        machine: the word for who draws it.
        motion: how that machine moves, where that is known: then times can be told.
        device: of hpgl.
        profile: of gcode.
    """

    kind: str
    machine: str
    motion: Machine | None
    device: HpglDevice | None = None
    profile: GcodeProfile | None = None

    @property
    def suffix(self) -> str:
        """How its files end, such as '.svg'."""
        return SUFFIXES[self.kind]

    def check(self, page: Page) -> None:
        """Raise InputError if the page is larger than any paper that the machine takes."""
        if self.device:
            place(page, self.device)
        if self.profile:
            check_travel(page, self.profile)

    def bare(self, page: Page) -> float:
        """Return how many mm along a page's edges the machine cannot draw on; 0 if not known."""
        return place(page, self.device).margin if self.device else 0.0

    def warnings(self, page: Page) -> list[str]:
        """Return what is to be said of a page that the machine cannot reach all of."""
        if self.device or (self.profile and self.profile.travel):
            return []  # these refuse it
        beyond = self.motion.beyond(page.width, page.height) if self.motion else ""
        return [beyond] if beyond else []


def target_of(kind: str | None, name: str | None) -> Target:
    """Return whom a file is for.

    Args:
        kind: 'svg', 'hpgl' or 'gcode'; if it is not said, what the machine takes, else svg.
        name: of the machine; if it is not said, the usual one for that kind.

    Raises:
        InputError: if there is no such kind or machine, or it takes another kind of file.
    """
    if kind is not None and kind.strip().lower() not in SUFFIXES:
        raise unknown("kind of file", kind, SUFFIXES)
    kind = kind and kind.strip().lower()
    if name is None:
        kind = kind or "svg"
        name = USUAL[kind]
    found = _kinds(name)
    if kind is None:
        if not found:
            raise unknown("machine", name, dict.fromkeys(_all_names()))
        kind = found[0]
    elif kind not in found:
        if found:
            raise InputError(f"machine {name!r} takes {found[0]}, not {kind}: --to {found[0]}")
        raise unknown(f"machine for {kind}", name, _NAMES[kind]())
    return _make(kind, name)


def named_kind(path: Path, said: str | None, name: str | None) -> str | None:
    """Return the kind of a file that is to be written: what was said, else what its name tells.

    Args:
        path: of the file.
        said: 'svg', 'hpgl' or 'gcode', if it was said.
        name: of the machine, if one was named: it tells the kind where the file's name does not.

    Raises:
        InputError: if the name is one of another kind, or nothing tells the kind.
    """
    ending = path.suffix.lower()
    kind = next((kind for kind, endings in ENDINGS.items() if ending in endings), None)
    if kind is None and said is None and name is None:
        kinds = ", ".join(SUFFIXES.values())
        raise InputError(f"{path}: which kind of file is this? End it in {kinds}, or say --to")
    if kind and said and kind != said.strip().lower():
        raise InputError(f"{path}: is the name of a file of {kind}, and --to {said} makes another")
    return said or kind


def motion_of(name: str | None) -> Machine:
    """Return how a machine moves; the usual one if none is named.

    Raises:
        InputError: if it is not known.
    """
    word = name or USUAL["svg"]
    if not _is_motion(word) and _kinds(word):
        raise InputError(
            f"how fast {word!r} moves is not known; reports are for {', '.join(machine_names())}"
        )
    return machine(word)


def _make(kind: str, name: str) -> Target:
    if kind == "hpgl":
        device = hpgl_device(name)
        return Target(kind, device.name, None, device=device)
    if kind == "gcode":
        own = _PROFILES.fullmatch(name)
        profile = read_profile(Path(own[1]), own[2] or "") if own else gcode_profile(name)
        is_known = not own and _is_motion(profile.name)
        motion = machine(profile.name) if is_known else None
        return Target(kind, profile.name, motion, profile=profile)
    motion = machine(name)
    return Target(kind, motion.name, motion)


def _kinds(name: str) -> list[str]:
    """Return the kinds of files that a machine takes; machines with a profile take G-code first."""
    if _PROFILES.fullmatch(name):
        return ["gcode"]
    return [kind for kind, names in _NAMES.items() if _word(name, kind) in names()]


def _is_motion(name: str) -> bool:
    return _word(name, "svg") in machine_names()


def _word(name: str, kind: str) -> str:
    """Return a name as the tables have it.

    HP's may be written 'HP 7475A'; behind one that moves may stand settings, 'axidraw-v3:accel=50'.
    """
    word = name.strip().lower()
    if kind == "svg":
        return word.partition(":")[0].strip()
    return re.sub(r"[\s_-]", "", word) if kind == "hpgl" else word


def _all_names() -> Iterable[str]:
    return (name for kind in ("svg", "hpgl", "gcode") for name in _NAMES[kind]())

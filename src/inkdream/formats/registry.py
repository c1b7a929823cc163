"""The formats of plotters' files, and which one is meant."""

from __future__ import annotations

from pathlib import Path

from inkdream.errors import InputError, unknown
from inkdream.formats.base import Format
from inkdream.formats.gcode import Gcode
from inkdream.formats.hpgl import Hpgl
from inkdream.formats.svg import Svg
from inkdream.plot.machines import USUAL, Machine, machine, machine_names

FORMATS: dict[str, type[Format]] = {each.name: each for each in (Svg, Hpgl, Gcode)}


def format_for(name: str | None, machine: str | None) -> Format:
    """Return the format of a file.

    Args:
        name: of the format; by default what the machine takes, else svg.
        machine: its name; by default the usual one for the format.

    Raises:
        InputError: if there is no such format or machine, or they do not fit.
    """
    word = name and name.strip().lower()
    if word and word not in FORMATS:
        raise unknown("kind of file", word, FORMATS)
    if machine is None:
        usual = FORMATS[word or "svg"]
        return usual.of(usual.usual)
    # A machine that has a profile of its own takes G-code first.
    kinds = {each.name: each for each in reversed(FORMATS.values()) if each.takes(machine)}
    if word and word in kinds:
        return kinds[word].of(machine)
    if word and not kinds:
        raise unknown(f"machine for {word}", machine, FORMATS[word].machines())
    if not kinds:
        names = (name for each in FORMATS.values() for name in each.machines())
        raise unknown("machine", machine, dict.fromkeys(names))
    first = next(iter(kinds))
    if word:
        raise InputError(f"machine {machine!r} takes {first}, not {word}: --to {first}")
    return kinds[first].of(machine)


def format_named(path: Path, name: str | None, machine: str | None) -> str | None:
    """Return the name of the format of a file to be written; None if its machine tells it.

    Args:
        path: of the file.
        name: of the format, if given.
        machine: if given, it tells the format where the file's name does not.

    Raises:
        InputError: if the file's name is of another format, or nothing tells the format.
    """
    ending = path.suffix.lower()
    kind = next((kind for kind, each in FORMATS.items() if ending in each.endings), None)
    if kind is None and name is None and machine is None:
        kinds = ", ".join(each.endings[0] for each in FORMATS.values())
        raise InputError(f"{path}: which kind of file is this? End it in {kinds}, or say --to")
    if kind and name and kind != name.strip().lower():
        raise InputError(f"{path}: is the name of a file of {kind}, and --to {name} makes another")
    return name or kind


def format_of_file(head: bytes, ending: str) -> type[Format] | None:
    """Return the format of a file, if that is for a plotter alone.

    Args:
        head: its first bytes.
        ending: of its name, in lower case.
    """
    formats = (each for each in FORMATS.values() if each.begins)
    return next((each for each in formats if ending in each.endings or each.starts(head)), None)


def motion_of(name: str | None) -> Machine:
    """Return how a machine moves, by default the usual one.

    Raises:
        InputError: if it is not known.
    """
    word = name or USUAL
    if not Svg.takes(word) and any(each.takes(word) for each in FORMATS.values()):
        raise InputError(
            f"how fast {word!r} moves is not known; reports are for {', '.join(machine_names())}"
        )
    return machine(word)

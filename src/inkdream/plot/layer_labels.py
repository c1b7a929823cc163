"""AxiDraw's words in the names of layers: one grammar, for whoever reads or writes them.

A name is `[!][number][+Hheight][+Sspeed][+Ddelay] name`, the codes in any order, each letter large
or small, with nothing between the number and them; a name that begins with `%` is of a layer that
is not plotted. Source: Evil Mad Scientist's wiki, "AxiDraw Layer Control".
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from inkdream.errors import InputError

SPEEDS = range(1, 111)
HEIGHTS = range(101)
DELAYS = range(1, 60_001)

_FORM = re.compile(r"\s*(!?)\s*(\d*)((?:\+[hsd]\d+)*)", re.IGNORECASE)
_CODE = re.compile(r"\+([hsd])(\d+)", re.IGNORECASE)
_KEYS = {"h": ("height", HEIGHTS), "s": ("speed", SPEEDS), "d": ("delay", DELAYS)}
# Python refuses to make numbers of thousands of digits; no machine has a use for these.
_MOST_DIGITS = 9
_LONGEST = 80


@dataclass(frozen=True)
class LayerCodes:
    """What AxiDraw is told about a layer in its name; None leaves it to the plotter's settings.

    Attributes:
        speed: of the lowered pen, 1 to 110 %.
        height: of the lowered pen, 0 to 100 %.
        delay: before the layer is drawn, in ms, at least 1.
        pauses: whether the plotter stops before the layer.

    Raises:
        InputError: if a value is out of range; AxiDraw would drop it without a word.
    """

    speed: int | None = None
    height: int | None = None
    delay: int | None = None
    pauses: bool = False

    def __post_init__(self) -> None:
        for name, allowed in _KEYS.values():
            value = getattr(self, name)
            if value is not None and value not in allowed:
                raise InputError(
                    f"AxiDraw layer {name} {value}: a whole number from {allowed[0]} to "
                    f"{allowed[-1]}"
                )

    def __bool__(self) -> bool:
        """Whether anything is told."""
        return self != LayerCodes()

    def __str__(self) -> str:
        """The codes as AxiDraw reads them right behind a layer's number: '+h40+s25'."""
        values = (("+h", self.height), ("+s", self.speed), ("+d", self.delay))
        return "".join(f"{code}{value}" for code, value in values if value is not None)

    def under(self, others: LayerCodes) -> LayerCodes:
        """Return these codes with what `others` say in place of them."""
        return LayerCodes(
            speed=self.speed if others.speed is None else others.speed,
            height=self.height if others.height is None else others.height,
            delay=self.delay if others.delay is None else others.delay,
            pauses=self.pauses or others.pauses,
        )


NO_CODES = LayerCodes()


@dataclass(frozen=True)
class LayerLabel:
    """A layer's name, taken apart.

    Attributes:
        name: what is left for a person: the name as it stands, without pause, number and codes. A
            number that is part of the first word ('0.5 black', '3rd') stays in it.
        number: by which AxiDraw chooses the layer; None if the name does not begin with one.
        codes: what it is told.
        is_documentation: whether AxiDraw does not plot the layer, as its name begins with '%'.
        dropped: codes whose values AxiDraw does not take, as they stand: '+S0'.
    """

    name: str
    number: int | None = None
    codes: LayerCodes = NO_CODES
    is_documentation: bool = False
    dropped: tuple[str, ...] = ()


def read_label(label: str) -> LayerLabel:
    """Take a layer's name apart as AxiDraw does.

    Args:
        label: any text, such as '1 black', '!2+s40+d500 red', '% guides', 'stabilo 88 red'.
    """
    if label.lstrip().startswith("%"):
        return LayerLabel(_shown(label), is_documentation=True)
    form = _FORM.match(label)
    assert form is not None  # all its parts may be empty
    pause, digits, codes = form.groups()
    rest = label[form.end() :]
    is_word = bool(digits) and not codes and rest[:1].strip() != ""
    name = digits + rest if is_word else rest
    values, dropped = _values(codes)
    return LayerLabel(
        name=_shown(name),
        number=int(digits[:_MOST_DIGITS]) if digits else None,
        codes=LayerCodes(pauses=bool(pause), **values),
        dropped=dropped,
    )


def _values(codes: str) -> tuple[dict[str, int], tuple[str, ...]]:
    """Return what codes say, the last of each kind, and those that say nothing."""
    values: dict[str, int] = {}
    dropped = []
    for code in _CODE.finditer(codes):
        name, allowed = _KEYS[code[1].lower()]
        value = int(code[2][:_MOST_DIGITS])
        if value in allowed:
            values[name] = value
        else:
            dropped.append(code[0][:_LONGEST])
    return values, tuple(dropped)


def _shown(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable()).strip()[:_LONGEST]

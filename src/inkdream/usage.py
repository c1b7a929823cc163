"""How help is set: the groups that flags stand in, the words for their values, and examples.

Cyclopts lays help out; this module is read with the command line, and so imports nothing heavy.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from cyclopts import Group, Parameter, Token

# In the order in which a drawing is thought of; what is seldom needed comes last.
_WHAT, _INKS, _PAGE, _TIME, _START, _OUTPUT, _EXPERT = (
    Group(name, sort_key=place)
    for place, name in enumerate(
        (
            "What to draw",
            "Inks and pens",
            "Page",
            "Time and quality",
            "Start",
            "Output",
            "Expert",
        ),
        1,
    )
)
_PLOTTER = Group("Plotter and file", sort_key=1.5)
WHAT, INKS, PAGE, TIME, START, OUTPUT, EXPERT, PLOTTER = (
    Parameter(group=group)
    for group in (_WHAT, _INKS, _PAGE, _TIME, _START, _OUTPUT, _EXPERT, _PLOTTER)
)
# A flag that is there or not: it takes no value, and has no --no-flag.
Switch = Annotated[bool, Parameter(negative=(), show_default=False)]
# A flag that may be given several times.
Several = Annotated[list[str] | None, Parameter(negative=())]


def _whole(kind: Any, tokens: Sequence[Token]) -> int:
    """Return a whole number; 4.5 is none, and is not rounded."""
    word = tokens[0].value.strip()
    try:
        return int(word.replace(",", ""))
    except ValueError:
        raise ValueError(f"{word!r} is no whole number; write one such as 400") from None


# A flag whose value is a whole number.
WHOLE = Parameter(converter=_whole)


def value(word: str) -> Parameter:
    """Return the setting by which help shows a flag's value as `word`: --page SIZE, not STR."""
    return Parameter(metavar=word)


def examples(*pairs: tuple[str, str]) -> str:
    """Return the end of a help page: what one may want, and below it the command that does it.

    Args:
        pairs: what is wanted, and the command; a command has a line of its own.
    """
    # Two spaces at a line's end are Markdown's line break.
    asked = [want if want.endswith("?") else f"{want}:" for want, _ in pairs]
    lines = [f"{want}  \n`{command}`" for want, (_, command) in zip(asked, pairs, strict=True)]
    return "\n\n".join(["**Examples**", *lines])

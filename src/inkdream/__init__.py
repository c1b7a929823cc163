"""inkdream draws what neural networks dream, in the inks you own.

    import inkdream as ink

    result = ink.draw("loom/conv4_1/17", inks=4)
    print(result.certificate.score_strict, result.certificate.inks)
    result.save("spiral")

Nothing is loaded before it is asked for: `import inkdream` alone takes no time.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inkdream.api import Result, Session, draw, estimate, read_svg, write
    from inkdream.errors import InkdreamError, InputError, RunError
    from inkdream.page import Page
    from inkdream.pens import Pen, PenSet
    from inkdream.plot import Layer, Plot, Stroke
    from inkdream.plot.optimise import optimise
    from inkdream.recipe import Recipe

__version__ = "0.2.0"

# Where each public name is defined, in the order of docs/api.md.
_HOMES = {
    "draw": "inkdream.api",
    "Session": "inkdream.api",
    "Result": "inkdream.api",
    "Recipe": "inkdream.recipe",
    "read_svg": "inkdream.api",
    "optimise": "inkdream.plot.optimise",
    "estimate": "inkdream.api",
    "write": "inkdream.api",
    "Plot": "inkdream.plot.plot",
    "Layer": "inkdream.plot.plot",
    "Stroke": "inkdream.plot.plot",
    "Page": "inkdream.page",
    "Pen": "inkdream.pens",
    "PenSet": "inkdream.pens",
    "InkdreamError": "inkdream.errors",
    "InputError": "inkdream.errors",
    "RunError": "inkdream.errors",
}

__all__ = [
    "InkdreamError",
    "InputError",
    "Layer",
    "Page",
    "Pen",
    "PenSet",
    "Plot",
    "Recipe",
    "Result",
    "RunError",
    "Session",
    "Stroke",
    "draw",
    "estimate",
    "optimise",
    "read_svg",
    "write",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})

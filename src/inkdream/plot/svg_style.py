"""How an SVG's shapes are painted: the values that their properties come to.

Source: SVG 2, chapters 6 and 13.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from inkdream.plot.svg_cascade import share
from inkdream.plot.svg_paint import BLACK, NONE, Paint, parse_colour, parse_paint
from inkdream.plot.svg_units import Viewport

# What changes a picture and is not followed here, as one names it to a person.
NOT_FOLLOWED = {
    "clip-path": "clip-path",
    "mask": "mask",
    "filter": "filter",
    "marker-start": "marker",
    "marker-mid": "marker",
    "marker-end": "marker",
}


@dataclass(frozen=True, slots=True)
class Style:
    """The properties of an element that count here, as computed.

    Attributes:
        stroke: what lines are painted with.
        stroke_width: in user units.
        opacity: the product of those of the element and of all around it, 0 to 1.
        color: what currentColor is.
        is_blended: whether the element or one around it mixes with what lies below.
    """

    stroke: Paint = NONE
    stroke_width: float = 1.0
    stroke_opacity: float = 1.0
    fill: Paint = field(default_factory=lambda: Paint(BLACK))
    fill_opacity: float = 1.0
    opacity: float = 1.0
    color: Paint = field(default_factory=lambda: Paint(BLACK))
    is_visible: bool = True
    is_even_odd: bool = False
    is_round: bool = False
    is_dashed: bool = False
    is_blended: bool = False

    def resolved(self, paint: Paint) -> Paint:
        """Return a paint whose colour is its own: that of `color` where it says currentColor."""
        if paint.keyword != "currentcolor":
            return paint
        return replace(paint, colour=self.color.colour, alpha=self.color.alpha, keyword="")


def derive(parent: Style, said: Mapping[str, str], viewport: Viewport) -> Style:
    """Return the style of an element.

    Args:
        parent: the style around it.
        said: what is said of the element, as `specified` returns it.
        viewport: what lengths are of.
    """
    changes: dict[str, object] = {}
    for name, words in said.items():
        if name in _PAINTS:
            changes[name] = parse_paint(words)
        elif name == "stroke-width":
            changes["stroke_width"] = max(0.0, viewport.along(words))
        elif name in _OPACITIES:
            changes[_OPACITIES[name]] = share(words)
        elif name == "opacity":
            changes["opacity"] = parent.opacity * (share(words) or 0.0)
        elif name in _SWITCHES:
            field_name, test = _SWITCHES[name]
            changes[field_name] = test(words.lower())
    colour = parse_colour(said.get("color", ""))
    # `color: currentColor` is inherited.
    if colour and not colour.keyword:
        changes["color"] = colour
    if parent.is_blended:
        changes.pop("is_blended", None)
    return replace(parent, **changes) if changes else parent  # type: ignore[arg-type]


def _is_dashed(words: str) -> bool:
    """Return whether any length of a dash pattern is more than 0."""
    return any(letter in "123456789" for letter in words)


_PAINTS = frozenset({"fill", "stroke"})
_OPACITIES = {"stroke-opacity": "stroke_opacity", "fill-opacity": "fill_opacity"}
_SWITCHES: Mapping[str, tuple[str, Callable[[str], bool]]] = {
    "visibility": ("is_visible", lambda words: words == "visible"),
    "fill-rule": ("is_even_odd", lambda words: words == "evenodd"),
    "stroke-linecap": ("is_round", lambda words: words in ("round", "square")),
    "stroke-dasharray": ("is_dashed", _is_dashed),
    "mix-blend-mode": ("is_blended", lambda words: words != "normal"),
}

"""How an SVG's shapes are painted: the values that their properties come to.

Source: SVG 2, chapters 6 and 13.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from inkdream.plot.svg_cascade import share
from inkdream.plot.svg_paint import BLACK, NONE, Paint, parse_colour, parse_paint, parse_reference
from inkdream.plot.svg_units import Viewport

# What changes a picture and is not followed here, as one names it to a person.
NOT_FOLLOWED = {
    "all": "CSS all",
    "animation": "CSS animation",
    "animation-name": "CSS animation",
    "clip": "clip",
    "mask": "mask",
    "offset-path": "offset-path",
    "filter": "filter",
    "paint-order": "paint-order",
}


@dataclass(frozen=True, slots=True)
class Style:
    """The properties of an element that count here, as computed.

    Attributes:
        stroke: what lines are painted with.
        stroke_width: in user units.
        opacity: the product of those of the element and of all around it, 0 to 1.
        color: what currentColor is.
        context: what context-fill and context-stroke are: the fill and stroke of the <use> or of
            the line with a marker that the element is drawn for.
        dashes: stroke-dasharray in words.
        dash_offset: stroke-dashoffset in words.
        markers: the ids of the markers at a line's first vertex, its last and those between; ''
            for none.
        is_clip_even_odd: the rule by which the element has an inside if it cuts others.
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
    is_clip_even_odd: bool = False
    is_blended: bool = False
    context: tuple[Paint, Paint] = (NONE, NONE)
    dashes: str = "none"
    dash_offset: str = "0"
    markers: tuple[str, str, str] = ("", "", "")

    def resolved(self, paint: Paint) -> Paint:
        """Return a paint whose colour is its own: that of `color` where it says currentColor."""
        if paint.keyword in _CONTEXT:
            return self.context[_CONTEXT.index(paint.keyword)]
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
    markers = [*parent.markers]
    for name, words in said.items():
        if name in _PAINTS:
            changes[name] = parse_paint(words)
        elif name == "stroke-width":
            changes["stroke_width"] = max(0.0, viewport.along(words))
        elif name in _OPACITIES:
            changes[_OPACITIES[name]] = share(words)
        elif name == "opacity":
            changes["opacity"] = parent.opacity * (share(words) or 0.0)
        elif name in _WORDS:
            changes[_WORDS[name]] = words
        elif name in _MARKERS:
            markers[_MARKERS.index(name)] = parse_reference(words) or ""
        elif name in _SWITCHES:
            field_name, test = _SWITCHES[name]
            changes[field_name] = test(words.lower())
    if tuple(markers) != parent.markers:
        changes["markers"] = (*markers,)
    colour = parse_colour(said.get("color", ""))
    # `color: currentColor` is inherited.
    if colour and not colour.keyword:
        changes["color"] = colour
    if parent.is_blended:
        changes.pop("is_blended", None)
    return replace(parent, **changes) if changes else parent  # type: ignore[arg-type]


_PAINTS = frozenset({"fill", "stroke"})
_CONTEXT = ("context-fill", "context-stroke")
_WORDS = {"stroke-dasharray": "dashes", "stroke-dashoffset": "dash_offset"}
_MARKERS = ("marker-start", "marker-end", "marker-mid")
_OPACITIES = {"stroke-opacity": "stroke_opacity", "fill-opacity": "fill_opacity"}
_SWITCHES: Mapping[str, tuple[str, Callable[[str], bool]]] = {
    "visibility": ("is_visible", lambda words: words == "visible"),
    "fill-rule": ("is_even_odd", lambda words: words == "evenodd"),
    "stroke-linecap": ("is_round", lambda words: words in ("round", "square")),
    "clip-rule": ("is_clip_even_odd", lambda words: words == "evenodd"),
    "mix-blend-mode": ("is_blended", lambda words: words != "normal"),
}

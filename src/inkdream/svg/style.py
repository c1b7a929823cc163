"""How an SVG's shapes are painted: the values that their properties come to.

Source: SVG 2, chapters 6 and 13.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from inkdream.errors import InputError, shorten
from inkdream.svg.css import declarations
from inkdream.svg.paint import BLACK, NONE, Paint, older, parse_colour, parse_paint, parse_reference
from inkdream.svg.units import NUMBER, Viewport, font_size, length, origin, transform
from inkdream.svg.xml import Node, Notes

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


def derive(parent: Style, properties: Mapping[str, str], viewport: Viewport) -> Style:
    """Return the style of an element with these properties, in one of style `parent`."""
    changes: dict[str, object] = {}
    markers = [*parent.markers]
    for name, words in properties.items():
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
    colour = parse_colour(properties.get("color", ""))
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


# Values longer than this are no program's, but for transforms.
_MOST_LETTERS = 20_000
_WIDE = frozenset({"inherit", "initial", "unset", "revert", "revert-layer"})
_SHARE = re.compile(rf"({NUMBER})\s*(%?)")


@dataclass(frozen=True, slots=True)
class Property:
    """A property that counts here.

    Attributes:
        accepts: whether a value is understood.
        initial: what it is if nothing is properties.
        is_inherited: whether it is handed down to those inside.
    """

    accepts: Callable[[str], bool]
    initial: str = "none"
    is_inherited: bool = False


def share(words: str) -> float | None:
    """Return an opacity in [0, 1], or None if it is none."""
    match = _SHARE.fullmatch(words)
    return min(max(float(match[1]) / (100 if match[2] else 1), 0.0), 1.0) if match else None


def _is_something(parse: Callable[[str], object]) -> Callable[[str], bool]:
    return lambda words: parse(words) is not None


_is_paint, _is_colour = _is_something(parse_paint), _is_something(parse_colour)
_is_share = _is_something(share)


def _is_reference(words: str) -> bool:
    return words == "none" or parse_reference(words) is not None


def _is_fine(parse: Callable[[str], object]) -> Callable[[str], bool]:
    """Return whether a function takes a value without an InputError."""

    def accepts(words: str) -> bool:
        try:
            parse(words)
        except InputError:
            return False
        return True

    return accepts


def _is_radius(words: str) -> bool:
    # A negative one counts as missing (SVG 2, section 7.3).
    return words == "auto" or (_is_length(words) and not words.startswith("-"))


_is_length = _is_fine(lambda words: length(words, 1.0))


def _is_side(words: str) -> bool:
    return words == "auto" or _is_length(words)


def _one_of(*allowed: str) -> Callable[[str], bool]:
    return lambda words: words.lower() in allowed


def _is_dashes(words: str) -> bool:
    return words == "none" or all(map(_is_length, re.split(r"[\s,]+", words)))


def _is_path(words: str) -> bool:
    return words == "none" or words.startswith("path(")


def _anything(words: str) -> bool:
    return words != ""


def _moves(name: str) -> Callable[[str], bool]:
    """Return whether words are such a transform, or none."""
    accepts = _is_fine(transform)
    return lambda words: words == "none" or accepts(f"{name}({words})")


_BOXES_OF_TRANSFORMS = ("view-box", "fill-box", "stroke-box", "border-box", "content-box")
_KINDS: dict[str, Property] = {
    "all animation animation-name background clip clip-path filter": Property(_anything),
    "mask offset-path vector-effect": Property(_anything),
    "background-color": Property(_is_colour, "transparent"),
    "clip-rule fill-rule": Property(_one_of("nonzero", "evenodd"), "nonzero", True),
    "color": Property(_is_colour, "#000", True),
    "cx cy x y": Property(_is_length, "0"),
    "d": Property(_is_path),
    "display": Property(_anything, "inline"),
    "fill": Property(_is_paint, "#000", True),
    "fill-opacity stroke-opacity": Property(_is_share, "1", True),
    "font-size": Property(_is_fine(lambda words: font_size(words, 16.0, 16.0)), "medium", True),
    "height width": Property(_is_side, "auto"),
    "isolation": Property(_one_of("auto", "isolate"), "auto"),
    "marker-end marker-mid marker-start": Property(_is_reference, "none", True),
    "mix-blend-mode": Property(_anything, "normal"),
    "opacity stop-opacity": Property(_is_share, "1"),
    "overflow": Property(_anything, "visible"),
    "paint-order": Property(_anything, "normal", True),
    "r": Property(_is_radius, "0"),
    "rx ry": Property(_is_radius, "auto"),
    "rotate": Property(_moves("rotate")),
    "scale": Property(_moves("scale")),
    "stop-color": Property(_is_colour, "#000"),
    "stroke": Property(_is_paint, "none", True),
    "stroke-dasharray": Property(_is_dashes, "none", True),
    "stroke-dashoffset": Property(_is_length, "0", True),
    "stroke-linecap": Property(_one_of("butt", "round", "square"), "butt", True),
    "stroke-width": Property(_is_length, "1", True),
    "transform": Property(_is_fine(transform)),
    "transform-box": Property(_one_of(*_BOXES_OF_TRANSFORMS), "view-box"),
    "transform-origin": Property(_is_fine(origin), "0 0"),
    "translate": Property(_moves("translate")),
    "visibility": Property(_one_of("visible", "hidden", "collapse"), "visible", True),
}
PROPERTIES = {name: kind for names, kind in _KINDS.items() for name in names.split()}
# Elements whose attributes of these names are properties; those of others are not.
_BOXES = frozenset({"foreignObject", "image", "rect", "svg", "symbol", "use"})
_ONLY_ON: dict[str, frozenset[str]] = {
    "cx": frozenset({"circle", "ellipse"}),
    "cy": frozenset({"circle", "ellipse"}),
    "r": frozenset({"circle"}),
    "rx": frozenset({"ellipse", "rect"}),
    "ry": frozenset({"ellipse", "rect"}),
    **dict.fromkeys(("height", "width", "x", "y"), _BOXES),
    # These are no attributes; a path's data, as one, is no CSS.
    **dict.fromkeys(("all", "animation", "animation-name", "offset-path"), frozenset[str]()),
    **dict.fromkeys(("background", "background-color", "d"), frozenset[str]()),
    **dict.fromkeys(("rotate", "scale", "translate"), frozenset[str]()),
}
# Elements that browsers' own sheets cut at their edges; the outermost <svg> is not meant here.
_CUT = frozenset({"marker", "pattern", "svg", "symbol"})
# Properties that say several at once.
_SHORT = {"marker": ("marker-start", "marker-mid", "marker-end")}


@lru_cache(maxsize=8192)
def _is_understood(name: str, words: str) -> bool:
    return len(words) <= _MOST_LETTERS and PROPERTIES[name].accepts(words)


@lru_cache(maxsize=1024)
def _older(words: str) -> str:
    try:
        return older(words) if "(" in words and len(words) <= 1_000 else ""
    except RecursionError:
        return ""


def specified(node: Node, notes: Notes | None = None) -> dict[str, str]:
    """Return the properties of an element that count here and that are not inherited, by name.

    None is a keyword of the cascade: 'initial' is that value. What is not understood goes into
    `notes`.
    """
    properties: dict[str, str] = {}
    newer: dict[str, str] = {}
    asked: list[str] = []
    for name, words in _by_weight(node):
        if words.lower() in _WIDE:
            properties[name] = words.lower()
        elif _is_understood(name, words):
            properties[name] = words
        else:
            newer[name] = words
    for name, words in newer.items():
        instead = "" if name in properties else _older(words)
        is_better = instead != "" and _is_understood(name, instead)
        if is_better:
            properties[name] = instead
        if notes is not None:
            used = f": {instead} is used" if is_better else ""
            notes.mistake(node.line, f"{name} {shorten(words)!r} is not understood{used}")
    wide = [name for name, words in properties.items() if words in _WIDE and name != "all"]
    for name in wide:
        words = properties.pop(name)
        if PROPERTIES[name].is_inherited and words == "initial":
            properties[name] = PROPERTIES[name].initial
        elif not PROPERTIES[name].is_inherited and words == "inherit":
            asked.append(name)
    if asked and node.parent is not None:
        above = specified(node.parent)
        properties.update({name: above[name] for name in asked if name in above})
        is_open = node.parent.parent is None or node.parent.tag not in _CUT
        if "overflow" in asked and "overflow" not in above and is_open:
            properties["overflow"] = PROPERTIES["overflow"].initial
    return properties


def _by_weight(node: Node) -> Iterator[tuple[str, str]]:
    """Yield the values of properties that count here, the weakest first."""
    for name, words in node.attributes.items():
        if name in PROPERTIES and node.tag in _ONLY_ON.get(name, (node.tag,)):
            yield name, " ".join(words.split())
    own = declarations(node.attributes["style"]) if "style" in node.attributes else ()
    for is_important in (False, True):
        for declared in (node.matched, own):
            for name, words, own_weight in declared:
                if own_weight == is_important:
                    for each in _SHORT.get(name, (name,)):
                        if each in PROPERTIES:
                            yield each, words

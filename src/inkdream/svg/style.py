"""How an SVG's shapes are painted: colours, references to paint servers, and computed properties.

Colours are read by tinycss2. Sources: SVG 2, chapters 6 and 13; CSS Color 4; CSS Values 5.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import numpy as np
import tinycss2
from tinycss2 import color4

from inkdream import colour
from inkdream.errors import InputError, shorten
from inkdream.svg.css import declarations
from inkdream.svg.units import NUMBER, Viewport, font_size, length, origin, transform
from inkdream.svg.xml import Node, Notes

BLACK = "#000000"
# Of these spaces are the colours that every program knows that shows an SVG.
_SPACES = frozenset({"srgb", "hsl", "hwb"})
_PROFILES = frozenset({"icc-color", "device-cmyk", "device-color"})  # may follow a colour
_MOST_PAINT_LETTERS = 200


@dataclass(frozen=True, slots=True)
class Paint:
    """What a fill or a stroke is painted with.

    Attributes:
        colour: '#rrggbb', or None for none.
        alpha: of the colour itself, 0 to 1.
        keyword: 'currentcolor', 'context-fill' or 'context-stroke' if the colour is that of
            another property; else ''.
        reference: the id of a gradient or pattern, '' if it is not in this file; the colour is the
            fallback. None if there is no reference.
    """

    colour: str | None
    alpha: float = 1.0
    keyword: str = ""
    reference: str | None = None


NONE = Paint(None)
_KEYWORDS = {"none": NONE} | {
    word: Paint(None, keyword=word) for word in ("currentcolor", "context-fill", "context-stroke")
}


@lru_cache(maxsize=4096)
def parse_paint(words: str) -> Paint | None:
    """Return a paint, or None if it is not understood.

    Args:
        words: such as 'none', 'red', '#f00', 'rgb(255, 0, 0)', 'url(#fade) red'.
    """
    if len(words) > _MOST_PAINT_LETTERS:
        return None
    tokens = _tokens(words)
    reference = _reference(tokens[0]) if tokens else None
    if reference is None:
        return _plain(tokens)
    instead = _plain(tokens[1:]) if len(tokens) > 1 else NONE
    return instead and Paint(instead.colour, instead.alpha, instead.keyword, reference)


def parse_reference(words: str) -> str | None:
    """Return the id in 'url(#id)'; '' if it is not in this file, None if it is no url."""
    tokens = _tokens(words) if len(words) <= _MOST_PAINT_LETTERS else []
    return _reference(tokens[0]) if len(tokens) == 1 else None


def parse_colour(words: str) -> Paint | None:
    """Return a colour, which may be currentColor; None for anything else."""
    paint = parse_paint(words)
    is_colour = paint and paint.reference is None and (paint.colour or paint.keyword)
    return paint if is_colour else None


def _tokens(words: str) -> list[Any]:
    tokens = tinycss2.parse_component_value_list(words, skip_comments=True)
    return [token for token in tokens if token.type != "whitespace"]


def _reference(token: Any) -> str | None:
    """Return the id that a url points at; None if the token is no url."""
    if token.type == "function" and token.lower_name == "url":
        token = next((each for each in token.arguments if each.type == "string"), token)
        address = token.value if token.type == "string" else ""
    elif token.type == "url":
        address = token.value
    else:
        return None
    return address.strip()[1:] if address.strip().startswith("#") else ""


def _plain(tokens: list[Any]) -> Paint | None:
    """Return the paint of a keyword or a colour."""
    if len(tokens) == 2 and getattr(tokens[1], "lower_name", "") in _PROFILES:
        tokens = tokens[:1]
    if len(tokens) != 1:
        return None
    keyword = tokens[0].lower_value if tokens[0].type == "ident" else ""
    if keyword in _KEYWORDS:
        return _KEYWORDS[keyword]
    try:
        parsed = color4.parse_color(tokens[0])
        if parsed is None or parsed.space not in _SPACES:
            return None
        red, green, blue = (
            round(255 * min(max(value, 0.0), 1.0)) for value in parsed.to("srgb").coordinates
        )
    except (ValueError, OverflowError):
        return None
    return Paint(colour.to_hex((red, green, blue)), float(parsed.alpha))


_LARGEST = 1000.0  # beyond any coordinate of a visible colour
# To XYZ of daylight D65: CSS Color 4, section 17.
_P3 = [
    [0.4865709486482162, 0.26566769316909306, 0.1982172852343625],
    [0.2289745640697488, 0.6917385218365064, 0.079286914093745],
    [0.0, 0.04511338185890264, 1.043944368900976],
]
_FROM_D50 = [
    [0.9554734527042182, -0.023098536874261423, 0.0632593086610217],
    [-0.028369706963208136, 1.0099954580058226, 0.021041398966943008],
    [0.012314001688319899, -0.020507696433477912, 1.3303659366080753],
]


def older(words: str) -> str:
    """Return a value in older words; '' if there are none for it.

    That is the fallback of var(), the first of light-dark(), and colours of larger gamuts, clipped
    to sRGB, as '#rrggbbaa'.
    """
    tokens = _tokens(words)
    if len(tokens) != 1 or tokens[0].type != "function":
        return ""
    token = tokens[0]
    if token.lower_name in ("var", "light-dark"):
        first, second = _halves(token.arguments)
        inside = second if token.lower_name == "var" else first
        return older(inside) or inside
    return _gamut(token)


def _halves(arguments: list[Any]) -> tuple[str, str]:
    """Return the text before and after the first comma; '' for both if there is none."""
    for index, token in enumerate(arguments):
        if token.type == "literal" and token.value == ",":
            halves = arguments[:index], arguments[index + 1 :]
            first, second = (tinycss2.serialize(half).strip() for half in halves)
            return first, second
    return "", ""


def _gamut(token: Any) -> str:
    """Return a colour outside sRGB's spaces as '#rrggbbaa'; '' for anything else."""
    try:
        parsed = color4.parse_color(token)
        if parsed is None or parsed == "currentcolor":
            return ""
        values = np.array([float(value or 0) for value in parsed.coordinates])
        if not (np.abs(values) <= _LARGEST).all():
            return ""
        if parsed.space == "display-p3":
            xyz = np.array(_P3) @ colour.srgb_to_linear(values)
        elif parsed.space in ("lab", "lch"):
            xyz = np.array(_FROM_D50) @ np.array(parsed.to("xyz-d50").coordinates)
        elif parsed.space in ("oklab", "oklch", "xyz", "xyz-d65"):
            xyz = np.array(parsed.to("xyz-d65").coordinates)
        else:
            return ""
        light = np.linalg.solve(np.array(colour.LINEAR_TO_XYZ), xyz)
        rgb = colour.to_bytes(np.clip(light, 0, 1)).tolist()
    except (ValueError, OverflowError, NotImplementedError):
        return ""
    return f"{colour.to_hex(rgb)}{round(255 * min(max(float(parsed.alpha), 0), 1)):02x}"


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
    """An element's computed properties.

    Attributes:
        stroke: paint of lines.
        stroke_width: in user units.
        opacity: the product of those of the element and of all around it, 0 to 1.
        color: the value of currentColor.
        context: the values of context-fill and context-stroke: fill and stroke of the <use>, or of
            the line with a marker, that the element is drawn for.
        dashes: stroke-dasharray as text.
        dash_offset: stroke-dashoffset as text.
        markers: the ids of the markers at a line's first vertex, its last and those between; ''
            for none.
        is_clip_even_odd: the fill rule in a <clipPath>.
        is_blended: whether the element or one around it has a mix-blend-mode.
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
        """Return a paint with its keyword replaced by the colour."""
        if paint.keyword in _CONTEXT:
            return self.context[_CONTEXT.index(paint.keyword)]
        if paint.keyword != "currentcolor":
            return paint
        return replace(paint, colour=self.color.colour, alpha=self.color.alpha, keyword="")


def derive(parent: Style, properties: Mapping[str, str], viewport: Viewport) -> Style:
    """Return the style of an element with these properties, inside one of style `parent`."""
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
    ink = parse_colour(properties.get("color", ""))
    # `color: currentColor` is inherited.
    if ink and not ink.keyword:
        changes["color"] = ink
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
        initial: its initial value.
        is_inherited: whether it is inherited.
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
    """Return a test for values that a function takes without an InputError."""

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
    """Return a test for transforms of that name, or 'none'."""
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
    """Return the properties of an element that count here, by name, without inherited ones.

    Keywords of the cascade are resolved; mistakes go into `notes`.
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

"""Which of an element's declarations count: attributes, below style sheets, below its own style.

A declaration that is not understood is dropped, and the one before it stands; so a new property
that counts here needs a line in `PROPERTIES`.
Sources: SVG 2, chapter 6; CSS Cascade 4.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from inkdream.errors import InputError, shorten
from inkdream.plot.svg_css import declarations
from inkdream.plot.svg_newer import older
from inkdream.plot.svg_notes import Notes
from inkdream.plot.svg_paint import parse_colour, parse_paint, parse_reference
from inkdream.plot.svg_transform import origin, transform
from inkdream.plot.svg_tree import Node
from inkdream.plot.svg_units import NUMBER, font_size, length

# Values longer than this are no program's, but for transforms.
_MOST_LETTERS = 20_000
_WIDE = frozenset({"inherit", "initial", "unset", "revert", "revert-layer"})
_SHARE = re.compile(rf"({NUMBER})\s*(%?)")


@dataclass(frozen=True, slots=True)
class Property:
    """A property that counts here.

    Attributes:
        accepts: whether a value is understood.
        initial: what it is if nothing is said.
        is_inherited: whether it is handed down to those inside.
    """

    accepts: Callable[[str], bool]
    initial: str = "none"
    is_inherited: bool = False


def share(words: str) -> float | None:
    """Return an opacity in [0, 1], or None if it is none."""
    found = _SHARE.fullmatch(words)
    return min(max(float(found[1]) / (100 if found[2] else 1), 0.0), 1.0) if found else None


def _is_paint(words: str) -> bool:
    return parse_paint(words) is not None


def _is_share(words: str) -> bool:
    return share(words) is not None


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
    # A negative one counts as not said (SVG 2, section 7.3).
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


PROPERTIES: dict[str, Property] = {
    "all": Property(_anything),
    "animation": Property(_anything),
    "animation-name": Property(_anything),
    "background": Property(_anything),
    "background-color": Property(lambda words: parse_colour(words) is not None, "transparent"),
    "clip": Property(_anything),
    "clip-path": Property(_anything),
    "clip-rule": Property(_one_of("nonzero", "evenodd"), "nonzero", True),
    "color": Property(lambda words: parse_colour(words) is not None, "#000", True),
    "cx": Property(_is_length, "0"),
    "cy": Property(_is_length, "0"),
    "d": Property(_is_path),
    "display": Property(_anything, "inline"),
    "fill": Property(_is_paint, "#000", True),
    "fill-opacity": Property(_is_share, "1", True),
    "fill-rule": Property(_one_of("nonzero", "evenodd"), "nonzero", True),
    "filter": Property(_anything),
    "font-size": Property(_is_fine(lambda words: font_size(words, 16.0, 16.0)), "medium", True),
    "height": Property(_is_side, "auto"),
    "isolation": Property(_one_of("auto", "isolate"), "auto"),
    "marker-end": Property(_is_reference, "none", True),
    "marker-mid": Property(_is_reference, "none", True),
    "marker-start": Property(_is_reference, "none", True),
    "mask": Property(_anything),
    "mix-blend-mode": Property(_anything, "normal"),
    "offset-path": Property(_anything),
    "opacity": Property(_is_share, "1"),
    "overflow": Property(_anything, "visible"),
    "paint-order": Property(_anything, "normal", True),
    "r": Property(_is_radius, "0"),
    "rx": Property(_is_radius, "auto"),
    "ry": Property(_is_radius, "auto"),
    "rotate": Property(_moves("rotate")),
    "scale": Property(_moves("scale")),
    "stop-color": Property(lambda words: parse_colour(words) is not None, "#000"),
    "stop-opacity": Property(_is_share, "1"),
    "stroke": Property(_is_paint, "none", True),
    "stroke-dasharray": Property(_is_dashes, "none", True),
    "stroke-dashoffset": Property(_is_length, "0", True),
    "stroke-linecap": Property(_one_of("butt", "round", "square"), "butt", True),
    "stroke-opacity": Property(_is_share, "1", True),
    "stroke-width": Property(_is_length, "1", True),
    "transform": Property(_is_fine(transform)),
    "transform-box": Property(
        _one_of("view-box", "fill-box", "stroke-box", "border-box", "content-box"), "view-box"
    ),
    "transform-origin": Property(_is_fine(origin), "0 0"),
    "translate": Property(_moves("translate")),
    "vector-effect": Property(_anything),
    "visibility": Property(_one_of("visible", "hidden", "collapse"), "visible", True),
    "width": Property(_is_side, "auto"),
    "x": Property(_is_length, "0"),
    "y": Property(_is_length, "0"),
}
# Elements whose attributes of these names are properties; those of others are not.
_BOXES = frozenset({"foreignObject", "image", "rect", "svg", "symbol", "use"})
_ONLY_ON: dict[str, frozenset[str]] = {
    "cx": frozenset({"circle", "ellipse"}),
    "cy": frozenset({"circle", "ellipse"}),
    # These are no attributes; a path's data, as one, is no CSS.
    **dict.fromkeys(("all", "animation", "animation-name", "offset-path"), frozenset[str]()),
    **dict.fromkeys(("rotate", "scale", "translate"), frozenset[str]()),
    "background": frozenset(),
    "background-color": frozenset(),
    "d": frozenset(),
    "height": _BOXES,
    "r": frozenset({"circle"}),
    "rx": frozenset({"ellipse", "rect"}),
    "ry": frozenset({"ellipse", "rect"}),
    "width": _BOXES,
    "x": _BOXES,
    "y": _BOXES,
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
    """Return the properties that count here and that something says of an element.

    Args:
        node: with what style sheets say of it.
        notes: takes what is not understood.

    Returns:
        Values by name, none of them a keyword of the cascade: what is inherited is left out, and
        'initial' is that value.
    """
    said: dict[str, str] = {}
    newer: dict[str, str] = {}
    asked: list[str] = []
    for name, words in _by_weight(node):
        if words.lower() in _WIDE:
            said[name] = words.lower()
        elif _is_understood(name, words):
            said[name] = words
        else:
            newer[name] = words
    for name, words in newer.items():
        instead = "" if name in said else _older(words)
        is_better = instead != "" and _is_understood(name, instead)
        if is_better:
            said[name] = instead
        if notes is not None:
            used = f": {instead} is used" if is_better else ""
            notes.mistake(node.line, f"{name} {shorten(words)!r} is not understood{used}")
    wide = [name for name, words in said.items() if words in _WIDE and name != "all"]
    for name in wide:
        words = said.pop(name)
        if PROPERTIES[name].is_inherited and words == "initial":
            said[name] = PROPERTIES[name].initial
        elif not PROPERTIES[name].is_inherited and words == "inherit":
            asked.append(name)
    if asked and node.parent is not None:
        above = specified(node.parent)
        said.update({name: above[name] for name in asked if name in above})
        is_open = node.parent.parent is None or node.parent.tag not in _CUT
        if "overflow" in asked and "overflow" not in above and is_open:
            said["overflow"] = PROPERTIES["overflow"].initial
    return said


def _by_weight(node: Node) -> Iterator[tuple[str, str]]:
    """Yield what is said of an element in the properties that count here, the weakest first."""
    for name, words in node.attributes.items():
        if name in PROPERTIES and node.tag in _ONLY_ON.get(name, (node.tag,)):
            yield name, " ".join(words.split())
    own = declarations(node.attributes["style"]) if "style" in node.attributes else ()
    for is_important in (False, True):
        for said in (node.matched, own):
            for name, words, own_weight in said:
                if own_weight == is_important:
                    for each in _SHORT.get(name, (name,)):
                        if each in PROPERTIES:
                            yield each, words

"""Which of an SVG's alternatives is for this reader: switch, systemLanguage and their like.

Source: SVG 1.1, section 5.8; SVG 2, section 5.9, which knows requiredFeatures no more.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice

from inkdream.plot.svg_paths import SHAPES
from inkdream.plot.svg_tree import Node

# The language of those for whom nothing is known of theirs; a drawing is the same everywhere.
LANGUAGE = "en"

# Elements whose children are drawn as if they stood alone.
GROUPS = frozenset({"a", "g", "switch"})
# Elements that draw something that is no stroke, or is not known here.
LEFT_OUT = frozenset(
    {
        "audio", "canvas", "flowRoot", "foreignObject", "hatch", "iframe", "image", "mesh", "text",
        "video",
    }
)  # fmt: skip
DRAWN = GROUPS | LEFT_OUT | SHAPES.keys() | {"svg", "use"}

_FEATURES = ("http://www.w3.org/TR/SVG11/feature#", "org.w3c.")
# What needs another program: HTML inside, scripts, motion.
_NOT_HERE = ("Extensibility", "Script", "Animation", "Document", "Graphical", "Event")


def is_for_us(attributes: Mapping[str, str]) -> bool:
    """Return whether an element's conditions hold."""
    # An extension is never known, an empty list of them is none.
    if "requiredExtensions" in attributes:
        return False
    if "requiredFeatures" in attributes:
        features = attributes["requiredFeatures"].split()
        if not features or not all(map(_is_known, features)):
            return False
    if "systemLanguage" in attributes:
        languages = [word.strip().lower() for word in attributes["systemLanguage"].split(",")]
        return any(word == LANGUAGE or word.startswith(f"{LANGUAGE}-") for word in languages)
    return True


def _is_known(feature: str) -> bool:
    name = feature.partition("#")[2]
    return feature.startswith(_FEATURES) and not name.startswith(_NOT_HERE)


def chosen(node: Node) -> list[Node]:
    """Return the children of a group that are drawn: of a switch, the first whose conditions hold.

    Elements that draw nothing are no alternatives.
    """
    if node.tag != "switch":
        return node.children
    able = (child for child in node.children if child.tag in DRAWN and is_for_us(child.attributes))
    return [*islice(able, 1)]

"""What elements that are drawn elsewhere inherit: from where they stand, not from where they show.

The content of a gradient, a pattern, a marker or a clip path has the properties of the elements
around it in the file (SVG 2, sections 13.7, 14.1).
"""

from __future__ import annotations

from dataclasses import replace

from inkdream.plot.svg_cascade import specified
from inkdream.plot.svg_style import Style, derive
from inkdream.plot.svg_tree import Node
from inkdream.plot.svg_units import Viewport, font_size


class Inherited:
    """Finds what elements hand down, each looked at once."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Style, float]] = {}

    def inside(self, node: Node, viewport: Viewport) -> tuple[Style, Viewport]:
        """Return the style inside an element as its place in the file makes it, and its viewport.

        Args:
            node: any; what it and those around it do as a whole, opacity and mixing, is left out.
            viewport: what percentages are of; its font's size is replaced.
        """
        chain: list[Node] = []
        at: Node | None = node
        while at is not None and id(at) not in self._known:
            chain.append(at)
            at = at.parent
        style, em = self._known[id(at)] if at is not None else (Style(), viewport.rem)
        for each in reversed(chain):
            said = specified(each)
            if "font-size" in said:
                em = font_size(said["font-size"], em, viewport.rem)
            style = derive(style, said, replace(viewport, em=em))
            style = replace(style, opacity=1.0, is_blended=False)
            self._known[id(each)] = style, em
        return style, replace(viewport, em=em)

"""An SVG as a bounded tree in memory, in which style sheets and references look around."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from inkdream.errors import InputError
from inkdream.plot.svg_source import XLINK, parse

MOST_ELEMENTS = 250_000
# Attributes of all elements together: each takes about 150 bytes.
MOST_ATTRIBUTES = 2_500_000
MOST_CSS = 2**23


class Node:
    """An element.

    Attributes:
        tag: an element of SVG's namespace or of none by its plain name, any other as
            '{namespace}name'.
        attributes: by name, likewise.
        parent: the element around it; None for the root.
        children: the elements in it, in order.
        line: where it begins in the file, from 1.
        matched: the declarations that style sheets make for it, the weakest first, each with
            whether it is important; see `svg_css`.
    """

    __slots__ = ("attributes", "children", "line", "matched", "parent", "tag")

    def __init__(
        self, tag: str, attributes: Mapping[str, str], parent: Node | None, line: int
    ) -> None:
        self.tag = tag
        self.attributes = attributes
        self.parent = parent
        self.line = line
        self.children: list[Node] = []
        self.matched: tuple[tuple[str, str, bool], ...] = ()
        if parent is not None:
            parent.children.append(self)

    # What cssselect2 asks of an element.
    @property
    def attrib(self) -> Mapping[str, str]:
        """Its attributes."""
        return self.attributes

    def get(self, name: str, default: str | None = None) -> str | None:
        """Return an attribute."""
        return self.attributes.get(name, default)

    @property
    def text(self) -> str:
        """Nothing: text is not kept."""
        return ""

    def walk(self) -> Iterator[Node]:
        """Yield this element and all in it, in the order in which they begin."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting += reversed(node.children)

    def is_inside(self, other: Node) -> bool:
        """Return whether this is another element or lies in it."""
        node: Node | None = self
        while node is not None and node is not other:
            node = node.parent
        return node is not None


@dataclass(frozen=True)
class Sheet:
    """A style sheet in a document.

    Attributes:
        text: CSS.
        media: for what it is, as in the attribute media.
        line: where it begins in the file.
    """

    text: str
    media: str
    line: int


@dataclass
class Tree:
    """A document.

    Attributes:
        root: its outermost element.
        by_id: the first element of each id.
        sheets: its style sheets, in order.
        outside: how many style sheets it names that lie in other files, which are not read.
    """

    root: Node
    by_id: dict[str, Node] = field(default_factory=dict)
    sheets: list[Sheet] = field(default_factory=list)
    outside: int = 0


def address(attributes: Mapping[str, str]) -> str:
    """Return the id that an element's href points at; '' if it is not in this file."""
    word = attributes.get("href", attributes.get(f"{{{XLINK}}}href", "")).strip()
    return word[1:] if word.startswith("#") else ""


def read_tree(source: Path | str) -> Tree:
    """Read a document.

    Args:
        source: a file, or the document itself.

    Raises:
        InputError: if it is broken, or has more than allowed.
    """
    reader = _Reader()
    parse(source, reader.start, reader.end, reader.text, reader.instruction)
    return reader.tree()


class _Reader:
    """Makes the tree of what the parser tells."""

    def __init__(self) -> None:
        self._root: Node | None = None
        self._at: Node | None = None
        self._by_id: dict[str, Node] = {}
        self._sheets: list[Sheet] = []
        self._css: list[str] | None = None
        self._elements = self._attributes = self._letters = self._outside = 0

    def tree(self) -> Tree:
        """Return what was read."""
        assert self._root is not None, "a document without an element is not well-formed"
        return Tree(self._root, self._by_id, self._sheets, self._outside)

    def start(self, tag: str, attributes: Mapping[str, str], line: int) -> None:
        """Take an element's beginning.

        Raises:
            InputError: if there are too many.
        """
        self._elements += 1
        self._attributes += len(attributes)
        if self._elements > MOST_ELEMENTS:
            raise InputError(f"there are more than {MOST_ELEMENTS:,} elements")
        if self._attributes > MOST_ATTRIBUTES:
            raise InputError(f"there are more than {MOST_ATTRIBUTES:,} attributes")
        node = Node(tag, attributes, self._at, line)
        if self._root is None:
            self._root = node
        self._at = node
        if "id" in attributes:
            self._by_id.setdefault(attributes["id"], node)
        if tag == "style":
            kind = attributes.get("type", "text/css").split(";")[0].strip().lower()
            self._css = [] if kind in ("", "text/css") else None
        elif tag.endswith("}link") and "stylesheet" in attributes.get("rel", "").lower().split():
            self._outside += 1

    def end(self) -> None:
        """Take an element's end."""
        node = self._at
        assert node is not None
        if self._css is not None and node.tag == "style":
            media = node.attributes.get("media", "")
            self._sheets.append(Sheet("".join(self._css), media, node.line))
            self._css = None
        self._at = node.parent

    def text(self, piece: str) -> None:
        """Take text; that of style sheets counts.

        Raises:
            InputError: if there is too much.
        """
        if self._css is None:
            return
        self._css.append(piece)
        self._letters += len(piece)
        if self._letters > MOST_CSS:
            raise InputError(f"style sheets are longer than {MOST_CSS >> 20} MiB")

    def instruction(self, target: str, words: str) -> None:
        """Take a processing instruction."""
        self._outside += target == "xml-stylesheet"

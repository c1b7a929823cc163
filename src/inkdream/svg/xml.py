"""An SVG's elements, one after the other, from a file or a text: bounded in time and memory.

The parser is the standard library's expat. Nothing is fetched: a document type that lies elsewhere
is not read. Entities that a document declares are, if they are words that stand for themselves;
those that name others, or files, are refused, and all together may add no more than 32 MiB.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from inkdream.errors import InputError, shorten

MOST_BYTES = 2**26
MOST_DEPTH = 256
MOST_ATTRIBUTES = 100_000
# Letters that the entities of a document may add to it, and attributes that its document type may.
MOST_GROWTH = 2**25
MOST_DEFAULTS = 1_000

CHUNK = 2**20
SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
# In front of a name of these namespaces.
INKSCAPE = "{http://www.inkscape.org/namespaces/inkscape}"
SODIPODI = "{http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd}"
# Between a namespace and a name, as in {namespace}name; no address contains it.
_BETWEEN = "}"
_ENCODINGS = frozenset({"utf-8", "utf-16", "utf-16le", "utf-16be", "us-ascii", "iso-8859-1"})

Start = Callable[[str, Mapping[str, str], int], None]
End = Callable[[], None]
Text = Callable[[str], None]
Instruction = Callable[[str, str], None]


def name_of(source: Path | str) -> str:
    """Return what a source is called in messages."""
    return str(source) if isinstance(source, Path) else "SVG"


def chunks(source: Path | str) -> Iterator[bytes]:
    """Yield a document's bytes in pieces of at most 1 MiB, unpacked if it is gzipped.

    Args:
        source: a file, or the document itself.

    Raises:
        InputError: if it cannot be read, or is longer than 64 MiB.
    """
    try:
        with _open(source) as file:
            total = 0
            while piece := file.read(CHUNK):
                total += len(piece)
                if total > MOST_BYTES:
                    raise InputError(f"is longer than {MOST_BYTES >> 20} MiB")
                yield piece
    except (OSError, EOFError, zlib.error) as error:
        problem = getattr(error, "strerror", None) or error
        raise InputError(f"cannot be read ({shorten(str(problem))})") from error


def _open(source: Path | str) -> io.BufferedIOBase:
    if isinstance(source, str):
        return io.BytesIO(source.encode("utf-8", "replace"))
    if not source.is_file():
        raise InputError("is no file" if source.exists() else "there is no such file")
    with source.open("rb") as file:
        is_packed = file.read(2) == b"\x1f\x8b"
    return gzip.GzipFile(source) if is_packed else source.open("rb")


def parse(
    source: Path | str,
    start: Start,
    end: End,
    text: Text | None = None,
    instruction: Instruction | None = None,
) -> None:
    """Call back for every element as it begins and ends.

    Args:
        source: a file, or the document itself.
        start: takes an element's name, its attributes and its line, from 1. Names of SVG's and of
            no namespace are plain; others are '{namespace}name'.
        end: called as an element ends.
        text: takes pieces of text, if that is wanted.
        instruction: takes the name and the words of processing instructions, likewise.

    Raises:
        InputError: if it is no well-formed XML, or more of it than allowed; what the functions
            raise, too.
    """
    # A text has been decoded already, whatever it says of its own encoding.
    encoding = "utf-8" if isinstance(source, str) else None
    parser = expat.ParserCreate(encoding, _BETWEEN)
    seen = _Seen()
    _bound_declarations(parser, seen)
    _listen(parser, start, end)
    if text is not None:
        parser.CharacterDataHandler = text
        parser.buffer_text = True
    parser.ProcessingInstructionHandler = instruction
    fed = equals = 0
    try:
        for piece in chunks(source):
            seen.references += piece.count(b"&")
            seen.check()
            parser.Parse(piece, False)
            # A tag of too many attributes is refused before it is complete and takes its memory; a
            # path's data, however long, has no '='.
            begun = parser.CurrentByteIndex - fed
            fed += len(piece)
            equals = piece.count(b"=", begun) if begun >= 0 else equals + piece.count(b"=")
            if equals > MOST_ATTRIBUTES:
                raise InputError(f"has a tag of more than {MOST_ATTRIBUTES:,} attributes")
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        words = expat.errors.messages.get(error.code, "broken")
        raise InputError(f"line {error.lineno}: is no well-formed XML ({words})") from error


@dataclass
class _Seen:
    """How much entities can add to a document.

    Attributes:
        references: how many there are at most: '&' in what was parsed and is parsed now.
        longest: letters of the longest entity.
    """

    references: int = 0
    longest: int = 0

    def check(self) -> None:
        """Refuse a document that grows too much.

        Raises:
            InputError: if it does.
        """
        if self.references * self.longest > MOST_GROWTH:
            raise InputError(
                f"entities of its DOCTYPE make it more than {MOST_GROWTH >> 20} MiB longer"
            )


def _bound_declarations(parser: expat.XMLParserType, seen: _Seen) -> None:
    defaults = 0

    def declaration(version: str, encoding: str | None, standalone: int) -> None:
        if encoding and not _can_read(encoding):
            raise InputError(f"is in {shorten(encoding)!r}: save it as UTF-8")

    def entity(name: str, is_parameter: int, value: str | None, *_: object) -> None:
        # A value in which nothing is replaced any more cannot grow: no laughs, no files.
        if is_parameter or value is None or "&" in value or "<" in value:
            raise InputError(
                f"its DOCTYPE declares {shorten(name)!r} by other entities, elements or files: "
                "these are not read"
            )
        seen.longest = max(seen.longest, len(value))
        seen.check()

    def default(*_: object) -> None:
        nonlocal defaults
        defaults += 1
        if defaults > MOST_DEFAULTS:
            raise InputError(f"its DOCTYPE declares more than {MOST_DEFAULTS:,} attributes")

    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    parser.XmlDeclHandler = declaration
    parser.EntityDeclHandler = entity
    parser.AttlistDeclHandler = default


def _can_read(encoding: str) -> bool:
    """Return whether expat knows an encoding, or learns it from Python: one byte a character."""
    if encoding.lower() in _ENCODINGS:
        return True
    try:
        return len(bytes(range(256)).decode(encoding, "replace")) == 256
    except (LookupError, ValueError):
        return False


def _listen(parser: expat.XMLParserType, start: Start, end: End) -> None:
    depth = 0
    own = SVG + _BETWEEN

    def begin(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        line = parser.CurrentLineNumber
        if depth > MOST_DEPTH:
            raise InputError(f"line {line}: nests deeper than {MOST_DEPTH}")
        if any(_BETWEEN in key for key in attributes):
            attributes = {_qualified(key): value for key, value in attributes.items()}
        try:
            start(_qualified(name.removeprefix(own)), attributes, line)
        except InputError as error:
            raise InputError(f"line {line}: {error}") from error

    def finish(name: str) -> None:
        nonlocal depth
        depth -= 1
        end()

    parser.StartElementHandler = begin
    parser.EndElementHandler = finish


def _qualified(name: str) -> str:
    """Return a name as '{namespace}name', or as it is if it has no namespace."""
    return "{" + name if _BETWEEN in name else name


MOST_ELEMENTS = 250_000
# Attributes of all elements together: each takes about 150 bytes.
MOST_ATTRIBUTES_IN_ALL = 2_500_000
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
        if self._attributes > MOST_ATTRIBUTES_IN_ALL:
            raise InputError(f"there are more than {MOST_ATTRIBUTES_IN_ALL:,} attributes")
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

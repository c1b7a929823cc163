"""An SVG's elements from a file or a text, in bounded time and memory.

The parser is the standard library's expat. Nothing is fetched: external document types are not
read. Entities declared in the document may only be plain text, and may add no more than 32 MiB.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from inkdream.errors import InputError, shorten

MOST_BYTES = 2**26
MOST_DEPTH = 256
MOST_ATTRIBUTES = 100_000
MOST_ELEMENTS = 250_000
# Attributes of all elements together: each takes about 150 bytes.
MOST_ATTRIBUTES_IN_ALL = 2_500_000
MOST_CSS = 2**23
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


class Node:
    """An element.

    Attributes:
        tag: the plain name if in SVG's namespace or none, else '{namespace}name'.
        attributes: by name, likewise.
        parent: the element around it; None for the root.
        children: the elements in it, in order.
        line: where it begins in the file, from 1.
        matched: the declarations of style sheets, the weakest first, each with whether it is
            important.
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
        """'': text is not kept (for cssselect2)."""
        return ""

    def walk(self) -> Iterator[Node]:
        """Yield this element and all in it, in document order."""
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
        media: its attribute media.
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
        outside: the number of style sheets in other files, which are not read.
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
    """Read a document from a file, or from its text.

    Raises:
        InputError: if it is no well-formed XML, or has more than allowed.
    """
    reader = _Reader(source)
    try:
        for piece in chunks(source):
            reader.feed(piece)
        reader.end()
    except expat.ExpatError as error:
        words = expat.errors.messages.get(error.code, "broken")
        raise InputError(f"line {error.lineno}: is no well-formed XML ({words})") from error
    assert reader.root is not None, "a document without an element is not well-formed"
    return Tree(reader.root, reader.by_id, reader.sheets, reader.outside)


class _Reader:
    """Builds the tree from expat's events, and refuses what is too much before it takes memory."""

    def __init__(self, source: Path | str) -> None:
        self.root: Node | None = None
        self.by_id: dict[str, Node] = {}
        self.sheets: list[Sheet] = []
        self.outside = 0
        self._node: Node | None = None
        self._css: list[str] | None = None
        self._depth = self._elements = self._attributes = self._letters = self._defaults = 0
        # Entities: '&' in what was parsed and is parsed now, and letters of the longest.
        self._references = self._longest = 0
        self._fed = self._equals = 0
        # A text has been decoded already, whatever it says of its own encoding.
        encoding = "utf-8" if isinstance(source, str) else None
        self._parser = parser = expat.ParserCreate(encoding, _BETWEEN)
        parser.buffer_text = True
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        parser.XmlDeclHandler = _check_encoding
        parser.EntityDeclHandler = self._add_entity
        parser.AttlistDeclHandler = self._add_default
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._finish
        parser.CharacterDataHandler = self._add_text
        parser.ProcessingInstructionHandler = self._add_instruction

    def feed(self, piece: bytes) -> None:
        """Read a piece."""
        self._references += piece.count(b"&")
        self._check_growth()
        self._parser.Parse(piece, False)
        # A tag of too many attributes is refused before it is complete and takes its memory; a
        # path's data, however long, has no '='.
        begun = self._parser.CurrentByteIndex - self._fed
        self._fed += len(piece)
        count = piece.count(b"=", max(0, begun))
        self._equals = count if begun >= 0 else self._equals + count
        if self._equals > MOST_ATTRIBUTES:
            raise InputError(f"has a tag of more than {MOST_ATTRIBUTES:,} attributes")

    def end(self) -> None:
        """Read to the end."""
        self._parser.Parse(b"", True)

    def _check_growth(self) -> None:
        if self._references * self._longest > MOST_GROWTH:
            raise InputError(
                f"entities of its DOCTYPE make it more than {MOST_GROWTH >> 20} MiB longer"
            )

    def _add_entity(self, name: str, is_parameter: int, value: str | None, *_: object) -> None:
        # A value in which nothing is replaced any more cannot grow: no laughs, no files.
        if is_parameter or value is None or "&" in value or "<" in value:
            raise InputError(
                f"its DOCTYPE declares {shorten(name)!r} by other entities, elements or files: "
                "these are not read"
            )
        self._longest = max(self._longest, len(value))
        self._check_growth()

    def _add_default(self, *_: object) -> None:
        self._defaults += 1
        if self._defaults > MOST_DEFAULTS:
            raise InputError(f"its DOCTYPE declares more than {MOST_DEFAULTS:,} attributes")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        line = self._parser.CurrentLineNumber
        self._depth += 1
        self._elements += 1
        self._attributes += len(attributes)
        for count, most, words in (
            (self._depth, MOST_DEPTH, "nests deeper than {}"),
            (self._elements, MOST_ELEMENTS, "there are more than {:,} elements"),
            (self._attributes, MOST_ATTRIBUTES_IN_ALL, "there are more than {:,} attributes"),
        ):
            if count > most:
                raise InputError(f"line {line}: {words.format(most)}")
        if any(_BETWEEN in key for key in attributes):
            attributes = {_qualified(key): value for key, value in attributes.items()}
        tag = _qualified(name.removeprefix(SVG + _BETWEEN))
        self._node = node = Node(tag, attributes, self._node, line)
        self.root = self.root or node
        if "id" in attributes:
            self.by_id.setdefault(attributes["id"], node)
        if tag == "style":
            kind = attributes.get("type", "text/css").split(";")[0].strip().lower()
            self._css = [] if kind in ("", "text/css") else None
        elif tag.endswith("}link") and "stylesheet" in attributes.get("rel", "").lower().split():
            self.outside += 1

    def _finish(self, name: str) -> None:
        node = self._node
        assert node is not None
        if self._css is not None and node.tag == "style":
            media = node.attributes.get("media", "")
            self.sheets.append(Sheet("".join(self._css), media, node.line))
            self._css = None
        self._depth -= 1
        self._node = node.parent

    def _add_text(self, piece: str) -> None:
        """Keep the text of style sheets."""
        if self._css is None:
            return
        self._css.append(piece)
        self._letters += len(piece)
        if self._letters > MOST_CSS:
            raise InputError(f"style sheets are longer than {MOST_CSS >> 20} MiB")

    def _add_instruction(self, target: str, words: str) -> None:
        self.outside += target == "xml-stylesheet"


def _check_encoding(version: str, encoding: str | None, standalone: int) -> None:
    if encoding and not _can_read(encoding):
        raise InputError(f"is in {shorten(encoding)!r}: save it as UTF-8")


def _can_read(encoding: str) -> bool:
    """Return whether expat knows an encoding, or learns it from Python: one byte a character."""
    if encoding.lower() in _ENCODINGS:
        return True
    try:
        return len(bytes(range(256)).decode(encoding, "replace")) == 256
    except (LookupError, ValueError):
        return False


def _qualified(name: str) -> str:
    """Return a name as '{namespace}name', or as it is without a namespace."""
    return "{" + name if _BETWEEN in name else name


# Different mistakes that are named one by one.
MOST_NAMED = 10


class Notes:
    """What was left out of a file, and its mistakes."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._mistakes: dict[str, list[int]] = {}

    def count(self, what: str, times: int = 1) -> None:
        """Count something that was left out or done otherwise."""
        self._counts[what] += times

    def mistake(self, line: int, what: str) -> None:
        """Count a mistake in a file.

        Args:
            line: where the element begins.
            what: a clause that says what is wrong, and what was done.
        """
        first_and_times = self._mistakes.setdefault(what, [line, 0])
        first_and_times[1] += 1

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Within this, nothing is noted."""
        kept = self._counts, self._mistakes
        self._counts, self._mistakes = Counter(), {}
        yield
        self._counts, self._mistakes = kept

    def sentences(self) -> tuple[str, ...]:
        """Return one sentence for each kind, with its number."""
        counted = [f"{what} ({times})" for what, times in sorted(self._counts.items())]
        named = [
            f"line {line}: {what}" + (f" ({times} times)" if times > 1 else "")
            for what, (line, times) in self._mistakes.items()
        ]
        if len(named) > MOST_NAMED:
            named[MOST_NAMED:] = [f"{len(named) - MOST_NAMED} more kinds of mistake"]
        return (*counted, *named)

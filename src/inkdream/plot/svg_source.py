"""An SVG's elements, one after the other, from a file or a text: bounded in time and memory.

The parser is the standard library's expat. Nothing is fetched: documents that declare entities, or
have a document type with declarations inside, are refused; one that only names its type is read
without it.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NoReturn
from xml.parsers import expat

from inkdream.errors import InputError, shorten

MOST_BYTES = 2**26
MOST_DEPTH = 256
MOST_ATTRIBUTES = 100_000

CHUNK = 2**20
SVG = "http://www.w3.org/2000/svg"
INKSCAPE = "http://www.inkscape.org/namespaces/inkscape"
SODIPODI = "http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd"
XLINK = "http://www.w3.org/1999/xlink"
# Between a namespace and a name; no address contains it.
_BETWEEN = " "
_ENCODINGS = frozenset({"utf-8", "utf-16", "utf-16le", "utf-16be", "us-ascii", "iso-8859-1"})

Start = Callable[[str, Mapping[str, str]], None]
End = Callable[[], None]
Text = Callable[[str], None]


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


def parse(source: Path | str, start: Start, end: End, text: Text | None = None) -> None:
    """Call back for every element as it begins and ends.

    Args:
        source: a file, or the document itself.
        start: takes an element's name and attributes. Names of SVG's and of no namespace are plain;
            others are the namespace, a space and the name.
        end: called as an element ends.
        text: takes pieces of text, if that is wanted.

    Raises:
        InputError: if it is no well-formed XML, or more of it than allowed; what `start`, `end` and
            `text` raise, too.
    """
    # A text has been decoded already, whatever it says of its own encoding.
    encoding = "utf-8" if isinstance(source, str) else None
    parser = expat.ParserCreate(encoding, _BETWEEN)
    _refuse_declarations(parser)
    _listen(parser, start, end, text)
    fed = equals = 0
    try:
        for piece in chunks(source):
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


def _refuse_declarations(parser: expat.XMLParserType) -> None:
    def declaration(version: str, encoding: str | None, standalone: int) -> None:
        if encoding and not _can_read(encoding):
            raise InputError(f"is in {shorten(encoding)!r}: save it as UTF-8")

    def doctype(name: str, system: str | None, public: str | None, has_inside: int) -> None:
        if has_inside:
            raise InputError("has declarations in its DOCTYPE: these are not read; remove them")

    def entity(*_: object) -> NoReturn:
        raise InputError("declares an entity: these are not read; remove its DOCTYPE")

    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    parser.XmlDeclHandler = declaration
    parser.StartDoctypeDeclHandler = doctype
    parser.EntityDeclHandler = entity
    parser.ExternalEntityRefHandler = entity


def _can_read(encoding: str) -> bool:
    """Return whether expat knows an encoding, or learns it from Python: one byte a character."""
    if encoding.lower() in _ENCODINGS:
        return True
    try:
        return len(bytes(range(256)).decode(encoding, "replace")) == 256
    except (LookupError, ValueError):
        return False


def _listen(parser: expat.XMLParserType, start: Start, end: End, text: Text | None) -> None:
    depth = 0
    own = SVG + _BETWEEN

    def begin(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > MOST_DEPTH:
            raise InputError(f"line {parser.CurrentLineNumber}: nests deeper than {MOST_DEPTH}")
        try:
            start(name.removeprefix(own), attributes)
        except InputError as error:
            raise InputError(f"line {parser.CurrentLineNumber}: {error}") from error

    def finish(name: str) -> None:
        nonlocal depth
        depth -= 1
        end()

    parser.StartElementHandler = begin
    parser.EndElementHandler = finish
    if text is not None:
        parser.CharacterDataHandler = text
        parser.buffer_text = True

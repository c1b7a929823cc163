"""What counts before the place where it stands: style sheets, and elements that <use> copies."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from inkdream.errors import InputError
from inkdream.plot.svg_css import Rules
from inkdream.plot.svg_source import XLINK, chunks, parse

MOST_CSS = 2**23
MOST_EVENTS = 250_000

# The beginning of an element, with its attributes; ("", {}) is an end.
Event = tuple[str, Mapping[str, str]]
END: Event = ("", {})

_TELLING = re.compile(rb"<(?:[\w.-]{1,40}:)?(?:style|use)[\s/>]")


@dataclass
class Library:
    """A document's style sheets, and the elements that <use> copies.

    Attributes:
        rules: of all style sheets.
        events: those elements' and their children's beginnings and ends.
        places: by id, the first and the last of an element's events.
    """

    rules: Rules = field(default_factory=Rules)
    events: list[Event] = field(default_factory=list)
    places: dict[str, tuple[int, int]] = field(default_factory=dict)


def address(attributes: Mapping[str, str]) -> str:
    """Return the id that a <use> points at; '' if it is not in this file."""
    word = attributes.get("href", attributes.get(f"{XLINK} href", "")).strip()
    return word[1:] if word.startswith("#") else ""


def collect(source: Path | str) -> Library:
    """Return a document's library; a file without style sheets and <use> is not parsed for it.

    Raises:
        InputError: if the document is broken, or has more than allowed.
    """
    library = Library()
    if _is_telling(source):
        first = _Listing(library)
        parse(source, first.start, first.end, first.text)
        library.rules.add("".join(first.css))
        if first.wanted:
            second = _Recording(library, first.wanted)
            parse(source, second.start, second.end)
    return library


def _is_telling(source: Path | str) -> bool:
    """Return whether there may be a style sheet or a <use>."""
    end = b""
    for piece in chunks(source):
        # In UTF-16, every other byte is 0.
        letters = end + piece.replace(b"\0", b"")
        if _TELLING.search(letters):
            return True
        end = letters[-64:]
    return False


class _Listing:
    """Finds the style sheets, and the ids that are used."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.css: list[str] = []
        self.wanted: set[str] = set()
        self._open: list[bool] = []
        self._length = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        is_css = tag == "style" and attributes.get("type", "text/css").strip() in ("", "text/css")
        self._open.append(is_css)
        if tag == "use":
            self.wanted.add(address(attributes))

    def end(self) -> None:
        # Rules of one sheet do not go on in the next.
        if self._open.pop():
            self.css.append("\n")

    def text(self, piece: str) -> None:
        if self._open and self._open[-1]:
            self.css.append(piece)
            self._length += len(piece)
            if self._length > MOST_CSS:
                raise InputError(f"style sheets are longer than {MOST_CSS >> 20} MiB")


class _Recording:
    """Keeps the elements whose ids are wanted, with all that is in them."""

    def __init__(self, library: Library, wanted: set[str]) -> None:
        self.library = library
        self.wanted = wanted
        self._open: list[tuple[str, int]] = []
        self._keeping = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        name = attributes.get("id", "")
        is_wanted = name != "" and name in self.wanted and name not in self.library.places
        self._keeping += is_wanted
        self._open.append((name if is_wanted else "", len(self.library.events)))
        if self._keeping:
            if len(self.library.events) >= 2 * MOST_EVENTS:
                raise InputError(f"<use> copies more than {MOST_EVENTS:,} elements")
            self.library.events.append((tag, attributes))
            if is_wanted:
                self.library.places[name] = (len(self.library.events) - 1, -1)

    def end(self) -> None:
        name, first = self._open.pop()
        if self._keeping:
            self.library.events.append(END)
        if name:
            self._keeping -= 1
            self.library.places[name] = (first, len(self.library.events) - 1)

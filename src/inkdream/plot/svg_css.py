"""Simple CSS: the properties that a document's style sheets give to an element.

Known selectors: tag, .class, #id, * and compounds of them (`path.thin`), in lists with commas.
Source: CSS Cascade 4 and Selectors 4.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from inkdream.plot.svg_style import PROPERTIES

# Hostile sheets may not make every element try everything: classes of an element, compounds that
# share a key, selectors of a rule and declarations of a block are taken up to these numbers.
MOST_CLASSES = 16
MOST_PARTS = 1000

_SIMPLE = re.compile(r"([.#]?)(-?[A-Za-z_][\w-]*|\*)")
_NAME = re.compile(r"[\w.#*-]+")

# Where a declaration stands in the cascade: important, ids, classes, tags, order.
_Rank = tuple[bool, int, int, int, int]


@dataclass
class Rules:
    """Style sheets, by what their selectors ask for.

    Attributes:
        by_key: for the last simple selector of each compound (an id before a class before a tag),
            the compounds, each with its ranked declarations.
        skipped: what was not understood, in words.
    """

    by_key: dict[str, dict[frozenset[str], dict[str, tuple[_Rank, str]]]] = field(
        default_factory=dict
    )
    skipped: set[str] = field(default_factory=set)

    def add(self, text: str) -> None:
        """Add a style sheet."""
        for order, (prelude, body) in enumerate(_blocks(_without_comments(text), self.skipped)):
            said = declarations(body)
            for selector in prelude.split(",", MOST_PARTS)[:MOST_PARTS]:
                self._add_rule(selector.strip(), said, order + 1)

    def _add_rule(self, selector: str, said: Mapping[str, str], order: int) -> None:
        parts = _SIMPLE.findall(selector) if _NAME.fullmatch(selector) else []
        words = [kind + name for kind, name in parts]
        if not words or "".join(words) != selector or len(words) > MOST_CLASSES:
            if selector:
                self.skipped.add("CSS selectors other than tag, class and id")
            return
        ids = sum(word[0] == "#" for word in words)
        classes = sum(word[0] == "." for word in words)
        tags = len(words) - ids - classes - words.count("*")
        key = max(words, key=lambda word: (word[0] == "#", word[0] == ".", word != "*"))
        compounds = self.by_key.setdefault(key, {})
        wanted = frozenset({*words} - {"*"})
        if wanted not in compounds and len(compounds) == MOST_CLASSES:
            self.skipped.add(f"more than {MOST_CLASSES} CSS rules for one class in compounds")
            return
        rules = compounds.setdefault(wanted, {})
        for name, word in said.items():
            value = word.removesuffix("!important").strip()
            rank = (value != word, ids, classes, tags, order)
            if name not in rules or rules[name][0] <= rank:
                rules[name] = rank, value

    def matching(self, tag: str, attributes: Mapping[str, str]) -> dict[str, tuple[_Rank, str]]:
        """Return the ranked properties that the rules give to an element."""
        if not self.by_key:
            return {}
        names = attributes.get("class", "").split(None, MOST_CLASSES)[:MOST_CLASSES]
        keys = {"*": None, tag: None, f"#{attributes.get('id', '')}": None}
        keys.update(dict.fromkeys(f".{name}" for name in names))
        found: dict[str, tuple[_Rank, str]] = {}
        for key in keys:
            for wanted, rules in self.by_key.get(key, {}).items():
                if not wanted <= keys.keys():
                    continue
                for name, (rank, value) in rules.items():
                    if name not in found or found[name][0] <= rank:
                        found[name] = rank, value
        return found


def declarations(body: str) -> dict[str, str]:
    """Return the properties that count here of 'stroke: red; stroke-width: 2'."""
    said: dict[str, str] = {}
    for part in body.split(";", MOST_PARTS)[:MOST_PARTS]:
        name, _, word = part.partition(":")
        name = name.strip().lower()
        if name in PROPERTIES:
            said[name] = word.strip()
    return said


def properties_of(tag: str, attributes: Mapping[str, str], rules: Rules) -> dict[str, str]:
    """Return an element's own properties: attributes, below style sheets, below its style."""
    said = {name: word for name, word in attributes.items() if name in PROPERTIES}
    ranked = rules.matching(tag, attributes)
    said.update({name: word for name, (_, word) in ranked.items()})
    for name, word in declarations(attributes.get("style", "")).items():
        value = word.removesuffix("!important").strip()
        if value != word or name not in ranked or not ranked[name][0][0]:
            said[name] = value
    return said


def _without_comments(text: str) -> str:
    kept: list[str] = []
    at = 0
    while True:
        begun = text.find("/*", at)
        ended = text.find("*/", begun + 2)
        if begun < 0 or ended < 0:
            return "".join([*kept, text[at:] if begun < 0 else text[at:begun]])
        kept.append(text[at:begun])
        at = ended + 2


def _blocks(text: str, skipped: set[str]) -> Iterator[tuple[str, str]]:
    """Yield the selectors and the declarations of each rule; @rules are skipped whole."""
    depth, at, prelude = 0, 0, ""
    for brace in re.finditer("[{}]", text):
        between = text[at : brace.start()]
        at = brace.end()
        if brace[0] == "{":
            depth += 1
            if depth == 1:
                # `@import ...;` and the like end before the selector begins.
                *_, prelude = between.split(";")
                if "@" in between:
                    skipped.add("CSS @rules")
            continue
        depth = max(0, depth - 1)
        if depth == 0 and not prelude.lstrip().startswith("@"):
            yield prelude, between

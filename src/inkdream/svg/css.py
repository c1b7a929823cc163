"""Style sheets of an SVG: which declarations hold for which elements.

tinycss2 reads the sheets and cssselect2 the selectors; here their time and memory are bounded.
Sources: CSS Syntax 3, Selectors 4, CSS Cascade 4, Media Queries 4.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any

import tinycss2
from cssselect2 import ElementWrapper, Matcher, SelectorError, compile_selector_list

from inkdream.errors import InputError
from inkdream.svg.xml import SVG, Node, Notes, Sheet, Tree

# Letters of a sheet between which words end, so about as many tokens: so many take some seconds.
MOST_TOKENS = 400_000
MOST_SELECTORS = 20_000
# Tokens of one selector, and letters of a value, of which longer ones are no program's.
MOST_PARTS = 100
MOST_LETTERS = 20_000
# Selectors tried and elements looked at to find out which hold: 5 to 10 s.
MOST_WORK = 10_000_000

# A property, its value, and whether it is important.
Declaration = tuple[str, str, bool]

_BETWEEN_WORDS = re.compile(r"[^\w/+=-]")
# Rules about other things than SVG's shapes, or for which there is no need.
_OTHERS = frozenset({"charset", "font-face", "page", "namespace"})


def apply_sheets(tree: Tree, notes: Notes) -> None:
    """Put the declarations of the document's style sheets into each element's `matched`.

    Raises:
        InputError: if the sheets have more than allowed, or take too long.
    """
    rules = _Rules(notes)
    for sheet in tree.sheets:
        rules.add(sheet)
    if tree.outside:
        notes.count("style sheet outside the file not read", tree.outside)
    if rules.selectors:
        work = _Work()
        matcher = rules.matcher(work)
        root = _Element(tree.root, None, 0, None, False)
        root.begin(work)
        for element in root.iter_subtree():
            element.etree_element.matched = _declared(matcher.match(element))


@lru_cache(maxsize=4096)
def declarations(words: str) -> tuple[Declaration, ...]:
    """Return the declarations of a style attribute, in order."""
    if len(words) > MOST_LETTERS and len(_BETWEEN_WORDS.findall(words)) > MOST_LETTERS:
        raise InputError(f"has a style attribute of more than {MOST_LETTERS:,} words")
    return tuple(_read_block(words, Notes()))


class _Rules:
    """The rules of style sheets.

    Attributes:
        selectors: each with the declarations of its rule.
    """

    def __init__(self, notes: Notes) -> None:
        self.selectors: list[tuple[Any, tuple[Declaration, ...]]] = []
        self._notes = notes
        self._tokens = 0

    def add(self, sheet: Sheet) -> None:
        """Add a style sheet.

        Raises:
            InputError: if it has more than allowed.
        """
        self._tokens += len(_BETWEEN_WORDS.findall(sheet.text))
        if self._tokens > MOST_TOKENS:
            raise InputError(f"style sheets have more than {MOST_TOKENS:,} words")
        if self._is_shown(sheet.media, "<style media>"):
            names: dict[str | None, str] = {}
            self._add_rules(tinycss2.parse_stylesheet(sheet.text, True, True), names)

    def matcher(self, work: _Work) -> Matcher:
        """Return the matcher of all selectors."""
        matcher = _Matcher(work)
        for selector, declared in self.selectors:
            matcher.add_selector(selector, declared)
        return matcher

    def _add_rules(self, rules: Sequence[Any], names: dict[str | None, str]) -> None:
        """Add rules; `names` are the namespaces declared so far."""
        waiting = list(reversed(rules))
        while waiting:
            rule = waiting.pop()
            if rule.type == "qualified-rule":
                self._add_rule(rule, names)
            elif rule.type == "at-rule" and rule.lower_at_keyword == "media":
                if self._is_shown(tinycss2.serialize(rule.prelude), "@media"):
                    inner = tinycss2.parse_blocks_contents(rule.content or [], True, True)
                    waiting += reversed(inner)
            elif rule.type == "at-rule" and rule.lower_at_keyword == "namespace":
                _add_namespace(rule.prelude, names)
            elif rule.type == "at-rule" and rule.lower_at_keyword not in _OTHERS:
                self._notes.count(f"CSS @{rule.lower_at_keyword} not followed")
            elif rule.type == "error":
                self._notes.count("CSS that is broken left out")

    def _add_rule(self, rule: Any, names: dict[str | None, str]) -> None:
        declared = tuple(_read_block(rule.content, self._notes))
        selectors: list[Any] = []
        for part in _split(rule.prelude):
            try:
                if len(selectors) > MOST_SELECTORS:
                    break
                if len(part) > MOST_PARTS:
                    raise SelectorError("too long")
                selectors += compile_selector_list(part, names)
            except (SelectorError, NotImplementedError, RecursionError, SyntaxError):
                # A rule with one selector that is not understood is dropped whole.
                self._notes.count("CSS selector not understood")
                return
        for each in selectors:
            if declared and each.pseudo_element is None and not each.never_matches:
                self.selectors.append((each, declared))
        if len(self.selectors) > MOST_SELECTORS:
            raise InputError(f"style sheets have more than {MOST_SELECTORS:,} selectors")

    def _is_shown(self, words: str, where: str) -> bool:
        """Return whether rules for these media hold for a plot."""
        answers = [_matches_medium(query) for query in words.lower().split(",")]
        if None in answers and True not in answers:
            self._notes.count(f"CSS {where} not followed")
        return True in answers


def _split(prelude: Sequence[Any]) -> Iterator[list[Any]]:
    """Yield the selectors of a comma-separated list."""
    part: list[Any] = []
    for token in prelude:
        if token.type == "literal" and token.value == ",":
            yield part
            part = []
        else:
            part.append(token)
    yield part


def _read_block(content: Any, notes: Notes) -> Iterator[Declaration]:
    """Yield the declarations of a block: a rule's tokens, or a style attribute's text."""
    for item in tinycss2.parse_blocks_contents(content, True, True):
        if item.type == "declaration":
            try:
                words = tinycss2.serialize(
                    [token for token in item.value if token.type != "comment"]
                )
            except RecursionError:
                words = "("
            if len(words) > MOST_LETTERS:
                notes.count("CSS value that is too long left out")
            else:
                yield item.lower_name, words.strip(), item.important
        elif item.type in ("qualified-rule", "at-rule"):
            notes.count("CSS rules inside rules not followed")


def _add_namespace(prelude: Sequence[Any], names: dict[str | None, str]) -> None:
    """Add `@namespace svg url(http://www.w3.org/2000/svg)`."""
    words = [token for token in prelude if token.type not in ("whitespace", "comment")]
    prefix = words.pop(0).value if words and words[0].type == "ident" else None
    if len(words) != 1:
        return
    word = words[0]
    if word.type == "function" and word.lower_name == "url":
        word = next((token for token in word.arguments if token.type == "string"), word)
    if word.type in ("string", "url"):
        names[prefix] = word.value


_FEATURE = re.compile(r"\(\s*(prefers-[a-z-]+)\s*(?::\s*([a-z-]+)\s*)?\)")
# What holds on paper that nobody asked for anything else.
_PREFERRED = {"prefers-color-scheme": "light", "prefers-reduced-motion": "reduce"}


def _matches_medium(query: str) -> bool | None:
    """Return whether a media query holds for a still picture on a light page; None if unknown."""
    plain = re.sub(r"^(?:not|only)\s", "", query.strip())
    answers = [_holds(part.strip()) for part in re.split(r"\band\b", plain)]
    holds = False if False in answers else None if None in answers else True
    return not holds if holds is not None and query.strip().startswith("not") else holds


def _holds(part: str) -> bool | None:
    """Return whether one part of a media query, a medium or a feature, holds."""
    feature = _FEATURE.fullmatch(part)
    if feature and feature[1] in _PREFERRED:
        return feature[2] in (None, _PREFERRED[feature[1]])
    return None if "(" in part else part in ("", "all", "screen")


def _declared(matches: Sequence[Any]) -> tuple[Declaration, ...]:
    """Return the declarations of matching rules, the weakest first."""
    if len(matches) == 1:
        declared: tuple[Declaration, ...] = matches[0][-1]
        return declared
    return tuple(each for *_, declared in matches for each in declared)


class _Work:
    """The remaining work budget."""

    def __init__(self) -> None:
        self.left = MOST_WORK

    def take(self, count: int) -> None:
        """Spend some of it.

        Raises:
            InputError: if it is spent.
        """
        self.left -= count
        if self.left < 0:
            raise InputError("its style sheets and elements are together too many to be matched")


class _Matcher(Matcher):
    """A matcher that counts the selectors it tries."""

    def __init__(self, work: _Work) -> None:
        super().__init__()
        self._work = work

    def add_relevant_selectors(
        self, element: ElementWrapper, selectors: Sequence[Any], relevant_selectors: list[Any]
    ) -> None:
        self._work.take(len(selectors))
        super().add_relevant_selectors(element, selectors, relevant_selectors)


class _Counted(list[Node]):
    """Siblings that count how often they are looked at."""

    def __init__(self, nodes: Sequence[Node], work: _Work) -> None:
        super().__init__(nodes)
        self._work = work

    def __iter__(self) -> Iterator[Node]:
        self._work.take(len(self))
        return super().__iter__()

    def __getitem__(self, index: Any) -> Any:
        items = super().__getitem__(index)
        if isinstance(index, slice):
            self._work.take(len(items))
        return items


class _Element(ElementWrapper):
    """A node as cssselect2 sees it.

    The library keeps an element's ancestors and siblings in tuples, which for a flat drawing of
    100,000 paths would not fit into memory; here they are walked through, and counted.
    """

    work: _Work

    def __init__(self, *words: Any, **named: Any) -> None:
        super().__init__(*words, **named)
        if self.parent is not None:
            self.begin(self.parent.work)

    def begin(self, work: _Work) -> None:
        """Initialise."""
        self.work = work
        node = self.etree_element
        self.etree_children = _Counted(node.children, work)
        is_plain = not node.tag.startswith("{")
        self.local_name = node.tag if is_plain else node.tag.rpartition("}")[2]
        self.namespace_url = SVG if is_plain else node.tag.rpartition("}")[0][1:]

    @property
    def ancestors(self) -> Iterator[_Element]:
        """The elements around it."""
        return self._chain(lambda element: element.parent)

    @property
    def previous_siblings(self) -> Iterator[_Element]:
        """The elements before it with the same parent."""
        return self._chain(lambda element: element.previous)

    def _chain(self, following: Callable[[_Element], _Element | None]) -> Iterator[_Element]:
        element = following(self)
        while element is not None:
            self.work.take(1)
            yield element
            element = following(element)

    def iter_children(self) -> Iterator[_Element]:
        """Yield the elements in it."""
        for child in super().iter_children():
            self.work.take(1)
            yield child

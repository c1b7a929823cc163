"""Where on the page a drawing has its focus."""

from __future__ import annotations

import re

from inkdream.page import Page

WORDS = {"centre": (1 / 2, 1 / 2), "center": (1 / 2, 1 / 2), "thirds": (1 / 3, 1 / 3)}
_PLACE = re.compile(r"\s*(\d{1,4}(?:\.\d+)?)\s*(%|mm)?\s*")


def check_focus(words: str, page: Page, compose: str) -> None:
    """Raise ValueError if a recipe's focus, if any, is no place on its page, or not the only one.

    Args:
        words: as `focus_place` takes them; "" for none.
        page: the sheet.
        compose: whether a figure is drawn, which has a place of its own.
    """
    if words and focus_place(words, page) and compose == "figure":
        raise ValueError("strokes.focus: a figure has its own place; write compose = field")


def focus_place(words: str, page: Page) -> tuple[float, float]:
    """Return a focus as shares (x, y) of a page, from its top left corner.

    >>> focus_place("50 %, 105mm", Page.of("a5"))
    (0.5, 0.5)

    Args:
        words: `centre`, `thirds` (a third from the left and from the top), or X,Y: each in mm, or
            as a share with a % behind it.
        page: the sheet.

    Raises:
        ValueError: if they name no place on the page.
    """
    if words.strip() in WORDS:
        return WORDS[words.strip()]
    places = [_PLACE.fullmatch(part) for part in words.split(",")]
    how = "write centre, thirds, or X,Y from the top left corner: 74,105 in mm, or 50%,33%"
    if len(places) != 2 or not all(places):
        raise ValueError(f"strokes.focus = {words!r}: is no place on the page; {how}")
    shares = [
        float(place[1]) / (100.0 if place[2] == "%" else side)
        for place, side in zip(places, (page.width, page.height), strict=True)
        if place
    ]
    if max(shares) > 1:
        raise ValueError(
            f"strokes.focus = {words!r}: is beside the page, which is {page.width:g} x "
            f"{page.height:g} mm; {how}"
        )
    return shares[0], shares[1]

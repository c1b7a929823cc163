"""The page: its size in mm, its margin, and the only place where mm and px meet."""

from __future__ import annotations

import re
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from inkdream.errors import InputError, unknown

MM_PER = {"mm": 1.0, "cm": 10.0, "m": 1000.0, "in": 25.4, "pt": 25.4 / 72, "px": 25.4 / 96}
INCH = MM_PER["in"]

# Width x height in mm as the sheet stands upright. Sources: ISO 216; ANSI/ASME Y14.1 (letter,
# legal, tabloid, Arch A); the names that vpype and saxi accept.
SIZES: dict[str, tuple[float, float]] = {
    "a0": (841, 1189),
    "a1": (594, 841),
    "a2": (420, 594),
    "a3": (297, 420),
    "a4": (210, 297),
    "a5": (148, 210),
    "a6": (105, 148),
    "letter": (8.5 * INCH, 11 * INCH),
    "legal": (8.5 * INCH, 14 * INCH),
    "tabloid": (11 * INCH, 17 * INCH),
    "executive": (7.25 * INCH, 10.5 * INCH),
    "11x14": (11 * INCH, 14 * INCH),
    "archa": (9 * INCH, 12 * INCH),
    "5x7": (5 * INCH, 7 * INCH),
    "6x8": (6 * INCH, 8 * INCH),
}
# Sheets that are sold by these numbers, in inches. Other numbers without a unit are mm if the sheet
# is then at least LEAST_MM long; smaller ones are an error.
IN_INCHES = frozenset(
    {
        *((5, 7), (6, 8), (8, 10), (9, 12), (11, 14), (11, 17), (12, 18), (14, 17), (16, 20)),
        *((17, 22), (18, 24), (19, 25), (22, 30), (24, 36)),
    }
)
LEAST_MM = 100.0
MOST_MM = 5000.0
# Limit of pictures that are read or drawn; larger files are not decoded: 2^26 px of RGB are 200 MB.
MOST_PIXELS = 2**26
# About the size in px that networks take: by default they see the whole page at once.
USUAL_SIDE = 256

# The size of a page that names none, in mm.
_WIDTH, _HEIGHT = map(float, SIZES["a5"])
_CUSTOM = re.compile(r"(\d+(?:\.\d+)?)\s*(mm|cm|m|in|pt|px)?\s*x\s*(\d+(?:\.\d+)?)\s*(\w+)?")
_TURNED = re.compile(r"[\s-]+(landscape|portrait)$")


class Page(BaseModel):
    """A sheet of paper. Frozen; made from a word too: `Page.of("a5")`, `Page.of("20x15cm")`.

    >>> import inkdream as ink
    >>> ink.Page.of("a5 landscape", margin=15).inside
    (15.0, 15.0, 195.0, 133.0)

    Attributes:
        width: mm, from left to right as the drawing is looked at.
        height: mm.
        margin: mm along every edge that stay bare.
        scale: px per mm at which the page is optimised; by default its longer side has 256 px.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    width: float = Field(_WIDTH, gt=0, le=MOST_MM, description="mm")
    height: float = Field(_HEIGHT, gt=0, le=MOST_MM, description="mm")
    margin: float = Field(10.0, ge=0, description="mm along every edge that stay bare")
    scale: float = Field(
        0.0, ge=0, le=1000, description="px per mm while optimising; 0: longer side 256 px"
    )

    @classmethod
    def of(cls, word: str, **others: float) -> Page:
        """Return the page that a word such as 'a5', 'a4 landscape' or '300x200mm' names.

        Raises:
            InputError: if there is no such size.
        """
        width, height = parse_size(word)
        return cls(width=width, height=height, **others)

    @model_validator(mode="before")
    @classmethod
    def _read_size(cls, value: Any) -> Any:
        """Take 'a5', or a table with `size`, which says more than `width` and `height`."""
        if isinstance(value, str):
            value = {"size": value}
        if not isinstance(value, dict):
            return value
        table = dict(value)
        if "size" in table:
            try:
                table["width"], table["height"] = parse_size(str(table.pop("size")))
            except InputError as error:
                raise ValueError(str(error)) from error
        if not table.get("scale"):
            try:
                longer = max(float(table.get("width", _WIDTH)), float(table.get("height", _HEIGHT)))
            except (TypeError, ValueError):
                return table  # the fields' own checks say what is wrong
            table["scale"] = USUAL_SIDE / longer if longer > 0 else 1.0
        return table

    @model_validator(mode="after")
    def _check_room(self) -> Page:
        if 2 * self.margin >= min(self.width, self.height):
            raise ValueError(
                f"a page of {self.width:g} x {self.height:g} mm has no room inside margins of "
                f"{self.margin:g} mm"
            )
        rows, columns = self.pixels
        if rows * columns > MOST_PIXELS:
            raise ValueError(
                f"{self.width:g} x {self.height:g} mm at {self.scale:g} px per mm are {columns} x "
                f"{rows} px: a picture has at most {MOST_PIXELS:,} px"
            )
        return self

    @property
    def pixels(self) -> tuple[int, int]:
        """Rows and columns of the page's picture, in px."""
        return max(1, round(self.height * self.scale)), max(1, round(self.width * self.scale))

    @property
    def inside(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of what lies inside the margin, in mm."""
        return self.margin, self.margin, self.width - self.margin, self.height - self.margin

    def fit(self, width: float, height: float) -> tuple[float, tuple[float, float]]:
        """Return scale and offset that centre a drawing inside the margins, as large as it fits.

        Args:
            width: of the drawing, in any unit, such as px.
            height: in the same unit.

        Returns:
            mm per unit, and the drawing's left and top edge on the page in mm.
        """
        left, top, right, bottom = self.inside
        scale = min((right - left) / width, (bottom - top) / height)
        return scale, ((left + right - width * scale) / 2, (top + bottom - height * scale) / 2)


def taken_unit(word: str) -> str:
    """Return a sentence on the unit assumed for a size without one; '' if it has one."""
    name = _TURNED.sub("", word.strip().lower().replace("×", "x"))
    custom = _CUSTOM.fullmatch(name)
    if not custom or custom[2] or custom[4]:
        return ""
    unit = {"mm": "mm", "in": "inches"}[_unit_of(float(custom[1]), float(custom[3]), word)]
    width, height = parse_size(word)
    size = f", {width:.4g} x {height:.4g} mm" if unit == "inches" else ""
    return f"the page {word.strip()} is taken in {unit}{size}"


def _unit_of(first: float, second: float, word: str) -> str:
    """Return the unit that two numbers without one are in.

    Raises:
        InputError: if it could be either.
    """
    if (min(first, second), max(first, second)) in IN_INCHES:
        return "in"
    if max(first, second) < LEAST_MM:
        numbers = f"{first:g}x{second:g}"
        raise InputError(
            f"page size {word!r}: in which unit? Write {numbers}in, {numbers}cm or {numbers}mm"
        )
    return "mm"


def parse_size(word: str) -> tuple[float, float]:
    """Return width and height in mm of a paper size.

    Args:
        word: a name of `SIZES`, with 'landscape' behind it if the sheet lies ('a4-landscape'), or
            'WxH' with a unit ('300x200mm', '8x10in'); see `taken_unit` for one without.

    Raises:
        InputError: if it is neither, and names the nearest; if it has no unit and needs one.
    """
    name = word.strip().lower().replace("×", "x").replace('"', "in")
    turned = _TURNED.search(name)
    name = _TURNED.sub("", name)
    custom = _CUSTOM.fullmatch(name)
    if name in SIZES:
        width, height = SIZES[name]
    elif custom:
        first, own, second, unit = custom.groups()
        unit = unit or own or _unit_of(float(first), float(second), word)
        if unit not in MM_PER:
            raise unknown("unit", unit, MM_PER)
        width = float(first) * MM_PER[own or unit]
        height = float(second) * MM_PER[unit]
    else:
        raise unknown("page size", word, [*SIZES, "WxHmm"])
    if turned and (turned[1] == "landscape") != (width > height):
        width, height = height, width
    if not 0 < width <= MOST_MM or not 0 < height <= MOST_MM:
        raise InputError(f"page size {word!r}: a side has more than 0 and at most {MOST_MM:g} mm")
    return width, height


def px_per_mm(page: tuple[float, float], height: int, width: int) -> float:
    """Return the scale at which a page's longer side fills the picture's.

    Args:
        page: its width and height; in another unit than mm, the scale is per that unit.
        height: rows.
        width: columns.

    Raises:
        ValueError: if the shorter side then differs from the picture's by more than 1 px.
    """
    across, down = width / page[0], height / page[1]
    scale = down if page[1] >= page[0] else across
    if abs(page[0] * scale - width) > 1 or abs(page[1] * scale - height) > 1:
        raise ValueError(
            f"{width} x {height} px have another shape than a page of {page[0]:g} x {page[1]:g}"
        )
    return scale

"""The tables of a recipe: every setting with its default, bounds and meaning.

Help, docs/recipe.md, `--set` and errors read them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from inkdream.errors import InputError
from inkdream.hatch import Style
from inkdream.page import MM_PER
from inkdream.pens import USUAL_WIDTH
from inkdream.plot.machines import machine

Marks = Literal["areas", "lines"]
Output = Literal["drawing", "plot", "previews", "pictures", "checks"]
OUTPUTS: tuple[Output, ...] = get_args(Output)


class Part(BaseModel):
    """A table: frozen, and without keys of which nobody knows."""

    # What its keys are for, but for those that `only` notes: areas of ink, lines, or "" for both.
    is_for: ClassVar[Marks | Literal[""]] = ""
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def only(marks: str, instead: str = "") -> dict[str, Any]:
    """Return a field's note of what it is for, and what to tell people who draw the other."""
    return {"is_for": marks, "instead": instead}


MOST_STROKES, MOST_SPANS = 100_000, 128
# A span is so many mm long where nobody says how many there are: as short as a bend worth drawing.
_SPAN, _FEWEST, _MOST = 7.5, 2, 12
# No colour of a screen has as much, in OKLab.
ANY_CHROMA = 0.4


def split_outputs(value: Any) -> Any:
    """Return the words of 'drawing,plot' as a list; other values stay.

    >>> split_outputs("drawing, plot")
    ['drawing', 'plot']
    """
    return [word.strip() for word in value.split(",")] if isinstance(value, str) else value


def in_order(outputs: Sequence[Output]) -> tuple[Output, ...]:
    """Return what a run leaves, each once: the drawing always, and with previews their plot."""
    asked = {"drawing", *outputs, *(["plot"] if "previews" in outputs else [])}
    return tuple(word for word in OUTPUTS if word in asked)


_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}
FITS = ("cover", "fit")
_BOX = re.compile(r"\s*(\d{1,6})\s*,\s*(\d{1,6})\s*,\s*(\d{1,6})\s*,\s*(\d{1,6})\s*")
_SYMMETRY = re.compile("none|mirror|flip|both|turn-([2-9]|1[0-9]|2[0-4])")
_DURATION = re.compile(
    r"(\d+(?:\.\d+)?)\s*(h(?:ours?|rs?)?|m(?:in(?:ute)?s?)?|s(?:ec(?:ond)?s?)?)(?![a-z])\s*"
)
# Hours, and minutes behind them: 1:30, 1h30.
_HOURS = re.compile(r"(\d+)\s*(?::|h)\s*([0-5]?\d)")

_METRES = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,3})?)\s*(m|cm|mm|met(?:re|er)s?)?", re.IGNORECASE)


def parse_duration(value: Any) -> Any:
    """Return the seconds of '45min', '1h30m', '1:30', '90s'; numbers are seconds already.

    Raises:
        ValueError: if the words are no duration.
    """
    if not isinstance(value, str):
        return value
    words = value.strip().lower()
    try:
        return float(words)
    except ValueError:
        pass
    if hours := _HOURS.fullmatch(words):
        return 3600.0 * int(hours[1]) + 60.0 * int(hours[2])
    parts = _DURATION.findall(words)
    if not parts or _DURATION.sub("", words):
        raise ValueError(f"{value!r} is no duration; write 45min, 1h30m or 90s")
    return sum(float(number) * _SECONDS[unit[0]] for number, unit in parts)


def parse_metres(value: Any) -> Any:
    """Return the metres of '60m', '60 metres', '80cm'; numbers are metres already.

    >>> parse_metres("60m"), parse_metres("75 cm"), parse_metres(12)
    (60.0, 0.75, 12)

    Raises:
        ValueError: if the words are no length.
    """
    if not isinstance(value, str):
        return value
    words = _METRES.fullmatch(value.strip())
    if not words:
        raise ValueError(f"{value!r} is no length of ink; write 60m or 1500cm")
    return float(words[1]) * MM_PER.get((words[2] or "m").lower(), MM_PER["m"]) / MM_PER["m"]


def _check_machine(name: str) -> str:
    try:
        return machine(name).name
    except InputError as error:
        raise ValueError(str(error)) from error


def _in_mm(value: Any) -> Any:
    """Return the number of '4mm' or '4 mm'; numbers are mm already."""
    return value.strip().removesuffix("mm").strip() if isinstance(value, str) else value


def check_symmetry(name: str) -> str:
    """Return the name of a symmetry; raise ValueError if it is none."""
    if not _SYMMETRY.fullmatch(name):
        raise ValueError(
            f"{name!r} is no symmetry; write none, mirror (left and right alike), flip (above and "
            "below), both, or turn-2 to turn-24"
        )
    return name


def check_crop(word: str) -> str:
    """Return how pictures are brought to the drawing's shape; raise ValueError if it is no way."""
    if word in FITS:
        return word
    box = box_of(word)
    if box is None or 0 in box[2:]:
        raise ValueError(
            f"{word!r}: write cover (fill the drawing, and cut off what is beyond), fit (show all "
            "of it), or X,Y,W,H: px of the picture from its left and top edge, and how many"
        )
    return ",".join(map(str, box))


def box_of(word: str) -> tuple[int, int, int, int] | None:
    """Return left, top, width and height in px of 'X,Y,W,H'; None for other words."""
    match = _BOX.fullmatch(word)
    return (int(match[1]), int(match[2]), int(match[3]), int(match[4])) if match else None


class ViewsRecipe(Part):
    """How the picture is looked at in each step."""

    count: int = Field(1, ge=1, le=256, description="views a step")
    size: int = Field(256, ge=8, le=4096, description="largest height and width of a view in px")
    jitter: float = Field(8.0, ge=0, le=1024, description="largest shift in px")
    scale: float = Field(1.1, ge=1, le=8, description="largest zoom, in and out")
    rotation: float = Field(5.0, ge=0, le=180, description="largest turn in degrees")
    survey: float = Field(
        1.0,
        ge=0,
        le=1,
        description="how far views of a larger picture zoom out at random: 0 never, 1 to all of it",
    )
    padding: Literal["mirror", "edge"] = Field(
        "mirror", description="what a view sees beyond the picture's edge"
    )
    flip: bool = Field(False, description="mirror every other view, at random, left to right")
    noise: float = Field(
        0.0, ge=0, le=1, description="largest deviation of noise in a view, in sRGB"
    )
    blur: float = Field(0.0, ge=0, le=16, description="largest deviation of a view's blur in px")
    gain: float = Field(
        0.0, ge=0, le=2, description="largest stretch of a view's channels, as a logarithm"
    )
    offset: float = Field(0.0, ge=0, le=1, description="largest shift of its channels, in sRGB")


class SoftnessRecipe(Part):
    """How softness falls: from start to end, then, from a share of the steps on, 0."""

    start: float = Field(1.0, gt=0, le=1, description="softness of the first step")
    end: float = Field(0.1, gt=0, le=1, description="softness of the last soft step")
    strict_from: float = Field(
        0.0, ge=0, le=1, description="share of the steps after which each mark has one ink"
    )

    @model_validator(mode="after")
    def _check_order(self) -> SoftnessRecipe:
        if self.end > self.start:
            raise ValueError(f"end ({self.end:g}) is above start ({self.start:g})")
        return self


class ClimbRecipe(Part):
    """Learning rates, aids of the climb, and how long the study takes."""

    rate: float = Field(0.15, gt=0, le=10, description="learning rate of the picture")
    study_rate: float = Field(0.15, gt=0, le=10, description="learning rate of studies in colour")
    ink_rate: float = Field(0.15, ge=0, le=10, description="learning rate of learned inks")
    pick_rate: float = Field(
        0.03, ge=0, le=10, description="learning rate of the choice of pens that `pick` makes"
    )
    warm_up: float = Field(0.05, ge=0, le=1, description="share of the steps to reach full rate")
    last_rate: float = Field(0.05, ge=0, le=1, description="factor of the rates at the end")
    leak: float = Field(
        0.1,
        ge=0,
        le=1,
        description="share of the gradient that passes neurons which are silent: at the start, and "
        "until the score moves",
    )
    leak_until: float = Field(
        0.1, ge=0, le=1, description="share of the steps with such a leak in any case"
    )
    residual: float = Field(
        1.0,
        ge=0,
        le=1,
        description="share of the gradient that passes a network's residual branches; with less, "
        "other networks see more in the drawing",
    )
    margin: float = Field(
        0.0,
        ge=0,
        le=1,
        description="how much of what excites all classes alike is taken off a class's score in "
        "the climb: 1 climbs its lead over the others, 0 the score alone",
    )
    natural: float = Field(
        0.0,
        ge=0,
        le=100,
        description="how much it counts in the climb that layers' statistics are as on photographs",
    )
    ground: float = Field(
        3.0,
        ge=0,
        le=1e6,
        description="share of the score that ink all around a figure would cost (`compose`)",
    )
    study: float = Field(
        0.25,
        ge=0,
        lt=1,
        description="share of the steps spent on a study in all colours, from "
        "which the inks and the first shapes are taken",
    )


class PaletteRecipe(Part):
    """What learned inks must keep to. Distances and chroma are in OKLab.

    Where the inks follow a picture (`like`, `style`, `texture`, `content`, or an `origin`), it is
    nothing by default: `apart = 0` and `chroma = 0.4`.
    """

    apart: float = Field(
        0.15,
        ge=0,
        le=0.3,
        description="least distance from ink to ink, and from ink to paper; there are dark and "
        "light ones then. In areas, the one ink that is nearer to the paper becomes it. Of more "
        "than 8 inks it is less; 0 for none",
    )
    chroma: float = Field(
        0.13,
        ge=0,
        le=ANY_CHROMA,
        description="the most that an ink has: pens have 0.12 at the median, 0.19 at the most "
        "vivid tenth; 0.4 for no limit",
    )


class PixelsRecipe(Part):
    """How areas of ink are drawn: their waves, their penalties, and which specks are merged."""

    is_for = "areas"

    decay: float = Field(
        0.5,
        ge=0,
        le=4,
        description="how much larger slow waves move than fast",
        json_schema_extra=only(""),  # the study of strokes has it too
    )
    finest: float = Field(
        0.25, ge=0, le=1, description="waves of more cycles per px fade away; 0 to keep them all"
    )
    detail: Annotated[float, BeforeValidator(_in_mm)] = Field(
        0.0,
        ge=0,
        le=1000,
        description="mm on the page of the finest thing that areas may show, half a wave; 0 for "
        "what `finest` says in px",
    )
    coarse: float = Field(
        1.0, gt=0, le=1, description="finest waves of the first step, as a share of `finest`"
    )
    coarse_until: float = Field(
        0.75, ge=0, le=1, description="share of the steps in which they rise to `finest`"
    )
    tidiness: float = Field(
        0.3, ge=0, le=1e6, description="share of the score that a border at every px would cost"
    )
    crowding: float = Field(
        0.1, ge=0, le=1e6, description="share of the score that two equal inks would cost"
    )
    tidy_from: float = Field(
        1.0,
        ge=0,
        le=1,
        description="share of the steps after which specks are merged; 1 for never",
    )
    merge: float = Field(
        0.0,
        ge=0,
        le=1e4,
        description="regions below so many nibs are merged at the end, as far as the score allows; "
        "those that no pen can draw are merged in any case",
    )


class StrokesRecipe(Part):
    """How many strokes there are, how they start and move, and what they cost."""

    is_for = "lines"

    count: int = Field(400, ge=1, le=MOST_STROKES, description="strokes, at most")
    spans: int = Field(
        0,
        ge=0,
        le=MOST_SPANS,
        description="pieces of which each stroke's curve is made; 0 for as many as its `length` "
        "asks for, from 2 to 12",
    )
    corners: bool = Field(
        False, description="strokes may have corners where their pieces meet; else they are smooth"
    )
    start: Literal["random", "grid", "study", "plan", "sketch"] = Field(
        "random",
        description="where strokes start: anywhere, evenly spread, along the edges of the study, "
        "on lines that follow the forms of a plan in areas, or side by side where strokes of a "
        "sketch, which began anywhere, lie across each other",
    )
    lines: Literal["flow", "rings", "hatch", "contour"] = Field(
        "flow",
        description="how a plan becomes lines: along its edges and its forms (flow), around the "
        "inside of its areas, one ring beside the other, in straight hatches, each pen's another "
        "way, or along its edges alone (contour)",
    )
    length: float = Field(30.0, gt=0, le=5000, description="length that strokes start with, in mm")
    grow: float = Field(
        1.0, gt=0, le=1, description="share of the strokes to begin with; the others come later"
    )
    reseed: int = Field(
        0, ge=0, le=1000, description="how often idle strokes start anew where ink is asked for"
    )
    focus: str = Field(
        "",
        description="where on the page lines are dense and drawn in detail: `centre`, `thirds` (a "
        "third from the left and from the top), or X,Y from the page's top left corner, in mm or "
        "as shares (50 %, 33 %); further off they thin out into bare paper. Nowhere by default",
    )
    reach: float = Field(
        4.0, gt=0, le=256, description="blur of edges at softness 1 in px: how far strokes see"
    )
    rate: float = Field(1.5, gt=0, le=100, description="learning rate of control points in px")
    pen_rate: float = Field(0.15, gt=0, le=10, description="learning rate of the choice of pens")
    ink: float = Field(
        0.05, ge=0, le=1e6, description="share of the score that a page full of ink would cost"
    )
    jerk: float = Field(
        0.05, ge=0, le=1e6, description="weight of the penalty on curves that turn in jerks"
    )
    overlap: float = Field(
        0.3,
        ge=0,
        le=1e6,
        description="share of the score that it costs if all ink lies on ink of its own pen, or "
        "closer to it than lines of a hatch",
    )
    disorder: float = Field(
        0.05,
        ge=0,
        le=1e6,
        description="share of the score that it costs if lines of a pen cross their neighbours "
        "everywhere",
    )
    short: float = Field(
        0.1, ge=0, le=1e6, description="weight of the penalty on strokes that are but dots"
    )
    straying: float = Field(
        0.1, ge=0, le=1e6, description="weight of the penalty on ink outside the margin"
    )
    prune: float = Field(
        0.02,
        ge=0,
        le=1,
        description="share of the score that may go with strokes it hardly misses, which are left "
        "out at the end; 0 to keep all",
    )
    fade: float = Field(
        6.0,
        ge=0,
        le=1000,
        description="mm before the margin in which lines end, each somewhere else; 0 to end at it",
    )
    crowding: float = Field(
        0.1, ge=0, le=1e6, description="share of the score that two equal learned inks would cost"
    )

    @property
    def spans_of(self) -> int:
        """How many pieces each stroke has."""
        return self.spans or min(max(round(self.length / _SPAN), _FEWEST), _MOST)


class PlotRecipe(Part):
    """How the drawing is plotted."""

    machine: Annotated[str, AfterValidator(_check_machine)] = Field(
        "axidraw-v3", description="for whose motion the time is estimated"
    )
    budget: Annotated[float, BeforeValidator(parse_duration)] = Field(
        0.0,
        ge=0,
        le=1e7,
        description="seconds that plotting may take, or words like '45min'; 0 for no limit",
    )
    refill: Annotated[float, BeforeValidator(parse_metres)] = Field(
        0.0,
        ge=0,
        le=1e6,
        description="metres that a pen draws before it is filled again, or words like '60m': the "
        "plotter stops there; 0 for never",
    )
    hatch: Style = Field(
        "parallel",
        description="how areas of ink are filled with lines",
        json_schema_extra=only("areas"),
    )
    spacing: float = Field(
        1.0,
        ge=0.5,
        le=50,
        description="from line to line of a hatch, in widths of the pen's line",
        json_schema_extra=only("areas"),
    )
    nib: float = Field(
        USUAL_WIDTH,
        gt=0,
        le=50,
        description="mm that the pens for inks draw, where none are given",
        json_schema_extra=only(
            "areas", "is for areas of ink; --pens black:0.4 says how wide a pen draws"
        ),
    )

"""The recipe itself: its tables together, and what one says about another."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import tomli_w
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PrivateAttr,
    SerializeAsAny,
    model_validator,
)

from inkdream.errors import InputError
from inkdream.hatch import MOST_LINES
from inkdream.media import AREAS
from inkdream.page import MOST_PIXELS, Page
from inkdream.pens import LEARNED, USUAL_WIDTH, Ink, Pen, check_ink, check_pens, parse_pens
from inkdream.pens.own import MOST_OWNED
from inkdream.pens.pen import MOST_PENS
from inkdream.plot.finish import Box, Finish
from inkdream.recipe.defaults import (
    Compose,
    Family,
    Manner,
    Quality,
    fill_in_corners,
    fill_in_family,
    fill_in_likeness,
    fill_in_manner,
    fill_in_margin,
    fill_in_study,
    fill_in_words,
    names_of_inks,
)
from inkdream.recipe.files import beside, change_files, files_in
from inkdream.recipe.focus import check_focus
from inkdream.recipe.keep import USUAL_INKS, KeepRecipe
from inkdream.recipe.networks import NetworkRecipe, check_networks
from inkdream.recipe.tables import (
    OUTPUTS,
    ClimbRecipe,
    Output,
    PaletteRecipe,
    Part,
    PixelsRecipe,
    PlotRecipe,
    SoftnessRecipe,
    StrokesRecipe,
    ViewsRecipe,
    check_crop,
    check_symmetry,
    in_order,
    only,
    split_outputs,
)
from inkdream.recipe.terms import KINDS, Neuron, TermRecipe
from inkdream.wording import counted, listed

MOST_INKS = 64
# Bare paper is an ink beside those that are picked.
MOST_PICKED = MOST_INKS - 1
LEAST_SIDE = 8
Side = Annotated[int, Field(ge=LEAST_SIDE, le=2**16)]
_ON_A_PAGE = only("areas", "strokes are drawn in mm on a page; --page 300x200mm says how large")
# The kinds of terms that a figure on calm ground can be drawn for.
FIGURES = tuple(kind for kind, table in KINDS.items() if table.is_for_figures)

USUAL_PENS = "black,red,blue,green"


def _spell_out(inks: Any) -> Any:
    """Turn a number of inks into as many learned ones, and words with commas into a list."""
    if isinstance(inks, str):
        words = inks.strip()
        inks = int(words) if words.lstrip("-").isdecimal() else words.split(",")
    if isinstance(inks, bool) or not isinstance(inks, int):
        return inks
    if not 1 <= inks <= MOST_INKS:
        raise ValueError(f"a drawing takes 2 to {MOST_INKS} inks")
    return [LEARNED] * inks


def _read_pens(pens: Any) -> Any:
    """Take 'black:0.4,red' for pens too; a file of pens is for the command line to read."""
    if not isinstance(pens, str):
        return pens
    if pens.strip().endswith(".toml"):
        raise ValueError("a recipe lists its pens itself; --pens reads a file of pens")
    try:
        return parse_pens(pens, most=MOST_OWNED)
    except InputError as error:
        raise ValueError(str(error)) from error


class Recipe(Part):
    """Everything a run is made from; its keys stand in recipe.md.

    Values that cannot be are a `pydantic.ValidationError`; `draw` takes the same keys, and words
    for a target, a page or a file, and says what is wrong in one line.

    >>> import inkdream as ink
    >>> recipe = ink.Recipe(inks=3, steps=50, terms=({"target": "loom/conv4_1/17"},))
    >>> recipe.inks
    ('?', '?', '?')
    >>> print(recipe.to_toml().splitlines()[0])
    medium = "pixels"
    """

    medium: Literal["pixels", "strokes"] = Field(
        "pixels", description="areas of ink, or lines of it"
    )
    seed: int = Field(0, ge=0, lt=2**63, description="same seed and recipe, same drawing")
    family: Family = Field(
        "robust",
        description="the settings that a recipe starts from: for networks trained against attacks "
        "(robust) or on photographs; by default what fits the networks of its terms",
    )
    quality: Quality = Field(
        "good", description="how many steps a recipe that says none takes: quick, good or best"
    )
    compose: Compose = Field(
        "field",
        description="all over the page (field), or one thing in its middle, or at the place of a "
        "unit, on calm ground (figure); by default a figure where all terms are of one unit each",
    )
    draw_as: Manner = Field(
        "",
        description="how lines are drawn: around and around the areas of a plan (rings), as an "
        "engraving, in straight hatches (hatch) or outlines (contour) of these, side by side along "
        "what a sketch says (flow), as that sketch (scribble), in few long (long) or many short "
        "ones (short); else what fits a network",
        json_schema_extra=only("lines"),
    )
    steps: int = Field(300, ge=1, le=1_000_000, description="of the run, the study included")
    width: Side = Field(256, description="px", json_schema_extra=_ON_A_PAGE)
    height: Side = Field(256, description="px", json_schema_extra=_ON_A_PAGE)
    inks: Annotated[tuple[Ink, ...], BeforeValidator(_spell_out)] = USUAL_INKS
    pens: Annotated[tuple[Pen, ...], BeforeValidator(_read_pens)] = ()
    pick: int = Field(
        0,
        ge=0,
        le=MOST_PICKED,
        description="how many of the pens to draw with; which ones is learned. 0 for all of them",
    )
    paper: Ink = "#ffffff"
    terms: tuple[SerializeAsAny[TermRecipe], ...] = (Neuron(target="loom/conv4_1/17"),)
    networks: tuple[NetworkRecipe, ...] = ()
    random_weights: bool = Field(
        False, description="take networks with random weights, where there are no others"
    )
    device: Literal["cpu", "cuda", "mps", "auto"] = Field(
        "cpu", description="where to compute: the processor, a graphics card, or the best there is"
    )
    origin: str = Field(
        "",
        description="what to begin from: a picture, an SVG, or the folder of an earlier run",
    )
    symmetry: Annotated[str, AfterValidator(check_symmetry)] = Field(
        "none", description="what the drawing is made alike by"
    )
    crop: Annotated[str, AfterValidator(check_crop)] = Field(
        "cover", description="how pictures come to its shape: `cover`, `fit`, or X,Y,W,H in px"
    )
    bare: str = Field("", description="a grey picture: paper stays bare where it is light")
    ink_budget: dict[str, Annotated[float, Field(gt=0, le=1)]] = Field(
        {}, description="largest share of the page that a pen or ink may cover, by its name"
    )
    variations: int = Field(
        1, ge=1, le=64, description="how many drawings to make that differ from each other"
    )
    variation: int = Field(1, ge=1, le=64, description="which of them this is")
    tile: int = Field(
        0,
        ge=0,
        le=2**14,
        description="px of a square to draw first and repeat over the page; 0 for none",
    )
    judges: tuple[str, ...] = Field(
        (),
        description="targets of networks that take no part: the certificate says what they see",
    )
    outputs: Annotated[
        tuple[Output, ...], BeforeValidator(split_outputs), AfterValidator(in_order)
    ] = Field(
        OUTPUTS,
        description="what the run leaves: the drawing with its certificate (always), the plotter's "
        "file (of strokes always), previews of the plot with its sheet, pictures of how it was "
        "made with the palette, checks of how it scores moved, noisy and filled by hand",
    )
    compare: bool = Field(False, description="also climb without any limit on colours")
    page: Page = Page.of("a5")
    views: ViewsRecipe = ViewsRecipe()
    softness: SoftnessRecipe = SoftnessRecipe()
    climb: ClimbRecipe = ClimbRecipe()
    palette: PaletteRecipe = PaletteRecipe()
    pixels: PixelsRecipe = PixelsRecipe()
    strokes: StrokesRecipe = StrokesRecipe()
    plot: PlotRecipe = PlotRecipe()
    keep: KeepRecipe = KeepRecipe()
    finish: Finish = Finish()
    _folder: Path | None = PrivateAttr(None)

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, table: Any) -> Any:
        """Fill in what follows from the medium, the pens and the kinds of terms."""
        if not isinstance(table, dict):
            return table
        table = fill_in_manner(fill_in_corners(table))
        table = fill_in_margin(fill_in_family(fill_in_likeness(fill_in_words(table))))
        if table.get("medium") == "strokes":
            return _fill_in_strokes(table)
        if isinstance(pens := _read_pens(table.get("pens") or ()), list | tuple) and pens:
            paper = table.get("paper", "#ffffff")
            # Paper that is left bare is an ink that costs nothing.
            colours = [ink for ink in map(_colour_of, pens) if ink != check_ink(paper)]
            inks, slots = table.get("inks", [paper, *colours]), _picked(table)
            # Inks that a recipe was filled in with before it was to pick were asked for by nobody.
            if slots and _is_among(inks, {paper, check_ink(paper), LEARNED, *colours}):
                inks = [paper, *slots]
            table = {**table, "pens": pens, "inks": inks}
        return table

    @model_validator(mode="after")
    def _check_together(self) -> Recipe:
        self._check_pens()
        self._check_pick()
        self._check_nib()
        least = 2 if self.has_areas else 1
        if not least <= len(self.inks) <= MOST_INKS:
            raise ValueError(
                f"{counted(len(self.inks), 'ink')}; a drawing takes {least} to {MOST_INKS} inks"
            )
        fixed = [ink for ink in self.inks if ink != LEARNED]
        twice = next((ink for ink in fixed if fixed.count(ink) > 1), None)
        if twice and not self.pens:
            raise ValueError(f"inks: {twice} is given twice")
        if self.variation > self.variations:
            raise ValueError(f"variation = {self.variation}: there are only {self.variations}")
        check_networks(self.networks)
        if not self.terms:
            raise ValueError("terms: nothing to excite; give at least one, such as loom/conv4_1/17")
        if self.paper == LEARNED:
            raise ValueError("paper: the paper's colour cannot be learned")
        symmetric = self.symmetry != "none"
        self.keep.check({"symmetry": symmetric, "pick": self.pick > 0, "tile": self.tile > 0})
        self._check_start()
        self._check_compose()
        self._check_finish()
        rows, columns = self.size
        if min(rows, columns) < LEAST_SIDE:
            raise ValueError(
                f"a page of {self.page.width:g} x {self.page.height:g} mm at {self.page.scale:g} "
                f"px per mm is {columns} x {rows} px: a picture has at least {LEAST_SIDE} px a "
                "side; page.scale says how many px a mm has"
            )
        if self.width * self.height > MOST_PIXELS:
            raise ValueError(
                f"{self.width} x {self.height} px: a picture has at most {MOST_PIXELS:,} px"
            )
        return self

    def _check_start(self) -> None:
        """Find before the climb what neither a plan nor a sketch can be drawn of."""
        if not (self.starts_from_plan or self.starts_from_sketch):
            return
        start, is_plan = self.strokes.start, self.starts_from_plan
        has_learned = any(pen.colour == LEARNED for pen in self.pens)
        others = {
            "a tile": bool(self.tile),
            "pens to pick from": bool(self.pick),
            "a symmetry": is_plan and self.symmetry != "none",
            "a pen whose colour is to be learned": is_plan and has_learned,
        }
        other = next((name for name, is_asked in others.items() if is_asked), None)
        if other:
            raise ValueError(
                f"strokes.start = {start}: a {start} is drawn in the pens themselves, all over the "
                f"page; it cannot have {other}: write random, grid or study"
            )

    def _check_compose(self) -> None:
        check_focus(self.strokes.focus, self.page, self.compose)
        if self.compose == "field":
            return
        if self.tile:
            raise ValueError("compose and tile: a figure is one alone; leave one of the two out")
        paged = next((term for term in self.terms if term.where or not term.is_for_figures), None)
        if paged:
            raise ValueError(
                f"compose: a figure is for terms of kind {listed(FIGURES)}, without a where; "
                f"{paged.name} is about the page; leave one of the two out"
            )

    def _check_pens(self) -> None:
        if self.pens:
            try:
                check_pens(self.pens, MOST_OWNED if self.pick else MOST_PENS)
            except InputError as error:
                raise ValueError(str(error)) from error
        left, top, right, bottom = self.page.inside
        room = min(right - left, bottom - top)
        wide = next((pen for pen in self.pens if pen.width >= room), None)
        if wide:
            raise ValueError(
                f"pens: {wide.name} draws {wide.width:g} mm wide; inside its margins the page has "
                f"only {room:g} mm"
            )

    def _check_nib(self) -> None:
        """Find before the climb what hatching would refuse after it."""
        if not self.has_areas:
            return
        rows, columns = self.size
        scale, _ = self.page.fit(columns, rows)
        nib, sides = self.plot.nib, sorted((rows * scale, columns * scale))
        if nib > sides[0]:
            raise ValueError(
                f"plot.nib = {nib:g} mm: the picture is only {sides[0]:.4g} mm wide on its page"
            )
        pitch = self.plot.spacing * min([nib, *(pen.width for pen in self.pens)])
        if sides[1] > MOST_LINES * pitch:
            raise ValueError(
                f"lines {pitch:g} mm apart are too many on {sides[1]:.4g} mm; at most "
                f"{MOST_LINES:,} are drawn side by side: plot.nib and pens' widths say how wide "
                "a line is"
            )

    def _check_finish(self) -> None:
        """Find before the climb what could not be drawn around the drawing after it."""
        if not self.finish:
            return
        nib = min((pen.width for pen in self.pens), default=self.plot.nib)
        try:
            self.finish.check(self.page, self.box, nib, {pen.name: pen for pen in self.pens})
        except InputError as error:
            raise ValueError(f"finish: {error}") from error

    def _check_pick(self) -> None:
        if not self.pick:
            return
        if not self.pens:
            raise ValueError(f"pick = {self.pick}: there are no pens to pick from; give pens")
        if any(pen.colour == LEARNED for pen in self.pens):
            raise ValueError(
                f"pick = {self.pick}: the colour of a pen '?' is to be learned; pens to pick from "
                "have colours of their own"
            )
        count = len(self.choice)
        if self.pick > count:
            bare = "" if count == len(self.pens) else ", in colours that differ and are not paper's"
            raise ValueError(f"pick = {self.pick}: only {counted(count, 'pen')} to pick from{bare}")
        if list(self.inks) != [self.paper] * self.has_areas + [LEARNED] * self.pick:
            raise ValueError("inks: with pick, the pens are the inks; say one or the other")

    @property
    def starts_from_plan(self) -> bool:
        """Whether its lines begin from a plan in areas."""
        return not self.has_areas and self.strokes.start == "plan"

    @property
    def starts_from_sketch(self) -> bool:
        """Whether its lines are sketched first."""
        return not self.has_areas and self.strokes.start == "sketch"

    @property
    def folder(self) -> Path | None:
        """The folder from which its files are named; None for where one works."""
        return self._folder

    @property
    def has_areas(self) -> bool:
        """Whether its medium fills areas, of a size in px; else it draws lines on a page in mm."""
        return self.medium in AREAS

    def leaves(self, output: Output) -> bool:
        """Return whether a run leaves something: strokes always leave the file they are drawn by.

        >>> recipe = Recipe(outputs=("drawing",))
        >>> recipe.leaves("drawing"), recipe.leaves("plot")
        (True, False)
        """
        return output in self.outputs or (output == "plot" and not self.has_areas)

    @property
    def choice(self) -> tuple[Pen, ...]:
        """The pens that `pick` picks from, in the order given.

        In areas of ink two pens of one colour are one ink, and the paper's own colour needs no pen.
        """
        if not self.has_areas:
            return self.pens
        first = {pen.colour: pen for pen in reversed(self.pens) if pen.colour != self.paper}
        return tuple(pen for pen in self.pens if first.get(pen.colour) is pen)

    @property
    def box(self) -> Box:
        """Left, top, right and bottom of what the drawing fills on its page, in mm."""
        if not self.has_areas:
            return self.page.inside
        rows, columns = self.size
        scale, (left, top) = self.page.fit(columns, rows)
        return left, top, left + scale * columns, top + scale * rows

    @property
    def finest(self) -> float:
        """The finest waves of a picture's areas, in cycles per px; 0 for no limit."""
        if not self.pixels.detail:
            return self.pixels.finest
        rows, columns = self.size
        scale, _ = self.page.fit(columns, rows)
        return min(1.0, scale / (2 * self.pixels.detail))

    def picking(self, count: int) -> Recipe:
        """Return the same recipe with so many pens to pick."""
        recipe = Recipe.model_validate({**self.model_dump(exclude={"inks"}), "pick": count})
        return recipe.located(self._folder) if self._folder else recipe

    def located(self, folder: Path) -> Recipe:
        """Return the same recipe, whose files are named as seen from a folder."""
        located = self.model_copy()
        located._folder = folder
        return located

    def file(self, path: str) -> Path:
        """Return where a file that the recipe names is."""
        return Path(beside(self._folder or Path())(path))

    @property
    def files(self) -> list[str]:
        """The path of every file that is named, as it is written, each once."""
        return files_in(self.model_dump())

    def with_files(self, names: Mapping[str, str]) -> Recipe:
        """Return the recipe with files of other names.

        Args:
            names: the new name for each of `files`.
        """
        return Recipe.model_validate(change_files(self.model_dump(), names.__getitem__))

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of the picture in px."""
        return (self.height, self.width) if self.has_areas else self.page.pixels

    @property
    def margin(self) -> int:
        """The px along each edge of `size` where nothing is drawn: areas fill theirs."""
        return 0 if self.has_areas else round(self.page.margin * self.page.scale)

    def to_toml(self) -> str:
        """Return the recipe as a file, with everything filled in."""
        return tomli_w.dumps(self.model_dump(mode="json"))


def _fill_in_strokes(table: dict[str, Any]) -> dict[str, Any]:
    """Return a stroke recipe's table: its pens are its inks, and its own defaults below."""
    pens = _read_pens(table.get("pens") or ())
    if not isinstance(pens, list | tuple):
        return table  # the field's own check says what is wrong
    if not pens and "inks" in table:
        inks = _spell_out(table["inks"])
        if not isinstance(inks, list | tuple) or not inks:
            return table
        pens = [
            {"name": name, "colour": ink, "width": USUAL_WIDTH}
            for name, ink in zip(names_of_inks(inks), inks, strict=True)
        ]
    pens = pens or parse_pens(USUAL_PENS)
    table = fill_in_study(table)
    return {**table, "pens": pens, "inks": _picked(table) or [_colour_of(pen) for pen in pens]}


def _is_among(inks: Any, known: set[str]) -> bool:
    inks = _spell_out(inks)
    return isinstance(inks, list | tuple) and all(ink in known for ink in inks)


def _picked(table: Mapping[str, Any]) -> list[str]:
    """Return an ink for each pen that is to be picked, if any is."""
    try:
        count = int(table.get("pick") or 0)
    except (TypeError, ValueError, OverflowError):
        return []  # the field's own check says what is wrong
    return [LEARNED] * min(max(count, 0), MOST_PICKED)


def _colour_of(pen: Any) -> Any:
    """Return the colour of a pen or of a pen's table, as '#rrggbb' if it is one."""
    ink = pen.get("colour") if isinstance(pen, dict) else getattr(pen, "colour", None)
    return check_ink(ink) if ink is not None else LEARNED

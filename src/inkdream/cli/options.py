"""The flags of `inkdream draw` and of networks of one's own, and the recipe that they make."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from inkdream.errors import InputError, shorten
from inkdream.inking.flags import FinishFlags
from inkdream.usage import (
    EXPERT,
    INKS,
    OUTPUT,
    PAGE,
    START,
    TIME,
    WHAT,
    WHOLE,
    Several,
    Switch,
    value,
)
from inkdream.wording import shell_word

# The flags that stand for terms: the key that their word is for, and what else they mean.
TERMS: dict[str, tuple[str, dict[str, Any]]] = {
    "neuron": ("target", {}),
    "avoid": ("target", {"weight": -1.0}),
    "spike": ("target", {"kind": "spike"}),
    "direction": ("target", {"kind": "direction"}),
    "checkerboard": ("target", {"kind": "checkerboard"}),
    "upside_down": ("target", {"turn": 180}),
    "style": ("picture", {"kind": "style"}),
    "texture": ("picture", {"kind": "texture"}),
    "content": ("picture", {"kind": "content"}),
    "like": ("picture", {"kind": "like"}),
    "text": ("words", {"kind": "text"}),
    "not_text": ("words", {"kind": "text", "weight": -1.0}),
}


@Parameter(name="*")
@dataclass(frozen=True)
class TermFlags:
    """What to draw: any of these, any number of times, each with a weight behind a colon."""

    neuron: Annotated[Several, Parameter(alias="-n"), WHAT, value("TARGET")] = None
    """What to excite: network/layer/channel, such as loom/conv4_1/17 (a texture);
    network/layer/channel/centre (one unit: a single figure); network/layer (the whole layer, as in
    DeepDream); network/class/name, such as loom/class/spiral. TARGET:0.5 gives a weight, 1 if none
    is given; several flags are excited together. Default loom/conv4_1/17."""
    class_: Annotated[Several, Parameter(name="--class"), WHAT, value("NAME")] = None
    """A thing that a network was trained to tell from others, by its name alone: hummingbird,
    'hot air balloon', spiral. NAME:0.5 gives a weight. inkdream networks --classes bird lists."""
    avoid: Annotated[Several, WHAT, value("TARGET")] = None
    """What not to excite, in the words of --neuron."""
    spike: Annotated[Several, WHAT, value("TARGET")] = None
    """One channel against all the rest of its layer: network/layer/channel."""
    direction: Annotated[Several, WHAT, value("TARGET")] = None
    """Several channels of one layer at once, each with a factor: network/layer/3+7-0.5*12."""
    checkerboard: Annotated[Several, WHAT, value("TARGET")] = None
    """Two channels of one layer, in alternate squares of a checkerboard: network/layer/3,7."""
    upside_down: Annotated[Several, WHAT, value("TARGET")] = None
    """What the drawing is to excite when the sheet is turned upside down, in the words of
    --neuron."""
    style: Annotated[Several, WHAT, value("PICTURE")] = None
    """A picture whose style to take; PICTURE:0.3 gives a weight, 1 if none is given."""
    texture: Annotated[Several, WHAT, value("PICTURE")] = None
    """A picture whose texture to take: closer than its style, and finer."""
    content: Annotated[Several, WHAT, value("PICTURE")] = None
    """A picture whose content to keep: what a network sees in it, and where."""
    like: Annotated[Several, WHAT, value("PICTURE")] = None
    """A picture to look like, in colour and shape: a photo to redraw."""
    detail_mask: Annotated[str | None, WHAT, value("MASK")] = None
    """A grey picture for --like: where it is white, such as in faces, likeness counts 4 times as
    much and lines begin first; where it is black, as usual. Default all places alike."""
    text: Annotated[Several, WHAT, value("WORDS")] = None
    """Words to draw, by CLIP: 'a heron in the reeds'. Needs the extra inkdream[text]."""
    not_text: Annotated[Several, WHAT, value("WORDS")] = None
    """Words that the drawing is not to look like."""
    smooth: Annotated[float | None, WHAT, value("WEIGHT")] = None
    """How much neighbouring pixels are to be alike (total variation), such as 0.1. Default 0."""
    where: Annotated[str | None, WHAT, value("MASK")] = None
    """A grey picture: all that these flags ask for changes the drawing only where it is light."""

    def terms(self) -> list[dict[str, Any]]:
        """Return the tables of the terms that were asked for.

        Raises:
            InputError: if a weight is no number, or --where is given alone.
        """
        from inkdream.class_names import find_class
        from inkdream.recipe import split_weight

        terms = [
            split_weight(word, key, **more)
            for flag, (key, more) in TERMS.items()
            for word in getattr(self, flag) or ()
        ]
        for term in [split_weight(word, "target") for word in self.class_ or ()]:
            terms.append({**term, "target": find_class(term["target"])})
        liked = [term for term in terms if term.get("kind") == "like"]
        if self.detail_mask and not liked:
            raise InputError(
                f"--detail-mask {self.detail_mask}: is for a picture to look like, such as --like "
                "photo.jpg; none is named"
            )
        for term in liked if self.detail_mask else ():
            term["importance"] = self.detail_mask
        if self.smooth is not None:
            terms.append({"kind": "smooth", "weight": self.smooth})
        if self.where and not terms:
            raise InputError(
                f"--where {self.where}: is for what other flags ask for, such as --neuron; a term "
                "of a recipe has a where of its own"
            )
        return [{**term, "where": self.where} for term in terms] if self.where else terms


@Parameter(name="*")
@dataclass(frozen=True)
class NetworkFlags:
    """What a network of one's own wants done to pictures, and what its classes are called."""

    weights: Annotated[str | None, EXPERT, value("FILE")] = None
    """A safetensors file with the weights of your network."""
    mean: Annotated[str | None, EXPERT, value("NUMBERS")] = None
    """What your network wants subtracted from pictures, by channel: 0.485,0.456,0.406. Default
    nothing."""
    deviation: Annotated[str | None, EXPERT, value("NUMBERS")] = None
    """What your network wants them divided by then: 0.229,0.224,0.225. Default nothing."""
    range: Annotated[str | None, EXPERT, value("RANGE")] = None
    """The values of black and white that your network takes: 0..1, -1..1, 0..255. Default 0..1."""
    order: Annotated[Literal["rgb", "bgr"] | None, EXPERT] = None
    """The order of the channels that your network takes. Default rgb."""
    size: Annotated[str | None, EXPERT, value("ROWS,COLUMNS")] = None
    """The size in px that your network takes: 256,128, or 224 for a square. Pictures of another
    shape are fitted into it, not stretched. Default what it is found to take."""
    classes: Annotated[str | None, EXPERT, value("FILE")] = None
    """A text file with the name of one of your network's classes in each line."""

    def keys(self) -> dict[str, str]:
        """Return the keys of a network's table that were given."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return {key: value for key, value in given.items() if value is not None}


if TYPE_CHECKING:
    from inkdream.recipe import Recipe

# Flags for keys of a recipe that have another name.
SETTINGS = {
    "strokes": "strokes.count",
    "machine": "plot.machine",
    "budget": "plot.budget",
    "refill": "plot.refill",
    "margin": "page.margin",
    "detail": "pixels.detail",
    "focus": "strokes.focus",
    "keep": "keep.from",
    "keep_where": "keep.where",
    "plotted": "keep.plotted",
}
# Those whose values are text, whatever they look like.
_TEXTS = ("focus", "keep", "keep_where", "plotted")
# Flags whose words are not what the recipe's key of their name takes.
IN_WORDS = {*SETTINGS, "inks", "pens", "page", "ink_budget", "finish"}
_NUMBER = re.compile(r"\s*\d+(\.\d+)?\s*")


@Parameter(name="*")
@dataclass(frozen=True)
class DrawFlags:
    """The settings that have a flag of their own; all others go by --set or in a recipe."""

    wanted: TermFlags = field(default_factory=TermFlags)
    medium: Annotated[Literal["pixels", "strokes"] | None, INKS] = None
    """Areas of ink (pixels, the default), or lines as a pen draws them (strokes)."""
    strokes: Annotated[int | None, WHOLE, INKS, value("N")] = None
    """How many strokes there are at most, 1 to 100,000; implies --medium strokes, for which the
    default is 400."""
    inks: Annotated[str | None, INKS, value("INKS")] = None
    """How many inks, 2 to 64, whose colours are learned (default 4); or the colours themselves:
    '#1b1b1b,crimson,white'. A '?' among them is a colour to be learned: '#ffffff,?,?'. Of areas,
    bare paper is included: it is one of the inks. Strokes have pens for inks, and it is none."""
    pens: Annotated[str | None, INKS, value("PENS")] = None
    """The pens you own, up to 64, with the width of their lines in mm: 'black:0.4,#c8102e:0.3';
    pens of the catalogue, 'stabilo88:46,micron:05-black'; your own, 'mine' or 'mine:gold'; or a pen
    file. A line is 0.4 mm wide unless it is given. Default for strokes black,red,blue,green."""
    pick: Annotated[int | None, WHOLE, INKS, value("K")] = None
    """Use only K of the pens, 1 to 63: the run finds out which serve the picture best. Default all
    of them."""
    pen_file: Annotated[Path | None, INKS, value("FILE")] = None
    """The file of your own pens. Default ~/.config/inkdream/pens.toml."""
    paper: Annotated[str | None, INKS, value("COLOUR")] = None
    """The paper's colour, #rrggbb or a CSS name. Default white."""
    ink_budget: Annotated[str | None, INKS, value("SHARES")] = None
    """The share of the page that a pen or an ink may cover at most, above 0 to 1:
    'black:0.2,red:0.05'. Default no limit."""
    bare: Annotated[str | None, INKS, value("MASK")] = None
    """A grey picture: the paper stays bare where it is light."""
    page: Annotated[str | None, PAGE, value("SIZE")] = None
    """The sheet: a0 to a6, letter and others, 'a4 landscape', or width and height with a unit:
    300x200mm, 8x10in. Default a5, landscape if a picture that is to be seen lies so."""
    margin: Annotated[float | None, PAGE, value("MM")] = None
    """mm along every edge that stay bare, 0 or more. Default 10."""
    width: Annotated[int | None, WHOLE, PAGE, value("PX")] = None
    """Width of a picture in pixels, 8 to 65,536 px; strokes take the page's. Default 256, or what
    the page's shape asks for where --page or a picture is given."""
    height: Annotated[int | None, WHOLE, PAGE, value("PX")] = None
    """Height of a picture in pixels, 8 to 65,536 px; strokes take the page's. Default 256, or what
    the page's shape asks for where --page or a picture is given."""
    crop: Annotated[str | None, PAGE, value("HOW")] = None
    """How pictures come to the drawing's shape: cover (fill it, and cut off what is beyond), fit
    (show all of the picture on paper), or X,Y,W,H (that part of it, in px). Default cover."""
    detail: Annotated[str | None, PAGE, value("MM")] = None
    """The finest thing that areas of ink may show, in mm on the page: 4mm makes bold shapes, 1mm
    fine ones. Default what fits the network, 2.8 mm on an A5 for those trained on photographs."""
    symmetry: Annotated[str | None, PAGE, value("NAME")] = None
    """Make the left and the right alike (mirror), above and below (flip), both, or turn by fifths
    (turn-5; 2 to 24). Default none."""
    compose: Annotated[Literal["figure", "field"] | None, PAGE] = None
    """One thing in the middle of the page, on bare paper (figure), or all over it (field). Default
    figure for one unit, as in --neuron loom/conv4_1/17/centre; field for all else."""
    draw_as: Annotated[
        Literal["rings", "flow", "scribble", "engraving", "hatch", "contour", "long", "short"]
        | None,
        PAGE,
    ] = None
    """How lines are drawn: around and around the inside of areas (rings), as an engraving, in
    straight hatches (hatch), in outlines (contour), side by side along what a sketch of them says
    (flow), as that sketch (scribble), in 120 long ones (long) or 1,500 short ones (short). Default
    what fits the network."""
    focus: Annotated[str | None, PAGE, value("PLACE")] = None
    """Where lines are dense and drawn in detail; further off they thin out into bare paper: centre,
    thirds (a third from the left and from the top), or X,Y from the page's top left corner, in mm
    or as shares (60%,33%). Default nowhere more than elsewhere."""
    tile: Annotated[int | None, WHOLE, PAGE, value("PX")] = None
    """Draw a square of so many px first, repeat it over the page, and go on from there; 16 or more,
    and smaller than the page."""
    quality: Annotated[Literal["quick", "good", "best"] | None, TIME] = None
    """How much time to spend: quick for a first look, best for what goes on the wall. Default
    good."""
    steps: Annotated[int | None, WHOLE, TIME, value("N")] = None
    """How many steps to climb, 1 to 1,000,000: more of them find a better picture. Default 300."""
    seed: Annotated[int | None, WHOLE, TIME, value("N")] = None
    """A number, 0 or more, from which all chance comes: the same seed and recipe make the same
    drawing. Default 0."""
    variations: Annotated[int | None, WHOLE, TIME, value("N")] = None
    """How many drawings to make of the same, each unlike those before it, 1 to 64. Default 1."""
    budget: Annotated[str | None, TIME, value("TIME")] = None
    """How long plotting may take: 45min, 1h30m, 90s; a number alone is minutes. Strokes that earn
    least are left out; changing pens is not counted. Default no limit."""
    refill: Annotated[str | None, TIME, value("METRES")] = None
    """How far a pen draws before it is filled again: 60m. The plotter's file stops there. Default
    never."""
    machine: Annotated[str | None, TIME, value("NAME")] = None
    """The plotter whose motion the time is estimated for: axidraw-v3, nextdraw, saxi, grbl-servo
    and others. Default axidraw-v3."""
    origin: Annotated[str | None, Parameter(name="--from"), START, value("SOURCE")] = None
    """What to begin from: a picture, an SVG, or the folder of an earlier run. Default chance."""
    keep: Annotated[str | None, START, value("SOURCE")] = None
    """What stays as it is while all else is drawn around it: the folder of an earlier run, or an
    SVG. Default nothing."""
    keep_where: Annotated[str | None, START, value("MASK")] = None
    """A grey picture: what --keep names stays where it is dark, and is drawn anew where it is
    light, and only there. Default all of it stays."""
    plotted: Annotated[str | None, START, value("WHAT")] = None
    """What of it is on the paper already, and no part of the new plotter's file: until a time of
    its plot (12min), or layers (black,red or 1-2). Without --keep-where, all else is drawn anew."""
    network: Annotated[Several, EXPERT, value("SOURCE")] = None
    """A network of your own: a .pt2 file of torch.export, or package.module:function. Its layers
    are FILE/layer or function/layer; NAME=SOURCE gives it another name."""
    own: NetworkFlags = field(default_factory=NetworkFlags)
    finish: FinishFlags = field(default_factory=FinishFlags)
    random_weights: Annotated[Switch, EXPERT] = False
    """Take torchvision's networks with random weights if theirs cannot be had; the certificate says
    so."""
    outputs: Annotated[str | None, OUTPUT, value("LIST")] = None
    """What the run leaves, with commas between: drawing (always), plot, previews, pictures, checks.
    The fewer, the sooner it is done. Default all."""
    device: Annotated[Literal["cpu", "cuda", "mps", "auto"] | None, EXPERT] = None
    """Where to compute: cpu, a graphics card by cuda or mps, or auto for the best there is. Default
    cpu."""
    judge: Annotated[Several, TIME, value("TARGET")] = None
    """A network that takes no part: the certificate says what it sees in the drawing. A class,
    network/class/name, or a channel, network/layer/channel."""
    set: Annotated[Several, EXPERT, value("KEY=VALUE")] = None
    """Any other setting of the recipe: --set views.count=4. All of them: docs/recipe.md."""

    @property
    def notes(self) -> list[str]:
        """What is to be told of how the flags were understood, a sentence each."""
        from inkdream.page import taken_unit

        notes = []
        if self.budget is not None and _NUMBER.fullmatch(self.budget):
            notes.append(f"--budget {self.budget}: taken as {_in_minutes(self.budget)}utes")
        if self.page is not None and (unit := taken_unit(self.page)):
            notes.append(unit)
        return notes

    def recipe(self, file: Path | None, *, compare: bool) -> Recipe:
        """Return the recipe that the file and the flags make together; flags win.

        Raises:
            InputError: if there is no such recipe, or a flag would change nothing.
        """
        from inkdream import recipe

        given = {
            flag: value
            for flag in (field.name for field in fields(self))
            if (value := getattr(self, flag)) is not None and value is not False
        }
        keys = recipe.Recipe.model_fields.keys() - IN_WORDS
        table: dict[str, object] = {key: given[key] for key in given if key in keys}
        settings = [
            f"{key}={_as_setting(flag, given[flag])}"
            for flag, key in SETTINGS.items()
            if flag in given
        ]
        settings += self.set or []
        table |= {"finish": around} if (around := self.finish.keys()) else {}
        if self.strokes is not None or self.draw_as is not None:
            table.setdefault("medium", "strokes")
        self._check_together()
        if self.pens is not None:
            from inkdream.pens import parse_pens
            from inkdream.pens.own import MOST_OWNED
            from inkdream.pens.pen import MOST_PENS

            most = MOST_OWNED if self.pick else MOST_PENS
            table["pens"] = parse_pens(self.pens, own=self.pen_file, most=most)
        if self.page is not None:
            settings[:0] = [f"page.size={self.page}", "page.scale=0"]
        if self.inks is not None:
            table["inks"] = recipe.split_inks(self.inks)
        if terms := self.wanted.terms():
            table["terms"] = terms
        if self.network or self.own.keys():
            table["networks"] = recipe.split_networks(self.network or (), more=self.own.keys())
        if self.ink_budget is not None:
            table["ink_budget"] = recipe.split_shares(self.ink_budget)
        if compare:
            table["compare"] = True
        if file is not None and file.suffix != ".toml" and not os.path.exists(file):  # noqa: PTH110
            # (`Path.exists` raises for a name that is too long.)
            raise InputError(
                f"{shorten(str(file))}: cannot be read as a recipe, since there is no such file; "
                "flags say what to draw, such as --neuron loom/conv4_1/17"
            )
        if self.judge:
            table["judges"] = list(self.judge)
        asked = recipe.assemble(file, table, settings)
        self._check_use(asked)
        return asked

    def _check_together(self) -> None:
        """Raise InputError for a flag that another one leaves without a meaning."""
        if self.pen_file is not None and self.pens is None:
            raise InputError("--pen-file: which of its pens? --pens mine takes them all")
        if self.pick:
            self._check_inks()

    def _check_inks(self) -> None:
        if self.inks is not None and self.pens is not None:
            raise InputError("--inks and --pens: the pens are the inks; say one or the other")

    def _check_use(self, recipe: Recipe) -> None:
        """Raise InputError for the first flag that changes nothing in the drawing that is made."""
        from inkdream.recipe import use_of
        from inkdream.recipe.terms import Pictured

        flags = {
            SETTINGS.get(field.name, field.name): f"--{field.name.replace('_', '-')}"
            for field in fields(self)
            if getattr(self, field.name) is not None
        }
        flags |= {word.partition("=")[0].strip(): f"--set {word}" for word in self.set or ()}
        if not recipe.has_areas:
            self._check_inks()
        for key, name in flags.items():
            if why := use_of(key, areas=recipe.has_areas):
                raise InputError(f"{name}: {why}")
        pictured = any(isinstance(term, Pictured) for term in recipe.terms)
        if self.crop is not None and not (recipe.origin or pictured):
            raise InputError("--crop: is for pictures, such as --like photo.jpg; none is named")
        targets = [word for term in recipe.terms for word in term.targets]
        targets += recipe.judges
        looked_at = {target.partition("/")[0] for target in targets}
        for network in recipe.networks if self.network else ():
            if network.name not in looked_at:
                raise InputError(
                    f"--network {network.source}: no target is in it; name one, such as --neuron "
                    f"{network.name}/LAYER/CHANNEL (inkdream networks {shell_word(network.source)} "
                    "lists its layers)"
                )
        if self.random_weights and looked_at <= {"", "loom"} and not self.wanted.text:
            raise InputError("--random-weights: loom has its weights; name another network")


def _as_setting(flag: str, given: Any) -> Any:
    """Return the value of a flag as --set takes it."""
    if flag in _TEXTS:
        return json.dumps(given)  # TOML's text is JSON's
    return _in_minutes(given) if flag == "budget" else given


def _in_minutes(budget: str) -> str:
    """Return a time that has a unit: a number alone is minutes."""
    return f"{budget.strip()} min" if _NUMBER.fullmatch(budget) else budget

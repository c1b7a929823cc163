"""The flags of `inkdream draw`, and the recipe that they make."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from inkdream.errors import InputError

if TYPE_CHECKING:
    from inkdream.recipe import Recipe

# A flag that may be given several times, and has no --no-flag.
Several = Annotated[list[str] | None, Parameter(negative=())]

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
# Flags that are a recipe's key by its own name, and by another.
KEYS = (
    *("medium", "width", "height", "steps", "seed", "paper", "pick", "origin", "random_weights"),
    *("symmetry", "bare", "variations", "tile"),
)
SETTINGS = {
    "strokes": "strokes.count",
    "machine": "plot.machine",
    "budget": "plot.budget",
    "margin": "page.margin",
}


@Parameter(name="*")
@dataclass(frozen=True)
class TermFlags:
    """What to draw: any of these, any number of times, each with a weight behind a colon."""

    neuron: Several = None
    """What to excite: network/layer/channel, network/layer/channel/centre (one unit),
    network/layer (all of it, DeepDream), network/class/name. Several may be given;
    'TARGET:0.5' gives a weight."""
    avoid: Several = None
    """What not to excite, in the same words."""
    spike: Several = None
    """One channel against all the rest of its layer: network/layer/channel."""
    direction: Several = None
    """Several channels of a layer at once: network/layer/3+7-0.5*12."""
    checkerboard: Several = None
    """Two channels of a layer, in the squares of a checkerboard: network/layer/3,7."""
    upside_down: Several = None
    """What the drawing is to excite when it is turned upside down, in the words of --neuron."""
    style: Several = None
    """A picture whose style to take: PICTURE or PICTURE:0.3."""
    texture: Several = None
    """A picture whose texture to take, closer than style does."""
    content: Several = None
    """A picture whose content to keep: what a network sees in it, and where."""
    like: Several = None
    """A picture to look like, in colour and shape: a photo to redraw."""
    text: Several = None
    """Words to draw, by CLIP (needs inkdream[text]): 'a heron in the reeds'."""
    not_text: Several = None
    """Words that the drawing is not to look like."""
    smooth: float | None = None
    """How much neighbouring px are to be alike (total variation): 0.1."""
    where: str | None = None
    """A grey picture: all that these flags ask for changes the drawing only where it is light."""

    def terms(self) -> list[dict[str, Any]]:
        """Return the tables of the terms that were asked for."""
        from inkdream.recipe import split_weight

        made = [
            split_weight(word, key, **more)
            for flag, (key, more) in TERMS.items()
            for word in getattr(self, flag) or ()
        ]
        if self.smooth is not None:
            made.append({"kind": "smooth", "weight": self.smooth})
        if self.where and not made:
            raise InputError(
                f"--where {self.where}: is for what other flags ask for, such as --neuron; a term "
                "of a recipe has a where of its own"
            )
        return [{**term, "where": self.where} for term in made] if self.where else made


@Parameter(name="*")
@dataclass(frozen=True)
class DrawFlags:
    """The settings that have a flag of their own; all others go by --set or in a recipe."""

    wanted: TermFlags = field(default_factory=TermFlags)
    medium: Literal["pixels", "strokes"] | None = None
    """Areas of ink (pixels, the default) or lines of it (strokes)."""
    inks: str | None = None
    """How many inks to learn (2 to 64), or the inks themselves: '#1b1b1b,crimson,white'.
    A '?' among them is an ink to be learned: '#ffffff,?,?'."""
    pens: str | None = None
    """The pens you own: colours with line widths in mm, 'black:0.4,#c8102e:0.3'; pens of the
    catalogue, 'stabilo88:46,micron:05-black'; your own, 'mine' or 'mine:gold'; or a pen file."""
    pick: int | None = None
    """How many of the pens to use: the run finds out which serve the picture best (all of them
    if it is not said)."""
    pen_file: Path | None = None
    """A file of your own pens, instead of ~/.config/inkdream/pens.toml."""
    paper: str | None = None
    """The paper's colour; white if it is not said."""
    page: str | None = None
    """The sheet: a5, 'a4 landscape', letter, 300x200mm ... (default a5)."""
    margin: float | None = None
    """mm along every edge that stay bare (default 10)."""
    strokes: int | None = None
    """How many strokes there are at most (400), for --medium strokes, which it implies."""
    width: int | None = None
    """Width of the picture in px (pixels only; strokes take the page's)."""
    height: int | None = None
    """Height of the picture in px (pixels only)."""
    machine: str | None = None
    """The plotter whose motion the time is estimated for: axidraw-v3, nextdraw, saxi,
    grbl-servo."""
    budget: str | None = None
    """How long plotting may take: 45min, 1h30m. Strokes are drawn to fit, and those that earn
    least are left out; changing pens is not counted."""
    steps: int | None = None
    """How many steps to climb."""
    seed: int | None = None
    """The same seed and recipe make the same drawing."""
    origin: Annotated[str | None, Parameter(name="--from")] = None
    """What to begin from: a picture (--from photo.jpg), an SVG, or the folder of an earlier run."""
    network: Several = None
    """A network of your own: a .pt2 file of torch.export, or package.module:function. Its layers
    are FILE/layer or function/layer; NAME=SOURCE gives it another name."""
    weights: str | None = None
    """A safetensors file with the weights of the network that --network names."""
    random_weights: Annotated[bool, Parameter(negative=())] = False
    """Take networks with random weights if theirs are not to be had; the certificate says so."""
    symmetry: str | None = None
    """Make the drawing alike on both sides (mirror), above and below (flip), both, or under turns
    (turn-5: by fifths)."""
    bare: str | None = None
    """A grey picture: the paper stays bare where it is light."""
    ink_budget: str | None = None
    """How much of the page a pen or an ink may cover at most: 'black:0.2,red:0.05'."""
    variations: int | None = None
    """How many drawings to make of the same, each unlike those before it."""
    tile: int | None = None
    """Draw a square of so many px first, repeat it over the page, and go on from there."""
    set: Several = None
    """Any other setting of the recipe, as key=value: --set views.count=4."""

    def recipe(self, file: Path | None, *, compare: bool) -> Recipe:
        """Return the recipe that the file and the flags make together; flags win."""
        from inkdream import recipe

        said: dict[str, object] = {
            key: value
            for key in KEYS
            if (value := getattr(self, key)) is not None and value is not False
        }
        settings = [
            f"{key}={value}"
            for flag, key in SETTINGS.items()
            if (value := getattr(self, flag)) is not None
        ]
        settings += self.set or []
        if self.strokes is not None:
            said.setdefault("medium", "strokes")
        self._check_together(str(said.get("medium", "")))
        if self.pens is not None:
            from inkdream.pens import parse_pens
            from inkdream.pens.own import MOST_OWNED
            from inkdream.pens.pen import MOST_PENS

            most = MOST_OWNED if self.pick else MOST_PENS
            said["pens"] = parse_pens(self.pens, own=self.pen_file, most=most)
        if self.page is not None:
            settings[:0] = [f"page.size={self.page}", "page.scale=0"]
        if self.inks is not None:
            said["inks"] = recipe.split_inks(self.inks)
        if terms := self.wanted.terms():
            said["terms"] = terms
        if self.network or self.weights:
            said["networks"] = recipe.split_networks(self.network or (), self.weights or "")
        if self.ink_budget is not None:
            said["ink_budget"] = recipe.split_shares(self.ink_budget)
        if compare:
            said["compare"] = True
        return recipe.assemble(file, said, settings)

    def _check_together(self, medium: str) -> None:
        """Raise InputError for a flag that another one leaves without a meaning."""
        if self.pen_file is not None and self.pens is None:
            raise InputError("--pen-file: which of its pens? --pens mine takes them all")
        if self.inks is not None and self.pens is not None and (medium == "strokes" or self.pick):
            raise InputError("--inks and --pens: the pens are the inks; say one or the other")

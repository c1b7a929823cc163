"""The flags of `inkdream draw` that say what to draw, and the terms that they make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from cyclopts import Parameter

from inkdream.errors import InputError
from inkdream.usage import WHAT, Several, value

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

        made = [
            split_weight(word, key, **more)
            for flag, (key, more) in TERMS.items()
            for word in getattr(self, flag) or ()
        ]
        for term in [split_weight(word, "target") for word in self.class_ or ()]:
            made.append({**term, "target": find_class(term["target"])})
        if self.smooth is not None:
            made.append({"kind": "smooth", "weight": self.smooth})
        if self.where and not made:
            raise InputError(
                f"--where {self.where}: is for what other flags ask for, such as --neuron; a term "
                "of a recipe has a where of its own"
            )
        return [{**term, "where": self.where} for term in made] if self.where else made

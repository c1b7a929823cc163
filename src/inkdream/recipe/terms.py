"""The terms of a recipe: what to excite, avoid, resemble; each kind with the keys that it takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import Any, Literal

from pydantic import Field, model_serializer, model_validator

from inkdream.errors import shorten, unknown
from inkdream.recipe.part import Part

# The keys that a term of each kind must have, and those that it may have; others mean nothing.
KINDS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "neuron": (("target",), ()),
    "spike": (("target",), ()),
    "direction": (("target",), ()),
    "checkerboard": (("target",), ("square",)),
    "unlike": (("target", "pictures"), ()),
    "style": (("picture",), ("layers",)),
    "texture": (("picture",), ("layers",)),
    "content": (("picture",), ("layers",)),
    "like": (("picture",), ("edges",)),
    "text": (("words",), ("model",)),
    "smooth": ((), ()),
}
COMMON = ("kind", "weight", "turn", "where")


class TermRecipe(Part):
    """One thing to excite, avoid or resemble.

    `kind` says what: a `neuron` (unit, channel, class or layer, by its `target`), a `spike` (one
    channel against all the rest), a `direction` in channel space, a `checkerboard` of two
    channels; `unlike` other `pictures` in a layer; the `style`, `texture` or `content` of a
    `picture`, or its likeness in colour (`like`); `text`, for `words`; `smooth`, for little
    variation. A kind takes only keys that mean something for it.

    A neuron's `target` is `network/layer/channel` (a channel's mean), `network/layer/channel/x,y`
    (one unit, x and y as shares of the picture, or `centre`), `network/layer` (the whole layer,
    DeepDream), or `network/class/name` (a class). A direction's is `network/layer/3+7-0.5*12`, a
    checkerboard's `network/layer/3,7`.
    """

    kind: Literal[
        "neuron",
        "spike",
        "direction",
        "checkerboard",
        "unlike",
        "style",
        "texture",
        "content",
        "like",
        "text",
        "smooth",
    ] = Field("neuron", description="what the term is about")
    target: str = Field("", description="what to excite: `network/layer/channel`")
    weight: float = Field(
        1.0, description="how much it counts in the sum of scores; negative to avoid it"
    )
    turn: Literal[0, 90, 180, 270] = Field(
        0, description="degrees by which the picture is turned before the term looks at it"
    )
    where: str = Field(
        "", description="a grey picture: the term changes the drawing only where it is light"
    )
    picture: str = Field("", description="the file of a picture to be like")
    pictures: tuple[str, ...] = Field((), description="files of pictures to be unlike")
    words: str = Field("", description="what the picture is to show")
    layers: tuple[str, ...] = Field(
        (),
        description="full names of the layers in which pictures are compared; none for the "
        "network's usual ones",
    )
    edges: float = Field(
        0.0, ge=0, le=10, description="how much edges count in likeness, beside colour"
    )
    square: int = Field(32, ge=1, le=4096, description="px of a checkerboard's squares")
    model: str = Field(
        "openai/clip-vit-base-patch32",
        description="the CLIP that compares words and pictures: a name on the Hugging Face hub, "
        "or a folder",
    )

    @model_validator(mode="before")
    @classmethod
    def _check_keys(cls, said: Any) -> Any:
        if not isinstance(said, dict):
            return said
        kind = said.get("kind", "neuron")
        if not isinstance(kind, str):
            return said  # the field's own check says what is wrong
        if kind not in KINDS:
            raise ValueError(str(unknown("kind of term", kind, KINDS)))
        needed, others = KINDS[kind]
        for key in needed:
            if not said.get(key):
                raise ValueError(f"{key} is missing; a term of kind {kind} needs it")
        known = (*COMMON, *needed, *others)
        strange = next((key for key in said if key in cls.model_fields and key not in known), None)
        if strange:
            raise ValueError(f"{kind}: takes no {strange}; it takes {', '.join(known)}")
        return said

    @model_serializer(mode="wrap")
    def _dump(self, dump: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
        """Leave out the keys that mean nothing for the kind."""
        needed, others = KINDS[self.kind]
        known = (*COMMON, *needed, *others)
        return {key: value for key, value in dump(self).items() if key in known}

    @property
    def name(self) -> str:
        """The term in a few words; it stands in events and certificates."""
        what = self.words or self.target or PurePath(self.picture).name
        if self.kind == "unlike":
            what = f"{self.target} of {len(self.pictures)}"
        words = what if self.kind == "neuron" else f"{self.kind} {what}".strip()
        turned = f" turned {self.turn}" if self.turn else ""
        limited = f" in {PurePath(self.where).name}" if self.where else ""
        return shorten(words, 120) + turned + limited

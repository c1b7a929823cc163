"""The terms of a recipe: what to excite, avoid, resemble. Each kind has a table with its own keys.

A new kind is a table here, its name in `_TABLES`, and one file in `objectives/`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from inkdream.errors import shorten, unknown
from inkdream.recipe.tables import Part


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

    # What makes the term that is scored: a module of `inkdream.objectives`, and a function there.
    factory: ClassVar[str] = ""
    # Whether it says what is to be where on the page, and whether a figure on calm ground can be
    # drawn for it.
    is_placed: ClassVar[bool] = False
    is_for_figures: ClassVar[bool] = False

    kind: str = Field("neuron", description="what the term is about")
    weight: float = Field(
        1.0, description="how much it counts in the sum of scores; negative to avoid it"
    )
    turn: Literal[0, 90, 180, 270] = Field(
        0, description="degrees by which the picture is turned before the term looks at it"
    )
    where: str = Field(
        "", description="a grey picture: the term changes the drawing only where it is light"
    )

    def __new__(cls, **keys: Any) -> TermRecipe:
        """Return `TermRecipe(kind="style", ...)` as a `Style`, and so on."""
        kind = KINDS.get(str(keys.get("kind", "neuron")), cls) if cls is TermRecipe else cls
        return super().__new__(kind)

    @model_validator(mode="wrap")
    @classmethod
    def _of_its_kind(cls, table: Any, handler: Callable[[Any], TermRecipe]) -> TermRecipe:
        """Read a table as the kind that it names; check its keys, those first that it lacks."""
        if not isinstance(table, dict):
            return handler(table)
        if cls is TermRecipe:
            kind = table.get("kind", "neuron")
            if not isinstance(kind, str):
                return handler(table)  # the field's own check says what is wrong
            if kind not in KINDS:
                raise ValueError(str(unknown("kind of term", kind, KINDS)))
            return KINDS[kind].model_validate(table)
        kind = cls.model_fields["kind"].default
        for key, field in cls.model_fields.items():
            if field.is_required() and not table.get(key):
                raise ValueError(f"{key} is missing; a term of kind {kind} needs it")
        strange = next((key for key in table if key in KEYS and key not in cls.model_fields), None)
        if strange:
            raise ValueError(f"{kind}: takes no {strange}; it takes {', '.join(cls.model_fields)}")
        return handler(table)

    @property
    def targets(self) -> tuple[str, ...]:
        """The targets and layers that it names; each begins with the name of a network."""
        return ()

    @property
    def about(self) -> str:
        """What it is about, beside its kind."""
        return ""

    @property
    def name(self) -> str:
        """The term in a few words; it stands in events and certificates."""
        words = self.about if self.kind == "neuron" else f"{self.kind} {self.about}".strip()
        turned = f" turned {self.turn}" if self.turn else ""
        limited = f" in {PurePath(self.where).name}" if self.where else ""
        return shorten(words, 120) + turned + limited


class Targeted(TermRecipe):
    """A term about a part of a network."""

    target: str = Field(description="what to excite: `network/layer/channel`")

    @property
    def targets(self) -> tuple[str, ...]:
        """The target."""
        return (self.target,)

    @property
    def about(self) -> str:
        """The target."""
        return self.target


class Pictured(TermRecipe):
    """A term about a picture."""

    picture: str = Field(description="the file of a picture to be like")

    @property
    def about(self) -> str:
        """The name of the picture's file."""
        return PurePath(self.picture).name


class Compared(Pictured):
    """A term that compares with a picture in layers of a network."""

    layers: tuple[str, ...] = Field(
        (),
        description="full names of the layers in which pictures are compared; none for the "
        "network's usual ones",
    )

    @property
    def targets(self) -> tuple[str, ...]:
        """The layers."""
        return self.layers


class Neuron(Targeted):
    """A unit, a channel, a class or a layer."""

    factory = "channels:neuron"
    is_for_figures = True
    kind: Literal["neuron"] = "neuron"


class Spike(Targeted):
    """One channel, or class, against all the rest."""

    factory = "channels:spike"
    is_for_figures = True
    kind: Literal["spike"] = "spike"


class Direction(Targeted):
    """Channels with factors."""

    factory = "channels:direction"
    is_for_figures = True
    kind: Literal["direction"] = "direction"


class Checkerboard(Targeted):
    """Two channels in squares."""

    factory = "channels:checkerboard"
    kind: Literal["checkerboard"] = "checkerboard"
    square: int = Field(32, ge=1, le=4096, description="px of a checkerboard's squares")


class Unlike(Targeted):
    """Other features together than in some pictures."""

    factory = "pictures:unlike"
    kind: Literal["unlike"] = "unlike"
    pictures: tuple[str, ...] = Field(description="files of pictures to be unlike")

    @property
    def about(self) -> str:
        """The target, and how many pictures there are."""
        return f"{self.target} of {len(self.pictures)}"


class Style(Compared):
    """Which features of a picture occur together, wherever they are."""

    factory = "pictures:style"
    kind: Literal["style"] = "style"


class Texture(Compared):
    """How often each mixture of a picture's features occurs."""

    factory = "pictures:texture"
    kind: Literal["texture"] = "texture"


class Content(Compared):
    """Which features a picture has, and where."""

    factory = "pictures:content"
    is_placed = True
    kind: Literal["content"] = "content"


class Like(Pictured):
    """A picture's colours and edges."""

    factory = "likeness:like"
    is_placed = True
    kind: Literal["like"] = "like"
    edges: float = Field(
        0.0, ge=0, le=10, description="how much edges count in likeness, beside colour"
    )
    importance: str = Field(
        "",
        description="a grey picture: where it is white, likeness counts 4 times as much, and lines "
        "begin there; where it is black, as usual",
    )


class Text(TermRecipe):
    """What words describe."""

    factory = "words:text"
    is_for_figures = True
    kind: Literal["text"] = "text"
    words: str = Field(description="what the picture is to show")
    model: str = Field(
        "openai/clip-vit-base-patch32",
        description="the CLIP that compares words and pictures: a name on the Hugging Face hub, "
        "or a folder",
    )

    @property
    def about(self) -> str:
        """The words."""
        return self.words


class Smooth(TermRecipe):
    """Little variation from px to px."""

    factory = "likeness:smooth"
    is_for_figures = True
    kind: Literal["smooth"] = "smooth"


_TABLES: tuple[type[TermRecipe], ...] = (
    *(Neuron, Spike, Direction, Checkerboard, Unlike),
    *(Style, Texture, Content, Like, Text, Smooth),
)
KINDS: Mapping[str, type[TermRecipe]] = {
    table.model_fields["kind"].default: table for table in _TABLES
}
# Every key that a term of some kind has.
KEYS = {key: field for table in _TABLES for key, field in table.model_fields.items()}
KEYS |= TermRecipe.model_fields

"""Networks of one's own: their tables in a recipe, and what their words mean."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from inkdream.recipe.tables import Part

# The networks that need no file, whose names are taken; `networks.lookup` has their classes.
BUILT_IN = ("loom", "efficientnet_lite0")
LARGEST_SIDE = 4096
# Deviations of more times the range's larger end are those of another range.
LARGEST_DEVIATION = 10.0

# What others keep networks in, which is not read: pickled objects, weights alone, other programs'.
OTHER_FILES = (".pt", ".pth", ".ckpt", ".bin", ".safetensors", ".onnx", ".h5", ".keras", ".py")

_NETWORK_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)"
_RANGE = re.compile(rf"\s*\[?\s*({_NUMBER})\s*(?:,|\.\.\.?|to|\s-\s)\s*({_NUMBER})\s*\]?\s*")
_SIDES = re.compile(r"\s*\[?\s*(\d+)\s*(?:[,x×\s]\s*(\d+))?\s*\]?\s*")


def parse_size(value: Any) -> Any:
    """Return rows and columns: of '256,128', '256x128' or '[256, 128]'; 224 is a square.

    Raises:
        ValueError: if the words are no size.
    """
    if isinstance(value, str):
        match = _SIDES.fullmatch(value)
        if not match:
            raise ValueError(f"{value!r} is no size; write rows and columns, as in 256,128, or 224")
        value = [int(each) for each in match.groups() if each]
    if isinstance(value, int) and not isinstance(value, bool):
        value = [value]
    if not isinstance(value, list | tuple):
        return value
    if len(value) == 1:
        value = [*value, *value]
    if len(value) not in (0, 2):
        raise ValueError("give rows and columns, as in [256, 128], or one number for a square")
    if any(isinstance(side, int) and side < 0 for side in value):
        raise ValueError("rows and columns are above 0")
    return () if list(value) == [0, 0] else tuple(value)


def parse_range(value: Any) -> Any:
    """Return the two ends of '[-1, 1]', '0..255' or '0 to 1'.

    Raises:
        ValueError: if the words are no range.
    """
    if isinstance(value, str):
        match = _RANGE.fullmatch(value)
        if not match:
            raise ValueError(f"{value!r} is no range; write [0, 1], [-1, 1] or 0..255")
        value = [float(each) for each in match.groups()]
    return tuple(value) if isinstance(value, list | tuple) else value


def parse_numbers(value: Any) -> Any:
    """Return the three numbers of '0.485,0.456,0.406'; one number counts for all channels.

    Raises:
        ValueError: if the words are no numbers.
    """
    if not isinstance(value, str):
        return value
    try:
        numbers = [float(each) for each in value.strip(" []").split(",")]
    except ValueError:
        raise ValueError(f"{value!r}: write three numbers, as in 0.485,0.456,0.406") from None
    return tuple(numbers * 3 if len(numbers) == 1 else numbers)


def _check_network_name(name: str) -> str:
    if not _NETWORK_NAME.fullmatch(name):
        raise ValueError(
            f"{name!r} is no name for a network: a letter, then letters, digits and _ . -; "
            "--network NAME=SOURCE gives one"
        )
    return name


def _check_source(source: str) -> str:
    module, _, function = source.partition(".py:")
    if function:
        name = re.sub(r"[/\\]", ".", module)
        raise ValueError(f"write {name}:{function}, as Python imports it, and begin where it lies")
    if source.endswith(OTHER_FILES):
        raise ValueError(
            f"{source!r} is no network that can be read: give a .pt2 file, or module:function with "
            "its weights in a safetensors file; docs/networks.md shows how to make them"
        )
    return source


Numbers = Annotated[tuple[float, ...], BeforeValidator(parse_numbers)]
Deviations = Annotated[tuple[Annotated[float, Field(gt=0)], ...], BeforeValidator(parse_numbers)]
Side = Annotated[int, Field(ge=1, le=LARGEST_SIDE)]


class NetworkRecipe(Part):
    """A network of one's own, by the name that targets have for it.

    `source` is a file that `torch.export.save` wrote (`.pt2`), or `package.module:function`, a
    function that returns a module; the function's code is run. Pictures are sRGB: each channel is
    brought to `range`, then `mean` is subtracted, then it is divided by `deviation`.
    """

    name: Annotated[str, AfterValidator(_check_network_name)] = Field(
        description="as targets write it"
    )
    source: Annotated[str, AfterValidator(_check_source)] = Field(
        description="a `.pt2` file, or `package.module:function`"
    )
    weights: str = Field("", description="a safetensors file for the module's parameters")
    range: Annotated[tuple[float, float], BeforeValidator(parse_range)] = Field(
        (0.0, 1.0),
        description="the values of black and white: `[0, 1]`, `[-1, 1]`, `[0, 255]`, or words, as "
        "in `0..255`",
    )
    order: Literal["rgb", "bgr"] = Field("rgb", description="of the channels")
    mean: Numbers = Field((), description="subtracted from values in `range`, by channel in order")
    deviation: Deviations = Field((), description="what the rest is divided by, by channel")
    size: Annotated[tuple[Side, ...], BeforeValidator(parse_size)] = Field(
        (),
        description="rows and columns in px that views are fitted into, as in `[256, 128]`, or one "
        "number for a square; none to find out what the network takes",
    )
    classes: str = Field(
        "", description="a text file with the name of a class of its logits in each line"
    )

    @model_validator(mode="after")
    def _check_channels(self) -> NetworkRecipe:
        for name in ("mean", "deviation"):
            if len(getattr(self, name)) not in (0, 3):
                raise ValueError(f"{name}: give 3 numbers, for red, green and blue, or none")
        low, high = self.range
        if low >= high:
            raise ValueError(f"range: {low:g} is not below {high:g}")
        self._question(low, high)
        return self

    def _question(self, low: float, high: float) -> None:
        """Raise ValueError for numbers that are most likely those of another range."""
        most = max(abs(low), abs(high))
        for name, limit in (("mean", most), ("deviation", LARGEST_DEVIATION * most)):
            numbers: Sequence[float] = getattr(self, name)
            if any(abs(number) > limit for number in numbers):
                smaller = ", ".join(f"{number / 255:.4g}" for number in numbers)
                given = ", ".join(f"{number:g}" for number in numbers)
                raise ValueError(
                    f"{name} = [{given}]: pictures come in [{low:g}, {high:g}], and the network "
                    f"would see one flat colour. Is it [{smaller}] (divided by 255)? If it takes "
                    "values up to 255, say range = [0, 255] (--range 0..255)"
                )


def check_networks(networks: Sequence[NetworkRecipe]) -> None:
    """Raise ValueError if two networks have one name, or one has that of a built-in one."""
    names = [network.name for network in networks]
    built_in = next((name for name in names if name in BUILT_IN), None)
    if built_in:
        raise ValueError(f"networks: {built_in} is built in; give yours another name")
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise ValueError(f"networks: {twice} is given twice; give one another name")

"""What the layers of torchvision's networks are called, and where in each network they are."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from torch import Tensor, nn

# Where the logits are: what the network returns.
RESULT = ""


@dataclass(frozen=True)
class Tap:
    """A place in a network where activations are taken.

    Attributes:
        name: the layer's, as users write it.
        path: of the module whose output they are.
        form: how that output lies: "maps" (V, C, h, w), "last" (V, h, w, C), "flat" (V, C),
            "tokens" (V, 1 + h w, C) of which the first is the class token, "class" for that one.
    """

    name: str
    path: str
    form: Literal["maps", "last", "flat", "tokens", "class"] = "maps"

    def shape(self, values: Tensor) -> Tensor:
        """Return the output as activations (V, C, h, w)."""
        if self.form == "last":
            return values.permute(0, 3, 1, 2)
        if self.form == "flat":
            return values[:, :, None, None]
        if self.form == "class":
            return values[:, 0, :, None, None]
        if self.form == "tokens":
            views, count, channels = values.shape
            side = math.isqrt(count - 1)
            return values[:, 1:].transpose(1, 2).reshape(views, channels, side, side)
        return values


def taps(name: str, body: nn.Module) -> list[Tap]:
    """Return a network's layers, from the picture's side to the logits.

    Args:
        name: torchvision's, such as "vgg16_bn".
        body: the network as torchvision makes it.
    """
    family = next(word for word in _FAMILIES if name.startswith(word))
    return [*_FAMILIES[family](body), Tap("logits", RESULT, "flat")]


def _vgg(body: Any) -> Iterator[Tap]:
    block, number = 1, 0
    for index, part in enumerate(body.features):
        if isinstance(part, nn.ReLU):
            number += 1
            yield Tap(f"conv{block}_{number}", f"features.{index}")
        elif isinstance(part, nn.MaxPool2d):
            yield Tap(f"pool{block}", f"features.{index}")
            block, number = block + 1, 0
    yield Tap("fc6", "classifier.1", "flat")
    yield Tap("fc7", "classifier.4", "flat")


def _alexnet(body: Any) -> Iterator[Tap]:
    number = 0
    for index, part in enumerate(body.features):
        if isinstance(part, nn.ReLU):
            number += 1
            yield Tap(f"conv{number}", f"features.{index}")
        elif isinstance(part, nn.MaxPool2d):
            yield Tap(f"pool{number}", f"features.{index}")
    yield Tap("fc6", "classifier.2", "flat")
    yield Tap("fc7", "classifier.5", "flat")


def _inception(body: nn.Module) -> Iterator[Tap]:
    for name, _ in body.named_children():
        if name == "avgpool":
            return
        yield Tap(name, name)


def _squeezenet(body: Any) -> Iterator[Tap]:
    yield Tap("conv1", "features.1")
    number = 1
    for index, part in enumerate(body.features):
        if isinstance(part, nn.MaxPool2d):
            yield Tap(f"pool{number}", f"features.{index}")
        elif type(part).__name__ == "Fire":
            number += 1
            yield Tap(f"fire{number}", f"features.{index}")
    yield Tap("conv10", "classifier.2")


def _resnet(body: Any) -> Iterator[Tap]:
    yield Tap("conv1", "relu")
    yield Tap("maxpool", "maxpool")
    for name, part in body.named_children():
        if re.fullmatch(r"layer\d", name):
            yield from (Tap(f"{name}.{index}", f"{name}.{index}") for index in range(len(part)))


def _densenet(body: Any) -> Iterator[Tap]:
    yield Tap("conv0", "features.relu0")
    for name, _ in body.features.named_children():
        if re.fullmatch(r"pool0|(denseblock|transition)\d", name):
            yield Tap(name, f"features.{name}")


def _mobilenet(body: Any) -> Iterator[Tap]:
    for index in range(len(body.features)):
        yield Tap(f"features.{index}", f"features.{index}")


def _efficientnet(body: Any) -> Iterator[Tap]:
    last = len(body.features) - 1
    for index, part in enumerate(body.features):
        if 0 < index < last:
            # A stage's last block gives what the stage gives, which stands below.
            for block in range(len(part) - 1):
                yield Tap(f"features.{index}.{block}", f"features.{index}.{block}")
        yield Tap(f"features.{index}", f"features.{index}")


def _stages(body: Any, form: Literal["maps", "last"]) -> Iterator[Tap]:
    """Yield the blocks of ConvNeXt and Swin; what halves the size stands between the stages."""
    yield Tap("stem", "features.0", form)
    for index in range(1, len(body.features), 2):
        stage = (index + 1) // 2
        for block in range(len(body.features[index])):
            yield Tap(f"stage{stage}.{block}", f"features.{index}.{block}", form)


def _vit(body: Any) -> Iterator[Tap]:
    yield Tap("patches", "conv_proj")
    for name, _ in body.encoder.layers.named_children():
        yield Tap(name, f"encoder.layers.{name}", "tokens")
        yield Tap(f"{name}_class", f"encoder.layers.{name}", "class")


_FAMILIES: Mapping[str, Callable[[Any], Iterator[Tap]]] = {
    "vgg": _vgg,
    "alexnet": _alexnet,
    "googlenet": _inception,
    "inception": _inception,
    "squeezenet": _squeezenet,
    "resnet": _resnet,
    "densenet": _densenet,
    "mobilenet": _mobilenet,
    "efficientnet": _efficientnet,
    "convnext": lambda body: _stages(body, "maps"),
    "swin": lambda body: _stages(body, "last"),
    "vit": _vit,
}

"""torchvision's networks, frozen, with names for their layers (extra `zoo`)."""

from __future__ import annotations

import importlib
import math
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, fx, nn

from inkdream.errors import InputError, shorten
from inkdream.networks.base import Layer, SrgbNetwork, fit_into
from inkdream.networks.graph import Traced, cut, fill, fold, has_all_weights, reaches, trace
from inkdream.networks.weights import Pretrained, cached, download, read_pretrained
from inkdream.wording import how_to_install

# The picture for which layers state their size; torchvision's networks were trained on it.
USUAL_SIDE = 224
# Mean and deviation of sRGB by which pictures are normalised: ImageNet's, but for the two
# networks that were trained on [-1, 1] (what torchvision's `transform_input` comes to).
_IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
_HALVES = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
_TRAINED_ON_HALVES = ("googlenet", "inception_v3")
# Px a side below which views are enlarged, where it is not the usual: pooling would leave nothing.
_LEAST = {"alexnet": 63, "inception_v3": 75}
_USUAL_LEAST = 32
# Networks that take pictures of the usual side alone: as their names begin.
_OF_ONE_SIZE = "vit"


@dataclass(frozen=True)
class Architecture:
    """A network without weights: its graph, the shapes of its weights, its layers."""

    traced: Traced
    shapes: Mapping[str, torch.Size]
    taps: Mapping[str, Tap]
    layers: tuple[Layer, ...]


def layers_of(name: str) -> tuple[Layer, ...]:
    """Return the layers of a network in `ZOO`, without weights.

    Raises:
        InputError: if torchvision is not installed.
    """
    return _architecture(name).layers


class Zoo(SrgbNetwork):
    """One of torchvision's networks.

    Layers are taken after their ReLU where one follows. ReLUs leak; other activations do not.
    """

    def __init__(self, name: str, *, random_weights: bool = False, seed: int = 0) -> None:
        """Load a network of `ZOO`, downloading its weights if torchvision's cache lacks them.

        Args:
            name: from `ZOO`.
            random_weights: take random weights instead of downloading.
            seed: of the random weights.

        Raises:
            InputError: if torchvision is missing, or the weights cannot be loaded or are damaged.
        """
        super().__init__()
        architecture = _architecture(name)
        traced = architecture.traced
        self.name, self.layers = name, architecture.layers
        self._taps, self._outputs = architecture.taps, traced.outputs
        self._seed = seed
        self._parts: dict[tuple[str, ...], fx.GraphModule] = {}
        self.body = traced.body
        mean, deviation = _HALVES if name in _TRAINED_ON_HALVES else _IMAGENET
        self._mean = torch.tensor(mean)[:, None, None]
        self._deviation = torch.tensor(deviation)[:, None, None]
        path = cached(ZOO[name])
        self.has_random_weights = random_weights and not path.is_file()
        if not self.has_random_weights:
            if not path.is_file():
                path = download(ZOO[name])
            state, self.digest = read_pretrained(ZOO[name], path)
            folded = fold(_named(state, architecture.shapes, str(path)), traced.folds)
            known = self.body.state_dict()
            self.body.load_state_dict({k: v for k, v in folded.items() if k in known}, assign=True)
            self.body.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.freeze()

    @property
    def device(self) -> torch.device:
        """The device of its weights; random ones may have no values yet."""
        return torch.device("cpu") if self.has_random_weights else super().device

    def to(self, *args: Any, **kwargs: Any) -> Any:
        """Move the network; one with random weights stays, as they get their values when used."""
        return self if self.has_random_weights else super().to(*args, **kwargs)

    def look_srgb(
        self, pictures: Float[Tensor, "V 3 H W"], layers: Sequence[str], leak: float = 0.0
    ) -> dict[str, Tensor]:
        """Return activations; `logits`, `fc6` and class tokens are (V, C, 1, 1).

        Views that are too small are enlarged; networks of one input size (ViT) see them whole,
        padded with grey.
        """
        wanted = {self.layer(name).name for name in layers}
        if not wanted:
            return {}
        nodes = {
            name: self._outputs[tap.path] for name, tap in self._taps.items() if name in wanted
        }
        window = None
        if self.name.startswith(_OF_ONE_SIZE):
            pictures, window = fit_into(pictures, (USUAL_SIDE, USUAL_SIDE))
        outputs = self._part(tuple(dict.fromkeys(nodes.values())))(self._prepare(pictures), leak)
        maps = {name: self._taps[name].shape(outputs[node]) for name, node in nodes.items()}
        return maps if window is None else {name: window.cut(map_) for name, map_ in maps.items()}

    def _prepare(self, pictures: Float[Tensor, "V 3 H W"]) -> Float[Tensor, "V 3 h w"]:
        """Return pictures normalised and at a size the network takes."""
        height, width = pictures.shape[2:]
        size = _size(self.name, height, width)
        values = pictures
        if size != (height, width):
            values = F.interpolate(
                values, size, mode="bilinear", align_corners=False, antialias=True
            )
        values = (values - self._mean.to(values)) / self._deviation.to(values)
        return values.contiguous(memory_format=torch.channels_last)

    def _part(self, nodes: tuple[str, ...]) -> fx.GraphModule:
        """Return the part of the network that these nodes need, with weights."""
        if nodes not in self._parts:
            part = cut(self.body, nodes)
            if self.has_random_weights and not has_all_weights(part):
                # Twice the least, so that even the deepest maps have several places.
                double = 2 * _least(self.name)
                fill(part, self.body, self._seed, _size(self.name, double, double)[0])
                part = cut(self.body, nodes)
            self._parts[nodes] = part
        return self._parts[nodes]


def _architecture(name: str) -> Architecture:
    models = import_models()
    settings = dict.fromkeys(("aux_logits", "transform_input", "init_weights"), False)
    settings = settings if name in _TRAINED_ON_HALVES else {}
    with torch.device("meta"):
        network: nn.Module = models.get_model(name, weights=None, **settings).eval()
    for part in network.modules():
        # Swin's tables of places within a window are no weights, and get their values so.
        define = getattr(part, "define_relative_position_index", None)
        if callable(define):
            define()
    shapes = {key: value.shape for key, value in network.state_dict().items()}
    places = {tap.name: tap for tap in taps(name, network)}
    traced = trace(network)
    labels = tuple(models._meta._IMAGENET_CATEGORIES)
    return Architecture(traced, shapes, places, _describe(name, traced, places, labels))


def _describe(
    name: str, traced: Traced, places: Mapping[str, Tap], labels: tuple[str, ...]
) -> tuple[Layer, ...]:
    """Return the layers, with strides and fields from the graph."""
    nodes = {tap.name: traced.outputs[tap.path] for tap in places.values()}
    seen = reaches(traced.body)
    part = cut(traced.body, list(dict.fromkeys(nodes.values())))
    with torch.no_grad():
        outputs = part(torch.empty(1, 3, USUAL_SIDE, USUAL_SIDE, device="meta"), 0.0)
    layers = []
    for tap in places.values():
        shape = tap.shape(outputs[nodes[tap.name]]).shape
        stride, field = seen[nodes[tap.name]] if tap.form not in ("flat", "class") else (0, 0)
        names = labels if tap.name == "logits" else ()
        layers.append(Layer(tap.name, shape[1], stride, field, names, size=shape[2]))
    return tuple(layers)


def _size(name: str, height: int, width: int) -> tuple[int, int]:
    """Return the size at which a network gets views of this size."""
    if name.startswith(_OF_ONE_SIZE):
        return (USUAL_SIDE, USUAL_SIDE)
    factor = max(1.0, _least(name) / min(height, width))
    return (round(height * factor), round(width * factor))


def _least(name: str) -> int:
    return _LEAST.get(name, _USUAL_LEAST)


def _named(
    state: Mapping[str, Tensor], shapes: Mapping[str, torch.Size], where: str
) -> dict[str, Tensor]:
    """Return a file's tensors by the network's names; raise InputError if one is missing."""
    # Files of DenseNet are older than the rule that names hold no dots: norm.1 is norm1.
    renamed = {
        name.replace(".1.", "1.").replace(".2.", "2.") if ".denselayer" in name else name: tensor
        for name, tensor in state.items()
    }
    named = {}
    for name, shape in shapes.items():
        if name.endswith("num_batches_tracked"):
            named[name] = torch.zeros((), dtype=torch.long)
        elif name not in renamed:
            raise InputError(f"{where}: is of another network ({shorten(name)} is missing)")
        elif renamed[name].shape != shape:
            raise InputError(
                f"{where}: is of another network ({shorten(name)} is {list(renamed[name].shape)}, "
                f"not {list(shape)})"
            )
        else:
            named[name] = renamed[name]
    return named


# Where the logits are: what the network returns.
RESULT = ""


@dataclass(frozen=True)
class Tap:
    """A layer as users name it, and the path of the module whose output it is.

    Forms of outputs: "maps" (V, C, h, w), "last" (V, h, w, C), "flat" (V, C), "tokens" (V, 1 + h w,
    C) of which the first is the class token, "class" for that one.
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
    """Return the layers of torchvision's network, from the picture's side to the logits."""
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


ZOO: Mapping[str, Pretrained] = {
    "alexnet": Pretrained("alexnet-owt-7be5be79.pth", 233),
    "vgg11": Pretrained("vgg11-8a719046.pth", 507),
    "vgg11_bn": Pretrained("vgg11_bn-6002323d.pth", 507),
    "vgg13": Pretrained("vgg13-19584684.pth", 508),
    "vgg13_bn": Pretrained("vgg13_bn-abd245e5.pth", 508),
    "vgg16": Pretrained("vgg16-397923af.pth", 528),
    "vgg16_bn": Pretrained("vgg16_bn-6c64b313.pth", 528),
    "vgg19": Pretrained("vgg19-dcbb9e9d.pth", 548),
    "vgg19_bn": Pretrained("vgg19_bn-c79401a0.pth", 548),
    "googlenet": Pretrained("googlenet-1378be20.pth", 50),
    "inception_v3": Pretrained("inception_v3_google-0cc3c7bd.pth", 104),
    "squeezenet1_0": Pretrained("squeezenet1_0-b66bff10.pth", 5),
    "squeezenet1_1": Pretrained("squeezenet1_1-b8a52dc0.pth", 5),
    "resnet18": Pretrained("resnet18-f37072fd.pth", 45),
    "resnet34": Pretrained("resnet34-b627a593.pth", 83),
    "resnet50": Pretrained("resnet50-0676ba61.pth", 98),
    "resnet101": Pretrained("resnet101-63fe2227.pth", 171),
    "densenet121": Pretrained("densenet121-a639ec97.pth", 31),
    "densenet169": Pretrained("densenet169-b2777c0a.pth", 55),
    "mobilenet_v2": Pretrained("mobilenet_v2-b0353104.pth", 14),
    "mobilenet_v3_large": Pretrained("mobilenet_v3_large-8738ca79.pth", 21),
    "efficientnet_b0": Pretrained("efficientnet_b0_rwightman-7f5810bc.pth", 20),
    "efficientnet_b1": Pretrained("efficientnet_b1_rwightman-bac287d4.pth", 30),
    "efficientnet_b2": Pretrained("efficientnet_b2_rwightman-c35c1473.pth", 35),
    "efficientnet_b3": Pretrained("efficientnet_b3_rwightman-b3899882.pth", 47),
    "efficientnet_b4": Pretrained("efficientnet_b4_rwightman-23ab8bcd.pth", 74),
    "convnext_tiny": Pretrained("convnext_tiny-983f1562.pth", 109),
    "convnext_small": Pretrained("convnext_small-0c510722.pth", 192),
    "vit_b_16": Pretrained("vit_b_16-c867db91.pth", 330),
    "vit_b_32": Pretrained("vit_b_32-d86f8d99.pth", 337),
    "swin_t": Pretrained("swin_t-704ceda3.pth", 108),
    "swin_s": Pretrained("swin_s-5e29d889.pth", 190),
}


# Operators of torchvision's compiled part that its Python part cannot be imported without.
_BOXES = "(Tensor boxes, Tensor scores, float iou_threshold) -> Tensor"
_OPERATORS = {"nms": _BOXES, "qnms": _BOXES}


def import_models() -> Any:
    """Return the module torchvision.models.

    If torchvision was compiled for another build of torch, its compiled part cannot be loaded; two
    operators that its import needs are then declared instead.

    Raises:
        InputError: if torchvision is missing, or does not fit torch.
    """
    try:
        try:
            return _import()
        except RuntimeError as error:
            if not any(f"torchvision::{name}" in str(error) for name in _OPERATORS):
                raise
            _declare_operators()
            return _import()
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "torchvision":
            raise InputError(f"torchvision cannot be imported: {error}") from error
        raise InputError(
            "torchvision is not installed, which this network is from; to add it: "
            + how_to_install("zoo")
        ) from error
    except (ImportError, RuntimeError, AttributeError, OSError) as error:
        raise InputError(
            f"torchvision cannot be imported ({shorten(str(error), 160)}); install the one that "
            f"fits torch {torch.__version__}"
        ) from error


def _import() -> Any:
    with warnings.catch_warnings():
        # It warns that it cannot read picture files, which nobody asks it to.
        warnings.simplefilter("ignore")
        return importlib.import_module("torchvision.models")


def _declare_operators() -> None:
    for name, schema in _OPERATORS.items():
        if not hasattr(torch.ops.torchvision, name):
            torch.library.define(f"torchvision::{name}", schema)

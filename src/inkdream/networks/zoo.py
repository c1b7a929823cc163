"""torchvision's networks, frozen, with names for their layers (extra `zoo`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, fx, nn

from inkdream import colour
from inkdream.errors import InputError, shorten
from inkdream.networks import weights
from inkdream.networks.base import Layer, Network
from inkdream.networks.fitting import fit_into
from inkdream.networks.graph import Traced, cut, fold, trace
from inkdream.networks.random_weights import fill, has_all_weights
from inkdream.networks.receptive import reaches
from inkdream.networks.vision import import_models
from inkdream.networks.zoo_layers import Tap, taps
from inkdream.networks.zoo_names import ZOO

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
    """A network without weights.

    Attributes:
        traced: its graph, on torch's device "meta".
        shapes: the shape of each tensor among its weights, by torchvision's names.
        taps: where its layers are.
        layers: what they are.
    """

    traced: Traced
    shapes: Mapping[str, torch.Size]
    taps: Mapping[str, Tap]
    layers: tuple[Layer, ...]


def layers_of(name: str) -> tuple[Layer, ...]:
    """Return the layers of a network in `ZOO`; needs no weights.

    Raises:
        InputError: if torchvision is not there.
    """
    return _architecture(name).layers


class Zoo(Network):
    """One of torchvision's networks.

    Layers are taken after their ReLU where one follows. ReLUs leak; other activations do not.
    """

    def __init__(self, name: str, *, random_weights: bool = False, seed: int = 0) -> None:
        """Load the network, downloading its weights if they are not in torchvision's cache.

        Args:
            name: from `ZOO`.
            random_weights: where the cache has no weights, take random ones instead of
                downloading.
            seed: of the random ones.

        Raises:
            InputError: if torchvision is not there, or the weights cannot be had or are damaged.
        """
        super().__init__()
        made = _architecture(name)
        self.name, self.layers = name, made.layers
        self._taps, self._outputs = made.taps, made.traced.outputs
        self._seed = seed
        self._parts: dict[tuple[str, ...], fx.GraphModule] = {}
        self.body = made.traced.body
        mean, deviation = _HALVES if name in _TRAINED_ON_HALVES else _IMAGENET
        self._mean = torch.tensor(mean)[:, None, None]
        self._deviation = torch.tensor(deviation)[:, None, None]
        path = weights.cached(ZOO[name])
        self.has_random_weights = random_weights and not path.is_file()
        if not self.has_random_weights:
            if not path.is_file():
                path = weights.download(ZOO[name])
            state, self.digest = weights.read(ZOO[name], path)
            self._load(_named(state, made.shapes, str(path)), made.traced)
        self.freeze()

    def look(
        self, pictures: Float[Tensor, "V 3 H W"], layers: Sequence[str], leak: float = 0.0
    ) -> dict[str, Tensor]:
        """Return activations; `logits`, `fc6` and class tokens are (V, C, 1, 1).

        Views that are too small are enlarged; a network that takes one size (ViT) sees them whole
        in it, on grey: shapes keep their form.
        """
        asked = {self.layer(name).name for name in layers}
        if not asked:
            return {}
        wanted = [name for name in self._taps if name in asked]
        nodes = {name: self._outputs[self._taps[name].path] for name in wanted}
        window = None
        if self.name.startswith(_OF_ONE_SIZE):
            pictures, window = fit_into(pictures, (USUAL_SIDE, USUAL_SIDE))
        found = self._part(tuple(dict.fromkeys(nodes.values())))(self._prepare(pictures), leak)
        maps = {name: self._taps[name].shape(found[node]) for name, node in nodes.items()}
        return maps if window is None else {name: window.cut(map_) for name, map_ in maps.items()}

    def _prepare(self, pictures: Float[Tensor, "V 3 H W"]) -> Float[Tensor, "V 3 h w"]:
        """Return pictures as the network was trained on them."""
        height, width = pictures.shape[2:]
        size = _size(self.name, height, width)
        values = colour.linear_to_srgb(pictures)
        if size != (height, width):
            values = F.interpolate(
                values, size, mode="bilinear", align_corners=False, antialias=True
            )
        values = (values - self._mean.to(values)) / self._deviation.to(values)
        return values.contiguous(memory_format=torch.channels_last)

    def _part(self, nodes: tuple[str, ...]) -> fx.GraphModule:
        """Return what runs no more than these nodes need, with weights."""
        if nodes not in self._parts:
            part = cut(self.body, nodes)
            if self.has_random_weights and not has_all_weights(part):
                # Twice the least, so that even the deepest maps have several places.
                double = 2 * _least(self.name)
                fill(part, self.body, self._seed, _size(self.name, double, double)[0])
                part = cut(self.body, nodes)
            self._parts[nodes] = part
        return self._parts[nodes]

    def _load(self, state: Mapping[str, Tensor], traced: Traced) -> None:
        self.body.load_state_dict(
            {
                name: tensor
                for name, tensor in fold(state, traced.folds).items()
                if name in self.body.state_dict()
            },
            assign=True,
        )
        self.body.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def _architecture(name: str) -> Architecture:
    models = import_models()
    family_settings = (
        {"aux_logits": False, "transform_input": False, "init_weights": False}
        if name in _TRAINED_ON_HALVES
        else {}
    )
    with torch.device("meta"):
        network: nn.Module = models.get_model(name, weights=None, **family_settings).eval()
    _define_windows(network)
    shapes = {key: value.shape for key, value in network.state_dict().items()}
    places = {tap.name: tap for tap in taps(name, network)}
    traced = trace(network)
    labels = tuple(models._meta._IMAGENET_CATEGORIES)
    return Architecture(traced, shapes, places, _describe(name, traced, places, labels))


def _describe(
    name: str, traced: Traced, places: Mapping[str, Tap], labels: tuple[str, ...]
) -> tuple[Layer, ...]:
    """Return the layers, with what the graph says of them."""
    nodes = {tap.name: traced.outputs[tap.path] for tap in places.values()}
    seen = reaches(traced.body)
    part = cut(traced.body, list(dict.fromkeys(nodes.values())))
    with torch.no_grad():
        found = part(torch.empty(1, 3, USUAL_SIDE, USUAL_SIDE, device="meta"), 0.0)
    layers = []
    for tap in places.values():
        values: Tensor = found[nodes[tap.name]]
        shape = tap.shape(values).shape
        stride, field = seen[nodes[tap.name]] if tap.form not in ("flat", "class") else (0, 0)
        names = labels if tap.name == "logits" else ()
        layers.append(Layer(tap.name, shape[1], stride, field, names, size=shape[2]))
    return tuple(layers)


def _size(name: str, height: int, width: int) -> tuple[int, int]:
    """Return the size that a network gets views of this size in."""
    if name.startswith(_OF_ONE_SIZE):
        return (USUAL_SIDE, USUAL_SIDE)
    factor = max(1.0, _least(name) / min(height, width))
    return (round(height * factor), round(width * factor))


def _least(name: str) -> int:
    return _LEAST.get(name, _USUAL_LEAST)


def _define_windows(network: nn.Module) -> None:
    """Give Swin's tables of places within a window, which are no weights, their values."""
    for part in network.modules():
        define = getattr(part, "define_relative_position_index", None)
        if callable(define):
            define()


def _named(
    state: Mapping[str, Tensor], shapes: Mapping[str, torch.Size], where: str
) -> dict[str, Tensor]:
    """Return a file's tensors by the names the network has for them.

    Raises:
        InputError: if one is missing, or has another shape.
    """
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

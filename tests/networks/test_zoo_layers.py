"""Layers of torchvision's networks: what they are called, how large they are, how far they see."""

from functools import cache

import pytest
import torch

from inkdream.networks import vision
from inkdream.networks.vision import ZOO, import_models
from inkdream.wording import how_to_install
from tests.networks.zoo_made import made
from tests.running import says
from tests.toys import chance

# Names that recipes have, with channels, stride, receptive field and size of 224 px.
KNOWN = {
    "vgg16/conv4_3": (512, 8, 92, 28),
    "vgg16_bn/conv4_3": (512, 8, 92, 28),
    "vgg16/fc6": (4096, 0, 0, 1),
    "vgg19/conv5_4": (512, 16, 252, 14),
    "alexnet/conv5": (256, 16, 163, 13),
    "googlenet/inception4a": (512, 16, 107, 14),
    "resnet18/layer3.1": (256, 16, 211, 14),
    "squeezenet1_1/fire5": (256, 8, 63, 27),
    "densenet121/transition1": (128, 8, 63, 28),
    "densenet121/denseblock3": (1024, 16, 1031, 14),
    "efficientnet_b0/features.4": (80, 16, 0, 14),
    "convnext_tiny/stage3.2": (384, 16, 520, 14),
    "vit_b_16/patches": (768, 16, 16, 14),
    "vit_b_16/encoder_layer_6": (768, 16, 0, 14),
    "vit_b_16/encoder_layer_6_class": (768, 0, 0, 1),
    "swin_t/stage1.0": (96, 4, 28, 56),
    # Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional Neural Networks", 2019.
    "alexnet/pool5": (256, 32, 195, 6),
    "vgg16/pool5": (512, 32, 212, 7),
    "inception_v3/Mixed_7c": (2048, 32, 1311, 5),
}


layers_of = cache(vision.layers_of)


@pytest.fixture(autouse=True)
def no_weights(monkeypatch, tmp_path):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(torch.hub, "urlopen", None)


@pytest.mark.parametrize("name", ZOO)
def test_names_can_be_written_in_recipes(name):
    layers = layers_of(name)
    names = [layer.name for layer in layers]
    assert len(set(names)) == len(names) >= 8
    assert all(word.isascii() and not set(word) & set("/ :,") for word in names)
    assert names[-1] == "logits"
    strides = [layer.stride for layer in layers if layer.stride]
    assert strides == sorted(strides)
    for layer in layers:
        assert layer.channels > 0 and layer.size > 0
        assert layer.stride > 0 or (layer.size == 1 and layer.field == 0)
        assert abs(layer.size * (layer.stride or 224) - 224) <= 2 * max(layer.stride, 32)


@pytest.mark.parametrize("full_name", KNOWN)
def test_layers_are_as_known(full_name):
    name, _, word = full_name.partition("/")
    (layer,) = (layer for layer in layers_of(name) if layer.name == word)
    assert (layer.channels, layer.stride, layer.field, layer.size) == KNOWN[full_name]


def test_labels_are_imagenets():
    logits = layers_of("squeezenet1_1")[-1]
    assert len(set(logits.labels)) == logits.channels == 1000
    assert logits.channel("hummingbird") == logits.channel("94") == 94
    # Two birds and machines, two garments: names of their own, and numbers.
    assert [logits.channel(word) for word in ("crane", "crane bird", "517", "134")] == [
        517,
        134,
        517,
        134,
    ]
    assert logits.channel("maillot") == 638 and logits.channel("639") == 639


@pytest.mark.parametrize("name", ZOO)
def test_files_are_torchvisions(name):
    said = import_models().get_model_weights(name).IMAGENET1K_V1
    assert ZOO[name].url == said.url
    assert ZOO[name].megabytes == round(said.meta["_file_size"])
    preset = said.transforms()
    assert (preset.mean, preset.std) == ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])


def footprint(name, word, side):
    """Return the rows and columns of px that a layer's middle unit answers to."""
    network = made(name)
    reached = torch.zeros(side, side, dtype=torch.bool)
    for seed in range(4):
        generator = chance(seed)
        picture = torch.rand(1, 3, side, side, generator=generator).requires_grad_()
        values = network.look(picture, [word], 1.0)[word][0]
        middle = values.shape[1] // 2
        pull = torch.randn(values.shape[0], generator=generator)
        (values[:, middle, middle] * pull).sum().backward()
        reached |= picture.grad[0].abs().sum(0) != 0
    rows, columns = reached.any(1).nonzero(), reached.any(0).nonzero()
    return int(rows.max() - rows.min() + 1), int(columns.max() - columns.min() + 1)


@pytest.mark.parametrize(
    "full_name",
    [
        "vgg11/conv3_2",
        "resnet18/layer2.0",
        "googlenet/inception3b",
        "squeezenet1_1/fire5",
        "inception_v3/Mixed_5d",
        "densenet121/denseblock1",
        "convnext_tiny/stage1.2",
        "mobilenet_v2/features.4",
        "swin_t/stage1.0",
        "swin_t/stage1.1",
        "vit_b_32/patches",
    ],
)
def test_units_see_as_far_as_their_layer_says(full_name):
    name, _, word = full_name.partition("/")
    layer = made(name).layer(word)
    side = 224 if name.startswith("vit") else (layer.field // 32 + 3) * 32
    assert footprint(name, word, side) == (layer.field, layer.field)


@pytest.mark.parametrize(
    "full_name", ["efficientnet_b0/features.1", "mobilenet_v3_large/features.4"]
)
def test_some_units_see_all(full_name):
    name, _, word = full_name.partition("/")
    assert made(name).layer(word).field == 0
    assert footprint(name, word, 160) == (160, 160)


def test_networks_and_layers_are_listed_without_weights(capsys):
    for words, there in (
        (["networks"], ["loom", "vgg16-397923af.pth", "528 MB", how_to_install("zoo")]),
        (["networks", "vgg16"], ["vgg16/conv4_3", "0 to 511", "92", "28 x 28", "hummingbird"]),
    ):
        code, shown, _ = says(capsys, *words)
        assert code == 0 and all(word in shown for word in there)

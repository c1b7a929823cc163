"""torchvision's networks: as torchvision runs them, frozen, leaking, and no deeper than asked."""

import importlib

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from inkdream import colour
from inkdream.errors import InputError
from inkdream.networks import vision
from inkdream.networks.vision import Zoo
from tests.networks.zoo_made import made, pictures, put, torchvisions
from tests.toys import chance


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    """An empty cache of weights, and no network to fill it from."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(torch.hub, "urlopen", None)
    return tmp_path / "hub" / "checkpoints"


@pytest.mark.parametrize("name", ["squeezenet1_1", "alexnet", "swin_t", "resnet18"])
def test_maps_of_224_px_are_as_large_as_said(name):
    layers = [layer for layer in made(name).layers if layer.stride]
    seen = made(name).look(pictures(224, 224), [layer.name for layer in layers])
    for layer in layers:
        assert seen[layer.name].shape == (1, layer.channels, layer.size, layer.size)


def as_filed(state):
    """Return weights by the names that torchvision's files have, which are old for DenseNet."""
    filed = {}
    for name, tensor in state.items():
        block, layer, rest = name.partition(".denselayer")
        for part in ("norm1", "norm2", "conv1", "conv2"):
            rest = rest.replace(f".{part}.", f".{part[:-1]}.{part[-1]}.")
        if not (layer and name.endswith("num_batches_tracked")):
            filed[block + layer + rest] = tensor
    return filed


@pytest.mark.parametrize(
    ("name", "layers"),
    [
        ("googlenet", {"conv1": "conv1", "inception4a": "inception4a"}),
        ("densenet121", {"denseblock1": "features.denseblock1", "pool0": "features.pool0"}),
        ("inception_v3", {"Mixed_6a": "Mixed_6a"}),
        ("mobilenet_v3_large", {"features.5": "features.5"}),
        ("squeezenet1_1", {"fire5": "features.7"}),
        ("swin_t", {"stage2.1": "features.3.1"}),
    ],
)
def test_it_gives_what_torchvision_gives(monkeypatch, folder, name, layers):
    theirs = torchvisions(name)
    said, _, digest = put(folder, as_filed(theirs.state_dict()))
    monkeypatch.setitem(vision.ZOO, name, said)
    ours = Zoo(name)
    assert not ours.has_random_weights and ours.digest == digest

    # A picture as a file has it, and their whole way from it into the network.
    picture = torch.randint(0, 256, (1, 3, 224, 224), dtype=torch.uint8, generator=chance())
    presets = importlib.import_module("torchvision.transforms._presets")
    preset = presets.ImageClassification(crop_size=224, resize_size=224)
    expected = {}
    for word, path in layers.items():
        theirs.get_submodule(path).register_forward_hook(
            lambda _, __, values, word=word: expected.update({word: values.clone()})
        )
    with torch.no_grad():
        expected["logits"] = theirs(preset(picture))[:, :, None, None]
        seen = ours.look(colour.from_bytes(picture).float(), [*layers, "logits"])
    for word, values in expected.items():
        right = values.permute(0, 3, 1, 2) if name.startswith("swin") and word in layers else values
        torch.testing.assert_close(seen[word], right, rtol=1e-3, atol=1e-4 * float(right.std() + 1))


def test_tokens_become_maps_in_place():
    with torch.no_grad():
        words = ["patches", "encoder_layer_0", "encoder_layer_0_class"]
        patches, tokens, first = made("vit_b_32").look(pictures(224, 224, 2), words).values()
    assert tokens.shape == (2, 768, 7, 7) and first.shape == (2, 768, 1, 1)
    # What a token holds is, for the most part, still the patch that it was.
    ways = [F.normalize(values.flatten(2), dim=1) for values in (patches, tokens)]
    likeness = torch.einsum("vci,vcj->vij", *ways)
    assert torch.equal(likeness.argmax(1), torch.arange(49).expand(2, -1))


@pytest.mark.parametrize("name", ["googlenet", "densenet121"])
def test_it_runs_no_deeper_than_asked(name):
    network = Zoo(name, random_weights=True)
    ran = []
    for path, part in network.body.named_modules():
        if isinstance(part, nn.Conv2d | nn.Linear):
            part.register_forward_hook(lambda *_, path=path: ran.append(path))
    convolutions = [
        path
        for path, part in network.body.named_modules()
        if isinstance(part, nn.Conv2d | nn.Linear)
    ]
    depths = []
    for layer in network.layers:
        network.look(pictures(), [layer.name])
        ran.clear()
        network.look(pictures(), [layer.name])
        depths.append(len(ran))
        assert len(set(ran)) == len(ran)
        # What never ran has not even got weights.
        empty = [p for p in convolutions if network.body.get_submodule(p).weight.is_meta]
        assert set(empty) | set(ran) == set(convolutions) and not set(empty) & set(ran)
    assert depths == sorted(depths) and depths[0] == 1 and depths[-1] == len(convolutions)
    ran.clear()
    network.look(pictures(), [network.layers[3].name, network.layers[0].name])
    assert len(ran) == depths[3]
    ran.clear()
    assert network.look(pictures(), []) == {} and not ran


@pytest.mark.parametrize("name", ["resnet18", "densenet121", "mobilenet_v3_large", "squeezenet1_1"])
def test_layers_are_the_same_alone_and_together(name):
    # ReLUs may overwrite what they are given; never what was asked for.
    network = made(name)
    words = [layer.name for layer in network.layers]
    picture = pictures().requires_grad_()
    together = network.look(picture, words)
    for word in words:
        assert torch.equal(together[word], network.look(picture, [word])[word])


def test_nothing_in_it_can_learn():
    network = made("resnet18")
    picture = pictures().requires_grad_()
    network.look(picture, ["layer2.0"])["layer2.0"].sum().backward()
    assert not any(parameter.requires_grad for parameter in network.parameters())
    assert not any(module.training for module in network.modules())
    assert picture.grad.abs().sum() > 0


def test_maps_lie_channels_last():
    for name, word in (("vgg11", "conv2_1"), ("googlenet", "inception3a")):
        values = made(name).look(pictures(count=2), [word])[word]
        assert values.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize(
    ("name", "word"), [("googlenet", "conv1"), ("alexnet", "conv1"), ("densenet121", "conv0")]
)
def test_the_leak_wakes_what_is_silent_and_shows_nothing_else(name, word):
    network, picture = made(name), pictures()
    still, leaking = (network.look(picture, [word], leak)[word] for leak in (0.0, 0.3))
    assert torch.equal(still, leaking)
    row, column, channel = (still[0] == 0).permute(1, 2, 0).nonzero()[0].tolist()
    slopes = []
    for leak in (0.0, 0.25, 0.5):
        seen = picture.clone().requires_grad_()
        network.look(seen, [word], leak)[word][0, channel, row, column].backward()
        slopes.append(seen.grad)
    assert slopes[0].abs().sum() == 0 and slopes[1].abs().sum() > 0
    torch.testing.assert_close(slopes[1] * 2, slopes[2])


@pytest.mark.parametrize(
    ("name", "size"),
    [("squeezenet1_1", (20, 30)), ("inception_v3", (40, 64)), ("vit_b_32", (64, 48))],
)
def test_views_of_other_sizes_are_brought_to_one_that_runs(name, size):
    network = made(name)
    word = next(layer.name for layer in network.layers[::-1] if layer.stride)
    word = "encoder_layer_0" if name == "vit_b_32" else word
    picture = pictures(*size).requires_grad_()
    values = network.look(picture, [word], 0.5)[word]
    values.square().sum().backward()
    assert (picture.grad.abs().sum(1) > 0).float().mean() > 0.9


def test_a_network_of_one_size_sees_shapes_in_their_form():
    network, word = made("vit_b_32"), "encoder_layer_0"
    tall, square = pictures(64, 32, 1), colour.srgb_to_linear(torch.full((1, 3, 64, 64), 0.5))
    square[..., 16:48] = tall
    # Of 7 columns, 3 have their middle in the half in the middle.
    found = network.look(tall, [word])[word]
    assert found.shape[2:] == (7, 3)
    # But for what smoothing does at the picture's edge.
    difference = (found - network.look(square, [word])[word][..., 2:5]).abs()
    assert float(difference.mean()) < 0.05 * float(found.abs().mean())


def test_random_weights_are_the_seeds_and_nobody_elses():
    state = torch.get_rng_state()
    first, second, other = (Zoo("squeezenet1_1", random_weights=True, seed=s) for s in (1, 1, 2))
    words = ["fire2", "fire5", "logits"]
    deep = first.look(pictures(), words)
    # Asked for in another order, parts get the same weights.
    steps = {word: second.look(pictures(), [word])[word] for word in words}
    assert all(torch.equal(deep[word], steps[word]) for word in words)
    assert not torch.equal(deep["fire2"], other.look(pictures(), ["fire2"])["fire2"])
    assert torch.equal(state, torch.get_rng_state())
    # The size of the first picture does not matter.
    third = Zoo("squeezenet1_1", random_weights=True, seed=1)
    third.look(pictures(96, 80, 3), ["logits"])
    assert torch.equal(third.look(pictures(), words)["logits"], deep["logits"])


def test_wrong_names_get_one_line_that_helps():
    with pytest.raises(
        InputError, match=r"unknown layer of vgg11 'conv4-2'. Did you mean 'conv4_2'"
    ):
        made("vgg11").look(pictures(), ["conv4-2"])
    with pytest.raises(InputError, match=r"Did you mean 'layer3\.1'"):
        made("resnet18").layer("layer31")
    with pytest.raises(InputError, match="0 to 511"):
        made("vgg11").layer("conv4_2").channel("512")
    with pytest.raises(InputError, match="Did you mean 'hummingbird'"):
        made("vgg11").layer("logits").channel("humming bird")

"""Networks: frozen, truthful about their layers, and run no deeper than asked."""

import json

import pytest
import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn

from inkdream import colour
from inkdream.errors import InputError
from inkdream.networks import look
from inkdream.networks import loom as looms
from inkdream.networks.leak import relu
from inkdream.networks.loom import Loom
from tests.toys import Mirror, chance


@pytest.fixture(scope="module")
def loom():
    return Loom()


def pictures(height=32, width=32, count=1, seed=0):
    return torch.rand(count, 3, height, width, generator=chance(seed)) * 0.9 + 0.05


def test_nothing_in_it_can_learn(loom):
    assert not any(parameter.requires_grad for parameter in loom.parameters())
    assert not any(module.training for module in loom.modules())
    seen = pictures().requires_grad_()
    loom.look(seen, ["conv3_1"])["conv3_1"].sum().backward()
    assert all(parameter.grad is None for parameter in loom.parameters())
    assert seen.grad.abs().sum() > 0


def test_weights_and_classes_are_all_there(loom):
    names = [layer.name for layer in loom.layers]
    assert len(set(names)) == len(names)
    assert names[0] == "conv1_1"
    assert names[-1] == "logits"
    logits = loom.layers[-1]
    assert len(logits.labels) == logits.channels
    assert len(set(logits.labels)) == logits.channels
    assert all(torch.isfinite(parameter).all() for parameter in loom.parameters())


def counted(loom, layers):
    """Return how many convolutions and linear layers run for `layers`."""
    ran = []
    hooks = [
        module.register_forward_hook(lambda *_: ran.append(1))
        for module in loom.modules()
        if isinstance(module, nn.Conv2d | nn.Linear)
    ]
    try:
        loom.look(pictures(), layers)
    finally:
        for hook in hooks:
            hook.remove()
    return len(ran)


def test_it_runs_only_as_deep_as_asked(loom):
    names = [layer.name for layer in loom.layers]
    for depth, name in enumerate(names, 1):
        assert counted(loom, [name]) == depth
    assert counted(loom, [names[4], names[1]]) == 5
    assert counted(loom, []) == 0


def test_layers_are_what_they_say(loom):
    side = 64
    seen = loom.look(pictures(side, side, 2), [layer.name for layer in loom.layers])
    assert list(seen) == [layer.name for layer in loom.layers]
    for layer in loom.layers:
        wide = side // layer.stride if layer.stride else 1
        assert seen[layer.name].shape == (2, layer.channels, wide, wide)
        if layer.stride:
            assert seen[layer.name].min() >= 0


def support(picture, gradient):
    """Return the height and width of where a gradient is not 0."""
    reached = gradient.abs().sum((0, 1)) != 0
    rows, columns = reached.any(1).nonzero(), reached.any(0).nonzero()
    return int(rows.max() - rows.min() + 1), int(columns.max() - columns.min() + 1)


@pytest.mark.parametrize("place", [0, 1, 3, 6, 9, 11])
def test_a_unit_sees_as_far_as_its_layer_says(loom, place):
    layer = loom.layers[place]
    side = (layer.field // layer.stride + 3) * layer.stride
    picture = pictures(side, side).requires_grad_()
    values = loom.look(picture, [layer.name], 1.0)[layer.name]
    middle = values.shape[2] // 2
    weights = torch.randn(layer.channels, generator=chance(1))
    (values[0, :, middle, middle] * weights).sum().backward()
    assert support(picture, picture.grad) == (layer.field, layer.field)


@pytest.mark.parametrize("size", [(31, 17), (64, 40), (16, 16)])
def test_any_size_of_picture_goes_in(loom, size):
    assert loom.look(pictures(*size), ["conv5_2"])["conv5_2"].shape[2:] == (
        size[0] // 16,
        size[1] // 16,
    )


def test_the_first_layer_by_hand(loom):
    linear = pictures(20, 24, 2)
    with safe_open(looms.Path(looms.__file__).with_name(looms.WEIGHTS), "pt") as file:
        said = file.metadata()
        weight, bias = (file.get_tensor(f"conv1_1.{part}").float() for part in ("weight", "bias"))
    light = (colour.linear_to_srgb(linear) - float(said["normalise_mean"])) / float(
        said["normalise_std"]
    )
    expected = F.conv2d(light, weight, bias, padding=1).clamp(min=0)
    torch.testing.assert_close(loom.look(linear, ["conv1_1"])["conv1_1"], expected)


def test_logits_are_one_number_a_class(loom):
    seen = loom.look(pictures(48, 32, 3), ["logits", "conv5_2"])
    logits = seen["logits"]
    assert logits.shape == (3, loom.layers[-1].channels, 1, 1)
    by_hand = F.linear(seen["conv5_2"].mean((2, 3)), loom.logits.weight, loom.logits.bias)
    torch.testing.assert_close(logits[:, :, 0, 0], by_hand)


@pytest.mark.parametrize("leak", [0.0, 0.1, 1.0])
def test_the_leak_changes_gradients_alone_and_exactly(leak):
    values = torch.randn(500, dtype=torch.float64, generator=chance())
    values[:5] = 0.0
    values.requires_grad_()
    pull = torch.randn(500, dtype=torch.float64, generator=chance(1))
    out = relu(values * 1.0, leak)
    assert torch.equal(out, values.detach().clamp(min=0))
    (gradient,) = torch.autograd.grad(out, values, pull)
    assert torch.equal(gradient, torch.where(values > 0, pull, pull * leak))


def test_relu_leaves_what_it_was_given_to_its_owner():
    values = torch.tensor([-1.0, 2.0], requires_grad=True)
    relu(values)
    plain = torch.tensor([-1.0, 2.0])
    relu(plain)
    assert values.tolist() == plain.tolist() == [-1.0, 2.0]


def test_a_leak_wakes_what_is_silent_and_shows_nothing_else(loom):
    picture = pictures()
    with torch.no_grad():
        still, leaking = (loom.look(picture, ["conv4_3"], leak)["conv4_3"] for leak in (0.0, 0.5))
    torch.testing.assert_close(still, leaking)
    silent = (still.amax((0, 2, 3)) == 0).nonzero()
    assert len(silent), "every channel answers to noise now: give this test another picture"
    channel = int(silent[0])
    for leak, wakes in ((0.0, False), (0.1, True)):
        seen = picture.clone().requires_grad_()
        loom.look(seen, ["conv4_3"], leak)["conv4_3"][:, channel].sum().backward()
        assert bool(seen.grad.abs().sum() > 0) == wakes


def test_networks_are_asked_by_full_names(loom):
    batch = pictures(count=2)
    known = {"loom": loom, "mirror": Mirror()}
    seen = look(known, batch, ["loom/conv1_2", "mirror/same", "loom/conv1_1"])
    assert set(seen) == {"loom/conv1_1", "loom/conv1_2", "mirror/same"}
    torch.testing.assert_close(seen["mirror/same"], batch)
    assert torch.equal(seen["loom/conv1_2"], loom.look(batch, ["conv1_2"])["conv1_2"])


def test_wrong_names_get_one_line_that_helps(loom):
    with pytest.raises(InputError, match="Did you mean 'conv4_1'"):
        loom.layer("conv4-1")
    with pytest.raises(InputError, match="unknown layer of loom"):
        loom.look(pictures(), ["conv9_9"])
    layer = loom.layer("conv1_1")
    assert layer.channel("0") == 0
    assert layer.channel(str(layer.channels - 1)) == layer.channels - 1
    for word in (str(layer.channels), "-1", "x", "", "1.5", "²", "9" * 200):
        with pytest.raises(InputError, match=f"0 to {layer.channels - 1}"):
            layer.channel(word)
    logits = loom.layer("logits")
    assert logits.channel(logits.labels[3]) == 3
    assert logits.channel("3") == 3
    with pytest.raises(InputError, match="Did you mean"):
        logits.channel(logits.labels[0] + "x")


def whole() -> tuple[dict, dict]:
    with safe_open(looms.Path(looms.__file__).with_name(looms.WEIGHTS), "pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, file.metadata()  # noqa: SIM118


def cut(path):
    data = looms.Path(looms.__file__).with_name(looms.WEIGHTS).read_bytes()
    path.write_bytes(data[: len(data) // 2])


def text(path):
    path.write_text("no weights\nat all\n")


def empty(path):
    path.write_bytes(b"")


def other(path):
    save_file({"x": torch.zeros(3)}, path)


def lacking(path):
    tensors, said = whole()
    del tensors["conv3_2.weight"]
    save_file(tensors, path, metadata=said)


def misshapen(path):
    tensors, said = whole()
    tensors["conv3_2.weight"] = tensors["conv3_2.weight"][:, :5].contiguous()
    save_file(tensors, path, metadata=said)


def of_another_kind(path):
    tensors, said = whole()
    save_file(tensors, path, metadata={**said, "normalise_mean": "much", "classes": "["})


def with_other_classes(path):
    tensors, said = whole()
    save_file(tensors, path, metadata={**said, "classes": json.dumps(["one", "two"])})


DAMAGES = [cut, text, empty, other, lacking, misshapen, of_another_kind, with_other_classes]


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_weights_are_refused_in_one_line(tmp_path, damage):
    path = tmp_path / "odd.safetensors"
    damage(path)
    with pytest.raises(InputError, match=r"odd\.safetensors"):
        Loom(path)


def test_missing_weights_are_refused_in_one_line(tmp_path):
    with pytest.raises(InputError, match=r"gone\.safetensors"):
        Loom(tmp_path / "gone.safetensors")


def test_the_weights_are_small():
    assert looms.Path(looms.__file__).with_name(looms.WEIGHTS).stat().st_size <= 4_000_000

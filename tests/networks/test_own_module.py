"""A network of one's own from a function: found, copied, frozen, looked at and named if bad."""

import shutil
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file, save_model
from torch import nn

from inkdream import colour
from inkdream.errors import InputError
from inkdream.networks import leaking, lookup
from inkdream.networks.own import Preprocessing, open_network
from inkdream.networks.own.archive import read_weights
from inkdream.networks.own.module import ModuleBody, make_module
from inkdream.networks.weights import digest
from tests.networks import own_nets
from tests.running import says
from tests.toys import chance


@pytest.fixture(autouse=True)
def mine(tmp_path, monkeypatch):
    """Stand in a folder with a package `mine` that has a module `nets`."""
    package = tmp_path / "mine"
    package.mkdir()
    (package / "__init__.py").touch()
    shutil.copy(own_nets.__file__, package / "nets.py")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield package
    for name in [name for name in sys.modules if name.split(".")[0] == "mine"]:
        del sys.modules[name]


def opened(function, **said):
    return open_network("n", f"mine.nets:{function}", **said)


def pictures(height=32, width=40, count=2):
    return torch.rand(count, 3, height, width, generator=chance())


def test_layers_are_modules_by_their_paths():
    net = opened("Net")
    found = {layer.name: (layer.channels, layer.stride, layer.field) for layer in net.layers}
    assert list(found)[:3] == ["stem.0", "stem.1", "stem"]
    assert list(found)[-1] == "logits"
    assert found["stem.0"] == (6, 1, 3)
    assert found["layer1.conv1"] == (8, 2, 5)
    assert found["layer1.down"] == (8, 2, 3)
    assert found["layer1"] == found["layer1.relu"] == (8, 2, 9)
    assert found["layer2.conv2"] == (10, 4, 21)
    assert found["fc"] == found["logits"] == (7, 0, 0)


def test_features_are_those_of_the_users_own_module():
    net = opened("Net")
    seen = pictures()
    with torch.no_grad():
        theirs = make_module("mine.nets:Net").eval()
        values = colour.linear_to_srgb(seen)
        stem = theirs.stem(values)
        inner = theirs.layer1.conv1(stem)
        found = net.look(seen, ["stem", "layer1.conv1", "layer1.relu", "layer2", "logits"])
        torch.testing.assert_close(found["stem"], stem)
        # What runs in place afterwards does not change it.
        torch.testing.assert_close(found["layer1.conv1"], inner)
        # It runs twice: the last time counts.
        torch.testing.assert_close(found["layer1.relu"], theirs.layer1(stem))
        torch.testing.assert_close(found["layer2"], theirs.maps(values))
        torch.testing.assert_close(found["logits"][:, :, 0, 0], theirs(values))


def test_it_runs_no_deeper_than_asked():
    net = opened("Net")
    ran = []
    for path, module in net.named_modules():
        module.register_forward_hook(lambda *_, path=path: ran.append(path.rpartition(".")[2]))
    net.look(pictures(), ["layer1.conv2", "stem"])
    assert "conv2" in ran
    assert "down" not in ran
    assert "fc" not in ran
    ran.clear()
    assert net.look(pictures(), []) == {}
    assert not ran


def test_it_is_frozen_and_the_users_module_is_left_alone():
    net = opened("kept")
    theirs = make_module("mine.nets:kept")
    assert theirs.training
    assert all(parameter.requires_grad for parameter in theirs.parameters())
    assert type(theirs.layer1.relu) is nn.ReLU
    assert not any(parameter.requires_grad for parameter in net.parameters())
    assert not any(module.training for module in net.modules())
    seen = pictures().requires_grad_()
    with leaking(0.1):
        net.look(seen, ["layer2"])["layer2"].sum().backward()
    assert seen.grad.abs().sum() > 0
    assert all(parameter.grad is None for parameter in net.parameters())
    assert all(parameter.grad is None for parameter in theirs.parameters())


def test_relus_leak_in_gradients_alone():
    net = opened("Net")
    before = net.look(pictures(), ["layer2"])["layer2"]
    with leaking(0.7):
        torch.testing.assert_close(net.look(pictures(), ["layer2"])["layer2"], before)
    values = pictures(16, 16, 1).requires_grad_()
    with leaking(1.0):
        (whole,) = torch.autograd.grad(net.look(values, ["stem"])["stem"].sum(), values)
    (plain,) = torch.autograd.grad(net.look(values, ["stem.0"])["stem.0"].sum(), values)
    torch.testing.assert_close(whole, plain)
    (dead,) = torch.autograd.grad(net.look(values, ["stem"])["stem"].sum(), values)
    assert not torch.allclose(dead, plain)


def test_weights_made_by_chance_are_the_same_each_time():
    state = torch.get_rng_state()
    one, other = opened("Net"), opened("Net")
    assert torch.equal(torch.get_rng_state(), state)
    seen = pictures()
    assert torch.equal(one.look(seen, ["logits"])["logits"], other.look(seen, ["logits"])["logits"])


def test_tokens_are_maps_without_the_first():
    net = opened("Tokens")
    layers = {layer.name: layer for layer in net.layers}
    assert (layers["encoder"].channels, layers["encoder"].stride) == (8, 8)
    assert layers["encoder"].field == 0
    # It takes one size; views of others are brought to it.
    assert net.look(pictures(50, 40), ["encoder"])["encoder"].shape == (2, 8, 4, 4)
    theirs = make_module("mine.nets:Tokens").eval()
    seen = pictures(32, 32)
    heard = []
    theirs.encoder.register_forward_hook(lambda module, given, output: heard.append(output))
    theirs(colour.linear_to_srgb(seen))
    maps = net.look(seen, ["encoder"])["encoder"]
    torch.testing.assert_close(maps[:, :, 1, 2], heard[0][:, 1 + 4 + 2])


def test_outputs_that_are_tuples_and_tables():
    net = opened("Tuple")
    assert [layer.name for layer in net.layers] == ["conv", "inner", "output"]
    found = net.look(pictures(), ["inner", "output"])
    assert torch.equal(found["inner"], found["output"])


def test_memory_is_arranged_as_the_module_needs_it():
    seen = pictures()
    for function in ("Views", "Net"):
        theirs = make_module(f"mine.nets:{function}").eval()
        found = opened(function).look(seen, ["logits"])["logits"][:, :, 0, 0]
        torch.testing.assert_close(found, theirs(colour.linear_to_srgb(seen)))


def test_pictures_are_normalised_and_brought_to_size():
    mean, deviation = (0.1, 0.2, 0.3), (0.5, 0.6, 0.7)
    net = opened("Net", preprocessing=Preprocessing(mean, deviation))
    theirs = make_module("mine.nets:Net").eval()
    seen = pictures()
    values = colour.linear_to_srgb(seen) - torch.tensor(mean)[:, None, None]
    values = values / torch.tensor(deviation)[:, None, None]
    torch.testing.assert_close(net.look(seen, ["stem"])["stem"], theirs.stem(values))
    sized = opened("Net", preprocessing=Preprocessing(size=(24, 24)))
    # The picture keeps its shape, and what surrounds it then is no place.
    assert sized.look(seen, ["stem"])["stem"].shape == (2, 6, 19, 24)
    grey = torch.full((1, 3, 40, 40), 0.3)
    smaller = torch.full((1, 3, 24, 24), 0.3)
    torch.testing.assert_close(
        sized.look(grey, ["stem"])["stem"], sized.look(smaller, ["stem"])["stem"]
    )


def test_half_precision_is_made_whole():
    assert opened("Half").look(pictures(), ["layer1"])["layer1"].dtype == torch.float32


BAD = [
    ("Live", "network n: answers otherwise each time .* dropout, or some other chance"),
    ("Wakeful", r"network n: layer1\.bn1 \(BatchNorm2d\) stays in training"),
    ("Together", r"first at layer1\.bn1.*batch normalisation is left on"),
    ("Made", r"network n: has a trainable part of shape \(1,\) that is none of its parameters"),
    ("Unregistered", "has a trainable part of shape .* not registered"),
    ("Counting", "network n: changes its own count when it looks"),
    ("OneWay", r"fails on pictures of 224 x 224 px \(.*nets\.py:\d+: RuntimeError"),
    ("Uncopied", "network n: cannot be copied .*there is but one"),
    ("number", "gave a int, and no torch.nn.Module"),
    ("breaks", r"mine\.nets:breaks: .*nets\.py:\d+: KeyError: 'no such"),
    ("leaves", r"nets\.py:\d+: SystemExit"),
    ("asks", "asks.* missing 1 required positional argument"),
    ("not_callable", "is a int, and no function"),
    ("Nett", "unknown function of mine.nets 'Nett'. Did you mean 'Net'?"),
]


@pytest.mark.parametrize(("function", "said"), BAD)
def test_what_cannot_be_drawn_with_is_named_in_one_line(function, said):
    with pytest.raises(InputError, match=said):
        opened(function)


BAD_LAYERS = [
    ("Blind", "b", "layer b does not depend on the picture"),
    ("Blind", "c", "layer c does not depend on the picture"),
    ("Blind", "round", "layer round does not depend on the picture"),
    ("NoNumber", "logits", "layer logits gives what is no number on a grey picture"),
    ("Net", "layer1.conv3", "Did you mean 'layer1.conv2'"),
    ("Net", "class", "unknown layer of n 'class'"),
]


@pytest.mark.parametrize(("function", "layer", "said"), BAD_LAYERS)
def test_layers_that_cannot_be_drawn_with_are_named(function, layer, said):
    net = opened(function)
    with pytest.raises(InputError, match=said):
        net.layer(layer)


def test_other_layers_of_such_networks_can_be_drawn_with():
    assert opened("Blind").layer("a").channels == 4
    assert opened("NoNumber").layer("fc").channels == 7


def test_pictures_too_small_are_named():
    with pytest.raises(InputError, match=r"network n: fails on pictures of 2 x 2 px"):
        opened("Tuple").look(pictures(2, 2), ["inner"])


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("mine.net:Net", "unknown module of mine 'net'. Did you mean 'nets'?"),
        ("mines.nets:Net", "unknown module 'mines'. Did you mean 'mine'?"),
        ("mine.nets.deeper:Net", "unknown module of mine.nets 'deeper'"),
        ("mine.lacking:f", r"lacking\.py:1: ModuleNotFoundError: No module named 'nowhere_at_all'"),
        ("mine.broken:f", r"broken\.py:1: SyntaxError: invalid syntax"),
        ("mine.failing:f", r"mine\.failing: cannot be imported \(.*failing\.py:2: ZeroDivision"),
        ("mine", "write a .pt2 file, or package.module:function"),
        ("mine:", "write a .pt2 file"),
        ("mine.nets:Net()", "write a .pt2 file"),
        ("../mine:Net", "write a .pt2 file"),
        ("", "write a .pt2 file"),
    ],
)
def test_sources_that_name_nothing(mine, source, said):
    (mine / "lacking.py").write_text("import nowhere_at_all\n")
    (mine / "broken.py").write_text("def f(:\n")
    (mine / "failing.py").write_text("\n1 / 0\n")
    with pytest.raises(InputError, match=said):
        open_network("n", source)


def saved(path: Path, change=None) -> Path:
    state = {name: tensor.clone() for name, tensor in own_nets.Net().state_dict().items()}
    if change:
        change(state)
    save_file(state, path)
    return path


def test_weights_come_from_safetensors(tmp_path):
    torch.manual_seed(3)
    path = saved(tmp_path / "w.safetensors")
    net = opened("Net", weights=path)
    theirs = own_nets.Net().eval()
    theirs.load_state_dict(read_weights(path, theirs.state_dict()))
    seen = pictures()
    torch.testing.assert_close(
        net.look(seen, ["logits"])["logits"][:, :, 0, 0], theirs(colour.linear_to_srgb(seen))
    )
    assert not torch.equal(net.body.state()["fc.weight"], opened("Net").body.state()["fc.weight"])
    assert net.digest == digest(path)
    assert len(net.digest) == 64


def test_weights_that_are_shared_need_to_be_there_once(tmp_path):
    path = tmp_path / "w.safetensors"
    theirs = own_nets.Tied()
    save_model(theirs, str(path))
    body = opened("Tied", weights=path).body
    assert torch.equal(body.state()["two.weight"], theirs.one.weight)
    assert torch.equal(body.state()["one.weight"], theirs.one.weight)


@pytest.mark.parametrize("before", ["", "module.", "state_dict.model._orig_mod."])
def test_weights_may_have_names_with_something_before_them(tmp_path, before):
    state = {
        f"{before}{name}": torch.rand(tensor.shape) + 0.1
        for name, tensor in own_nets.Net().state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    save_file(state, tmp_path / "w.safetensors")
    found = opened("Net", weights=tmp_path / "w.safetensors").body.state()
    assert all(torch.equal(found[name.removeprefix(before)], state[name]) for name in state)


def test_weights_of_what_is_inside_fit_what_stands_around_it(tmp_path):
    inner = {name: torch.rand(t.shape) for name, t in own_nets.Tied().state_dict().items()}
    needed = {f"backbone.{name}": tensor * 0 for name, tensor in inner.items()}
    save_file(inner, tmp_path / "w.safetensors")
    found = read_weights(tmp_path / "w.safetensors", needed)
    assert found.keys() == needed.keys()
    with pytest.raises(InputError, match="lacks"):
        read_weights(tmp_path / "w.safetensors", {**needed, "head.weight": torch.zeros(1)})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda state: state.pop("fc.bias"), r"lacks fc\.bias, which the network has"),
        (lambda state: state.update(x=torch.zeros(1)), "has x, which the network has not"),
        (
            lambda state: state.update({"fc.bias": torch.zeros(8)}),
            r"fc\.bias has the shape \(8,\); the network's has \(7,\)",
        ),
        (lambda state: state.clear(), r"lacks .* and \d+ more, which the network has"),
    ],
)
def test_weights_that_do_not_fit_are_refused(tmp_path, change, said):
    with pytest.raises(InputError, match=said) as error:
        opened("Net", weights=saved(tmp_path / "w.safetensors", change))
    assert "w.safetensors" in str(error.value)


def test_weights_that_are_none_are_refused(tmp_path):
    path = saved(tmp_path / "w.safetensors")
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(InputError, match=r"w\.safetensors: cannot be read as safetensors"):
        opened("Net", weights=path)
    with pytest.raises(InputError, match=r"gone\.safetensors"):
        opened("Net", weights=tmp_path / "gone.safetensors")
    with pytest.raises(InputError, match="cannot be read"):
        digest(tmp_path / "gone.safetensors")


def test_its_layers_are_listed_by_its_source(capsys):
    code, out, _ = says(capsys, "networks", "mine.nets:Net")
    assert code == 0
    assert "Net/layer1.conv2" in out
    assert lookup.network("some=mine.nets:Net").name == "some"
    with pytest.raises(InputError, match="is no name for a network"):
        lookup.network("so me=mine.nets:Net")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("mine.pth", "'mine.pth' is no network that can be read: give a .pt2 file"),
        ("nets/birds.onnx", "docs/networks.md shows how"),
        ("nets/birds.py:make", "write nets.birds:make, as Python imports it"),
    ],
)
def test_files_that_others_keep_networks_in_are_told_from_names(source, said):
    with pytest.raises(InputError, match=said):
        lookup.network(source)


def test_a_body_can_be_of_any_module():
    body = ModuleBody(nn.Sequential(nn.ReLU(), nn.ReLU()), "n")
    assert set(body.run(torch.rand(1, 3, 4, 4), None)) == {"0", "1", "output"}

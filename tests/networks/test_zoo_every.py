"""Every one of torchvision's networks that has a name here, with random weights."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from inkdream.networks.leak import relu
from inkdream.networks.vision import ZOO, Zoo
from tests.networks.zoo_made import pictures


@pytest.fixture(autouse=True)
def no_weights(monkeypatch, tmp_path):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(torch.hub, "urlopen", None)


def affordable(network):
    """Return a network's layers but for those that take long and are like others."""
    if network.name == "vgg11":
        return network.layers
    if network.name.startswith(("vgg", "alexnet")):  # of a hundred million weights
        return [layer for layer in network.layers if layer.stride]
    return network.layers[:5] if network.name == "vit_b_16" else network.layers


@pytest.mark.parametrize("name", ZOO)
def test_every_network_runs(name):
    network = Zoo(name, random_weights=True)
    layers = affordable(network)
    picture = pictures(64, 72).requires_grad_()
    seen = network.look(picture, [layer.name for layer in layers])
    assert list(seen) == [layer.name for layer in layers]
    for layer in layers:
        values = seen[layer.name].detach()
        assert values.shape[:2] == (1, layer.channels)
        if not layer.stride:
            assert values.shape[2:] == (layer.size, layer.size)
        elif name.startswith("vit"):  # the picture's form, as large as fits into the map
            assert max(values.shape[2:]) == layer.size
            assert values.shape[2] <= values.shape[3]
        # They neither die nor explode.
        assert 1e-3 < values.square().mean() ** 0.5 < 1e3
        assert (values != 0).float().mean() > 0.05
    sum(values.mean() for values in seen.values()).backward()
    assert torch.isfinite(picture.grad).all() and picture.grad.abs().sum() > 0
    check_relus(network)


def check_relus(network):
    """Every ReLU leaks, and no other activation does."""
    nodes = list(network.body.graph.nodes)
    kinds = {node.target for node in nodes if node.op != "call_module"}
    modules = {type(network.body.get_submodule(n.target)) for n in nodes if n.op == "call_module"}
    assert not kinds & {F.relu, F.relu_, torch.relu, "relu", "relu_"} and nn.ReLU not in modules
    other = {"mobilenet_v2": nn.ReLU6, "convnext": nn.GELU, "vit": nn.GELU, "swin": nn.GELU}
    own = next((kind for start, kind in other.items() if network.name.startswith(start)), None)
    assert own in modules if own else relu in kinds or nn.SiLU in modules
    assert not (own and relu in kinds)
    # A ReLU may overwrite what it is given, so nobody else may want that.
    assert all(len(node.args[0].users) == 1 for node in nodes if node.target is relu)

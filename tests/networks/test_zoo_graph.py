"""Networks as graphs: the same numbers, cut where asked."""

import importlib

import pytest
import torch
import torch.nn.functional as F
from torch import fx, nn

from inkdream.networks.graph import cut, fill, fold, has_all_weights, reaches, trace
from inkdream.networks.vision import import_models
from tests.toys import chance


class Small(nn.Module):
    """Convolutions with and without bias, ReLUs of all kinds, and a norm that cannot be folded."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 8, 3, padding=1)
        self.first_norm = nn.BatchNorm2d(8, eps=0.1)
        self.second = nn.Conv2d(8, 8, 3, stride=2, bias=False)
        self.second_norm = nn.BatchNorm2d(8)
        self.late_norm = nn.BatchNorm2d(8)
        self.pool = nn.MaxPool2d(2, ceil_mode=True)
        self.end = nn.Linear(8, 5)

    def forward(self, picture):
        values = F.relu(self.first_norm(self.first(picture)))
        values = self.second_norm(self.second(values)).relu()
        values = torch.relu(self.late_norm(F.avg_pool2d(values, 2)))
        return self.end(F.gelu(self.pool(values)).mean((2, 3)))


@pytest.fixture
def small():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = Small().eval()
        for part in network.modules():
            if isinstance(part, nn.BatchNorm2d):
                for tensor in (part.weight, part.bias, part.running_mean, part.running_var):
                    nn.init.uniform_(tensor, 0.5, 2)
    return network


def pictures(side=32):
    return torch.rand(2, 3, side, side, generator=chance())


def traced(network):
    """Return a network as a graph, with its weights."""
    state = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    found = trace(network)
    folded = fold(state, found.folds)
    left = {name: folded[name] for name in found.body.state_dict()}
    found.body.load_state_dict(left, assign=True)
    return found


def test_a_graph_gives_what_the_network_gives(small):
    with torch.no_grad():
        expected = small(pictures())
        found = traced(small)
        torch.testing.assert_close(found.body(pictures(), 0.0), expected)
    assert [(one.convolution, one.norm) for one in found.folds] == [
        ("first", "first_norm"),
        ("second", "second_norm"),
    ]
    norms = [part for part in found.body.modules() if isinstance(part, nn.BatchNorm2d)]
    assert len(norms) == 1


class Forked(nn.Module):
    """A convolution that is seen both with and without the norm behind it."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 4, 3)
        self.norm = nn.BatchNorm2d(4)

    def forward(self, picture):
        values = self.first(picture)
        return self.norm(values) + values


def test_a_norm_is_not_folded_where_the_convolution_is_used_without_it():
    network = Forked().eval()
    nn.init.uniform_(network.norm.weight, 2, 3)
    with torch.no_grad():
        expected = network(pictures())
        found = traced(network)
        torch.testing.assert_close(found.body(pictures(), 0.0), expected)
    assert found.folds == ()


def test_its_relus_leak(small):
    found = traced(small)
    slopes = []
    for leak in (0.0, 1.0):
        picture = pictures().requires_grad_()
        found.body(picture, leak).sum().backward()
        slopes.append(picture.grad)
    assert not torch.equal(*slopes)
    # With a leak of 1, ReLUs are nothing to the gradient, of whatever kind they are.
    straight = fx.Graph()
    copies = {}
    for node in found.body.graph.nodes:
        is_relu = getattr(node.target, "__name__", "") == "relu"
        copies[node] = straight.node_copy(node, copies.__getitem__) if not is_relu else None
        if is_relu:
            said, _ = node.args
            function = straight.call_function(passing, (copies[said],))
            copies[node] = function
    picture = pictures().requires_grad_()
    fx.GraphModule(found.body, straight)(picture, 0.0).sum().backward()
    torch.testing.assert_close(picture.grad, slopes[1])


def passing(values):
    """ReLU whose gradient is 1 everywhere."""
    return values + (values.clamp(min=0) - values).detach()


def test_it_is_cut_where_asked(small):
    found = traced(small)
    name = found.outputs["second"]
    part = cut(found.body, [name])
    assert {path for path, _ in part.named_children()} == {"first", "second"}
    (values,) = part(pictures(), 0.0).values()
    assert values.shape == (2, 8, 15, 15)
    both = cut(found.body, [found.outputs[""], name])(pictures(), 0.0)
    torch.testing.assert_close(both[name].relu(), values.relu())
    assert both[found.outputs[""]].shape == (2, 5)


def test_a_transformer_gives_what_it_gives():
    import_models()
    transformers = importlib.import_module("torchvision.models.vision_transformer")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = transformers.VisionTransformer(32, 8, 2, 2, 16, 32, num_classes=7).eval()
    nn.init.normal_(network.heads[0].weight, generator=chance(1))
    path = "encoder.layers.encoder_layer_1"
    found = {}
    hook = network.get_submodule(path).register_forward_hook(
        lambda _, __, values: found.update(block=values)
    )
    with torch.no_grad():
        expected = network(pictures())
        hook.remove()
        graph = traced(network)
        seen = cut(graph.body, [graph.outputs[path], graph.outputs[""]])(pictures(), 0.0)
    torch.testing.assert_close(seen[graph.outputs[path]], found["block"])
    torch.testing.assert_close(seen[graph.outputs[""]], expected)
    stride, field = reaches(graph.body)[graph.outputs[path]]
    assert (stride, field) == (8, 0)


def test_reach_by_hand(small):
    found = traced(small)
    seen = reaches(found.body)
    assert seen[found.outputs["first"]] == (1, 3)
    assert seen[found.outputs["second"]] == (2, 5)
    assert seen[found.outputs["pool"]] == (8, 11)
    assert seen[found.outputs["end"]] == (0, 0)


def test_a_dilated_convolution_sees_further():
    parts = nn.Conv2d(3, 4, 3, dilation=3), nn.Conv2d(4, 4, 3, stride=2)
    found = traced(nn.Sequential(*parts).eval())
    seen = reaches(found.body)
    assert seen[found.outputs["0"]] == (1, 7)
    assert seen[found.outputs["1"]] == (2, 9)


def test_filling_gives_each_part_weights_once(small):
    with torch.device("meta"):
        found = trace(Small().eval())
    first, end = found.outputs["first"], found.outputs[""]
    assert not has_all_weights(found.body)
    fill(cut(found.body, [first]), found.body, 3, 32)
    part = cut(found.body, [first])
    assert has_all_weights(part) and not has_all_weights(found.body)
    before = part.first.weight.clone()
    fill(cut(found.body, [end]), found.body, 3, 32)
    assert has_all_weights(found.body)
    assert torch.equal(cut(found.body, [first]).first.weight, before)
    noise = torch.randn(4, 3, 64, 64, generator=chance())
    for values in cut(found.body, [first, end])(noise, 0.0).values():
        assert 0.2 < values.square().mean() ** 0.5 < 5

"""The gradient of a residual branch is damped, however a network adds it; nothing else changes."""

import operator

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from inkdream.networks import damping

SHARE = 0.25


def _in_place(x):
    out = 3 * x
    out += x
    return out


def _in_place_relu(x):
    """As ResNet's blocks end: a ReLU in place after the sum, whose result is the next one's x."""
    y = F.relu_(torch.add(3 * x, x))
    return y + 2 * y


def _deep(x):
    y = x
    for _ in range(30):
        y = torch.tanh(y * 1.01)
    return x + y


CHAINS = {
    "x + f(x)": (lambda x: x + 3 * x, 1 + 3 * SHARE),
    "f(x) + x": (lambda x: 3 * x + x, 1 + 3 * SHARE),
    "torch.add": (lambda x: torch.add(x, 3 * x), 1 + 3 * SHARE),
    "aten": (lambda x: torch.ops.aten.add.Tensor(x, 3 * x), 1 + 3 * SHARE),
    "operator.iadd": (lambda x: operator.iadd(3 * x, x), 1 + 3 * SHARE),
    "out += x": (_in_place, 1 + 3 * SHARE),
    "in a row, ReLUs in place": (_in_place_relu, (1 + 3 * SHARE) * (1 + 2 * SHARE)),
    "two branches of one x": (lambda x: torch.add(2 * x, 3 * x), 5.0),
    "a number": (lambda x: x + 3.0, 1.0),
    "x + x": (lambda x: x + x, 2.0),
}


@pytest.mark.parametrize("name", CHAINS)
def test_only_the_branch_is_damped(name):
    function, slope = CHAINS[name]
    x = torch.full((1,), 2.0, requires_grad=True)
    plain = function(x * 1)
    with damping(SHARE):
        damped = function(x * 1)
    assert torch.equal(plain, damped)
    (gradient,) = torch.autograd.grad(damped.sum(), x)
    assert gradient.item() == pytest.approx(slope)


def test_long_branches_are_damped_too():
    x = torch.full((1,), 0.5, requires_grad=True)
    (whole,) = torch.autograd.grad(_deep(x * 1).sum(), x)
    with damping(0.0):
        y = _deep(x * 1)
    (skipped,) = torch.autograd.grad(y.sum(), x)
    assert whole > 1.0
    assert skipped.item() == 1.0


def test_a_network_of_modules_is_damped():
    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.Sequential(nn.Conv2d(4, 4, 3, padding=1), nn.ReLU(inplace=True))

        def forward(self, x):
            return x + self.inner(x)

    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 4, 1), Block(), Block())
    picture = torch.rand(1, 3, 8, 8, requires_grad=True)
    with damping(0.0):
        seen = network(picture)
    (gradient,) = torch.autograd.grad(seen.sum(), picture)
    (first,) = torch.autograd.grad(network[0](picture).sum(), picture)
    torch.testing.assert_close(gradient, first)


def test_all_of_the_gradient_is_the_plain_one():
    x = torch.rand(3, requires_grad=True)
    with damping(1.0):
        y = x * 2
        y = y + y**2
    (gradient,) = torch.autograd.grad(y.sum(), x)
    torch.testing.assert_close(gradient, 2 + 8 * x)

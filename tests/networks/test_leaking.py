"""What is silent can be woken, however a network calls what is flat; what cannot be is named."""

import json
import sys

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from inkdream.networks import leaking
from inkdream.optimize.session import Session
from inkdream.recipe import validate
from inkdream.run import Run
from tests.networks import odd_nets
from tests.running import climbed, gone_on, same_result, says, stopped
from tests.toys import SHEET

LEAK = 0.1


def _set(x):
    x = x * 1
    x[x < 0] = 0
    return x


SILENT = {
    "ReLU": nn.ReLU(),
    "ReLU in place": nn.ReLU(inplace=True),
    "ReLU6": nn.ReLU6(),
    "Hardtanh": nn.Hardtanh(0, 6),
    "Threshold": nn.Threshold(0.1, 0.0),
    "Threshold in place": nn.Threshold(0.1, 0.0, inplace=True),
    "Hardsigmoid": lambda x: F.hardsigmoid(3 * x),
    "relu": F.relu,
    "torch.relu_": torch.relu_,
    "relu_": lambda x: x.relu_(),
    "clamp": lambda x: x.clamp(min=0),
    "clamp_": lambda x: x.clamp_(0, 6),
    "clip": lambda x: torch.clip(x, 0, 1),
    "maximum": lambda x: torch.maximum(x, torch.zeros(())),
    "max of two": lambda x: torch.max(torch.zeros_like(x), x),
    "where": lambda x: torch.where(x > 0, x, 0.0),
    "mask": lambda x: x * (x > 0),
    "float mask": lambda x: x * (x > 0).float(),
    "masked_fill": lambda x: x.masked_fill(x < 0, 0),
    "set": _set,
    "relu_ of a graph": lambda x: torch.ops.aten.relu_.default(self=x),
    "hardtanh of a graph": lambda x: torch.ops.aten.hardtanh.default(self=x, min_val=0, max_val=6),
    "squared": lambda x: F.relu(x) ** 2,
    "square": lambda x: F.relu(x).square(),
    "hardshrink": lambda x: F.hardshrink(x, 3.0),
    "sigmoid": lambda x: torch.sigmoid(60 * x),
    "tanh": lambda x: torch.tanh(60 * x),
    "gelu": lambda x: F.gelu(10 * x),
    "silu": lambda x: F.silu(60 * x),
    "softplus": lambda x: F.softplus(60 * x),
    "softmax": lambda x: torch.softmax(torch.cat([200 * x, 0 * x]), 0)[: len(x)],
    "softmax of a graph": lambda x: torch.ops.aten._softmax.default(
        torch.cat([200 * x, 0 * x]), 0, False
    )[: len(x)],
}


@pytest.mark.parametrize("name", SILENT)
def test_gradients_pass_what_is_silent_and_values_stay(name):
    values = torch.full((3,), -2.0, requires_grad=True)
    call = SILENT[name]
    plain = call(values * 1)
    with leaking(LEAK):
        made = call(values * 1)
    assert torch.equal(plain, made)
    weights = torch.tensor([1.0, 0.0, 0.0])
    (dead,) = torch.autograd.grad((plain * weights).sum(), values)
    (leaky,) = torch.autograd.grad((made * weights).sum(), values)
    assert abs(float(dead[0])) < 1e-6
    # It says upwards, by at least the leak's part; twice that, where two functions are flat.
    assert float(leaky[0]) >= LEAK**2


@pytest.mark.parametrize("name", [*(n for n in SILENT if "soft" not in n), "softplus"])
def test_the_gradient_of_what_is_awake_stays(name):
    call = SILENT[name]
    steep = torch.tensor([0.011, 0.02]) if name in ("sigmoid", "tanh") else torch.tensor([3.1, 4.0])
    if name in ("Hardsigmoid", "clip"):
        steep = torch.tensor([0.3, 0.6])
    values = steep.requires_grad_()
    (plain,) = torch.autograd.grad(call(values * 1).sum(), values)
    with leaking(LEAK):
        (leaky,) = torch.autograd.grad(call(values * 1).sum(), values)
    torch.testing.assert_close(plain, leaky)


def test_nothing_leaks_outside_or_for_a_share_of_nothing():
    values = torch.full((3,), -2.0, requires_grad=True)
    with leaking(0.0):
        made = F.relu(values)
    assert not torch.autograd.grad(made.sum(), values)[0].any()
    with leaking(0.5):
        pass
    assert not torch.autograd.grad(F.relu(values).sum(), values)[0].any()


class Softmax(nn.Module):
    """A head whose first class is so unlikely on anything grey that its share is 0."""

    def __init__(self, least: float = -300.0) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 1)
        with torch.no_grad():
            self.conv.weight.copy_(torch.tensor([[600.0, -600, -600], [0, 0, 0]])[:, :, None, None])
            self.conv.bias.copy_(torch.tensor([least, 0.0]))

    def forward(self, x):
        return self.conv(x).mean((2, 3)).softmax(1)


class Tail(nn.Module):
    """Every unit lies in the tail of its GELU until there is red."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 3, padding=1)
        nn.init.constant_(self.conv.bias, -3.0)
        with torch.no_grad():
            self.conv.weight.zero_()
            self.conv.weight[0, :, 1, 1] = torch.tensor([9.0, -4.0, -4.0])

    def forward(self, x):
        return F.gelu(self.conv(x))


class Dead(nn.Module):
    """Its channel is silent on every picture."""

    def forward(self, x):
        return F.relu(x - 2.0)


def softmax():
    return Softmax()


def tail():
    return Tail()


def dead():
    return Dead()


# Steps after which a ReLU that leaked for the first tenth alone would leak no more.
LONG = {"steps": 40, "climb": {"leak_until": 0.0}}


def finished_session(module: str, function: str, target: str, **said):
    table = {
        "networks": [{"name": "n", "source": f"{module}:{function}"}],
        "terms": [{"target": f"n/{target}"}],
        "width": 24,
        "height": 24,
        "page": SHEET,
        "views": {"count": 1, "jitter": 1},
    }
    return climbed(Session(validate({**table, **LONG, **said})))


ODD = "tests.networks.odd_nets"
HERE = "tests.networks.test_leaking"


@pytest.mark.parametrize(
    ("module", "function", "target", "least"),
    [
        (ODD, "silent_relu6", "act/0", 0.5),
        (ODD, "silent_hardtanh", "act/0", 0.5),
        (ODD, "silent_functional", "act/0", 0.5),
        (HERE, "softmax", "logits/0", 0.9),
        (HERE, "tail", "output/0", 2.0),
    ],
)
def test_silent_neurons_wake(module, function, target, least):
    session = finished_session(module, function, target)
    assert session.hard_score() > least
    assert session.still == []


def test_silent_neurons_of_an_exported_graph_wake(tmp_path):
    program = torch.export.export(odd_nets.silent_relu6(), (torch.rand(1, 3, 24, 24),))
    torch.export.save(program, tmp_path / "n.pt2")
    table = {"source": str(tmp_path / "n.pt2"), "name": "n"}
    session = finished_session(ODD, "", "hardtanh/0", networks=[table])
    assert session.hard_score() > 0.5


def test_a_climb_through_a_silent_neuron_can_be_taken_up_again(tmp_path):
    table = {
        "networks": [{"name": "n", "source": f"{ODD}:silent_relu6"}],
        "terms": [{"target": "n/act/0"}],
        "width": 24,
        "height": 24,
        "page": SHEET,
        "steps": 8,
        "climb": {"leak_until": 0.0},
    }
    whole = climbed(Run.create(validate(table), tmp_path / "whole"))
    run = stopped(validate(table), tmp_path / "stopped", 4)
    assert same_result(whole, gone_on(run.folder, 4))


def test_a_score_without_gradient_is_named_and_no_success(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.chdir(tmp_path)
    words = ["--width", "24", "--height", "24", "--steps", "8", "--page", "40x50mm"]
    words += ["--network", f"n={HERE}:dead", "--neuron", "n/output/0", "--margin", "4"]
    code, said, _ = says(capsys, "draw", *words)
    assert code == 1
    assert "NO GRADIENT: the score of n/output/0 never moved" in " ".join(said.split())
    (folder,) = (tmp_path / "runs").iterdir()
    assert "NO GRADIENT" in (folder / "certificate.md").read_text()
    assert json.loads((folder / "certificate.json").read_text())["still"] == ["n/output/0"]
    # Asked to go on, it is as little of a success.
    code, said, _ = says(capsys, "resume", folder)
    assert code == 1
    assert "the score of n/output/0 never moved" in said


def test_what_is_avoided_and_silent_is_no_failure():
    session = finished_session(
        HERE, "dead", "", terms=[{"target": "n/output/0", "weight": -1.0}], steps=6
    )
    assert session.still == []

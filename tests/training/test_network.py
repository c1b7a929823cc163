"""Folding and exporting keep what the network computes."""

import json
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from training.network import LAYERS, Loom, activations, export, fold, load


@pytest.fixture
def network() -> Loom:
    torch.manual_seed(0)
    network = Loom(7)
    for norm in [*network.norms.values(), network.pooled]:
        norm.running_mean.normal_()
        norm.running_var.uniform_(0.3, 3)
    for norm in network.norms.values():
        torch.nn.init.uniform_(norm.weight, 0.5, 2)
        torch.nn.init.normal_(norm.bias)
    return network.eval()


def test_folding_keeps_the_outputs(network: Loom) -> None:
    images = torch.rand(3, 3, 48, 48)
    with torch.no_grad():
        plain, folded = network(images), activations(fold(network), images)["logits"]
    assert torch.allclose(plain, folded, rtol=1e-3, atol=1e-3 * float(plain.abs().max()))


def test_the_file_says_what_it_is(network: Loom, tmp_path: Path) -> None:
    path = tmp_path / "loom.safetensors"
    names = tuple("abcdefg")
    export(network, names, path)
    with safe_open(path, "pt") as file:
        metadata = file.metadata()
        assert file.get_tensor("conv3_2.weight").dtype == torch.float16
    assert json.loads(metadata["classes"]) == list(names)
    assert metadata["format"] == "loom-1"
    assert (metadata["normalise_mean"], metadata["normalise_std"]) == ("0.5", "0.25")
    wanted = {f"{name}.{part}" for name in (*LAYERS, "logits") for part in ("weight", "bias")}
    assert set(load(path)) == wanted
    assert path.stat().st_size < 4_000_000
    assert not list(tmp_path.glob("*.part"))


def test_half_precision_hardly_changes_the_outputs(network: Loom, tmp_path: Path) -> None:
    path, images = tmp_path / "loom.safetensors", torch.rand(2, 3, 32, 32)
    export(network, tuple("abcdefg"), path)
    exact = activations(fold(network), images)["logits"]
    half = activations(load(path), images)["logits"]
    assert torch.allclose(exact, half, rtol=0.02, atol=0.02 * float(exact.abs().max()))

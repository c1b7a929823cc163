"""Where a training run stands, as safetensors and JSON, so that it can go on after a stop."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.optim import Optimizer

from training.network import Loom


def save(
    folder: Path, network: Loom, optimisers: Sequence[Optimizer], facts: dict[str, Any]
) -> None:
    """Writes `state.safetensors` and `state.json` (`facts`) into the folder, each in one piece."""
    tensors = {f"network.{name}": tensor for name, tensor in network.state_dict().items()}
    for which, optimiser in enumerate(optimisers):
        for number, slots in optimiser.state_dict()["state"].items():
            tensors |= {f"slot.{which}.{number}.{slot}": value for slot, value in slots.items()}
    folder.mkdir(parents=True, exist_ok=True)
    save_file({k: v.contiguous() for k, v in tensors.items()}, folder / "state.safetensors.part")
    (folder / "state.json.part").write_text(json.dumps(facts, indent=1))
    for name in ("state.safetensors", "state.json"):
        (folder / f"{name}.part").replace(folder / name)


def restore(folder: Path, network: Loom, optimisers: Sequence[Optimizer]) -> dict[str, Any]:
    """Puts a saved run back into network and optimiser; returns its facts.

    Raises FileNotFoundError if the folder holds no checkpoint.
    """
    tensors = load_file(folder / "state.safetensors")
    network.load_state_dict(
        {k.removeprefix("network."): v for k, v in tensors.items() if k.startswith("network.")}
    )
    slots: list[dict[int, dict[str, Tensor]]] = [{} for _ in optimisers]
    for name, value in tensors.items():
        if name.startswith("slot."):
            _, which, number, slot = name.split(".")
            slots[int(which)].setdefault(int(number), {})[slot] = value
    for optimiser, state in zip(optimisers, slots, strict=True):
        optimiser.load_state_dict({**optimiser.state_dict(), "state": state})
    facts: dict[str, Any] = json.loads((folder / "state.json").read_text())
    return facts

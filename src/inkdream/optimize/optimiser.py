"""Adam that does not care in which unit a score is measured.

Adam's steps (Kingma and Ba, "Adam", 2015) do not depend on the gradient's size, but for two
things: epsilon, which is added to that size, and the range of float32, below and above which
squares of gradients are lost. So epsilon is a share of the gradient's size here, and scores far
from 1 are multiplied by a power of two first, which rounds nothing.

The steps are torch's own, by its function: its class `Adam` loads torch's compiler, which takes as
long as all the rest that a short run loads, and compiles nothing here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.optim.adam import adam

BETAS = 0.9, 0.99
# Epsilon, as a share of the root mean square of a group's gradient.
EPSILON = 1e-4
# Scores so many powers of two away from 1 are multiplied by a power, of at most the last.
SLACK, MOST = 16, 100
# Adam is given gradients whose largest part is within so many powers of two from 1; its averages
# are brought to another unit for that, or begun anew, if they would change by more than the last.
ROOM, FORGETTING = 50, 40
# Where nothing has a gradient, nothing is divided by 0.
_TINY = 1e-30


class UnitFreeAdam:
    """Adam for the groups of a drawing's parameters; a score times any number climbs alike."""

    def __init__(self, groups: Iterable[dict[str, Any]]) -> None:
        """Make ready.

        Args:
            groups: as torch's optimisers take them: `params` and `lr`.
        """
        # Their learning rates may be changed before each step.
        self.groups = [{**group, "params": [*group["params"]]} for group in groups]
        self._params: list[Tensor] = [each for group in self.groups for each in group["params"]]
        self._fused = {each.device.type for each in self._params} <= {"cpu", "cuda", "mps"}
        # Adam's averages, of those that have had a gradient.
        self._state: dict[Tensor, dict[str, Tensor]] = {}
        # Gradients are given to Adam times two to this power.
        self._unit = 0

    def backward(self, loss: Tensor, size: float) -> None:
        """Put the loss's gradients, in Adam's unit, where `step` takes them.

        Args:
            loss: a scalar.
            size: about how large the score is; 0 where that says nothing of its gradient.
        """
        power = 0
        if 0 < size < math.inf and abs(math.log2(size)) > SLACK:
            power = min(max(-round(math.log2(size)), -MOST), MOST)
        for parameter in self._params:
            parameter.grad = None
        # On the way through a network, too small a gradient would be lost, and too large one no
        # number.
        (loss * 2.0**power).backward()
        self._fit(power)

    @torch.no_grad()
    def step(self) -> None:
        """Take one step down the gradients."""
        for group in self.groups:
            epsilon = max(EPSILON * self._size(group), _TINY)
            given = [each for each in group["params"] if each.grad is not None]
            states = [self._state.get(each) or self._begin(each) for each in given]
            adam(
                given,
                [each.grad for each in given],
                [state["exp_avg"] for state in states],
                [state["exp_avg_sq"] for state in states],
                [],
                [state["step"] for state in states],
                fused=self._fused,
                amsgrad=False,
                beta1=BETAS[0],
                beta2=BETAS[1],
                lr=group["lr"],
                weight_decay=0.0,
                eps=epsilon,
                maximize=False,
            )

    def state_dict(self) -> dict[str, Any]:
        """Return all that changes."""
        numbered = enumerate(self._params)
        averages = {place: self._state[each] for place, each in numbered if each in self._state}
        return {"state": averages, "unit": self._unit}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take up where another one stopped.

        Raises:
            ValueError, IndexError, KeyError: if the state is that of other parameters.
        """
        self._state = {}
        for key, given in state["state"].items():
            # JSON, which a checkpoint passes through, turns numbered keys into text.
            for name, own in self._begin(self._params[int(key)]).items():
                if given[name].shape != own.shape:
                    raise ValueError(f"{name} of parameter {key} is of another shape")
                own.copy_(given[name])
        self._unit = int(state["unit"])

    def _begin(self, parameter: Tensor) -> dict[str, Tensor]:
        """Return the averages of a parameter that has had no gradient yet."""
        self._state[parameter] = {
            "step": torch.zeros((), device=parameter.device if self._fused else "cpu"),
            "exp_avg": torch.zeros_like(parameter),
            "exp_avg_sq": torch.zeros_like(parameter),
        }
        return self._state[parameter]

    @torch.no_grad()
    def _fit(self, power: int) -> None:
        """Bring gradients of the loss times two to a power to Adam's unit, or to a better one."""
        slopes = [each.grad for each in self._params if each.grad is not None]
        largest = max((float(slope.abs().max()) for slope in slopes if slope.numel()), default=0.0)
        if not 0 < largest < math.inf:
            return
        exponent = math.log2(largest) + self._unit - power
        if abs(exponent) > ROOM:
            self._change_unit(self._unit - round(exponent))
        if more := self._unit - power:
            for slope in slopes:
                # In two parts: the whole may be no number in float32.
                slope.mul_(2.0 ** (more // 2)).mul_(2.0 ** (more - more // 2))

    def _change_unit(self, unit: int) -> None:
        more, self._unit = unit - self._unit, unit
        factor = 0.0 if abs(more) > FORGETTING else 2.0**more
        for state in self._state.values():
            state["exp_avg"].mul_(factor)
            state["exp_avg_sq"].mul_(factor**2)

    def _size(self, group: Mapping[str, Any]) -> float:
        """Return the root mean square that Adam will find in a group's gradients."""
        decay = BETAS[1]
        total, count = 0.0, 0
        for parameter in group["params"]:
            if parameter.grad is None:
                continue
            new = (1 - decay) * parameter.grad.square().sum()
            steps = 0.0
            if state := self._state.get(parameter):
                new += decay * state["exp_avg_sq"].sum()
                steps = float(state["step"])
            total += float(new) / (1 - decay ** (steps + 1))
            count += parameter.numel()
        return math.sqrt(total / count) if count and math.isfinite(total) else 0.0

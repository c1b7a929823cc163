"""Gradients that go around residual branches, so that more than one network sees what they draw.

In networks of residual blocks, y = x + f(x), a gradient that takes the skip connections says more
of what all networks see, one that takes the branches more of the one network: pictures made with
less of the latter are recognised by other networks more often (Wu et al., "Skip Connections Matter:
On the Transferability of Adversarial Examples Generated with ResNets", 2020).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from inkdream.networks.leak import Function, name_of

_SUMS = frozenset({"add", "iadd", "radd"})
# A branch is no longer than so many of autograd's nodes: a block of attention has some 40.
_LONGEST = 120


@contextmanager
def damping(share: float) -> Iterator[None]:
    """Let only a share in [0, 1] of the gradient pass residual branches; values do not change.

    A branch is what is added to a tensor that it was made from, of one shape, however a network
    writes that: `x + f(x)`, `out += x`, or as a node of an exported graph. Networks without skip
    connections, and compiled functions (TorchScript), are not affected.

    >>> x = torch.ones(1, requires_grad=True)
    >>> with damping(0.5):
    ...     y = x * 1
    ...     y = y + y * 4
    >>> y.backward()
    >>> x.grad
    tensor([3.])
    """
    if share >= 1.0:
        yield
        return
    with _Damping(share):
        yield


class _Damping(TorchFunctionMode):
    """Intercepts sums."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def __torch_function__(
        self,
        func: Function,
        types: Any,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Run a function; of a sum with its own branch, damp the branch's gradient."""
        kwargs = kwargs or {}
        if name_of(func) in _SUMS and torch.is_grad_enabled():
            branch = _branch(*args, *kwargs.values())
            if branch is not None:
                branch.register_hook(self._damped)
        return func(*args, **kwargs)

    def _damped(self, gradient: Tensor) -> Tensor:
        return gradient * self.share


def _branch(*terms: Any) -> Tensor | None:
    """Return which of a sum's terms was made from the other; None if neither was."""
    tensors = [term for term in terms if isinstance(term, Tensor) and term.grad_fn is not None]
    if len(tensors) != 2 or tensors[0].shape != tensors[1].shape:
        return None
    one, other = tensors
    if _is_from(one, other):
        return one
    return other if _is_from(other, one) else None


def _is_from(branch: Tensor, source: Tensor) -> bool:
    """Return whether autograd's graph leads from a branch back to its source, within a block."""
    goal, waiting, seen = source.grad_fn, deque([branch.grad_fn]), 0
    met = {branch.grad_fn}
    if goal is branch.grad_fn:
        return False
    while waiting and seen < _LONGEST:
        node = waiting.popleft()
        seen += 1
        for before, _ in node.next_functions if node is not None else ():
            if before is goal:
                return True
            if before is not None and before not in met:
                met.add(before)
                waiting.append(before)
    return False

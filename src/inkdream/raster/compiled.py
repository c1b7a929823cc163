"""How the CPU kernel's functions are compiled, and the memory they work in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import torch

from inkdream.compiling import compiled

# NaN and infinity keep their meaning (no nnan, no ninf): bad geometry must not reach undefined
# behaviour.
FAST = ("contract", "reassoc", "arcp", "nsz")

LINE = 64  # bytes of a cache line: a register that straddles two costs twice


def kernel(function: Callable[..., Any] | None = None, *, parallel: bool = False) -> Any:
    """Compile a function as all of the rasteriser's are."""
    options = {"parallel": parallel, "fastmath": set(FAST), "error_model": "numpy"}
    return compiled(function, **options)


@kernel
def room(size: int) -> Any:
    """Return an array of `size` float32 numbers, not set, that begins with a cache line."""
    spare = np.empty(size + LINE // 4, np.float32)
    begin = (-spare.ctypes.data % LINE) // 4
    return spare[begin : begin + size]


@kernel
def keep(array: Any) -> int:
    """Do nothing, so that Numba, which frees an array after its last use, does so no sooner."""
    return len(array)


def use_torch_threads() -> int:
    """Take as many threads as torch takes; return how many."""
    threads = torch.get_num_threads()
    available: int = numba.config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]
    numba.set_num_threads(min(threads, available))
    if torch.get_num_threads() != threads:
        # The first call starts Numba's threads, which sets OpenMP's number; torch may share its
        # OpenMP.
        torch.set_num_threads(threads)
    return int(numba.get_num_threads())

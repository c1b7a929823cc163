"""How many threads compiled kernels take: as many as torch does."""

from __future__ import annotations

import numba
import torch


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

"""The memory that C's allocator keeps, in a process that belongs to inkdream alone."""

from __future__ import annotations

import ctypes

# glibc's mallopt: above so many free bytes at its end, the heap is given back to the system; and
# larger arrays are the system's from the first.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_MOST_FREE = 2**29
_LARGE = 2**25  # the most that all versions take


def keep_freed_memory() -> None:
    """Tell C's allocator not to give small gains back to the system; does nothing without glibc.

    Pages that come back from the system are cleared one by one as they are touched: a fifth of a
    step, for activations and pictures that are as large as those of the step before.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # not there, or no C library is named so
        return
    mallopt(_MMAP_THRESHOLD, _LARGE)
    mallopt(_TRIM_THRESHOLD, _MOST_FREE)

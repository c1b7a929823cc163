"""How much memory this machine has, and how much of it C's allocator keeps."""

from __future__ import annotations

import ctypes
import os

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


def total_memory() -> int | None:
    """Return how many bytes of memory this machine has; None if the system does not say.

    By POSIX's `sysconf`, or by Windows' `GlobalMemoryStatusEx`, which has no `sysconf`.
    """
    if hasattr(os, "sysconf"):
        try:
            return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        except (OSError, ValueError):  # a name that this system does not know
            return None
    return _total_by_windows()


class _MemoryStatus(ctypes.Structure):
    """MEMORYSTATUSEX: two numbers of 32 bits, the first its own size; then seven of 64."""

    _fields_ = (
        ("length", ctypes.c_uint32),
        ("load", ctypes.c_uint32),
        ("total", ctypes.c_uint64),
        ("others", ctypes.c_uint64 * 6),
    )


def _total_by_windows() -> int | None:
    library = getattr(ctypes, "windll", None)
    status = _MemoryStatus(length=ctypes.sizeof(_MemoryStatus))
    if library is None or not library.kernel32.GlobalMemoryStatusEx(ctypes.byref(status)):
        return None
    return int(status.total)

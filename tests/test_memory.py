"""Steps that take the memory of the step before: the system has no pages to clear."""

import ctypes
import subprocess
import sys

import pytest

from inkdream.memory import keep_freed_memory

FAULTS = """
import resource
import numpy as np
from inkdream.memory import keep_freed_memory

def step():
    arrays = [np.ones(size) for size in (10**4, 10**5, 10**6, 3 * 10**6)]

def faults():
    step()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        step()
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

first = faults()
keep_freed_memory()
print(first, faults())
"""


def has_mallopt():
    try:
        return hasattr(ctypes.CDLL(None), "mallopt")
    except (OSError, TypeError):
        return False


@pytest.mark.skipif(not has_mallopt(), reason="the C library has no mallopt")
def test_freed_memory_is_not_given_back():
    done = subprocess.run([sys.executable, "-c", FAULTS], capture_output=True, check=True)
    before, after = map(int, done.stdout.split())
    assert after < 100
    assert after < before / 100


def test_without_the_c_library_nothing_happens(monkeypatch):
    def missing(name):
        raise OSError(name)

    monkeypatch.setattr(ctypes, "CDLL", missing)
    keep_freed_memory()

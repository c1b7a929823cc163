import gc
import os

import pytest
from hypothesis import settings

from tests.killing import killing

# As they stand in plot_files: what a person gets.
LARGE = {"PREVIEW_SIDE": 1600, "GIF_SIDE": 480, "GIF_FRAMES": 50}
# The longer side is a multiple of what it is of a page of strokes in px.
SMALL = {"PREVIEW_SIDE": 126, "GIF_SIDE": 48, "GIF_FRAMES": 4}

# Px of the longer side where a plot is compared with its SVG, as a person has it.
SIDE = 512

# How long an example takes says more about the machine than about the code; and what fails once
# is to fail for everybody. For other examples, and twice as many: --hypothesis-profile=search
settings.register_profile("same", deadline=None, derandomize=True, max_examples=50)
settings.register_profile("search", deadline=None)
settings.load_profile("same")

# What is imported and collected stays to the end; looking through it again and again for garbage
# took a tenth of the time.
gc.disable()


def pytest_collection_finish():
    gc.collect()
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def no_waiting_for_disks():
    """No power is cut in tests: they need not wait until each file has reached the disk."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: None)
        yield


@pytest.fixture(scope="session", autouse=True)
def small_previews():
    """Runs in tests show their plots small: previews have tests of their own, at full size."""
    from inkdream.run import plot_files

    with pytest.MonkeyPatch.context() as patch:
        for name, value in SMALL.items():
            patch.setattr(plot_files, name, value)
        yield


@pytest.fixture
def large_previews(small_previews, monkeypatch):
    """For tests of what a person gets."""
    from inkdream.run import plot_files

    for name, value in LARGE.items():
        monkeypatch.setattr(plot_files, name, value)


@pytest.fixture(scope="session")
def killer():
    """Return a function that lets a command live until it is killed; it returns the exit code."""
    with killing(SMALL) as live:
        yield live


@pytest.fixture(scope="session", autouse=True)
def small_comparisons():
    """Plots are compared with their SVGs at a quarter of the size; see inking/test_likeness.py."""
    from inkdream.inking import files

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "SIDE", SIDE // 4)
        yield


@pytest.fixture
def no_processes(monkeypatch):
    """Tiles are drawn in this process; those of workers have tests of their own, in tests/atlas."""
    from inkdream.atlas import local
    from tests.atlas.made import NoProcess

    monkeypatch.setattr(local, "Worker", NoProcess)
    monkeypatch.setattr(local, "CAN_FORK", False)


@pytest.fixture(scope="module")
def browser():
    """Return a Chromium, one at a time in a process.

    Closed with its module: while it is open, an event loop is at work in the tests' own thread,
    which others may not have, and Python 3.11 counts recursion wrongly.
    """
    sync_api = pytest.importorskip("playwright.sync_api")
    from tests.browser import executable

    with sync_api.sync_playwright() as playwright:
        path = executable(playwright)
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        chromium.close()

"""A Chromium for tests of pages, where there is one; pages that report all that goes wrong."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright

VARIABLE = "INKDREAM_BROWSER"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def executable(playwright: Playwright) -> str:
    """Return a browser's path; tests that need one are skipped where none is."""
    if named := os.environ.get(VARIABLE):
        assert Path(named).is_file(), f"{VARIABLE}: there is no {named}"
        return named
    for name in NAMES:
        if path := shutil.which(name):
            return path
    own = playwright.chromium.executable_path
    if not Path(own).is_file():
        pytest.skip(
            f"no browser: install chromium, or name one in {VARIABLE} (playwright install chromium)"
        )
    return own


@contextmanager
def opened(browser: Browser, index: Path, **settings: object) -> Iterator[Page]:
    """Open a page from disk; fail if it says an error, asks a host, or misses a file."""
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **settings})
    page = context.new_page()
    wrong: list[str] = []
    page.on("console", lambda said: wrong.append(f"{said.type}: {said.text}"))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("requestfailed", lambda request: wrong.append(f"not loaded: {request.url}"))
    page.on(
        "request",
        lambda request: (
            None if request.url.startswith(("file:", "data:")) else wrong.append(request.url)
        ),
    )
    try:
        page.goto(index.as_uri())
        yield page
        assert not wrong, wrong
    finally:
        context.close()

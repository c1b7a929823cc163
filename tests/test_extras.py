"""What is said of a missing extra works where it is said: in a clone, or from a wheel."""

import json
import sys

import pytest

from inkdream.wording import how_to_install

WHEEL = "file:///home/me/my%20files/house-1.0-py3-none-any.whl"
HASH = {"hashes": {"sha256": "00"}}


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Return a function that makes a distribution named `house` with what pip notes of it."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def make(origin, installer="pip"):
        info = tmp_path / "house-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: house\nVersion: 1.0\n")
        (info / "INSTALLER").write_text(f"{installer}\n")
        if origin is not None:
            (info / "direct_url.json").write_text(json.dumps(origin))

    return make


@pytest.mark.parametrize(
    ("origin", "says"),
    [
        (None, "pip install 'house[zoo]'"),
        ({"url": WHEEL, "archive_info": HASH}, f"pip install 'house[zoo] @ {WHEEL}'"),
        (
            {"url": "file:///src/my%20house", "dir_info": {"editable": True}},
            "pip install --editable '/src/my house[zoo]'",
        ),
        ({"url": "file:///src/house", "dir_info": {}}, "pip install '/src/house[zoo]'"),
        (
            {"url": "https://x.org/h.git", "vcs_info": {"vcs": "git", "commit_id": "ab"}},
            "pip install 'house[zoo] @ git+https://x.org/h.git@ab'",
        ),
        ([], "pip install 'house[zoo]'"),
        ({"url": 3}, "pip install 'house[zoo] @ 3'"),
    ],
)
def test_the_command_is_that_of_where_it_came_from(installed, origin, says):
    installed(origin)
    assert how_to_install("zoo", "house") == says


def test_the_installer_is_the_one_that_was_used(installed):
    installed(None, "uv")
    assert how_to_install("zoo", "house") == "uv pip install 'house[zoo]'"


def test_the_environment_that_make_made_is_added_to_by_make(installed, monkeypatch):
    monkeypatch.setattr(sys, "prefix", "/src/house/.venv")
    installed({"url": "file:///src/house", "dir_info": {"editable": True}})
    assert how_to_install("zoo", "house") == "make extras in /src/house"


def test_what_nothing_installed_is_a_clone():
    assert how_to_install("zoo", "no-such-house") == "make extras in the clone"

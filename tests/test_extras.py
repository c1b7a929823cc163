"""What is said of a missing extra works where it is said: in a clone, or from a wheel."""

import json
import shutil
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


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """Return the environment that runs this, whose pip the shell finds."""
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setattr(shutil, "which", lambda name: str(tmp_path / "bin" / name))
    return tmp_path


def test_the_installer_is_the_one_that_was_used(installed, place):
    installed(None, "uv")
    assert how_to_install("zoo", "house") == f"uv pip install --python {place} 'house[zoo]'"


def test_an_environment_of_pipx_is_added_to_by_pipx(installed, place):
    (place / "pipx_metadata.json").touch()
    installed(None, "uv")
    assert how_to_install("zoo", "house") == "pipx runpip house install 'house[zoo]'"


def test_another_environment_s_pip_is_not_taken(installed, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(sys, "executable", "/my venv/bin/python")
    installed(None)
    assert how_to_install("zoo", "house") == "'/my venv/bin/python' -m pip install 'house[zoo]'"


@pytest.mark.parametrize("has_make", [True, False])
def test_the_environment_that_make_made_is_added_to_by_make(
    installed, place, monkeypatch, has_make
):
    prefix = place / ".venv"
    prefix.mkdir()
    monkeypatch.setattr(sys, "prefix", str(prefix))
    if has_make:
        (prefix / "installed").touch()
    installed({"url": place.as_uri(), "dir_info": {"editable": True}})
    assert (how_to_install("zoo", "house") == f"make extras in {place}") is has_make


def test_what_nothing_installed_is_a_clone():
    assert how_to_install("zoo", "no-such-house") == "make extras in the clone"

"""`make draw` takes torch without CUDA where that is wanted and can be had."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FAKES = {
    # It notes what pip is told, answers for the index, and has no torch.
    ".venv/bin/python": 'case "$*" in *"-m pip"*) echo "$*" >> pip.log;; '
    '*urlopen*) exit "$INDEX";; *) exit "$TORCH_IS_THERE";; esac',
    "bin/nvidia-smi": 'exit "$GPU"',
    "bin/uname": 'echo "$SYSTEM"',
}
FINE = {"SYSTEM": "Linux", "GPU": "1", "INDEX": "0", "TORCH_IS_THERE": "1"}
pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")


@pytest.mark.parametrize(
    ("state", "words", "is_taken"),
    [
        ({}, [], True),
        ({"GPU": "0"}, [], False),
        ({"GPU": "0"}, ["TORCH=cpu"], True),
        ({}, ["TORCH=cuda"], False),
        ({"SYSTEM": "Darwin"}, [], False),
        ({"INDEX": "1"}, [], False),
        ({"TORCH_IS_THERE": "0"}, [], False),
    ],
)
def test_torch_without_cuda_comes_first_where_it_should(tmp_path, state, words, is_taken):
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    for name, body in FAKES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)
    own = os.environ | FINE | state | {"PATH": f"{tmp_path}/bin:{os.environ['PATH']}"}
    done = subprocess.run(
        ["make", ".venv/installed", *words],
        cwd=tmp_path,
        env=own,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    told = (tmp_path / "pip.log").read_text().splitlines()
    assert told[-1].endswith("--editable .[studio]")
    first = told[:-1]
    assert len(first) == is_taken
    for line in first:
        assert "--no-deps --index-url https://download.pytorch.org/whl/cpu torch==2." in line
    assert ("taking the one that pip finds elsewhere" in done.stdout) == ("INDEX" in state)


def test_nothing_is_pinned_that_torch_chooses_itself():
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pinned = {line.partition("==")[0].lower() for line in lines if "==" in line}
    chosen = {"triton", "sympy", "mpmath", "networkx", "jinja2", "markupsafe", "filelock", "fsspec"}
    chosen |= {"typing-extensions", "setuptools"}
    assert not pinned & chosen
    assert not [name for name in pinned if name.startswith(("nvidia-", "cuda-"))]


def test_all_that_is_asked_for_by_name_is_pinned():
    tomllib = pytest.importorskip("tomllib")
    requirements = pytest.importorskip("packaging.requirements")
    table = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = table["optional-dependencies"]
    named = ("zoo", "text", "docs", "test")
    words = [*table["dependencies"], *(word for name in named for word in extras[name])]
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pinned = [requirements.Requirement(line.partition("#")[0]) for line in lines if "==" in line]
    versions = {pin.name: str(pin.specifier).removeprefix("==") for pin in pinned}
    for word in words:
        asked = requirements.Requirement(word)
        name = asked.name.lower().replace("_", "-")
        assert name == "inkdream" or versions[name] in asked.specifier, word
    assert not any("triton" in word for word in words)

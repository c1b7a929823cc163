"""The cases' command lines, each in a process of its own, and what they leave.

Torch, numba and the package are loaded once, by a command in this process, which then forks for
each line: loading would otherwise take most of the time.
"""

import json
import os
import re
import runpy
import shlex
import shutil
import sys
import warnings
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from tests.golden.cases import CASES, INPUTS

# One thread: the order in which a sum is taken changes its last bits.
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OMP_WAIT_POLICY": "PASSIVE",
    # GNU's OpenMP ends where a process has forked.
    "NUMBA_THREADING_LAYER": "forksafe",
    "COLUMNS": "100",
    "NO_COLOR": "1",
    "TERM": "dumb",
}
# What loads and compiles what a kind of case needs.
WARM = {
    "areas": "draw --width 16 --height 16 --steps 2 --inks 2 --page 20x20mm --margin 2 --out a",
    "lines": "draw --medium strokes --strokes 3 --steps 2 --page 20x20mm --margin 2 --out b",
    "plot": "plot ../inputs/mixed.svg --out c.svg",
}
PRINTED = "printed.txt"
# What time and place change, in what a run leaves, and what is no drawing.
TIMES = {"seconds", "versions"}
WITHOUT = {"certificate.md", "state.json", ".lock"}
# What shows what other files hold, or the way there.
SHOWN = {".html", ".gif", ".jsonl", "preview.png", "soft.png", "compare.png"}
PROGRESS = re.compile(r"^.* \d+/\d+( score .*)?( .* left)?$\n?", re.MULTILINE)
# A file that takes long is not compared with its plot: that depends on what else the machine does.
LIKENESS = re.compile(
    r"^(differs from the original by |note: how much it differs from the original was ).*$\n?",
    re.MULTILINE,
)
VERSION = re.compile(rb"inkdream \d+\.\d+\.\d+[\w.+]*")


def make(names: Sequence[str], place: Path, only_portable: bool = False) -> None:
    """Run cases in a folder, and leave in it a folder of what each case left.

    Args:
        names: of the cases.
        place: a folder that is not there yet.
        only_portable: whether to leave only what is small and robust.
    """
    if place.exists():
        raise SystemExit(f"{place}: is there already")
    inputs = place / "inputs"
    inputs.mkdir(parents=True)
    for path in INPUTS:
        shutil.copy(path, inputs)
    kinds = {name.partition("_")[0] for name in names}
    _warm_up([line for kind, line in WARM.items() if kind in kinds], place / "warm")
    for name in names:
        folder = place / name
        folder.mkdir()
        printed = [_run(line, folder) for line in CASES[name]]
        (folder / PRINTED).write_text("".join(printed))
        _tidy(folder, WITHOUT | SHOWN if only_portable else WITHOUT)
    shutil.rmtree(place / "warm")
    shutil.rmtree(inputs)


def _warm_up(lines: list[str], folder: Path) -> None:
    os.environ.update(ENVIRONMENT)
    folder.mkdir()
    for line in lines:
        said = _run(line, folder, forks=False)
        if not said.endswith("exit code 0\n"):
            raise SystemExit(said)


def _run(line: str, folder: Path, forks: bool = True) -> str:
    """Return what a command line prints, and its exit code."""
    words = []
    for word in shlex.split(line):
        words += [path.name for path in sorted(folder.glob(word))] if word.endswith("*") else [word]
    log = folder / "log"
    if not forks:
        here, argv = Path.cwd(), sys.argv
        code = _call(words, folder, log)
        os.chdir(here)
        sys.argv = argv
    elif child := os.fork():
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    else:
        os._exit(_call(words, folder, log))
    said = log.read_text()
    log.unlink()
    return f"> inkdream {line}\n{LIKENESS.sub('', PROGRESS.sub('', said))}exit code {code}\n"


def _call(words: list[str], folder: Path, log: Path) -> int:
    """Do as `python -m inkdream` does; return the exit code."""
    os.chdir(folder)
    sys.argv = ["inkdream", *words]
    with log.open("w") as file, redirect_stdout(file), redirect_stderr(file):
        try:
            with warnings.catch_warnings():
                runpy.run_module("inkdream", run_name="__main__")
        except SystemExit as end:
            return int(end.code or 0)
        except BaseException as error:
            # A crash is a result, to be compared like any other.
            print(f"{type(error).__name__}: {error}", file=file)
            return 99
    return 0


def _tidy(folder: Path, without: set[str]) -> None:
    """Take out of files what is not to be compared, and files of which nothing is."""
    for path in sorted(folder.rglob("*")):
        if path.name in without or path.suffix in without:
            path.unlink()
        elif path.suffix == ".jsonl":
            steps = [_timeless(json.loads(line)) for line in path.read_text().splitlines()]
            path.unlink()
            path.with_suffix(".json").write_text(json.dumps(steps, indent=1))
        elif path.name == "certificate.json":
            path.write_text(json.dumps(_timeless(json.loads(path.read_text())), indent=1))
        elif path.suffix in {".svg", ".html"}:
            path.write_bytes(VERSION.sub(b"inkdream VERSION", path.read_bytes()))


def _timeless(table: dict) -> dict:
    return {key: value for key, value in table.items() if key not in TIMES}

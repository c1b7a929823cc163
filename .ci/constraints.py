"""Make constraints.txt: the versions that are tested of what inkdream needs and what that brings.

    python .ci/constraints.py              # pin what is new, drop what nothing needs any more
    python .ci/constraints.py --upgrade    # the newest of all but torch and torchvision
    python .ci/constraints.py --check      # change nothing; fail if the file is not right

uv resolves pyproject.toml for all systems and Pythons at once from PyPI alone: whatever pip or uv
are told on this machine (other indexes, folders of wheels) counts for nothing. What torch itself
requires is left out: torch pins that in its own metadata, differently for each of its builds.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from difflib import unified_diff
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "constraints.txt"
INDEX = "https://pypi.org/simple"
EXTRAS = ("zoo", "text", "fleet", "map", "studio", "docs", "test")
HELD = ("torch", "torchvision")  # they are changed by hand, together, never by --upgrade
HEADER = """\
# The versions that were tested, made by `make constraints`. What torch requires, torch chooses.
"""
UNREACHABLE = re.compile(r"failed to fetch|error sending request|dns error|client error", re.I)


class FailedError(Exception):
    """What is wrong, in words."""


def main() -> int:
    """Do what the command line asks; return the exit code."""
    parser = argparse.ArgumentParser(description="Make or check constraints.txt.")
    parser.add_argument("--check", action="store_true", help="change nothing; fail if it is stale")
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions")
    asked = parser.parse_args()
    try:
        before = FILE.read_text(encoding="utf-8")
        if asked.check:
            check(before)
        else:
            FILE.write_text(made(before, upgrade=asked.upgrade), encoding="utf-8")
    except FailedError as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


def check(text: str) -> None:
    """Raise FailedError unless the constraints can be kept and are what this script makes."""
    # First as an installer takes them: no line may contradict what any package requires.
    resolve("pyproject.toml", *named("--extra", EXTRAS), constraints=text)
    wanted = made(text, upgrade=False)
    if text != wanted:
        lines = unified_diff(text.splitlines(), wanted.splitlines(), "it is", "it should be", n=0)
        raise FailedError("\n".join(["constraints.txt is stale; run `make constraints`:", *lines]))


def made(text: str, *, upgrade: bool) -> str:
    """Return the file's new text; versions in the old one stay unless all are upgraded.

    Raises:
        FailedError: if there is no way to satisfy everything, or PyPI cannot be reached.
    """
    held = [line for line in text.splitlines() if line.partition("==")[0] in HELD]
    if len(held) != len(HELD):
        raise FailedError(
            f"constraints.txt pins {', '.join(held)}, but should pin {' and '.join(HELD)}"
        )
    # The lines that are held have no markers, and perhaps a comment.
    pins = [line.partition("#")[0].strip() for line in held]
    torch = next(pin for pin in pins if pin.startswith("torch=="))
    own = {line.partition("==")[0] for line in resolve("-", "--no-annotate", given=torch)}
    lines = resolve(
        "pyproject.toml",
        *named("--extra", EXTRAS),
        *named("--no-emit-package", sorted(own - set(HELD))),
        "--annotation-style=line",
        constraints="\n".join(pins),
        preferences="" if upgrade else text,
    )
    # Below the pins uv names what it left out; where constraints came from is a temporary file.
    pinned = [line for line in lines if line and not line.startswith("#")]
    return HEADER + "".join(re.sub(r", -c [^,]*|-c [^,]*, ", "", line) + "\n" for line in pinned)


def resolve(
    source: str, *flags: str, given: str = "", constraints: str = "", preferences: str = ""
) -> list[str]:
    """Return the lines that `uv pip compile` makes of requirements.

    Args:
        source: the file of requirements, or - for `given`.
        flags: of `uv pip compile`.
        given: requirements.
        constraints: what must be kept.
        preferences: lines of an earlier result, kept where that is possible.

    Raises:
        FailedError: with one line if PyPI cannot be reached, else with what uv says.
    """
    with tempfile.TemporaryDirectory() as folder:
        limits, out = Path(folder, "constraints.txt"), Path(folder, "out.txt")
        limits.write_text(constraints, encoding="utf-8")
        out.write_text(preferences, encoding="utf-8")
        done = uv_compile(
            *(source, "--universal", "--python-version", "3.11", "--fork-strategy", "fewest"),
            *("--no-header", "--constraint", str(limits), "--output-file", str(out), *flags),
            given=given,
        )
        if not done.returncode:
            return out.read_text(encoding="utf-8").splitlines()
    if UNREACHABLE.search(done.stderr):
        raise FailedError(f"constraints.txt is NOT CHECKED: {INDEX} cannot be reached from here")
    raise FailedError(done.stderr.strip())


def uv_compile(*words: str, given: str = "", **more: str) -> subprocess.CompletedProcess[str]:
    """Run `uv pip compile` against PyPI alone, whatever is set up on this machine.

    Args:
        words: what to compile, and flags.
        given: requirements, where `-` is compiled.
        more: variables of the environment.
    """
    own = {
        name: value for name, value in os.environ.items() if not name.startswith(("UV_", "PIP_"))
    }
    return subprocess.run(
        [
            *(sys.executable, "-m", "uv", "--no-config", "pip", "compile", *words),
            *("--default-index", INDEX, "--quiet"),
        ],
        input=given,
        cwd=ROOT,
        env={**own, **more},
        capture_output=True,
        text=True,
        check=False,
    )


def named(flag: str, values: tuple[str, ...] | list[str]) -> list[str]:
    """Return a flag for each value."""
    return [word for value in values for word in (flag, value)]


if __name__ == "__main__":
    sys.exit(main())

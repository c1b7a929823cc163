"""Make goldens, or compare what is made now with them. From the repository's root:

    python -m tests.golden.make FOLDER                     make the goldens, of the old code
    python -m tests.golden.make --check FOLDER             compare exactly, on the same machine
    python -m tests.golden.make --check FOLDER 'plot_*'    only some of the cases
    python -m tests.golden.make --check FOLDER --keep DIR  and keep what was made
    python -m tests.golden.make --prove FOLDER             spoil each file: is it seen?
    python -m tests.golden.make --portable tests/golden/data    those that are kept with the tests

Exit code 1 if anything differs, with a line for each file that does.
"""

import argparse
import importlib.util
import sys
import tempfile
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

from tests.golden.cases import CASES, PORTABLE
from tests.golden.compare import EXACT, TOLERANT, differences, why_files_differ
from tests.golden.run import make
from tests.golden.spoil import spoilt


def main() -> int:
    """Do as the command line says; return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="the goldens")
    parser.add_argument("cases", nargs="*", help="which; patterns as of shells; all by default")
    parser.add_argument("--check", action="store_true", help="compare, do not make")
    parser.add_argument("--prove", action="store_true", help="spoil goldens, compare, do not make")
    parser.add_argument(
        "--portable", action="store_true", help="only what is nearly the same on every machine"
    )
    parser.add_argument("--keep", type=Path, help="where to leave what is made to be compared")
    asked = parser.parse_args()
    patterns = asked.cases or (PORTABLE if asked.portable else ["*"])
    names = [name for name in CASES if any(fnmatch(name, each) for each in patterns)]
    if not names:
        parser.error(f"no such case; there are {', '.join(CASES)}")
    if asked.prove:
        lines, what = list(_unseen(asked.folder)), "spoilt files not seen"
    elif asked.check:
        print(f"inkdream from {importlib.util.find_spec('inkdream').origin}", flush=True)
        with tempfile.TemporaryDirectory() as scratch:
            made = (asked.keep or Path(scratch) / "made").resolve()
            make(names, made, only_portable=asked.portable)
            lines = list(_compared(asked.folder, made, names, asked.portable))
        what = f"differences in {len(names)} cases"
    else:
        make(names, asked.folder.resolve(), only_portable=asked.portable)
        return 0
    print("\n".join([*lines, f"{len(lines)} {what}"]))
    return 1 if lines else 0


def _compared(folder: Path, made: Path, names: list[str], is_portable: bool) -> Iterator[str]:
    for name in names:
        limits = TOLERANT if is_portable else EXACT
        for line in differences(folder / name, made / name, limits):
            yield f"{name}/{line}"


def _unseen(folder: Path) -> Iterator[str]:
    """Yield which files, spoilt a little, would pass for what they were."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        before = path.read_bytes()
        for change, after in spoilt(path.suffix, before):
            if not list(why_files_differ(path.suffix, before, after, EXACT)):
                yield f"{path}: {change}"


if __name__ == "__main__":
    sys.exit(main())

"""Is there a wheel of all that inkdream needs, for each Python and system that it names?

    python .ci/pythons.py                # all systems, two minutes
    python .ci/pythons.py Linux          # one of them

Nothing is installed: uv resolves the pinned versions from PyPI for each Python of the classifiers,
on Linux, macOS and Windows, and takes wheels alone, so that nobody needs a compiler.
"""

from __future__ import annotations

import re
import sys
import tomllib

from constraints import INDEX, ROOT, UNREACHABLE, named, uv_compile

SYSTEMS = {
    "Linux": "x86_64-manylinux_2_28",
    "macOS": "aarch64-apple-darwin",
    "Windows": "x86_64-pc-windows-msvc",
}
# The oldest macOS that torch has wheels for; docs/start.md names it.
MACOS = "14.0"
# What a user may install. What the tests need is tried by whoever runs them.
EXTRAS = ("zoo", "text", "fleet", "map", "studio")


def main() -> int:
    """Print what has wheels; return 1 if something has not."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pythons = [
        each for line in project["classifiers"] for each in re.findall(r":: (3\.\d+)$", line)
    ]
    failed = False
    for system, platform in SYSTEMS.items():
        if sys.argv[1:] and system not in sys.argv[1:]:
            continue
        lacking = {python: reason for python in pythons if (reason := why_not(python, platform))}
        has = [python for python in pythons if python not in lacking]
        print(f"{system}: all wheels for Python {', '.join(has) or 'none'}")
        for python, reason in lacking.items():
            print(f"{system}, Python {python}: {reason}", file=sys.stderr)
        failed |= bool(lacking)
    return int(failed)


def why_not(python: str, platform: str) -> str:
    """Return why what is pinned cannot be installed from wheels; "" if it can."""
    done = uv_compile(
        *("pyproject.toml", "--python-version", python, "--python-platform", platform),
        *("--only-binary", ":all:", "--constraint", "constraints.txt"),
        *named("--extra", EXTRAS),
        MACOSX_DEPLOYMENT_TARGET=MACOS,
    )
    if not done.returncode:
        return ""
    if UNREACHABLE.search(done.stderr):
        return f"NOT CHECKED: {INDEX} cannot be reached from here"
    return done.stderr.strip()


if __name__ == "__main__":
    sys.exit(main())

"""resvg in a process of its own, for others' files.

Nested patterns or masks of a few kB can take its whole stack, gigabytes, or hours. The process runs
this file alone, so that it starts at once.
"""

from __future__ import annotations

import subprocess
import sys

from inkdream.errors import InputError, shorten

MOST_SECONDS = 30
MOST_BYTES = 2**30
_REFUSED = 3


def draw_apart(svg: str, background: str) -> bytes:
    """Return a PNG of an SVG as resvg draws it on a background, '#rrggbb'.

    Raises:
        InputError: if resvg refuses it, or takes more than 30 s or, where the system bounds
            memory (not on Windows and macOS), 1 GiB.
    """
    # -P: a file resvg_py.py where the user stands is not taken for the library.
    words = [sys.executable, "-P", __file__, background]
    try:
        done = subprocess.run(
            words, input=svg.encode(), capture_output=True, timeout=MOST_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise InputError(f"SVG: resvg needs more than {MOST_SECONDS} s to draw it") from error
    if done.returncode == _REFUSED:
        problem = shorten(done.stderr.decode("utf-8", "replace"), 200)
        raise InputError(f"SVG: resvg cannot draw it ({problem})")
    if done.returncode:
        raise InputError(
            "SVG: resvg gave up on it; its elements refer to each other too deep, or it takes "
            f"more than {MOST_BYTES >> 30} GiB"
        )
    return done.stdout


def draw_here(svg: str, background: str) -> bytes:
    """Return a PNG of an SVG as resvg draws it on a background, '#rrggbb'.

    Raises:
        ValueError: if resvg refuses it.
    """
    import resvg_py  # noqa: PLC0415  (slow to load; its process must be bounded before)

    png = resvg_py.svg_to_bytes(
        svg_string=svg, background=background, skip_system_fonts=True, dpi=96
    )
    return bytes(png)


def _bound_memory() -> None:
    try:
        import resource  # noqa: PLC0415  (not there on Windows)

        resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, OSError, ValueError):
        return


def _main() -> int:
    _bound_memory()
    try:
        png = draw_here(sys.stdin.buffer.read().decode(), sys.argv[1])
    except ValueError as error:
        sys.stderr.write(str(error))
        return _REFUSED
    sys.stdout.buffer.write(png)
    return 0


if __name__ == "__main__":
    sys.exit(_main())

"""Random SVGs that are plotted otherwise than resvg shows them.

The same as `tests/plot/test_random_svgs.py`, for more of them. Prints the numbers of those that
differ, with the notes that say why; a difference without a note is a fault of the reader, of the
plot, or of resvg.
"""

from __future__ import annotations

import argparse

from tests.plot.misdrawn import is_misdrawn, plotted
from tests.plot.random_svgs import make


def main() -> None:
    """Read the flags and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=2000)
    flags = parser.parse_args()
    differing = silent = 0
    for seed in range(flags.first, flags.first + flags.count):
        given, meant, thin = make(seed)
        plot, notes = plotted(given)
        if is_misdrawn(plot, meant, thin):
            differing += 1
            silent += not notes
            print(f"{seed}: {'; '.join(notes) or 'no note'}", flush=True)
    print(f"{differing} of {flags.count} differ, {silent} of them without a note")


if __name__ == "__main__":
    main()

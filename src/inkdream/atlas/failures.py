"""failed.json: the tiles that failed for good, which several processes may note at once."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path

from inkdream.atlas.folder import FAILED, is_done
from inkdream.atlas.reading import KEY, LeftOut, natural, read_failed
from inkdream.errors import InputError
from inkdream.storage import holding, write_whole

_PATIENCE = 30.0


def note_failed(atlas: Path, failed: Mapping[str, tuple[str, str]]) -> None:
    """Bring failed.json up to date: it goes where nothing is left in it.

    Args:
        atlas: its folder; other processes may have noted their own failures in it.
        failed: title and error of each tile that failed now, by its key.

    Raises:
        RunError: if it cannot be written.
    """
    with _alone(atlas):
        path = atlas / FAILED
        # What cannot be read has no key, and is not kept.
        noted = {each.key: each for each in read_failed(path) if KEY.fullmatch(each.key)}
        noted |= {key: LeftOut(key, *words) for key, words in failed.items()}
        left = [each for each in noted.values() if not is_done(atlas, each.key)]
        if left:
            left.sort(key=lambda each: (natural(each.title), each.key))
            write_whole(path, json.dumps([asdict(each) for each in left], indent=1) + "\n")
        else:
            path.unlink(missing_ok=True)


@contextmanager
def _alone(atlas: Path) -> Iterator[None]:
    """Wait until no other process is in such a block of this atlas; not for long."""
    patience = time.monotonic() + _PATIENCE
    with ExitStack() as stack:
        while True:
            try:
                stack.enter_context(holding(atlas))
                break
            except InputError:
                if time.monotonic() > patience:
                    raise
                time.sleep(0.05)
        yield

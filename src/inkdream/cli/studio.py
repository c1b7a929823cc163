"""`inkdream studio`: a page on one's own machine, served until Ctrl-C."""

from __future__ import annotations

import webbrowser
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from inkdream.cli.terminal import Terminal
from inkdream.errors import InputError
from inkdream.studio.flags import StudioFlags
from inkdream.wording import how_to_install

_NEEDED = ("starlette", "uvicorn", "websockets")


def open_studio(folder: Path, flags: StudioFlags) -> int:
    """Serve the studio; return the exit code.

    Args:
        folder: of the runs.
        flags: how.

    Raises:
        InputError: if it cannot be opened.
    """
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise InputError(f"the studio needs {missing[0]}: {how_to_install('studio')}")
    from inkdream.studio.app import Settings
    from inkdream.studio.serve import LOCAL, listen, opened, serve

    own = _own(flags.network) if flags.network else []
    settings = Settings(folder, flags.max_runs, flags.allow_code, own)
    console = Terminal(soft_wrap=True)

    def say(words: str) -> None:
        console.print(words)

    def opening(link: str) -> None:
        if not flags.no_browser:
            webbrowser.open(link)

    with opened(settings) as studio, listen(flags.host or LOCAL, flags.port) as listening:
        serve(studio, listening, flags.allow_host or (), say, opening)
    return 0


def _own(words: list[str]) -> list[dict[str, Any]]:
    """Return the tables of the user's own networks; their files have whole paths."""
    from inkdream.recipe import split_networks
    from inkdream.recipe.files import beside, change_networks

    tables: list[dict[str, Any]] = change_networks(
        {"networks": split_networks(words)}, beside(Path())
    )["networks"]
    return tables

"""`inkdream studio`: a page on one's own machine, served until Ctrl-C."""

from __future__ import annotations

import webbrowser
from importlib.util import find_spec
from pathlib import Path

from inkdream.cli.terminal import Terminal
from inkdream.errors import InputError
from inkdream.recipe import split_networks
from inkdream.wording import how_to_install

MOST_RUNS = 64
_NEEDED = ("starlette", "uvicorn", "websockets")


def open_studio(
    folder: Path,
    *,
    port: int | None,
    browser: bool,
    most_runs: int,
    allow_code: bool,
    networks: list[str],
    address: str | None,
    hosts: list[str],
) -> int:
    """Serve the studio; return the exit code.

    Args:
        folder: of the runs.
        port: None for the usual one, or the next that is free.
        browser: whether to open the page.
        most_runs: drawn at once.
        allow_code: whether the page may name networks.
        networks: sources of the user's own.
        address: to listen on; None for this machine alone.
        hosts: names by which others ask for it.

    Raises:
        InputError: if it cannot be opened.
    """
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise InputError(f"the studio needs {missing[0]}: {how_to_install('studio')}")
    if not 1 <= most_runs <= MOST_RUNS:
        raise InputError(f"--max-runs {most_runs}: write 1 to {MOST_RUNS}")
    if address is not None and not hosts:
        raise InputError(
            f"--host {address}: who is there may begin programs on this machine; "
            "--allow-host NAME says that it is meant, and by which name the page is asked for"
        )
    if hosts and address is None:
        raise InputError("--allow-host: is for --host ADDRESS")
    from inkdream.studio.app import Settings
    from inkdream.studio.serve import LOCAL, listen, opened, serve

    own = [
        table.model_dump(mode="json", exclude_defaults=True) for table in split_networks(networks)
    ]
    settings = Settings(folder, most_runs, allow_code, own)
    console = Terminal(soft_wrap=True)

    def say(words: str) -> None:
        console.print(words)

    def opening(link: str) -> None:
        if browser:
            webbrowser.open(link)

    with opened(settings) as studio, listen(address or LOCAL, port) as listening:
        serve(studio, listening, hosts, say, opening)
    return 0

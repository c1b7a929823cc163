"""What `inkdream studio` can be told; read without the server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter

from inkdream.errors import InputError
from inkdream.usage import EXPERT, OUTPUT, TIME, WHOLE, Several, Switch, value

MOST_RUNS = 64


@Parameter(name="*")
@dataclass(frozen=True)
class StudioFlags:
    """How the studio is served, and what its page may do.

    Raises:
        InputError: if a flag has no meaning alone, or its number cannot be.
    """

    max_runs: Annotated[int, WHOLE, TIME, value("N")] = 1
    """How many drawings are made at once, 1 to 64; others wait their turn."""
    no_browser: Annotated[Switch, OUTPUT] = False
    """Print the link, and open nothing."""
    port: Annotated[int | None, WHOLE, EXPERT, value("N")] = None
    """On which it is served. Default 8617, or the next that is free."""
    network: Annotated[Several, EXPERT, value("SOURCE")] = None
    """A network of your own, as for inkdream draw."""
    allow_code: Annotated[Switch, EXPERT] = False
    """Let the page name networks, which run as programs do."""
    host: Annotated[str | None, EXPERT, value("ADDRESS")] = None
    """Serve it to other machines too, on this address. Whoever has the link may begin programs
    here: on a network that you trust, and with --allow-host."""
    allow_host: Annotated[Several, EXPERT, value("NAME")] = None
    """A name by which the page is asked for from elsewhere, as in --host 0.0.0.0 --allow-host
    studio.local."""

    def __post_init__(self) -> None:
        if not 1 <= self.max_runs <= MOST_RUNS:
            raise InputError(f"--max-runs {self.max_runs}: write 1 to {MOST_RUNS}")
        if self.port is not None and not 1 <= self.port < 2**16:
            raise InputError(f"--port {self.port}: write 1 to {2**16 - 1}")
        if self.host is not None and not self.allow_host:
            raise InputError(
                f"--host {self.host}: who is there may begin programs on this machine; "
                "--allow-host NAME says that it is meant, and by which name the page is asked for"
            )
        if self.allow_host and self.host is None:
            raise InputError("--allow-host: is for --host ADDRESS")

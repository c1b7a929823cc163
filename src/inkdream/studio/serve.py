"""Opening the studio: its folder, its port, and what is said at its door."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress

import uvicorn

from inkdream.errors import InputError, shorten
from inkdream.storage import holding, try_writing
from inkdream.studio.app import Settings, Studio
from inkdream.studio.guard import Guard
from inkdream.studio.places import Places
from inkdream.studio.runner import left_running
from inkdream.wording import counted

PORT = 8617
_PORTS = 10
# This machine alone, unless somebody says otherwise, twice.
LOCAL = "127.0.0.1"
SECONDS_TO_CLOSE = 1.0
# A step can take some seconds; then the files are written.
SECONDS_TO_STOP = 60.0


@contextmanager
def opened(settings: Settings) -> Iterator[Studio]:
    """Open a folder for one studio.

    Args:
        settings: its folder, and how it is to be used.

    Raises:
        InputError: if it cannot be written, or another studio has it open.
    """
    places = Places(settings.folder)
    try:
        places.home.mkdir(parents=True, exist_ok=True)
        try_writing(places.home)
    except OSError as error:
        why = error.strerror or error
        raise InputError(f"{places.folder}: cannot be written ({why})") from error
    with ExitStack() as stack:
        try:
            stack.enter_context(holding(places.home))
        except InputError as error:
            taken = "another studio has it open; use its page, or close it"
            raise InputError(f"{places.folder}: {taken}") from error
        yield Studio(settings)


def listen(host: str, port: int | None) -> socket.socket:
    """Return a socket that listens.

    Args:
        host: the address to listen on.
        port: None for the usual one, or the next of ten that is free.

    Raises:
        InputError: if the port is taken, or the address is not this machine's.
    """
    ports = range(PORT, PORT + _PORTS) if port is None else [port]
    for number in ports:
        try:
            return socket.create_server((host, number), reuse_port=False)
        except OSError as error:
            reason = error.strerror or str(error)
    named = f"--port {port}" if port is not None else f"ports {PORT} to {PORT + _PORTS - 1}"
    raise InputError(f"{named} on {shorten(host)}: cannot be listened on ({reason})")


def serve(
    studio: Studio,
    listening: socket.socket,
    hosts: Sequence[str],
    say: Callable[[str], None],
    opening: Callable[[str], None],
) -> None:
    """Serve the studio until Ctrl-C; then stop what it draws.

    A second Ctrl-C leaves runs to themselves; the next studio adopts them.

    Args:
        studio: opened.
        listening: where.
        hosts: names besides this machine's own by which it may be asked.
        say: takes a line for the terminal.
        opening: takes the address to be opened first.
    """
    port = int(listening.getsockname()[1])
    guard = Guard(studio.application(), port, hosts)

    def link() -> str:
        return f"http://{hosts[0] if hosts else LOCAL}:{port}/?key={guard.key}"

    config = uvicorn.Config(
        guard,
        log_level="warning",
        access_log=False,
        server_header=False,
        ws="websockets-sansio",
        # A packet is numbers already; compressing it kept the server from all else.
        ws_per_message_deflate=False,
        ws_max_size=2**16,
        timeout_graceful_shutdown=1,
        h11_max_incomplete_event_size=2**16,
    )
    server = uvicorn.Server(config)
    first = link()
    say(first)
    say("the link works once, and is this machine's alone; Ctrl-C closes the studio")
    opening(first)
    guard.entered = lambda: say(f"for another browser: {link()}")
    with suppress(KeyboardInterrupt):
        server.run(sockets=[listening])
    _close(studio, say)


def _close(studio: Studio, say: Callable[[str], None]) -> None:
    """Stop what is drawn, and wait for it."""
    runner = studio.runner
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        if count := runner.stop_all():
            say(f"stopping {counted(count, 'run')}; Ctrl-C again leaves them to go on")
            runner.wait(SECONDS_TO_STOP)
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGINT, before)
    if words := left_running(runner):
        say(words)

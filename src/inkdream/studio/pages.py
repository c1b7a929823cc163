"""The page itself: a fixed list of files, of the studio's own and of those that pages share."""

from __future__ import annotations

import gzip
from functools import cache
from importlib import resources

from starlette.requests import Request
from starlette.responses import Response

from inkdream.studio.places import NotThereError
from inkdream.web import SHARED, shared_file

_KINDS = {
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
}


async def index(request: Request) -> Response:
    """Answer with the page."""
    return _answer("index.html", request)


async def static(request: Request) -> Response:
    """Answer with a file that the page loads.

    Raises:
        NotThereError: for any name that is none of them.
    """
    return _answer(request.path_params["name"], request)


def _answer(name: str, request: Request) -> Response:
    content, headers = read(name), {"Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        content, headers = packed(name), {**headers, "Content-Encoding": "gzip"}
    return Response(content, headers=headers, media_type=_KINDS[name.rpartition(".")[2]])


@cache
def names() -> frozenset[str]:
    """Return the names of all files of the page."""
    own = (each.name for each in resources.files(__package__).joinpath("web").iterdir())
    return frozenset((*SHARED, *(name for name in own if name.rpartition(".")[2] in _KINDS)))


@cache
def read(name: str) -> bytes:
    """Return a file of the page.

    Raises:
        NotThereError: for any other name.
    """
    if name not in names():
        raise NotThereError(f"{name[:60]}: the page has no such file")
    if name in SHARED:
        return shared_file(name)
    return resources.files(__package__).joinpath("web", name).read_bytes()


@cache
def packed(name: str) -> bytes:
    """Return a file of the page, compressed once: a tablet in the studio's network takes a third.

    Raises:
        NotThereError: for any other name.
    """
    return gzip.compress(read(name), mtime=0)

"""Who may ask the studio for what: checked before any of it is looked at.

The page can begin programs and read one's runs, so no other page may speak to it: not by a form,
not by a name that is made to mean this machine (DNS rebinding), not by a WebSocket.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Iterable
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from inkdream.errors import InputError

JSON, ANY = "application/json", "application/octet-stream"
UPLOADS = "/api/uploads"
MOST_JSON, MOST_UPLOAD = 2**20, 2**25
POLICY = (
    "default-src 'self'; img-src 'self' blob: data:; style-src 'self'; script-src 'self'; "
    "connect-src 'self'; frame-src 'none'; object-src 'none'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
# Files that others may have written are looked at, and run nothing.
SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_NO_KEY = (
    "<!doctype html><html lang=en><meta charset=utf-8><title>inkdream studio</title>"
    "<h1>This page needs its key</h1><p>Open it by the link that <code>inkdream studio</code> "
    "printed in the terminal. Each link works once; another is printed when one was used.</p>"
)
_READS = ("GET", "HEAD")


class TooLargeError(InputError):
    """More was sent than is taken."""


class Guard:
    """Lets through what comes from the studio's own page, in sizes that it can take."""

    def __init__(self, app: ASGIApp, port: int, hosts: Iterable[str] = ()) -> None:
        """Stand before an application.

        Args:
            app: what is guarded.
            port: on which it listens.
            hosts: names, besides this machine's own, by which it may be asked.
        """
        names = ("127.0.0.1", "localhost", "[::1]", *hosts)
        self.app = app
        self.hosts = frozenset(f"{name}:{port}" for name in names)
        # Cookies are one machine's, whatever the port: two studios must not share one.
        self._cookie_name = f"inkdream-{port}"
        self._cookie = secrets.token_urlsafe(32)
        self.key = secrets.token_urlsafe(32)
        # Called when the key was used, and there is a new one.
        self.entered: Callable[[], None] = lambda: None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or let it through."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = self._refusal(scope, headers)
        if scope["type"] == "websocket":
            if refusal is not None:
                await receive()
                await send({"type": "websocket.close", "code": 1008})
                return
            await self.app(scope, receive, send)
            return
        send = _with_headers(send)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        most = MOST_UPLOAD if scope["path"] == UPLOADS else MOST_JSON
        await self.app(scope, _counted(receive, most), send)

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        """Return the answer to what may not be asked; None if it may."""
        hosts = headers.getlist("host")
        if len(hosts) != 1 or hosts[0] not in self.hosts:
            return _said("this is not one of the studio's own addresses", 400)
        is_read = scope["type"] == "http" and scope["method"] in _READS
        if is_read and scope["path"] == "/" and (keys := parse_qs(_query(scope)).get("key")):
            return self._enter(keys[0])
        if not self._has_cookie(headers):
            return HTMLResponse(_NO_KEY, 403) if is_read else _said("no key: reload the page", 403)
        is_own = headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")
        if not is_own or not (is_read or headers.getlist("origin") == [f"http://{hosts[0]}"]):
            return _said("another page may not ask the studio", 403)
        has_body = not is_read and scope["type"] == "http"
        return _wrong_body(scope, headers) if has_body else None

    def _enter(self, key: str) -> Response:
        """Trade the key for a cookie: it works once, and stays in no history."""
        if not hmac.compare_digest(key.encode(), self.key.encode()):
            return HTMLResponse(_NO_KEY, 403)
        self.key = secrets.token_urlsafe(32)
        self.entered()
        response = RedirectResponse("/", 303)
        response.set_cookie(self._cookie_name, self._cookie, httponly=True, samesite="strict")
        return response

    def _has_cookie(self, headers: Headers) -> bool:
        try:
            morsel = SimpleCookie(headers.get("cookie", "")).get(self._cookie_name)
        except CookieError:
            return False
        return morsel is not None and hmac.compare_digest(
            morsel.value.encode(), self._cookie.encode()
        )


def _wrong_body(scope: Scope, headers: Headers) -> Response | None:
    """Return the answer to a body of another kind, or too large by its own word."""
    wanted = ANY if scope["path"] == UPLOADS else JSON
    # A form of another page can send text, but not this without being asked for leave first.
    if headers.get("content-type", "").partition(";")[0].strip().lower() != wanted:
        return _said(f"write Content-Type: {wanted}", 415)
    most = MOST_UPLOAD if scope["path"] == UPLOADS else MOST_JSON
    length = headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > most:
        return _said(f"too large: at most {most // 2**20} MiB", 413)
    return None


def _counted(receive: Receive, most: int) -> Receive:
    """Return what receives a body, and stops where it grows larger than it may."""
    total = 0

    async def counted() -> Message:
        nonlocal total
        message = await receive()
        total += len(message.get("body", b""))
        if total > most:
            raise TooLargeError(f"too large: at most {most // 2**20} MiB")
        return message

    return counted


def _with_headers(send: Send) -> Send:
    """Return what sends answers with the headers that all of them have."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.setdefault("Content-Security-Policy", POLICY)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sent


def _said(words: str, status: int) -> JSONResponse:
    return JSONResponse({"error": words, "key": ""}, status)


def _query(scope: Scope) -> str:
    return str(scope["query_string"].decode("ascii", "replace"))

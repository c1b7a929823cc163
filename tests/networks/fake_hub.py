"""A Hugging Face hub on this machine: it has what a folder holds, and notes what it is asked."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

COMMIT = "0123456789abcdef" * 2 + "01234567"


@contextmanager
def fake_hub(folder: Path, revision: str = "main") -> Iterator[tuple[str, list[str]]]:
    """Serve a folder as the one model of a hub; yield its address, and a list of what was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.answer()

        def do_GET(self) -> None:
            self.answer()

        def answer(self) -> None:
            asked.append(f"{self.command} {self.path} {self.headers.get('user-agent', '')}")
            _, _, rest = self.path.partition("/resolve/")
            at, _, name = rest.partition("/")
            path = folder / name
            self.send_response(200 if path.is_file() and at in (revision, COMMIT) else 404)
            self.send_header("X-Repo-Commit", COMMIT)
            if not path.is_file():
                self.send_header("X-Error-Code", "EntryNotFound")
            elif at not in (revision, COMMIT):
                self.send_header("X-Error-Code", "RevisionNotFound")
            content = path.read_bytes() if path.is_file() else b""
            self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()

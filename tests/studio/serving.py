"""A studio that is open while tests ask it things, and a browser without a browser."""

import http.client
import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

WORDS = [sys.executable, "-m", "inkdream", "studio"]
LINK = re.compile(r"http://127\.0\.0\.1:(\d+)/\?key=(\S+)")


class Client:
    """Asks as the page does, unless told otherwise."""

    def __init__(self, port: int, key: str) -> None:
        self.port, self.host = port, f"127.0.0.1:{port}"
        self.origin = f"http://{self.host}"
        status, headers, _ = self.ask("GET", f"/?key={key}")
        assert (status, headers["location"]) == (303, "/")
        self.cookie = headers["set-cookie"].partition(";")[0]
        self.set_cookie = headers["set-cookie"]

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str | None):
        """Return status, headers and body; headers of None are left out, whatever is usual."""
        usual = {"Host": self.host, "Cookie": getattr(self, "cookie", None)}
        if method != "GET":
            usual |= {"Origin": self.origin, "Content-Type": "application/json"}
        usual |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in usual.items():
                if value is not None:
                    connection.putheader(name, value)
            if body is not None and "Content-Length" not in usual:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def get(self, path: str):
        status, _, body = self.ask("GET", path)
        assert status == 200, (path, status, body)
        return json.loads(body)

    def post(self, path: str, **table: object):
        """Return status and answer."""
        status, _, body = self.ask("POST", path, json.dumps(table).encode())
        return status, json.loads(body)

    def wait_for(self, run: str, *states: str, seconds: float = 300) -> dict:
        """Return a run's summary as soon as it is in one of these states."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            about = self.get(f"/api/runs/{run}")
            if about["state"] in states:
                return about
            time.sleep(0.2)
        raise AssertionError(f"{run} is {about['state']}, not {states}: {about['log']}")


@contextmanager
def opened(folder: Path, *flags: str) -> Iterator[tuple[subprocess.Popen, Client]]:
    """Open a studio; it is stopped at the end, and what it draws with it."""
    process = subprocess.Popen(
        [*WORDS, str(folder), "--no-browser", *flags],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        match = None
        lines = []
        while not match and (line := process.stdout.readline()):
            lines.append(line)
            match = LINK.search(line)
        assert match, lines
        yield process, Client(int(match[1]), match[2])
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        try:
            process.wait(90)
        finally:
            process.kill()
            process.stdout.close()

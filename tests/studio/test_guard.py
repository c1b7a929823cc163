"""Who may ask the studio for what: the written answers to requests of others."""

import json
import os
import socket
import struct
import zlib
from contextlib import suppress
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from inkdream.studio.guard import MOST_UPLOAD
from inkdream.studio.places import Places, run_id
from tests.studio.serving import Client, opened

RECIPE = (
    'steps = 4\nwidth = 16\nheight = 16\nmedium = "pixels"\n[page]\nwidth = 148\nheight = 210\n'
)
SCRIPT = "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
SECRET = "what nobody may read"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory) -> Path:
    """A folder of runs beside others that must not be reached."""
    home = tmp_path_factory.mktemp("studio")
    folder = home / "runs"
    for name in ("one", "other"):
        (folder / name).mkdir(parents=True)
        (folder / name / "recipe.toml").write_text(RECIPE)
    (folder / "one" / "drawing.svg").write_text(SCRIPT)
    (home / "runs2").mkdir()
    (home / "runs2" / "recipe.toml").write_text(RECIPE)
    (home / "secret.txt").write_text(SECRET)
    (home / "secret.png").write_text(SECRET)
    (folder / "other" / "drawing.png").symlink_to(home / "secret.png")
    (folder / "linked").symlink_to(home / "runs2")
    return folder


@pytest.fixture(scope="module")
def client(shelf: Path):
    with opened(shelf) as (_, client):
        yield client


def bomb() -> bytes:
    """Return a PNG of 65,500 x 65,500 px in some KB."""
    header = struct.pack(">IIBBBBB", 65500, 65500, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(10**6))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


ONE, OTHER = run_id("one"), run_id("other")
# What is asked, with what headers, and the answer.
REFUSED = {
    "another name for this machine": (("GET", "/"), {"Host": "evil.example:{port}"}, 400),
    "its name without the port": (("GET", "/"), {"Host": "127.0.0.1"}, 400),
    "a name that begins like its own": (("GET", "/"), {"Host": "127.0.0.1.evil:{port}"}, 400),
    "no name": (("GET", "/"), {"Host": None}, 400),
    "no cookie": (("GET", "/api/runs"), {"Cookie": None}, 403),
    "no cookie for a file": (("GET", "/static/look.css"), {"Cookie": None}, 403),
    "another cookie": (("GET", "/api/runs"), {"Cookie": "inkdream-{port}=guess"}, 403),
    "another studio's cookie": (("GET", "/api/runs"), {"Cookie": "inkdream-1={value}"}, 403),
    "a key that is none": (("GET", "/?key=guess"), {}, 403),
    "a form of another page": (
        ("POST", f"/api/runs/{ONE}/star", b"{}"),
        {"Origin": "http://evil.example", "Content-Type": "text/plain"},
        403,
    ),
    "another page's request": (
        ("POST", f"/api/runs/{ONE}/star", b"{}"),
        {"Origin": "http://evil.example"},
        403,
    ),
    "an origin that begins like its own": (
        ("POST", f"/api/runs/{ONE}/star", b"{}"),
        {"Origin": "http://127.0.0.1:{port}.evil.example"},
        403,
    ),
    "no origin": (("POST", f"/api/runs/{ONE}/star", b"{}"), {"Origin": None}, 403),
    "an origin of null": (("POST", f"/api/runs/{ONE}/star", b"{}"), {"Origin": "null"}, 403),
    "another page's look": (("GET", "/api/runs"), {"Sec-Fetch-Site": "cross-site"}, 403),
    "text for JSON": (
        ("POST", f"/api/runs/{ONE}/star", b"{}"),
        {"Content-Type": "text/plain"},
        415,
    ),
    "JSON as an upload": (("POST", "/api/uploads", b"{}"), {}, 415),
    "no JSON": (("POST", f"/api/runs/{ONE}/star", b"{"), {}, 400),
    "a list for a table": (("POST", f"/api/runs/{ONE}/star", b"[]"), {}, 400),
    "JSON that nests": (("POST", f"/api/runs/{ONE}/star", b"[" * 10**5), {}, 400),
    "too much JSON": (("POST", "/api/runs", b" " * (2**20 + 1)), {}, 413),
    "a file outside": (("GET", f"/api/runs/{ONE}/file/..%2f..%2fsecret.txt"), {}, 404),
    "a file outside by dots": (("GET", f"/api/runs/{ONE}/file/../../secret.txt"), {}, 404),
    "a file that has no such name": (("GET", f"/api/runs/{ONE}/file/state.json"), {}, 404),
    "a link out of the folder": (("GET", f"/api/runs/{OTHER}/file/drawing.png"), {}, 404),
    "a linked folder": (("GET", f"/api/runs/{run_id('linked')}"), {}, 404),
    "a sibling folder": (("GET", f"/api/runs/{run_id('runs2')}"), {}, 404),
    "a run by its path": (("GET", "/api/runs/..%2fruns2"), {}, 404),
    "a static file outside": (("GET", "/static/..%2f__init__.py"), {}, 404),
    "a plot by its path": (("GET", f"/api/runs/{ONE}/plot/..%2f..%2f..%2f/secret.txt"), {}, 404),
    "a network by its file": (("GET", "/api/networks/net.pt2"), {}, 404),
    "an upload by its path": (("GET", "/api/uploads/..%2f..%2f..%2fsecret.txt"), {}, 404),
}


@pytest.mark.parametrize("name", REFUSED)
def test_requests_of_others_are_refused(client: Client, name: str) -> None:
    (method, path, *body), headers, status = REFUSED[name]
    value = client.cookie.partition("=")[2]
    filled = {
        key: each and each.replace("{port}", str(client.port)).replace("{value}", value)
        for key, each in headers.items()
    }
    answered, _, text = client.ask(method, path, *body, **filled)
    assert answered == status, text
    assert SECRET.encode() not in text


def test_the_key_works_once_and_leaves_a_cookie_of_this_page_alone(client: Client) -> None:
    assert "HttpOnly" in client.set_cookie
    assert "SameSite=strict" in client.set_cookie
    _, headers, _ = client.ask("GET", "/api/runs")
    assert "access-control-allow-origin" not in headers
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["content-security-policy"].startswith("default-src 'self'")


def test_recipes_name_no_paths_and_no_code(client: Client, shelf: Path) -> None:
    beside = str(shelf.parent / "secret.png")
    like = {"terms": [{"kind": "like", "picture": beside}]}
    for table, words in (
        (like, "drop it here"),
        ({"origin": beside}, "drop it here"),
        ({"origin": f"run:{ONE}/../../secret.png"}, "is not there"),
        ({"origin": "upload:../../../secret.png"}, "is not there"),
        ({"networks": [{"name": "x", "source": "os:getcwd"}]}, "--allow-code"),
        ({"terms": [{"kind": "text", "words": "a", "model": "/tmp"}]}, "--allow-code"),
    ):
        _, checked = client.post("/api/recipe/check", table=table)
        assert not checked["ok"]
        assert words in checked["error"]
        status, refused = client.post("/api/runs", table=table)
        assert status == 400
        assert words in refused["error"]
    assert {path.name for path in shelf.iterdir()} == {".studio", "one", "other", "linked"}


def test_uploads_are_counted_looked_at_and_named_by_what_they_hold(
    client: Client, shelf: Path
) -> None:
    kind = {"Content-Type": "application/octet-stream"}
    for body, status in (
        (b"neither picture nor recipe", 400),
        (bomb(), 400),
        (b"\x89PNG" + os.urandom(64), 400),
    ):
        assert client.ask("POST", "/api/uploads", body, **kind)[0] == status
    large = {**kind, "Content-Length": str(MOST_UPLOAD + 1)}
    assert client.ask("POST", "/api/uploads", None, **large)[0] == 413
    # What comes in parts says no length before.
    parts = b"".join(b"100000\r\n" + bytes(2**20) + b"\r\n" for _ in range(33)) + b"0\r\n\r\n"
    chunked = {**kind, "Transfer-Encoding": "chunked", "Content-Length": None}
    # It may be cut off while it is still sending.
    with suppress(BrokenPipeError, ConnectionResetError):
        assert client.ask("POST", "/api/uploads", parts, **chunked)[0] == 413
    status, _, text = client.ask("POST", "/api/uploads", SCRIPT.encode(), **kind)
    about = json.loads(text)
    assert (status, about["kind"]) == (201, "svg")
    _, headers, body = client.ask("GET", about["url"])
    assert body == SCRIPT.encode()
    assert headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    kept = [path.name for path in Places(shelf).uploads.iterdir()]
    assert kept == [about["id"]]


def test_scripts_in_a_runs_svg_do_not_run(client: Client) -> None:
    _, headers, body = client.ask("GET", f"/api/runs/{ONE}/file/drawing.svg")
    assert body == SCRIPT.encode()
    assert headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("wrong", ["Origin", "Cookie", "Host"])
def test_sockets_open_for_the_page_alone(client: Client, wrong: str) -> None:
    address = f"ws://{client.host}/api/news"
    headers = {"Cookie": client.cookie}
    with connect(address, additional_headers=headers, origin=client.origin) as open_:
        assert json.loads(open_.recv())["type"] == "hello"
    origin = "http://evil.example" if wrong == "Origin" else client.origin
    if wrong == "Cookie":
        headers = {}
    if wrong == "Host":
        address = f"ws://evil.example:{client.port}/api/news"
    # To this machine, whatever the name: what DNS rebinding does.
    with (
        socket.create_connection(("127.0.0.1", client.port)) as there,
        pytest.raises(InvalidStatus, match="403"),
        connect(address, additional_headers=headers, origin=origin, sock=there),
    ):
        pass

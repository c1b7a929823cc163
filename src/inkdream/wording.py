"""Words for people: counts, lists, and commands to be copied.

`pip install 'inkdream[zoo]'` works only for a copy that came from a package index. pip and uv note
where a package came from (PEP 610): from a folder, a wheel, or a repository.
"""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePath

from inkdream.errors import shorten


def counted(number: int, word: str) -> str:
    """Return a number of things.

    >>> counted(1, "stroke"), counted(2000, "stroke")
    ('1 stroke', '2,000 strokes')
    """
    return f"{number:,} {word}" + ("" if number == 1 else "s")


def listed(names: Sequence[str], most: int = 6) -> str:
    """Return names with commas and 'and' between them, at most so many of them.

    >>> listed(["red"]), listed(["red", "blue", "green"]), listed(["a", "b", "c", "d"], most=2)
    ('red', 'red, blue and green', 'a, b and 2 more')
    """
    shown = list(names) if len(names) <= most else [*names[:most], f"{len(names) - most} more"]
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else "".join(shown)


def names_of(titles: Iterable[str], most: int = 8) -> str:
    """Return names in one line: the first of them, shortened, and how many more there are.

    >>> names_of(["night", "day", "dusk"], most=2)
    'night, day and 1 more'
    """
    words = [shorten(title, 40) for title in titles]
    more = f" and {len(words) - most} more" if len(words) > most else ""
    return ", ".join(words[:most]) + more


def command() -> str:
    """Return how this program can be called again, for lines that are to be copied.

    `inkdream` where the shell finds it by that name; else the path that it was called by, as
    `make draw` calls it before anybody has put its folder on the PATH.
    """
    called = Path(sys.argv[0])
    is_path = called.stem == "inkdream" and len(called.parts) > 1
    return shell_word(called) if is_path and shutil.which("inkdream") is None else "inkdream"


def shell_word(word: str | PurePath) -> str:
    """Return a word, such as a path, as the shells of this system take it.

    cmd knows no single quotes, and to PowerShell a quoted path is no command: on Windows a word
    is quoted only if it has to be.
    """
    text = str(word)
    return subprocess.list2cmdline([text]) if sys.platform == "win32" else shlex.quote(text)


NAME = "inkdream"


def how_to_install(extra: str, name: str = NAME) -> str:
    """Return the command that adds an extra to the copy that runs this.

    Args:
        extra: as pyproject.toml names it: 'zoo', 'text'.
        name: of the installed distribution.

    Returns:
        For a clone whose environment `make` has made 'make extras in FOLDER', else a command of
        the installer that installed it; 'make extras in the clone' for a copy that nothing
        installed.
    """
    # What installers note is asked for where something is missing, and by nothing else here.
    from importlib import metadata
    from urllib.parse import urlsplit
    from urllib.request import url2pathname

    try:
        distribution = metadata.distribution(name)
        origin = json.loads(distribution.read_text("direct_url.json") or "{}")
    except metadata.PackageNotFoundError:
        return "make extras in the clone"
    except (OSError, ValueError):
        origin = {}
    install = _installing(name, (distribution.read_text("INSTALLER") or "").strip())
    wanted = f"{name}[{extra}]"
    if not isinstance(origin, dict) or not (url := str(origin.get("url", ""))):
        return f"{install} {shell_word(wanted)}"
    if "dir_info" in origin:
        # /C:/inkdream is C:\inkdream on Windows.
        folder = Path(url2pathname(urlsplit(url).path))
        if Path(sys.prefix) == folder / ".venv" and (folder / ".venv/installed").exists():
            return f"make extras in {folder}"
        editable = "--editable " if origin["dir_info"].get("editable") else ""
        return f"{install} {editable}{shell_word(f'{folder}[{extra}]')}"
    if system := origin.get("vcs_info", {}).get("vcs"):
        url = f"{system}+{url}@{origin['vcs_info'].get('commit_id', 'HEAD')}"
    return f"{install} {shell_word(f'{wanted} @ {url}')}"


def _installing(name: str, installer: str) -> str:
    """Return the command that installs into this environment, whichever the shell is in."""
    prefix = Path(sys.prefix)
    if (prefix / "pipx_metadata.json").exists():
        return f"pipx runpip {name} install"
    if installer == "uv":
        return f"uv pip install --python {shell_word(prefix)}"
    pip = shutil.which("pip")
    is_ours = pip is not None and Path(pip).is_relative_to(prefix)
    return "pip install" if is_ours else f"{shell_word(sys.executable)} -m pip install"

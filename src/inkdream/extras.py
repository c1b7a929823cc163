"""How a part of inkdream that is not installed by default is added to what is installed.

`pip install 'inkdream[zoo]'` works only for a copy that came from a package index. pip and uv note
where a package came from (PEP 610): from a folder, a wheel, or a repository.
"""

from __future__ import annotations

import json
import shlex
import sys
from importlib import metadata
from pathlib import Path
from urllib.parse import unquote, urlsplit

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
    try:
        distribution = metadata.distribution(name)
        origin = json.loads(distribution.read_text("direct_url.json") or "{}")
    except metadata.PackageNotFoundError:
        return "make extras in the clone"
    except (OSError, ValueError):
        origin = {}
    installer = (distribution.read_text("INSTALLER") or "").strip()
    install = "uv pip install" if installer == "uv" else "pip install"
    wanted = f"{name}[{extra}]"
    if not isinstance(origin, dict) or not (url := str(origin.get("url", ""))):
        return f"{install} {shlex.quote(wanted)}"
    if "dir_info" in origin:
        folder = Path(unquote(urlsplit(url).path))
        if Path(sys.prefix) == folder / ".venv":
            return f"make extras in {folder}"
        editable = "--editable " if origin["dir_info"].get("editable") else ""
        return f"{install} {editable}{shlex.quote(f'{folder}[{extra}]')}"
    if system := origin.get("vcs_info", {}).get("vcs"):
        url = f"{system}+{url}@{origin['vcs_info'].get('commit_id', 'HEAD')}"
    return f"{install} {shlex.quote(f'{wanted} @ {url}')}"

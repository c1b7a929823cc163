"""Make docs/api.md from the docstrings of the public names, so that the page is never wrong.

.venv/bin/python docs/make_api_page.py
"""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import inkdream

PAGE = Path(__file__).with_name("api.md")

INTRO = """# The library

<!-- Made by docs/make_api_page.py from the docstrings of inkdream; change those, not this. -->

```python
import inkdream as ink
```

loads nothing: torch comes when something is drawn. Nothing here prints, takes over signals, or
changes what belongs to the whole process (threads, default types, random numbers), so it can be
called from a notebook, from threads, from `asyncio.to_thread` and in process pools. The keys of
a recipe stand in [recipe.md](recipe.md), targets in [objectives.md](objectives.md), machines in
[plotting.md](plotting.md). The tests run the examples.

Two threads may draw at the same time where Numba finds OpenMP or TBB (on Linux it does); elsewhere
take one thread, or processes.
"""
_SECTIONS = {
    "Args:": "Arguments",
    "Attributes:": "Attributes",
    "Raises:": "Errors",
    "Returns:": "Returns",
}


def page() -> str:
    """Return the page."""
    parts = [INTRO]
    for name in inkdream._HOMES:
        what = getattr(inkdream, name)
        parts.append(f"## {name}\n")
        if inspect.isfunction(what):
            parts.append(f"```python\n{_call(name, what)}\n```\n")
        parts.append(_markdown(what))
        if inspect.isclass(what) and not issubclass(what, Exception):
            parts += filter(None, (_member(name, *member) for member in vars(what).items()))
    return "\n".join(parts)


def _member(owner: str, name: str, member: Any) -> str:
    """Return what is told of a method or a property; "" for what is not public."""
    is_shared = isinstance(member, classmethod)
    inner = getattr(member, "__func__", None) or getattr(member, "fget", None)
    inner = inner or getattr(member, "func", member)
    if name.startswith("_") or not inspect.isfunction(inner) or name in ("model_post_init",):
        return ""
    called = inspect.isfunction(member) or is_shared
    title = _call(f"{owner}.{name}" if is_shared else name, inner) if called else name
    return f"### `{' '.join(title.split())}`\n\n{_markdown(inner)}"


def _call(name: str, function: Any) -> str:
    """Return how something is called: on one line, or one for each argument."""
    inner = re.sub(r"'([^']*)'", r"\1", str(inspect.signature(inspect.unwrap(function))))
    inner = re.sub(r"\((self|cls)(, )?", "(", inner)
    if len(name + inner) <= 90:
        return name + inner
    words, _, result = inner[1:].rpartition(")")
    words = re.sub(r", (?![^\[]*\])", ",\n    ", words)
    return f"{name}(\n    {words},\n){result}"


def _markdown(what: Any) -> str:
    """Return a docstring as Markdown: examples as code, sections as lists."""
    text = f"{inspect.getdoc(what)}\n"
    text = re.sub(r"^>>> (?:.+\n)+", r"```python\n\g<0>```\n", text, flags=re.MULTILINE)
    head, *sections = re.split(rf"^({'|'.join(_SECTIONS)})\n", text, flags=re.MULTILINE)
    for title, body in zip(sections[::2], sections[1::2], strict=True):
        named = re.sub(r"^    (\*?\w[\w, ]*): ", r"- `\1`: ", body, flags=re.MULTILINE)
        head += f"**{_SECTIONS[title]}**\n\n" + re.sub("^ +", "  ", named, flags=re.MULTILINE)
    return head


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

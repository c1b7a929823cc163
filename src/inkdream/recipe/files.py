"""The files that a recipe names: where they are, and a recipe that names others instead."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

Change = Callable[[str], str]

# The keys that hold the path of a file: at the top, in tables, and in the tables of lists.
AT_TOP = ("origin", "bare")
IN_TABLES: Mapping[str, tuple[str, ...]] = {"keep": ("from", "where")}
IN_LISTS: Mapping[str, tuple[str, ...]] = {
    "terms": ("picture", "pictures", "where", "importance"),
    "pens": ("where",),
}
# What a network's source is if it is no file is a function.
ARCHIVE = ".pt2"


def change_files(table: Mapping[str, Any], change: Change) -> dict[str, Any]:
    """Return a recipe's table with `change` done to the path of every file that it names.

    What is no path, or no table where there should be one, is left for others to refuse.
    """
    changed = {
        key: _changed(value, change) if key in AT_TOP else value for key, value in table.items()
    }
    for key, names in IN_TABLES.items():
        if key in changed:
            changed[key] = _change_entry(changed[key], names, change)
    return _change_lists(changed, IN_LISTS, change)


def change_networks(table: Mapping[str, Any], change: Change) -> dict[str, Any]:
    """Return a recipe's table with `change` done to the paths of its networks' files.

    No run copies these files: they may be huge. A function that makes a network stays as it is,
    and so does a model's name on a hub.
    """

    def change_archive(source: str) -> str:
        return change(source) if source.endswith(ARCHIVE) else source

    def change_folder(model: str) -> str:
        return folder if Path(folder := change(model)).is_dir() else model

    changed = _change_lists(table, {"networks": ("source",)}, change_archive)
    changed = _change_lists(changed, {"terms": ("model",)}, change_folder)
    return _change_lists(changed, {"networks": ("weights", "classes")}, change)


def beside(folder: Path) -> Change:
    """Return the change that turns paths beside a folder's files into whole ones.

    `~` is one's home; where there is no such home, it is part of a name.
    """

    def change(path: str) -> str:
        whole = Path(path)
        with suppress(RuntimeError):
            whole = whole.expanduser()
        return str((folder / whole).absolute())

    return change


def files_in(table: Mapping[str, Any]) -> list[str]:
    """Return the path of every file that a recipe's table names, each once, in order."""
    paths: list[str] = []

    def note(path: str) -> str:
        paths.append(path)
        return path

    change_files(table, note)
    return list(dict.fromkeys(paths))


def _change_lists(
    table: Mapping[str, Any], keys: Mapping[str, tuple[str, ...]], change: Change
) -> dict[str, Any]:
    changed = dict(table)
    for key, names in keys.items():
        if isinstance(entries := table.get(key), list | tuple):
            changed[key] = [_change_entry(entry, names, change) for entry in entries]
    return changed


def _change_entry(entry: Any, names: tuple[str, ...], change: Change) -> Any:
    if not isinstance(entry, dict):
        return entry
    return {key: _changed(value, change) if key in names else value for key, value in entry.items()}


def _changed(value: Any, change: Change) -> Any:
    if isinstance(value, str) and value:
        return change(value)
    if isinstance(value, list | tuple):
        return [_changed(each, change) for each in value]
    return value

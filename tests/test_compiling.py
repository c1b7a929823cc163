"""Machine code is kept in a folder that changes with every source it is made from."""

import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import numba
import pytest
from numba.core.dispatcher import Dispatcher

import inkdream
from inkdream.compiling import cache_folder, compiled, state_of

ROOT = Path(inkdream.__file__).parent


@pytest.fixture
def house(tmp_path):
    """A package of two rooms; one compiles, and uses a constant of the other."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("")
    (tmp_path / "two" / "sizes.py").write_text("WIDE = 3\n")
    (tmp_path / "one" / "loops.py").write_text(
        "from inkdream.compiling import compiled\nfrom inkdream.two.sizes import WIDE\n"
    )
    (tmp_path / "one" / "other.py").write_text("import json\n")
    return tmp_path


@pytest.mark.parametrize(
    ("changed", "is_noticed"),
    [("one/loops.py", True), ("two/sizes.py", True), ("one/other.py", False)],
)
def test_a_change_of_what_is_compiled_is_noticed(house, changed, is_noticed):
    before = state_of(house / "one", house)
    assert before == state_of(house / "one", house) != ""
    path = house / changed
    path.write_text(path.read_text() + "# changed\n")
    assert (state_of(house / "one", house) != before) == is_noticed


def test_a_new_file_is_noticed_and_a_room_that_compiles_nothing_has_no_state(house):
    before = state_of(house / "one", house)
    (house / "one" / "more.py").write_text("from inkdream.compiling import compiled\n")
    assert state_of(house / "one", house) != before
    assert state_of(house / "two", house) == ""


def test_all_that_is_compiled_is_kept_by_state():
    for module in pkgutil.walk_packages(inkdream.__path__, "inkdream."):
        if "triton" in module.name or module.name.endswith("__main__"):
            continue
        loaded = importlib.import_module(module.name)
        for value in vars(loaded).values():
            if isinstance(value, Dispatcher) and value.py_func.__module__ == module.name:
                room = Path(loaded.__file__).parent
                assert state_of(room), module.name
                assert f"compiled-{state_of(room)}" in str(value._cache.cache_path), module.name


def test_folders_are_the_users_where_the_package_is_read_only(house, monkeypatch, tmp_path):
    monkeypatch.setattr(numba.config, "CACHE_DIR", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    room = house / "one"
    key = f"compiled-{state_of(room)}"
    cache_folder.cache_clear()
    assert cache_folder(room) == room / "__pycache__" / key
    # Root may write anywhere, so that a file in the way stands for what is read-only.
    (room / "__pycache__" / key).rmdir()
    (room / "__pycache__").rmdir()
    (room / "__pycache__").write_text("")
    cache_folder.cache_clear()
    assert cache_folder(room) == tmp_path / "cache" / "inkdream" / key
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    cache_folder.cache_clear()
    assert cache_folder(room) is None
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "mine"))
    cache_folder.cache_clear()
    assert cache_folder(room) == tmp_path / "mine" / key
    cache_folder.cache_clear()


def test_without_a_folder_functions_are_compiled_and_not_kept(monkeypatch):
    monkeypatch.setattr("inkdream.compiling.cache_folder", lambda _: None)
    before = numba.config.CACHE_DIR

    @compiled(error_model="numpy")
    def double(number):
        return 2 * number

    assert double(4) == 8
    assert double.targetoptions["nogil"]  # a bar goes on meanwhile
    assert double._cache.cache_path is None
    assert before == numba.config.CACHE_DIR


def test_a_changed_function_of_another_file_is_compiled_anew(tmp_path):
    """The whole way, in processes of their own: what Numba alone gets wrong."""
    (tmp_path / "rooms").mkdir()
    (tmp_path / "rooms" / "inner.py").write_text(
        "from inkdream.compiling import compiled\n@compiled\ndef inner():\n    return 1\n"
    )
    (tmp_path / "rooms" / "outer.py").write_text(
        "from inkdream.compiling import compiled\nfrom rooms.inner import inner\n"
        "@compiled\ndef outer():\n    return inner()\n"
    )
    command = [sys.executable, "-c", "from rooms.outer import outer; print(outer())"]
    for value in (1, 2):
        path = tmp_path / "rooms" / "inner.py"
        path.write_text(path.read_text().replace("return 1", f"return {value}"))
        found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
        assert found.stdout.strip() == str(value)

"""The rules of the house (docs/architecture.md), read from the source: who may import whom."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import inkdream

ROOT = Path(inkdream.__file__).parent
FILES = {
    ".".join(("inkdream", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(
        ".__init__"
    ): path
    for path in sorted(ROOT.rglob("*.py"))
}

# From the ground up: each room imports only what stands above it in this list.
ORDER = (
    *(
        "errors",
        "memory",
        "compiling",
        "progress",
        "answering",
        "forking",
        "usage",
        "wording",
        "toml",
        "colour",
    ),
    *(
        "filters",
        "bend_gradient",
        "eye",
        "media",
        "page",
        "web",
        "storage",
        "blur",
        "devices",
        "waves",
        "regions",
        "class_names",
        "raster",
        "pens",
    ),
    *("pictures", "plot", "svg", "formats", "hatch", "recipe"),
    *("networks", "placement", "objectives", "inking", "drawing", "optimize"),
    *("run", "atlas", "studio", "doctor", "api", "cli", "__main__"),
)
# Read and checked without torch, so that help and mistakes answer at once.
WITHOUT_TORCH = (
    *(
        "errors",
        "colour",
        "page",
        "pens",
        "plot",
        "recipe",
        "pictures",
        "regions",
        "storage",
        "web",
    ),
    *(
        "progress",
        "toml",
        "usage",
        "wording",
        "svg",
        "formats",
        "hatch",
        "atlas",
        "studio",
        "doctor",
    ),
)
# What a plot looks like is drawn by the rasteriser; nothing else of data is. Of an atlas, workers
# draw the tiles, in processes of their own.
WITH_TORCH = {
    *("inkdream.plot.preview", "inkdream.atlas.tile", "inkdream.atlas.worker"),
    *("inkdream.studio.plots", "inkdream.studio.lookups"),
}
# Rooms that stand on little, and on what.
NARROW = {"compiling": set(), "raster": {"compiling"}, "page": {"errors"}, "web": set()}
MOST_LINES = 500
MOST_PARAMETERS = 7


@cache
def tree_of(name: str) -> ast.Module:
    return ast.parse(FILES[name].read_text(encoding="utf-8"))


def statements(tree: ast.AST, inner: bool) -> Iterator[ast.AST]:
    """Yield nodes; without `inner` only those that run when the module is imported."""
    for node in ast.iter_child_nodes(tree):
        is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        is_for_types = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        if not inner and (is_function or is_for_types):
            continue
        yield node
        yield from statements(node, inner)


def imports(name: str, inner: bool = True) -> set[str]:
    """Return what a module imports, by full name; `from a import b` is a.b where that is one."""
    found: set[str] = set()
    for node in statements(tree_of(name), inner):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}: imports are absolute here"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                found.add(whole if whole in FILES else str(node.module))
    return found


def reached(name: str) -> set[str]:
    """Return all that importing a module imports, its packages and their modules included."""
    seen: set[str] = set()
    waiting = [name]
    while waiting:
        word = waiting.pop()
        if word in seen:
            continue
        seen.add(word)
        if "." in word:
            waiting.append(word.rpartition(".")[0])
        if word in FILES:
            waiting += imports(word, inner=False)
    return seen


def room(name: str) -> str:
    """Return the first word after the package's: 'inkdream.storage' is in 'run'."""
    return name.split(".")[1] if name.startswith("inkdream.") else ""


def in_room(word: str) -> list[str]:
    """Return the modules of a room; at least one, or the rule would hold nothing."""
    found = [name for name in FILES if room(name) == word]
    assert found, f"there is no inkdream.{word} any more: change this test with the house"
    return found


def test_rooms_import_only_what_stands_above_them():
    assert sorted(ORDER) == sorted({room(name) for name in FILES} - {""})
    # The package itself hands out the public names, which it loads when they are asked for.
    for name in FILES.keys() - {"inkdream"}:
        for other in {room(word) for word in imports(name)} - {"", room(name)}:
            assert ORDER.index(other) < ORDER.index(room(name)), f"{name} imports {other}"


@pytest.mark.parametrize("word", NARROW)
def test_rooms_that_stand_on_little_stand_on_nothing_else(word):
    for name in in_room(word):
        rooms = {room(other) for other in imports(name)} - {"", word}
        assert rooms <= NARROW[word], name


def test_data_and_the_command_line_import_no_torch():
    names = {name for word in WITHOUT_TORCH for name in in_room(word)}
    names |= {"inkdream.cli", "inkdream.cli.atlas"}
    slow = {name for name in names if "torch" in {top.split(".")[0] for top in reached(name)}}
    assert slow == WITH_TORCH


def test_drawings_and_objectives_know_nothing_of_each_other():
    assert {room(word) for name in in_room("drawing") for word in imports(name)}.isdisjoint(
        {"objectives"}
    )


def concrete_classes(word: str) -> set[str]:
    """Return the names of classes that stand outside a room's base.py."""
    return {
        node.name
        for name in in_room(word)
        if not name.endswith(".base")
        for node in ast.walk(tree_of(name))
        if isinstance(node, ast.ClassDef)
    }


def test_the_loop_knows_only_interfaces():
    known = imports("inkdream.optimize.loop")
    assert {room(name) for name in known}.isdisjoint(
        {"placement", "run", "cli", "recipe", "raster", "pens", "plot"}
    )
    concrete = set().union(*map(concrete_classes, ("drawing", "networks", "objectives")))
    concrete -= {"Views"}  # how every picture is looked at
    used = {
        node.id
        for node in ast.walk(tree_of("inkdream.optimize.loop"))
        if isinstance(node, ast.Name)
    }
    taken = {
        alias.name
        for node in ast.walk(tree_of("inkdream.optimize.loop"))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert concrete.isdisjoint(used | taken)


def test_networks_are_had_by_their_names():
    # But for words, which only one kind of network can read, and for what a user's own one wants.
    known = {"inkdream.networks", "inkdream.networks.base", "inkdream.networks.lookup"}
    concrete = set(in_room("networks")) - known
    for name in set(FILES) - set(in_room("networks")):
        others = imports(name) & concrete
        assert others <= (
            {"inkdream.networks.clip"} if name.endswith("objectives.words") else set()
        )
    assert imports("inkdream.networks.lookup") & concrete


def test_there_are_no_cycles():
    graph = {name: imports(name, inner=False) & FILES.keys() for name in FILES}
    while graph:
        free = [name for name, needed in graph.items() if not needed & graph.keys() - {name}]
        assert free, f"these import each other in a circle: {sorted(graph)}"
        for name in free:
            assert name not in graph.pop(name), name


def test_modules_are_short():
    for name, path in FILES.items():
        lines = len(path.read_text(encoding="utf-8").splitlines())
        assert lines <= MOST_LINES, name


def test_functions_take_few_parameters():
    for name in FILES:
        for node in ast.walk(tree_of(name)):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            if room(name) == "raster" and node.decorator_list:
                continue  # compiled kernels take their arrays one by one: no objects cross over
            said = node.args
            names = [arg.arg for arg in (*said.posonlyargs, *said.args, *said.kwonlyargs)]
            names = [word for word in names if word not in ("self", "cls")]
            assert len(names) <= MOST_PARAMETERS, f"{name}.{node.name} takes {len(names)}"


def test_nothing_that_is_read_can_run_code():
    for name in FILES:
        assert {word.split(".")[0] for word in imports(name)}.isdisjoint(
            {"pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
        )
        for node in ast.walk(tree_of(name)):
            if not isinstance(node, ast.Call):
                continue
            called = ast.unparse(node.func)
            said = {word.arg: ast.unparse(word.value) for word in node.keywords}
            assert called != "torch.save"
            assert called != "torch.load" or said.get("weights_only") == "True"
            assert said.get("allow_pickle", "False") == "False"


HELP = """
import sys
from inkdream.cli import main
try:
    main(sys.argv[1:])
except SystemExit as end:
    assert end.code == (2 if "draw" in sys.argv and "--help" not in sys.argv else 0), end.code
slow = {"torch", "numba", "shapely", "resvg_py"}
if {"--help", "--version"} & {*sys.argv}:
    slow |= {"numpy", "pydantic"}
    # What loading takes goes with how much there is to load: some 350, most of them Python's own.
    assert len(sys.modules) < 420, len(sys.modules)
assert not slow & sys.modules.keys(), slow & sys.modules.keys()
"""


@pytest.mark.parametrize(
    "words", [["--help"], ["draw", "--help"], ["plot", "--help"], ["pens", "--help"], ["--version"]]
)
def test_help_waits_for_no_torch(words):
    done = subprocess.run(
        [sys.executable, "-c", HELP, *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


@pytest.mark.parametrize("words", [["--page", "a55"], ["--strokes", "0"], ["--pens", "blak"]])
def test_mistakes_wait_for_no_torch(words):
    done = subprocess.run(
        [sys.executable, "-c", HELP, "draw", *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "inkdream: " in done.stderr


def test_the_studio_s_server_loads_only_what_serves():
    heavy = "{'torch', 'numba', 'numpy', 'pydantic', 'PIL'} & sys.modules.keys()"
    words = f"import sys, inkdream.cli.app, inkdream.studio.serve; print({heavy})"
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"

"""The notebooks in examples/ run from top to bottom, and what they draw shows itself."""

import ast
import json
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[1] / "examples").glob("*.ipynb"))
# What a notebook says of its sizes, in a cell of its own; the tests take small ones.
TINY = {"side": 48, "steps": 5}


def cells_of(path, kind):
    book = json.loads(path.read_text("utf-8"))
    assert book["nbformat"] == 4
    return [cell for cell in book["cells"] if cell["cell_type"] == kind]


def run_cell(source, names):
    """Run a cell as a notebook does; return the value of its last line, if that has one."""
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "notebook", "exec"), names)
    names.update({name: value for name, value in TINY.items() if name in names})
    return eval(compile(ast.Expression(last.value), "notebook", "eval"), names) if last else None


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_its_drawings_show_themselves(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "__main__"}
    values = [run_cell("".join(cell["source"]), names) for cell in cells_of(path, "code")]
    shown = [value for value in values if hasattr(value, "_repr_png_")]
    assert len(shown) >= 2
    for value in shown:
        # Jupyter takes the first that is there.
        picture = value._repr_svg_() or value._repr_png_()
        assert picture[:4] in (b"\x89PNG", "<?xm", "<svg")
    assert {"side", "steps"} <= names.keys()


def test_there_are_two_notebooks_without_outputs_of_somebody_s_machine():
    assert len(NOTEBOOKS) == 2
    for path in NOTEBOOKS:
        assert all(not cell["outputs"] for cell in cells_of(path, "code"))

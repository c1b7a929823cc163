import re
import runpy
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import inkdream
from inkdream import recipe
from inkdream.cli import app

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]
PAGES += sorted((ROOT / "docs").glob("*.md"))
RECIPES = sorted((ROOT / "recipes").glob("*.toml"))
VERBS = [name for name in app if not name.startswith("-")]
SNIPPETS = re.findall(
    r"^```python\n(.*?)^```",
    "".join((ROOT / page).read_text("utf-8") for page in ("README.md", "docs/networks.md")),
    re.M | re.S,
)

TOML = re.findall(r"^```toml\n(.*?)^```", (ROOT / "docs/recipe.md").read_text("utf-8"), re.M | re.S)


def anchor(heading):
    """Return the anchor of a heading as code hosts make it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def headings(page):
    return {anchor(line) for line in re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.M)}


def links(page):
    targets = re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8"))
    return [target for target in targets if not re.match(r"[a-z]+:", target)]


def section(verb):
    text = (ROOT / "docs/commands.md").read_text("utf-8")
    found = re.search(rf"^## {verb}$(.*?)(?=^## |\Z)", text, re.M | re.S)
    assert found, f"docs/commands.md has no section on {verb}"
    return found[1]


def test_the_recipe_page_is_what_its_script_makes():
    page = runpy.run_path(str(ROOT / "docs/make_recipe_page.py"))["page"]()
    assert (ROOT / "docs/recipe.md").read_text("utf-8") == page, "run docs/make_recipe_page.py"


def test_the_library_page_is_what_its_script_makes():
    # In a process of its own: checkers of annotations would change what stands in signatures.
    code = "import runpy, sys; print(runpy.run_path(sys.argv[1])['page'](), end='')"
    words = [sys.executable, "-c", code, str(ROOT / "docs/make_api_page.py")]
    done = subprocess.run(words, capture_output=True, encoding="utf-8", check=True)
    assert (ROOT / "docs/api.md").read_text("utf-8") == done.stdout, "run docs/make_api_page.py"


def test_the_gallery_is_what_its_script_makes_and_tells_of_every_recipe():
    page = runpy.run_path(str(ROOT / "docs/make_gallery.py"))["page"]()
    assert (ROOT / "docs/gallery.md").read_text("utf-8") == page, "run docs/make_gallery.py NAME"
    assert [path.name for path in RECIPES if f"](../recipes/{path.name})" not in page] == []
    there = {path.stem for path in (ROOT / "docs/images/gallery").glob("*.png")}
    assert there == set(re.findall(r"images/gallery/(\w+)\.png", page))


@pytest.mark.parametrize("snippet", TOML)
def test_recipes_on_the_recipe_page_are_recipes(snippet):
    assert recipe.validate(tomllib.loads(snippet)).terms


def test_the_recipe_page_shows_pixels_and_strokes():
    assert {tomllib.loads(snippet).get("medium") for snippet in TOML} == {None, "strokes"}


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_and_flag_is_explained(verb):
    said = section(verb)
    names = {name for each in app[verb].assemble_argument_collection() for name in each.names}
    assert [name for name in names if name.startswith("--") and f"`{name}" not in said] == []


@pytest.mark.parametrize("verb", VERBS)
def test_every_flag_in_a_section_is_one(verb):
    names = {name for each in app[verb].assemble_argument_collection() for name in each.names}
    assert set(re.findall(r"--[a-z][a-z-]*", section(verb))) - names == set()


@pytest.mark.parametrize("page", PAGES[3:], ids=lambda page: page.name)
def test_every_page_is_found_by_its_readers(page):
    others = [each.read_text("utf-8") for each in PAGES if each != page]
    assert any(f"{page.name})" in text or f"{page.name}#" in text for text in others)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    lost = []
    for link in links(page):
        path, _, place = link.partition("#")
        target = page.parent / path if path else page
        if not target.exists() or (place and place not in headings(target)):
            lost.append(link)
    assert lost == []


@pytest.mark.parametrize("code", SNIPPETS)
def test_python_in_the_readme_runs(code, tmp_path, monkeypatch):
    tiny = {"width": 48, "height": 48, "steps": 5}
    whole = inkdream.draw
    draw = lambda what, **said: whole(what, **{**said, **tiny})  # noqa: E731
    monkeypatch.setitem(vars(inkdream), "draw", draw)
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "README.md", "exec"), {"__name__": "readme"})


def test_the_readme_shows_python_and_is_short():
    assert SNIPPETS
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 150


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.name)
def test_recipes_can_be_read(path):
    assert recipe.assemble(path, {}, []).terms


def test_the_example_runs(tmp_path, monkeypatch):
    whole = inkdream.Session
    session = lambda what, **said: whole(what, **{**said, "steps": 5})  # noqa: E731
    monkeypatch.setitem(vars(inkdream), "Session", session)
    monkeypatch.setattr("sys.argv", ["library.py", str(tmp_path / "library.png")])
    runpy.run_path(str(ROOT / "examples/library.py"), run_name="__main__")
    assert (tmp_path / "library.png").is_file()

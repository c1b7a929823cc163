"""How Sphinx makes the handbook of the Markdown beside it: `make docs`.

The pages stay plain Markdown, which reads well where the code is hosted: what only the site
needs, the order of the pages and what stands outside this folder, is said here.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from sphinx.application import Sphinx

ROOT = Path(__file__).parent.parent
_PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

project = "inkdream"
version = release = _PROJECT["version"]
project_copyright = "the inkdream authors"
language = "en"
extensions = ["myst_parser"]
exclude_patterns = ["images"]
html_theme = "furo"
html_title = f"inkdream {version}"
html_static_path = ["_static"]
html_css_files = ["book.css"]
html_copy_source = html_show_sourcelink = False
# Nobody needs a page of terms in an alphabet of none.
html_use_index = False
highlight_language = "text"
# Found words are shown without the lines around them, which no browser reads from disk.
html_show_search_summary = False
# Headings have the anchors that code hosts give them, so that links lead there on both.
myst_heading_anchors = 4
nitpicky = True

# The pages in the order of their readers: the front page is left alone, others stand below words.
# One that is not written yet has its place.
CONTENTS = {
    "First": ["start", "tutorial", "cookbook", "choosing", "studio", "questions"],
    "What it draws": ["gallery", "objectives", "networks", "loom", "atlas"],
    "On paper": ["plotting", "pens", "certificate"],
    "Every word": ["commands", "recipe", "api", "glossary"],
    "Behind it": ["how-it-works", "closing-the-gap", "benchmarks", "compared", "architecture"],
    "The project": ["changes", "contributing", "security"],
}
# Pages that stand at the top of the repository, where hosts look for them, by their names here.
ABOVE = {"changes": "CHANGELOG.md", "contributing": "CONTRIBUTING.md", "security": "SECURITY.md"}
# What the theme leaves out, by what it writes.
ACCESSIBLE = {
    'role="heading">': 'role="heading" aria-level="2">',
    '<aside class="sidebar-drawer">': '<aside class="sidebar-drawer" aria-label="The handbook">',
    '<aside class="toc-drawer">': '<aside class="toc-drawer" aria-label="This page">',
    "<pre>": '<pre tabindex="0">',
}


def with_contents(text: str) -> str:
    """Return the front page with the lists of pages, which only the site shows."""
    for words, names in CONTENTS.items():
        listed = "\n".join(
            name for name in names if Path(__file__).with_name(f"{name}.md").exists()
        )
        text += f"\n```{{toctree}}\n:hidden:\n:caption: {words}\n\n{listed}\n```\n"
    return text


def led_inside(text: str) -> str:
    """Return a page whose links to pages above this folder lead to those of the site."""
    for name, file in ABOVE.items():
        text = re.sub(rf"\]\((?:\.\./)?{re.escape(file)}(#[^)]*)?\)", rf"]({name}.md\1)", text)
    return text


def read(app: Sphinx, name: str, source: list[str]) -> None:
    """Change what Sphinx reads of a page."""
    text = source[0]
    if name in ABOVE:
        text = (ROOT / ABOVE[name]).read_text("utf-8")
        # What is below this folder from there is beside us, and what is beside it is above us.
        text = re.sub(r"\]\((?!docs/|[a-z]+:|#|\.\./)", "](../", text).replace("](docs/", "](")
    if name == app.config.root_doc:
        text = with_contents(text)
    # A folder is no page: its name stays, without a link.
    text = re.sub(r"\[([^\]]*)\]\((?:\.\./)+[\w/]+\)", r"\1", text)
    source[0] = led_inside(text)


def accessible(app: Sphinx, failure: Exception | None) -> None:
    """Add to the pages what screen readers and keyboards need and the theme leaves out."""
    if failure or app.builder.format != "html":
        return
    for path in Path(app.outdir).glob("*.html"):
        text = path.read_text("utf-8")
        for plain, better in ACCESSIBLE.items():
            text = text.replace(plain, better)
        path.write_text(text, "utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx of it."""
    app.connect("source-read", read)
    app.connect("build-finished", accessible)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""Draws every recipe that can be drawn here, and writes docs/gallery.md: `make gallery`.

.venv/bin/python docs/make_gallery.py [NAME ...]     only these, the others as they are
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from PIL import Image
from rich.console import Console

from inkdream import recipe
from inkdream.errors import InkdreamError
from inkdream.recipe import Recipe
from inkdream.run import Run

DOCS = Path(__file__).parent
RECIPES = sorted((DOCS.parent / "recipes").glob("*.toml"))
IMAGES = DOCS / "images" / "gallery"
FACTS = IMAGES / "facts.json"
SIDE = 420
# Lines that take a thousand steps and more are shown elsewhere.
MOST_STEPS = 600

INTRO = """# Gallery

<!-- Made by docs/make_gallery.py; change that, not this. -->

What each recipe in [`recipes/`](../recipes) gives, with what is part of the package: `make gallery`
draws it all anew. Pictures are the strict ones; lines are shown at the pens' true width. A score is
that of the file that was written; those of different recipes cannot be compared.
"""


def title_of(path: Path) -> str:
    """Return what a recipe says of itself: its first line."""
    return path.read_text("utf-8").splitlines()[0].lstrip("# ").strip()


def draw(path: Path, made: Recipe) -> dict[str, object]:
    """Draw a recipe, keep its picture, and return what is said beneath it."""
    with tempfile.TemporaryDirectory() as place:
        run = Run.create(made, Path(place))
        for _ in run.climb():
            pass
        certificate = run.finish()
        strokes = made.medium == "strokes"
        picture = Image.open(run.folder / ("preview.png" if strokes else "drawing.png"))
        picture = picture.convert("RGB")
        if strokes:
            picture.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
        picture.quantize(64 if strokes else 256).save(IMAGES / f"{path.stem}.png", optimize=True)
    return {
        "score": certificate.score_strict,
        "inks": len(certificate.inks),
        "minutes": certificate.plot.plot_seconds / 60 if certificate.plot else 0.0,
        "seconds": certificate.seconds,
    }


def page(facts: dict[str, dict[str, object]], left_out: dict[str, str]) -> str:
    """Return the page."""
    parts = [INTRO]
    for path in RECIPES:
        name = path.stem
        link = f"[`{path.name}`](../recipes/{path.name})"
        if name in facts:
            told = facts[name]
            parts.append(
                f"## {name}\n\n{title_of(path)} {link}: score {told['score']:.3g}, "
                f"{told['inks']} inks, {told['minutes']:.0f} min on an AxiDraw.\n\n"
                f"![{title_of(path)}](images/gallery/{name}.png)\n"
            )
    parts.append("## Not drawn here\n")
    parts += [f"- {link_of(name)}: {why}" for name, why in sorted(left_out.items())]
    return "\n".join([*parts, ""])


def link_of(name: str) -> str:
    """Return a link to a recipe."""
    return f"[`{name}.toml`](../recipes/{name}.toml)"


def main() -> None:
    """Draw what was asked for, or all, and write the page."""
    console, wanted = Console(), set(sys.argv[1:])
    IMAGES.mkdir(parents=True, exist_ok=True)
    facts = json.loads(FACTS.read_text("utf-8")) if FACTS.exists() else {}
    left_out: dict[str, str] = {}
    for number, path in enumerate(RECIPES, 1):
        made = recipe.assemble(path, {}, [])
        if made.steps > MOST_STEPS:
            left_out[path.stem] = f"takes {made.steps:,} steps"
        elif any(term.kind == "text" or "vgg" in term.target for term in made.terms):
            left_out[path.stem] = "needs weights that are not part of the package"
        elif not wanted or path.stem in wanted:
            console.print(f"{number} of {len(RECIPES)}: {path.name}")
            try:
                facts[path.stem] = draw(path, made)
            except InkdreamError as error:
                left_out[path.stem] = str(error)
            FACTS.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    (DOCS / "gallery.md").write_text(page(facts, left_out), encoding="utf-8")


if __name__ == "__main__":
    main()

"""Draws every recipe that can be drawn here, and writes docs/gallery.md: `make gallery`.

.venv/bin/python docs/make_gallery.py [NAME ...]     only these, the others as they are
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from PIL import Image
from rich.console import Console

from inkdream import recipe
from inkdream.recipe import Recipe
from inkdream.run import Run
from inkdream.run.variations import following

DOCS = Path(__file__).parent
# What a network trained on photographs draws stands first.
RECIPES = sorted(
    (DOCS.parent / "recipes").glob("*.toml"),
    key=lambda path: ("efficientnet_lite0" not in path.read_text("utf-8"), path.name),
)
IMAGES = DOCS / "images" / "gallery"
FACTS = IMAGES / "facts.json"
# Px of pictures in lines; of those that a network for photographs is asked for, which show what a
# whole sheet looks like, more.
SIDE, SHEET = 420, 1600
# Pictures in a row of the page.
ABREAST = 3
# Px between pictures that stand side by side.
GAP = 12
# How the names of recipes for lines end.
LINES = "_lines"
# How the names of recipes begin that show one thing in lines of several kinds.
KINDS_OF_LINES = "drawn_as_"
# Lines that take a thousand steps and more are shown elsewhere.
MOST_STEPS = 600

INTRO = """# Gallery

<!-- Made by docs/make_gallery.py; change that, not this. -->

What each recipe in [`recipes/`](../recipes) gives, with what is part of the package: `make gallery`
draws it all anew. Pictures are the strict ones; lines are shown at the pens' true width. A score is
that of the file that was written; those of different recipes cannot be compared. Of variations it
is the last one's.
"""


def title_of(path: Path) -> str:
    """Return what a recipe says of itself: its first line."""
    return path.read_text("utf-8").splitlines()[0].lstrip("# ").strip()


def draw(path: Path, made: Recipe) -> dict[str, float]:
    """Draw a recipe, keep its picture, and return what is said beneath it."""
    with tempfile.TemporaryDirectory() as place:
        pictures, wanted = [], made
        while True:
            run = Run.create(wanted, Path(place))
            for _ in run.steps():
                pass
            certificate = run.finish()
            pictures.append(shown(run.folder, made))
            following_one = following(run)
            if following_one is None:
                break
            wanted = following_one
    colours = 32 if made.medium == "strokes" else 256
    beside(pictures).quantize(colours).save(IMAGES / f"{path.stem}.png", optimize=True)
    return {
        "score": certificate.score_strict,
        "inks": len(certificate.inks),
        "minutes": certificate.plot.plot_seconds / 60 if certificate.plot else 0.0,
    }


def shown(folder: Path, made: Recipe) -> Image.Image:
    """Return the picture of a run as the page shows it."""
    lines = made.medium == "strokes"
    with Image.open(folder / ("preview.png" if lines else "drawing.png")) as file:
        picture = file.convert("RGB")
    if lines:
        side = SHEET if made.family == "photographs" else SIDE
        picture.thumbnail((side, side), Image.Resampling.LANCZOS)
    return picture


def beside(pictures: Sequence[Image.Image]) -> Image.Image:
    """Return pictures of one size side by side: variations."""
    width, height = pictures[0].size
    step = width + GAP
    joined = Image.new("RGB", (step * len(pictures) - GAP, height), "white")
    for number, picture in enumerate(pictures):
        joined.paste(picture, (number * step, 0))
    return joined


def page() -> str:
    """Return the page: each thing in areas of ink, and beside it in lines."""
    facts = known()
    parts = [INTRO]
    for path in RECIPES:
        name, in_lines = path.stem, f"{path.stem}{LINES}"
        if name.startswith(KINDS_OF_LINES):
            continue
        # What is drawn in lines stands beside its areas, or alone.
        if name in facts and not (name.endswith(LINES) and name.removesuffix(LINES) in facts):
            both = [each for each in (name, in_lines) if each in facts]
            parts.append(section(title_of(path).rstrip("."), both, facts))
    kinds = [each for each in sorted(facts) if each.startswith(KINDS_OF_LINES)]
    parts.append(section("One thing in lines of several kinds (`--draw-as`)", kinds, facts))
    parts.append("## Not drawn here\n")
    left_out = {path.stem: why_not(recipe.assemble(path, {}, [])) for path in RECIPES}
    parts += [f"- {link_of(name)} {why}" for name, why in left_out.items() if why]
    return "\n".join([*parts, ""])


def section(title: str, names: Sequence[str], facts: Mapping[str, Mapping[str, float]]) -> str:
    """Return a part of the page: pictures side by side, and what is said beneath them."""
    parts = [f"## {title}", ""]
    for few in (names[start : start + ABREAST] for start in range(0, len(names), ABREAST)):
        parts += [
            "".join(f"| ![{each}](images/gallery/{each}.png) " for each in few) + "|",
            "|---" * len(few) + "|",
            "".join(f"| {told(each, facts[each])} " for each in few) + "|",
            "",
        ]
    return "\n".join(parts)


def known() -> dict[str, dict[str, float]]:
    """Return what is to be said of the pictures that are there, by their recipes' names."""
    facts: dict[str, dict[str, float]] = json.loads(FACTS.read_text("utf-8"))
    return facts


def why_not(made: Recipe) -> str:
    """Return why a recipe is not drawn; "" if it is."""
    targets = [target for term in made.terms for target in term.targets]
    is_text = any(term.kind == "text" for term in made.terms)
    if is_text or any(target.startswith("vgg") for target in targets):
        return "needs weights that are not part of the package"
    return f"takes {made.steps:,} steps" if made.steps > MOST_STEPS else ""


def told(name: str, fact: Mapping[str, float]) -> str:
    """Return what is said beneath a picture."""
    return (
        f"{link_of(name)}: score {fact['score']:.3g}, {fact['inks']:.0f} inks, "
        f"{fact['minutes']:.0f} min on an AxiDraw"
    )


def link_of(name: str) -> str:
    """Return a link to a recipe."""
    return f"[`{name}.toml`](../recipes/{name}.toml)"


def main() -> None:
    """Draw what was asked for, or all, and write the page."""
    console, wanted = Console(), set(sys.argv[1:])
    before = {path: path.read_bytes() for path in IMAGES.glob("*.png")}
    IMAGES.mkdir(parents=True, exist_ok=True)
    facts = known() if FACTS.exists() else {}
    for number, path in enumerate(RECIPES, 1):
        made = recipe.assemble(path, {}, [])
        if not why_not(made) and (not wanted or path.stem in wanted):
            console.print(f"{number} of {len(RECIPES)}: {path.name}")
            facts[path.stem] = draw(path, made)
            FACTS.write_text(json.dumps(facts, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    (DOCS / "gallery.md").write_text(page(), encoding="utf-8")
    there = sorted(IMAGES.glob("*.png"))
    changed = [path.stem for path in there if before.get(path) != path.read_bytes()]
    console.print(f"changed: {', '.join(changed) or 'nothing'}")


if __name__ == "__main__":
    main()

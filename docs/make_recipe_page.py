"""Write docs/recipe.md from the recipe's own models, so that the two cannot disagree.

python docs/make_recipe_page.py
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, TypeGuard, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from inkdream.page import MOST_PIXELS, SIZES
from inkdream.pens import USUAL_WIDTH, Pen
from inkdream.pens.own import MOST_OWNED
from inkdream.pens.pen import MOST_PENS
from inkdream.plot.machines import machine_names
from inkdream.recipe import MOST_INKS, NetworkRecipe, Recipe, TermRecipe
from inkdream.recipe.defaults import LIKE_STROKES, STROKE_DEFAULTS, TEXT_VIEWS
from inkdream.recipe.recipe import USUAL_PENS
from inkdream.recipe.tables import OUTPUTS
from inkdream.recipe.terms import KEYS, KINDS

PAGE = Path(__file__).with_name("recipe.md")

INTRO = f"""# The recipe

<!-- Made by docs/make_recipe_page.py from inkdream.recipe; change that, not this. -->

A recipe is everything a run is made from. It is a TOML file; what it does not say has the default
below. `inkdream draw FILE` reads it, flags win over it, and `--set key=value` wins over both, with
dots for keys inside tables: `--set views.count=4`. The `recipe.toml` in a run's folder has every
key filled in and makes the same drawing again.

```toml
inks = ["#ffffff", "?", "?"]

[[terms]]
target = "loom/conv4_1/17"

[views]
count = 4
```

And in strokes, with pens:

```toml
medium = "strokes"
pens = [
  {{ name = "black", colour = "#1b1b1b", width = 0.4 }},
  {{ name = "red", colour = "#c8102e", width = 0.4 }},
]

[[terms]]
target = "loom/conv4_1/17"

[page]
size = "a5"

[strokes]
count = 400
```

Keys at the top must stand before the first table. A value that is not TOML by itself is taken as a
word by `--set`, so `--set views.padding=edge` needs no quotes; lists do, as in
`--set 'inks=["#fff", "?"]'`. Terms are a list and are set as a whole: by `--neuron`, or by
`--set 'terms=[{{target = "loom/conv3_3"}}]'`. An unknown key is an error that names the nearest.

A picture has at most {MOST_PIXELS:,} px. A run's steps are divided between two stages: the study in
colour and the drawing in inks; strokes have no study unless they start from it or it is asked for.
`climb.study` and `climb.leak_until` are shares of all the run's steps; every other share of the
steps is one of a stage's. With `compare` a third stage follows, as long as the two together.

Where strokes have another default, it stands behind the one of pixels; and behind that, the one of
strokes whose terms only ask them to be like pictures. A drawing of such terms also begins from the
picture, unless it has an `origin` of its own. With a term of words, the views are others.
"""

# A key that the models have not got, since it only stands for two others.
SIZE = (
    "| `size` | | {sizes}, each also with `landscape` behind it, or `WxH` with a unit: "
    "`300x200mm`, `8x10in` | the sheet's name, instead of its width and height |"
)

# For keys whose meaning takes more than their model says; a description in the model wins.
MEANINGS = {
    "seed": "where all chance comes from: the same seed and recipe make the same drawing",
    "steps": "steps to climb, the study in colour among them",
    "width": "width of the picture in px",
    "height": "height of the picture in px",
    "inks": "a number of inks to learn, or a list: a colour (`#c8102e`, `crimson`) for a fixed "
    "ink, `?` for one to be learned. In pixels, bare paper is included",
    "pens": 'what to draw with; see below. Words do too: `pens = "black:0.4,stabilo88:46"`. '
    "In pixels, the paper and the pens' colours are the inks",
    "paper": "the paper's colour",
    "terms": "what to excite; see below",
    "networks": "networks of one's own; see below",
    "pens.name": "what its owner calls it; it stands in the file for the plotter",
    "pens.colour": "of its ink on white paper, or `?` for one to be learned",
    "pens.opacity": "how its ink lies on what is below: 0 multiplies it, 1 covers it",
    "page.width": "of the sheet as the drawing is looked at, in mm",
    "page.height": "in mm",
}
DEFAULTS = {
    "pens": f'`[]`; strokes: `"{USUAL_PENS}"`, each {USUAL_WIDTH:g} mm',
    "inks": '`["?", "?", "?", "?"]`; with pens, theirs',
    "pens.name": "the word for its colour",
    "pens.opacity": "`0.0`; white ink `1.0`",
    "page.scale": "the longer side has 256 px",
}
PROSE = {
    "pens": "A pen, as its owner describes it. In the catalogue and in pen files there are more: "
    "see [pens.md](pens.md).\n",
    "page": "The sheet of paper, for strokes and for what plotters draw. "
    '`page = "a5"` at the top does too.\n',
    "finish": "What is drawn around the drawing, in the page's margin. Where no margin is given, "
    "it is as wide as that needs, and the drawing smaller: 16 mm on an A5 for a frame and words. "
    "Letters are a 60th of the page's height, 2.2 mm at least; see [plotting.md](plotting.md).\n",
}
RANGES = {
    "pens": f"1 to {MOST_PENS}, with `pick` to {MOST_OWNED}; no name twice",
    "paper": "any colour",
    "pens.name": "up to 80 letters",
    "pens.colour": "any colour, or `?`",
    "pens.opacity": "from 0 to 1, or `transparent`, `semi`, `opaque`",
    "plot.machine": ", ".join(f"`{name}`" for name in machine_names()),
    "inks": f"2 to {MOST_INKS}, no fixed colour twice",
    "terms": "at least one, none twice",
    "terms.kind": ", ".join(f'`"{kind}"`' for kind in KINDS),
    "terms.target": "see above",
    "terms.where": "a file",
    "finish.title": "up to 200 letters",
    "finish.signature": "up to 80 letters",
    "finish.edition": "up to 40 letters",
    "finish.date": "up to 40 letters",
    "finish.pen": "a pen's name or word",
    "terms.picture": "a file",
    "terms.pictures": "files",
    "terms.words": "words",
    "terms.layers": "`network/layer`",
    "terms.model": "a name, or a folder",
    "pens.where": "a file",
    "networks": "none twice",
    "networks.name": "letters, digits, `_`, `.`, `-`",
    "networks.source": "a file, or a function",
    "networks.weights": "a file",
    "networks.mean": "3 numbers, or none",
    "networks.deviation": "3 numbers, or none",
    "origin": "a file, or a folder",
    "bare": "a file",
    "ink_budget": "shares above 0, to 1",
    "outputs": ", ".join(f'`"{word}"`' for word in OUTPUTS),
    "keep.from": "a folder, or an SVG",
    "keep.where": "a file",
    "keep.plotted": "a time, or layers",
    "symmetry": "`none`, `mirror`, `flip`, `both`, `turn-2` to `turn-24`",
}


def page() -> str:
    """Return the page."""
    parts = [INTRO, "## At the top\n", _table(Recipe, "")]
    parts += ["## [[terms]]\n", _prose("terms", TermRecipe), _table(TermRecipe, "terms.", KEYS)]
    parts += ["## [[networks]]\n", _prose("networks", NetworkRecipe)]
    parts += [_table(NetworkRecipe, "networks.")]
    parts += ["## [[pens]]\n", _prose("pens", Pen), _table(Pen, "pens.")]
    for name, field in Recipe.model_fields.items():
        kind = field.annotation
        if _is_table(kind):
            parts += [f"## [{name}]\n", _prose(name, kind), _table(kind, f"{name}.")]
    return "\n".join(parts)


def _table(
    model: type[BaseModel], before: str, fields: Mapping[str, FieldInfo] | None = None
) -> str:
    rows = ["| key | default | range | meaning |", "|---|---|---|---|"]
    if before == "page.":
        rows.append(SIZE.format(sizes=", ".join(f"`{name}`" for name in SIZES)))
    for name, field in (fields or model.model_fields).items():
        if _is_table(field.annotation):
            continue
        key = before + (field.alias or name)
        meaning = field.description or ""
        if key in MEANINGS and (meaning in ("", "px", "mm") or before == "pens."):
            meaning = MEANINGS[key]
        if not meaning:
            raise SystemExit(f"{key}: has no description; give it one in inkdream.recipe")
        said = [f"`{field.alias or name}`", _default(key, field), _range(key, field), meaning]
        rows.append(f"| {' | '.join(said)} |")
    return "\n".join([*rows, ""])


def _prose(table: str, model: Any) -> str:
    if table in PROSE:
        return PROSE[table]
    told = (model.__doc__ or "").partition("Attributes:")[0]
    lines = told.strip().splitlines()
    return "\n".join(line.strip() for line in lines) + "\n"


def _is_table(kind: Any) -> TypeGuard[type[BaseModel]]:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _default(key: str, field: FieldInfo) -> str:
    if key in DEFAULTS:
        return DEFAULTS[key]
    if field.is_required():
        return "none" if key.startswith("terms.") else "must be given"
    table, _, name = key.partition(".")
    strokes = STROKE_DEFAULTS.get(table, {})
    own = (
        f"; strokes: `{_toml(strokes[name])}`"
        if strokes.get(name, field.default) != field.default
        else ""
    )
    like = LIKE_STROKES.get(table, {})
    if name in like:
        own += f"; only like pictures: `{_toml(like[name])}`"
    if table == "views" and name in TEXT_VIEWS:
        own += f"; with words: `{_toml(TEXT_VIEWS[name])}`"
    return f"`{_toml(field.default)}`{own}"


def _toml(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(_toml(item) for item in value)}]"
    if isinstance(value, BaseModel):
        said = value.model_dump(exclude_unset=True)
        return f"{{{', '.join(f'{key} = {_toml(item)}' for key, item in said.items())}}}"
    return json.dumps(value)


def _range(key: str, field: FieldInfo) -> str:
    if key in RANGES:
        return RANGES[key]
    if field.annotation is bool:
        return "`true`, `false`"
    if get_origin(field.annotation) is Literal:
        return ", ".join(f"`{json.dumps(word)}`" for word in get_args(field.annotation))
    bounds = {
        name: value
        for rule in field.metadata
        for name in ("ge", "gt", "le", "lt")
        if (value := getattr(rule, name, None)) is not None
    }
    words = {"ge": "from {}", "gt": "above {}", "le": "to {}", "lt": "below {}"}
    said = [words[name].format(_number(bounds[name])) for name in words if name in bounds]
    return " ".join(said) or "any number"


def _number(value: float) -> str:
    if value > 2**20 and value == 2 ** (int(value).bit_length() - 1):
        return f"2^{int(value).bit_length() - 1}"
    return f"{value:,.0f}" if value == int(value) else f"{value}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

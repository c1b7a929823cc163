"""The recipe: everything a run is made from. Same recipe, same drawing.

Frozen, validated, TOML in and out. Flags, `--set` and files all end here; what is not said has
the defaults of the models. No torch here: a recipe can be read and checked at once.
"""

from inkdream.pens import LEARNED
from inkdream.recipe.naming import folder_name, title_of
from inkdream.recipe.networks import NetworkRecipe
from inkdream.recipe.reading import (
    assemble,
    drawing_at,
    split_inks,
    split_networks,
    split_shares,
    split_weight,
    use_of,
    validate,
)
from inkdream.recipe.recipe import MOST_INKS, MOST_PICKED, Recipe
from inkdream.recipe.tables import (
    MOST_STROKES,
    ClimbRecipe,
    PixelsRecipe,
    PlotRecipe,
    SoftnessRecipe,
    StrokesRecipe,
    ViewsRecipe,
)
from inkdream.recipe.terms import TermRecipe

__all__ = [
    "LEARNED",
    "MOST_INKS",
    "MOST_PICKED",
    "MOST_STROKES",
    "ClimbRecipe",
    "NetworkRecipe",
    "PixelsRecipe",
    "PlotRecipe",
    "Recipe",
    "SoftnessRecipe",
    "StrokesRecipe",
    "TermRecipe",
    "ViewsRecipe",
    "assemble",
    "drawing_at",
    "folder_name",
    "split_inks",
    "split_networks",
    "split_shares",
    "split_weight",
    "title_of",
    "use_of",
    "validate",
]

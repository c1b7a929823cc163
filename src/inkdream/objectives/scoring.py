"""A recipe's networks and objective."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import import_module

import torch
from jaxtyping import Float
from torch import Tensor

from inkdream.errors import InputError
from inkdream.networks import Network
from inkdream.networks.lookup import check_class, network, network_of_target, outline
from inkdream.objectives.base import Objective, Term, TermView, in_units
from inkdream.objectives.context import Context, Factory, names_in
from inkdream.objectives.natural import aids
from inkdream.placement import figure, focus, read_mask
from inkdream.recipe import Recipe, TermRecipe
from inkdream.recipe.terms import Targeted, Unlike


def networks(recipe: Recipe, known: Mapping[str, Network] | None = None) -> dict[str, Network]:
    """Return every network that the recipe's terms look at, by name.

    Args:
        recipe: of the run.
        known: networks that are loaded already, by name.
    """
    loaded = dict(known or {})
    names = dict.fromkeys(name for term in recipe.terms for name in names_in(term, recipe))
    for name in names:
        if name not in loaded:
            if layers := outline(name, recipe):
                _check_targets(layers, recipe)
            loaded[name] = network(name, recipe)
    return {name: loaded[name] for name in names}


def _check_targets(outlined: Network, recipe: Recipe) -> None:
    """Raise InputError for a wrong target before weights are downloaded."""
    name = outlined.name
    context = Context(recipe, {name: outlined})
    for number, term in enumerate(recipe.terms):
        try:
            for target in term.targets:
                if network_of_target(target) != name or isinstance(term, Unlike):
                    continue
                if isinstance(term, Targeted):
                    _factory(term)(term, {"name": term.name}, context)
                else:
                    context.layer(target)
        except InputError as error:
            raise InputError(f"terms.{number}: {error}") from error


def objective(recipe: Recipe, known: Mapping[str, Network]) -> Objective:
    """Return the recipe's terms, scaled to count alike (see `in_units`); reads their pictures.

    Raises:
        InputError: if a target names no layer, channel or place, a file is no picture, two terms
            are the same, or a picture is too small for a layer.
    """
    context = Context(recipe, known)
    terms = [_term(term, number, context) for number, term in enumerate(recipe.terms)]
    names = [term.name for term in terms]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise InputError(f"terms: {twice} is given twice; give it once, with the sum of weights")
    masks = {term.where: _lit_mask(recipe, term.where) for term in recipe.terms if term.where}
    if recipe.compose == "figure":
        terms, masks = _as_figures(recipe, terms)
    if (near := focus(recipe)) is not None:
        terms, masks = _in_focus(terms, masks, near)
    view = (min(recipe.size[0], recipe.views.size), min(recipe.size[1], recipe.views.size))
    return Objective(in_units(terms, known, view), masks, aids(recipe, terms, known, view))


def _lit_mask(recipe: Recipe, path: str) -> Float[Tensor, "H W"]:
    """Return a term's mask; raise InputError if it is black all over."""
    mask = read_mask(recipe, path)
    if not float(mask.max()) > 0:
        raise InputError(f"where: {recipe.file(path).name} is black all over; no term changes that")
    return mask


def _as_figures(
    recipe: Recipe, terms: Sequence[Term]
) -> tuple[list[Term], dict[str, Float[Tensor, "H W"]]]:
    """Return terms that each change the picture around one place alone, and their masks."""
    aimed, figures = [], {}
    for term in terms:
        turns, place = term.term_view.turn // 90, term.term_view.place or (0.5, 0.5)
        size = recipe.size[::-1] if turns % 2 else recipe.size
        name = f"figure at {place} turned {turns}"
        figures[name] = torch.rot90(figure(place, size), -turns)
        seen = replace(term.term_view, mask=name, side=recipe.views.size)
        aimed.append(replace(term, term_view=seen))
    return aimed, figures


def _in_focus(
    terms: Sequence[Term], masks: Mapping[str, Float[Tensor, "H W"]], near: Float[Tensor, "H W"]
) -> tuple[list[Term], dict[str, Float[Tensor, "H W"]]]:
    """Return terms that change the picture the more the nearer it is to a focus, and masks."""
    name = "all that is in focus"
    views = [replace(term.term_view, mask=term.term_view.mask or name) for term in terms]
    focused = [replace(term, term_view=view) for term, view in zip(terms, views, strict=True)]
    return focused, {name: near, **{mask: light * near for mask, light in masks.items()}}


def _term(table: TermRecipe, number: int, context: Context) -> Term:
    try:
        if isinstance(table, Targeted):
            table = context.with_colon(table)
            check_class(table.target, context.known)
        common = {"name": table.name, "weight": table.weight}
        term_view = TermView(table.turn, table.where)
        return _factory(table)(table, {**common, "term_view": term_view}, context)
    except InputError as error:
        raise InputError(f"terms.{number}: {error}") from error


def _factory(table: TermRecipe) -> Factory:
    """Return the factory of a table's term, importing its module."""
    module, _, name = table.factory.partition(":")
    factory: Factory = getattr(import_module(f"inkdream.objectives.{module}"), name)
    return factory

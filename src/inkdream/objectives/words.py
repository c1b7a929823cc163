"""Words as an objective, in CLIP's space."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from jaxtyping import Float
from torch import Tensor

from inkdream.errors import InputError
from inkdream.networks.clip import PICTURE, Clip
from inkdream.networks.lookup import clip_name
from inkdream.objectives.base import Seen, Term
from inkdream.objectives.channels import LayerTerm
from inkdream.objectives.context import Context
from inkdream.recipe import terms as tables

# A picture that the words describe is about this much nearer to them than any other picture:
# cosines of the usual models lie between .15 (nothing to do with it) and .35.
USUAL_GAIN = 0.1


@dataclass(frozen=True, kw_only=True)
class Text(LayerTerm):
    """How well words describe the picture, by CLIP.

    Score: mean over v of the cosine between a[v] and the words' embedding, in [-1, 1] (Radford et
    al., "Learning Transferable Visual Models From Natural Language Supervision", 2021). Many views
    a step, cropped, turned and scaled, keep it from adversarial marks (Frans, Soros and Witkowski,
    "CLIPDraw", 2021).

    Attributes:
        embedding: of the words, of unit length, as are the activations (V, D, 1, 1).
    """

    scale: float = USUAL_GAIN
    embedding: Float[Tensor, " D"] = field(compare=False, repr=False)

    def score(self, seen: Seen) -> Float[Tensor, ""]:
        """Return the mean cosine."""
        pictures = seen.features[self.layer]
        return seen.mean((pictures * self.embedding[:, None, None]).sum(1, keepdim=True))


def text(table: tables.Text, common: dict[str, Any], context: Context) -> Term:
    """Return the term for `words`."""
    name = clip_name(table, context.recipe)
    network = context.known[name]
    if not isinstance(network, Clip):
        raise InputError(f"{name} cannot read words")
    return Text(**common, layer=f"{name}/{PICTURE}", embedding=network.embed(table.words))

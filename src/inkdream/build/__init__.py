"""From the recipe's words to the objects of a run: the one place that knows every class.

To add a network, a term or a drawing: one file, and one line here.
"""

from inkdream.build.drawings import drawing, is_in_inks
from inkdream.build.ending import settle
from inkdream.build.networks import (
    name_and_layers,
    network,
    network_names,
    networks,
    sole_network,
    weights_of,
)
from inkdream.build.pictures import resized_masks
from inkdream.build.remarks import remarks
from inkdream.build.stages import Stage, ascent, check_memory, stages
from inkdream.build.terms import objective
from inkdream.networks.own import Preprocessing, network_of

__all__ = [
    "Preprocessing",
    "Stage",
    "ascent",
    "check_memory",
    "drawing",
    "is_in_inks",
    "name_and_layers",
    "network",
    "network_names",
    "network_of",
    "networks",
    "objective",
    "remarks",
    "resized_masks",
    "settle",
    "sole_network",
    "stages",
    "weights_of",
]

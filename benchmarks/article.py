"""The article's recipe, written from its text alone: what inkdream's pictures are measured against.

A softmax of 3 times the logits per pixel times learned colours in a sigmoid, a penalty on the
square root of the class probabilities, Adam. Nothing of inkdream's drawings is used.

The article prints the penalty as a sum over all pixels, 0.01 * norm(p ** 0.5, 1), and does not
print the score; its author's script takes the L2 norm of the neuron's map. Beside a score that is
a mean, that sum leaves little room for the picture; `share` says how much of it counts.
"""

from collections.abc import Callable

import torch
from torch import Tensor

RATE = 0.05
PENALTY = 0.01


def excite(
    score: Callable[[Tensor, int], Tensor],
    height: int,
    width: int,
    inks: int,
    steps: int,
    seed: int,
    share: float = 1.0,
) -> Tensor:
    """Return the strict picture (3, H, W), sRGB in [0, 1], after climbing `score`.

    Args:
        score: takes a picture (3, H, W) in sRGB and the step, returns a scalar to be raised.
        height: in px.
        width: in px.
        inks: how many colours.
        steps: how many to take.
        seed: of the random start.
        share: of the penalty as printed; 1 / (height * width) makes it a mean.
    """
    chance = torch.Generator().manual_seed(seed)
    class_matrix = torch.randn(height, width, inks, generator=chance).requires_grad_()
    class_colors = (torch.randn(inks, 3, generator=chance) + 0.5).requires_grad_()
    optimiser = torch.optim.Adam([class_matrix, class_colors], lr=RATE)
    for step in range(steps):
        colours = torch.sigmoid(class_colors)
        image = torch.clip(torch.softmax(3 * class_matrix, dim=2) @ colours, 0, 1)
        spikiness = torch.norm(torch.softmax(class_matrix, dim=2) ** 0.5, 1)
        loss = PENALTY * share * spikiness - score(image.permute(2, 0, 1), step)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    with torch.no_grad():
        return torch.sigmoid(class_colors)[class_matrix.argmax(2)].permute(2, 0, 1)

"""The stroke drawing: lines, each with a preference for a pen, or for not being drawn.

Legend: S strokes, P pens that draw (all there are, or those picked from more), N control
points, H W px of the page.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from inkdream import colour
from inkdream.drawing.base import InkDrawing
from inkdream.drawing.curves import Curves, Shape
from inkdream.drawing.demand import gains, sprout
from inkdream.drawing.free import FreeStrokes
from inkdream.drawing.initial import Origin
from inkdream.drawing.ink import draw, framed, grain
from inkdream.drawing.kept import ink_of, kept
from inkdream.drawing.limits import harmony, pen_set, stroke_limits
from inkdream.drawing.palette import Palette
from inkdream.drawing.pen_selection import ChosenPalette
from inkdream.drawing.plotted import named, plotted
from inkdream.drawing.softness import choose, largest
from inkdream.drawing.splines import reach_of
from inkdream.drawing.starts import begin, nearness
from inkdream.drawing.stroke_costs import PlotTime, weigh
from inkdream.drawing.symmetry import copies, overlaid
from inkdream.errors import InputError
from inkdream.pens import Pen
from inkdream.pictures import Inked, posterised
from inkdream.placement import focus
from inkdream.plot import Plot
from inkdream.raster import Inks
from inkdream.recipe import Recipe

# Strokes start anew while the picture is still soft: in this part of a run.
_RESEEDING = (0.05, 0.5)
_GROWING_ROUNDS = 16
# Pictures on the way have at most this many px a side.
_SNAPSHOT = 256
# How much more a new stroke wants the pen that it was placed for.
_LEANING = 1.0


class StrokeDrawing(InkDrawing):
    """Curves in mm, each drawn with one of P pens or not at all.

    Attributes:
        curves: the shapes.
        wants: (P + 1, S) how much each stroke wants each pen, and last, not to be drawn.
        palette: the pens' inks.
    """

    wants: nn.Parameter
    alive: Tensor
    asked: Tensor
    rounds: Tensor
    near: Tensor | None

    def __init__(
        self, recipe: Recipe, points: Float[Tensor, "S N 2"], generator: torch.Generator
    ) -> None:
        """Begin with strokes somewhere, that want no pen more than another but for chance.

        Args:
            recipe: its page, pens, symmetry and limits, and the tables `strokes`, `climb`, `plot`.
            points: control points in mm.
            generator: the stage's source of chance.

        Raises:
            InputError: as `check`.
        """
        super().__init__()
        self.page, self.pens, self.settings = recipe.page, pen_set(recipe), recipe.strokes
        self.climb, self.symmetry, self.generator = recipe.climb, recipe.symmetry, generator
        self.limits = stroke_limits(recipe, self.pens)
        self.register_buffer("near", focus(recipe), persistent=False)
        self.time = PlotTime.of(recipe)
        page, pens = self.page, self.pens
        widths = torch.tensor([pen.width for pen in pens])
        self.curves = Curves(
            points,
            page,
            float(widths.max()),
            recipe.symmetry,
            corners=self.settings.corners,
            fade=self.settings.fade,
        )
        self.strict_from = recipe.softness.strict_from
        self.kept = ink_of(recipe, pens.pens, len(self.curves.sampling))
        finest = widths if self.kept is None else torch.cat([widths, self.kept.widths])
        self.times = grain(page, float(finest.min()))
        self.palette = (
            ChosenPalette(pens.pens, recipe.pick, pens.paper, areas=False)
            if recipe.pick
            else Palette([pen.colour for pen in pens], generator, harmony(recipe, bare=False))
        )
        scattered = torch.randn(len(self.palette) + 1, len(points), generator=generator)
        self.wants = nn.Parameter(0.1 * scattered)
        self.register_buffer("widths", widths, persistent=False)
        self.is_one_width = bool((widths == widths[0]).all())
        self.register_buffer("frame", self.curves.frame(), persistent=False)
        opacity = torch.tensor([pen.opacity for pen in pens])
        self.register_buffer("opacity", opacity, persistent=False)
        paper = torch.from_numpy(colour.linear_of([pens.paper])[0]).float()
        self.register_buffer("paper", paper, persistent=False)
        # Strokes that take part; growth begins with few.
        grown = self.settings.grow * len(points)
        self.register_buffer("alive", torch.arange(len(points)) < grown)
        # Where the objective last asked for change: the loss's gradient to the picture.
        self.register_buffer("asked", torch.zeros(3, *page.pixels))
        self.register_buffer("rounds", torch.tensor(0))

    @classmethod
    def of(
        cls, recipe: Recipe, generator: torch.Generator, initial: Origin | None
    ) -> StrokeDrawing:
        """Return a recipe's drawing, that begins along a picture or with an SVG's lines."""
        points = begin(recipe, generator, initial)
        drawing = cls(recipe, points, generator)
        if initial is not None and initial.picture is not None:
            drawing.begin_from(initial.picture, generator)
        if initial is not None and initial.lines is not None:
            drawing.begin_with(initial.lines.colours[: len(points)], generator)
            if initial.lines.alone:
                drawing.alive[len(initial.lines.points) :] = False
        return drawing

    @classmethod
    def free(cls, recipe: Recipe, generator: torch.Generator) -> FreeStrokes:
        """Return strokes of any colour, to compare with."""
        return FreeStrokes(recipe, begin(recipe, generator, None))

    @classmethod
    def check(cls, recipe: Recipe) -> None:
        """Raise InputError if what a recipe asks for cannot be kept."""
        times = len(copies(recipe.symmetry))
        if recipe.strokes.count < times:
            raise InputError(
                f"symmetry {recipe.symmetry} draws each stroke {times} times: strokes.count must "
                f"be at least {times}, not {recipe.strokes.count}"
            )
        stroke_limits(recipe, pen_set(recipe))
        kept(recipe)

    def shares(self, softness: float) -> Float[Tensor, "P1 S"]:
        """Return how much of each stroke each pen draws, and last, how much is not drawn."""
        return choose(self.preferences(softness), softness)

    def preferences(self, softness: float = 0.0) -> Float[Tensor, "P1 S"]:
        """Return how much each stroke wants each pen, and may have it, and last, none."""
        if self.limits is None:
            return self.wants
        shape = self.curves.shape()
        bias = self.limits.bias(self.palette, self.curves, shape, softness)
        return self.wants if bias is None else self.wants + F.pad(bias, (0, 0, 0, 1))

    def image(self, softness: float) -> Float[Tensor, "3 H W"]:
        """Return the page in linear RGB; with softness, edges blur and inks mix."""
        return self.render(softness)[0]

    def penalties(self, softness: float) -> dict[str, Tensor]:
        """Return what `stroke_costs` and `limits` find, and `crowding`."""
        return self._weigh(self.shares(softness), self.curves.shape(), softness)

    def render(self, softness: float) -> tuple[Float[Tensor, "3 H W"], dict[str, Tensor]]:
        """Return both, from one flattening and one choice."""
        shares = self.shares(softness)
        shape = self.curves.shape()
        presence = self.alive.to(shares)
        image = self._draw(shares, shape, softness, presence)
        if image.requires_grad and self._all_rounds:
            image.register_hook(self._remember)
        return image, self._weigh(shares, shape, softness)

    def inks(self, softness: float = 0.0) -> Inks:
        """Return the pens' inks and the paper; while a choice of pens is soft, mixtures of them."""
        opacity = self.palette.mixed(self.get_buffer("opacity"), softness)
        return Inks(self.palette.colours(softness), opacity, self.get_buffer("paper"))

    def worths(
        self, score: Callable[[Float[Tensor, "3 H W"]], Float[Tensor, ""]]
    ) -> Float[Tensor, " S"]:
        """Return by how much a score of the strict picture falls, to first order, without each.

        Strokes that are not drawn are worth 0.

        Args:
            score: of a picture in linear RGB; higher is better.
        """
        presence = self.alive.to(self.wants).requires_grad_()
        with torch.enable_grad():
            picture = self._draw(self.shares(0.0).detach(), self.curves.shape(), 0.0, presence)
            (worth,) = torch.autograd.grad(score(picture), presence)
        return worth * self.alive

    def _draw(
        self, shares: Tensor, shape: Shape, softness: float, presence: Tensor
    ) -> Float[Tensor, "3 H W"]:
        turns, (colours, opacity, paper) = self.palette.turns(), self.inks(softness)
        times = len(self.curves.matrices)
        weights = (shares[:-1].T * presence[:, None]).index_select(1, turns)
        inks = Inks(colours[turns], opacity[turns], paper)
        widths = self._widths(shares, softness)
        if times > 1:
            weights, widths = weights.repeat(times, 1), widths.repeat(times)
        lines, blur = self.curves.everywhere(shape.lines), self.settings.reach * softness
        if self.kept is not None:
            lines, widths, weights, inks = self.kept.among(lines, widths, weights, inks)
        picture = draw(lines, widths, weights, inks, self.page, blur, self.times)
        return framed(picture, paper, self.get_buffer("frame"))

    def _widths(self, shares: Float[Tensor, "P1 S"], softness: float) -> Float[Tensor, " S"]:
        """Return the strokes' widths in mm; while pens mix, so do their widths."""
        drawn, own = shares[:-1], self.get_buffer("widths")
        if self.is_one_width:
            return own[:1].expand(drawn.shape[1])
        widths = self.palette.mixed(own, softness)
        mixed = (drawn * widths[:, None]).sum(0) / drawn.sum(0).clamp(min=1e-9)
        # What is not drawn has any width; 0 would make a coverage that has no gradient.
        return torch.where(drawn.sum(0) > 1e-6, mixed, widths.mean())

    def _weigh(
        self, shares: Float[Tensor, "P1 S"], shape: Shape, softness: float
    ) -> dict[str, Tensor]:
        pens, widths = shares[:-1] * self.alive, self._widths(shares, softness)
        costs = weigh(self.settings, self.time, self.curves, shape, pens, widths, self.kept)
        if bool(self.palette.learned.any()):
            costs["crowding"] = self.settings.crowding * self.palette.crowding(softness)
        if self.limits is None:
            return costs
        return costs | self.limits.costs(
            self.palette, self.curves, shape, self.wants, pens, softness
        )

    def _remember(self, gradient: Float[Tensor, "3 H W"]) -> None:
        self.asked.mul_(0.9).add_(gradient.detach(), alpha=0.1)

    @torch.no_grad()
    def begin_from(self, picture: Float[Tensor, "3 H W"], generator: torch.Generator) -> None:
        """Begin with the pens nearest to a picture's colours (linear RGB) under each stroke.

        Learned inks move to where they serve the picture best.
        """
        self.palette.begin_from(picture, generator)
        grid = self.curves.shape().lines / torch.tensor([self.page.width, self.page.height]) * 2 - 1
        under = F.grid_sample(picture[None], grid[None], align_corners=False)[0].mean(-1).T
        self.wants.copy_(nearness(self._known(), under))

    @torch.no_grad()
    def begin_with(self, lines: Float[Tensor, "R 3"], generator: torch.Generator) -> None:
        """Begin with the pens nearest to the colours of lines (linear RGB): of the first R strokes.

        All of them are drawn. Learned inks move to where they serve the lines best.
        """
        self.palette.begin_from(lines.T[:, None], generator)
        near = nearness(self._known(), lines)
        near[-1] = near[:-1].amin(0)
        self.wants[:, : len(lines)] = near
        self.alive[: len(lines)] = True

    def _known(self) -> Float[Tensor, "P1 3"]:
        return torch.cat([self.palette.colours(), self.get_buffer("paper")[None]])

    def project(self, progress: float) -> None:
        """Bring strokes that left the page back onto it; now and then, start idle ones anew."""
        if progress > self.strict_from or progress >= 1:
            self.curves.shorten()
        self.curves.project()
        self.palette.mend(progress)
        first, last = _RESEEDING
        due = math.floor(self._all_rounds * min(1.0, (progress - first) / (last - first)))
        if due > int(self.rounds):
            self.rounds.fill_(due)
            self._reseed(due / self._all_rounds)

    @property
    def _all_rounds(self) -> int:
        """How often strokes are added and idle ones start anew."""
        return self.settings.reseed or (_GROWING_ROUNDS if self.settings.grow < 1 else 0)

    @torch.no_grad()
    def _reseed(self, share: float) -> None:
        """Start idle strokes anew, and let others grow: `share` of those to come are there then."""
        grow = self.settings.grow
        grown = math.ceil(len(self.alive) * (grow + (1 - grow) * share))
        numbers = torch.arange(len(self.alive), device=self.alive.device)
        coming = (numbers < grown) & ~self.alive
        idle = (largest(self.preferences()) == len(self.palette)) & self.alive
        which = coming | (idle if self.settings.reseed else torch.zeros_like(idle))
        if not which.any():
            return
        asked = overlaid(self.asked, self.curves.matrices)
        gain = gains(self.image(0.0), asked, self.inks())
        gain = self.limits.lit(self.palette, gain) if self.limits else gain
        gain = gain if self.near is None else gain * self.near
        points = self.curves.points.shape[1]
        found = sprout(
            gain.cpu(),  # where chance is
            int(which.sum()),
            points,
            self.page,
            reach_of(self.settings.length, points, corners=self.settings.corners),
            self.generator,
        )
        self.curves.replace(which, found.points.to(self.wants))
        self.alive |= coming
        self.wants[:, which] = _LEANING * F.one_hot(found.pens, len(self.wants)).T.to(self.wants)

    def groups(self) -> list[dict[str, object]]:
        """Return the groups of the points, of the pens' choice and of the learned inks."""
        return [
            {"params": [self.curves.points], "lr": self.settings.rate / self.page.scale},
            {"params": [self.wants], "lr": self.settings.pen_rate},
            self._inks_group(),
        ]

    @torch.no_grad()
    def snapshot(self) -> Inked:
        """Return the strict picture, made smaller and in few enough colours to be shown."""
        image = self.image(0.0)
        every = -(-max(image.shape[1:]) // _SNAPSHOT)
        small = F.adaptive_avg_pool2d(
            image, (-(-image.shape[1] // every), -(-image.shape[2] // every))
        )
        return posterised(colour.to_bytes(small.permute(1, 2, 0)).cpu().numpy())

    @torch.no_grad()
    def chosen(self) -> Int[Tensor, " S"]:
        """Return each stroke's pen, and P for one that is not drawn."""
        taken = largest(self.preferences())
        return torch.where(self.alive, taken, len(self.palette))

    @torch.no_grad()
    def ink_areas(self) -> Float[Tensor, " S"]:
        """Return what each stroke's line covers in mm^2 if it is drawn, without its copies."""
        widths = self._widths(self.shares(0.0), 0.0)
        return self.curves.shape().lengths * widths * self.is_drawn()

    def is_drawn(self) -> Bool[Tensor, " S"]:
        """Return which strokes are drawn at all."""
        return self.chosen() < len(self.palette)

    @torch.no_grad()
    def leave_out(self, which: Int[Tensor, " R"]) -> None:
        """Draw the strokes of these numbers no longer."""
        self.alive[which] = False

    @torch.no_grad()
    def take_back(self, which: Int[Tensor, " R"]) -> None:
        """Draw strokes of these numbers, that were left out, as before."""
        self.alive[which] = True

    @torch.no_grad()
    def plot(self, order: Callable[[Plot], Plot] | None = None) -> Plot:
        """Return the strict drawing: every stroke with its pen, in mm, cut off at the margin.

        What is kept is before each pen's own strokes, in its order, but for what is plotted
        already; the `picture_of` a plot has that too.

        Args:
            order: what puts its own strokes in a good order.
        """
        chosen, pens = self.chosen().cpu(), self.named_pens()
        points = self.curves.bezier.cpu().double()
        drawn = [
            (pens[number], points[chosen == number].numpy())
            for number in self.palette.turns().tolist()
        ]
        matrices = copies(self.symmetry).numpy()
        plot = plotted(self.page, self.pens.paper, drawn, matrices)
        if self.kept is not None:
            plot = replace(plot, ground=self.kept.ground)
        plot = order(plot) if order else plot
        return plot if self.kept is None else self.kept.before(plot, [pen.name for pen, _ in drawn])

    def picture_of(self, plot: Plot) -> Plot:
        """Return what the paper shows after a plot: with what was plotted before, if anything."""
        return plot if self.kept is None else self.kept.below_it(plot)

    def named_pens(self) -> list[Pen]:
        """Return each slot's pen; learned colours are filled in, and the pens named after them."""
        if isinstance(self.palette, ChosenPalette):
            return [self.pens.pens[number] for number in self.palette.picked().tolist()]
        found = colour.to_bytes(self.palette.colours()).tolist()
        return named(self.pens.pens, found, self.palette.learned.tolist())

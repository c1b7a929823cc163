"""At which angle, and how close, a pen's lines lie, where somebody says so."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from inkdream.errors import InputError

# Lines lie so many nibs apart, at least and at most.
CLOSEST, WIDEST = 0.5, 50.0
MOST_DEGREES = 360.0


@dataclass(frozen=True)
class Ruling:
    """What is said of a pen's lines; None for what is not.

    >>> Ruling(angle=30.0).over(Ruling(angle=0.0, spacing=1.2))
    Ruling(angle=30.0, spacing=1.2)

    Attributes:
        angle: in degrees, anticlockwise from level, or for lines that follow forms from their way.
        spacing: from line to line in mm; where tones differ, in the darkest.

    Raises:
        InputError: if a number is beyond what can be drawn.
    """

    angle: float | None = None
    spacing: float | None = None

    def __post_init__(self) -> None:
        if self.angle is not None and not abs(self.angle) <= MOST_DEGREES:
            raise InputError(f"angle {self.angle:g}: -360 to 360 degrees")
        if self.spacing is not None and not 0 < self.spacing < math.inf:
            raise InputError(f"spacing {self.spacing:g}: mm from line to line, above 0")

    def over(self, other: Ruling) -> Ruling:
        """Return this, with what is not said here as another has it."""
        angle = other.angle if self.angle is None else self.angle
        return Ruling(angle, other.spacing if self.spacing is None else self.spacing)

    def nibs(self, nib: float) -> float | None:
        """Return the spacing in nibs of so many mm.

        Raises:
            InputError: if no pen of that width draws such lines.
        """
        if self.spacing is None:
            return None
        if not CLOSEST * nib <= self.spacing <= WIDEST * nib:
            raise InputError(
                f"lines {self.spacing:g} mm apart, drawn {nib:g} mm wide: {CLOSEST * nib:g} to "
                f"{WIDEST * nib:g} mm"
            )
        return self.spacing / nib


# From a pen's name to how its lines lie.
Rulings = Callable[[str], Ruling]


def unruled(_name: str) -> Ruling:
    """Return a ruling that says nothing."""
    return Ruling()

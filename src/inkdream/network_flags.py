"""The flags that say how a network of one's own is to be used; `draw` and `networks` have them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Annotated, Literal

from cyclopts import Parameter

from inkdream.usage import EXPERT, value


@Parameter(name="*")
@dataclass(frozen=True)
class NetworkFlags:
    """What a network of one's own wants done to pictures, and what its classes are called."""

    weights: Annotated[str | None, EXPERT, value("FILE")] = None
    """A safetensors file with the weights of your network."""
    mean: Annotated[str | None, EXPERT, value("NUMBERS")] = None
    """What your network wants subtracted from pictures, by channel: 0.485,0.456,0.406. Default
    nothing."""
    deviation: Annotated[str | None, EXPERT, value("NUMBERS")] = None
    """What your network wants them divided by then: 0.229,0.224,0.225. Default nothing."""
    range: Annotated[str | None, EXPERT, value("RANGE")] = None
    """The values of black and white that your network takes: 0..1, -1..1, 0..255. Default 0..1."""
    order: Annotated[Literal["rgb", "bgr"] | None, EXPERT] = None
    """The order of the channels that your network takes. Default rgb."""
    size: Annotated[str | None, EXPERT, value("ROWS,COLUMNS")] = None
    """The size in px that your network takes: 256,128, or 224 for a square. Pictures of another
    shape are fitted into it, not stretched. Default what it is found to take."""
    classes: Annotated[str | None, EXPERT, value("FILE")] = None
    """A text file with the name of one of your network's classes in each line."""

    def keys(self) -> dict[str, str]:
        """Return the keys of a network's table that were given."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return {key: value for key, value in given.items() if value is not None}

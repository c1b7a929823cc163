"""Every kind of term is climbed, in areas of ink and in strokes, and from the command line."""

import pytest

from tests import test_run, test_run_strokes
from tests.objectives.made import STROKES, gain, half, painted
from tests.test_run import KILLED, lived, same_drawing, says, whole
from tests.toys import small

# The process that lives are forked from is shared with no other module: each has its own.
killer = test_run.killer

CHANNEL = {"target": "loom/conv3_1/5"}


def tables(folder):
    """Return a term of every kind, by kind; those with words have tests of their own."""
    picture, other = painted(folder / "a.png"), painted(folder / "b.png", 1)
    return {
        "neuron": CHANNEL,
        "spike": {"kind": "spike", "target": "loom/conv2_1/15"},
        "direction": {"kind": "direction", "target": "loom/conv2_1/15+3-0.5*12"},
        "checkerboard": {"kind": "checkerboard", "target": "loom/conv2_1/15,3", "square": 8},
        "unlike": {"kind": "unlike", "target": "loom/conv2_1", "pictures": [picture, other]},
        "style": {"kind": "style", "picture": picture},
        "texture": {"kind": "texture", "picture": picture},
        "content": {"kind": "content", "picture": picture, "layers": ["loom/conv2_1"]},
        "smooth": {"kind": "smooth"},
    }


KINDS = sorted(tables.__annotations__ or {}) or [
    "neuron",
    "spike",
    "direction",
    "checkerboard",
    "unlike",
    "style",
    "texture",
    "content",
    "smooth",
]


@pytest.mark.parametrize("medium", ["pixels", "strokes"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_short_climb_raises_the_score(tmp_path, kind, medium):
    said = STROKES if medium == "strokes" else {}
    print(kind, medium, gain(tables(tmp_path)[kind], **said))
    assert gain(tables(tmp_path)[kind], **said) > 0

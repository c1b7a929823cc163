import pytest

from tests.svg.misdrawn import is_misdrawn, plotted
from tests.svg.random_svgs import make


@pytest.mark.parametrize("first", range(0, 100, 10))
def test_random_svgs_are_plotted_as_another_program_shows_them(first):
    for seed in range(first, first + 10):
        given, meant, thin = make(seed)
        plot, excuses = plotted(given)
        assert not is_misdrawn(plot, meant, thin) or excuses, seed

"""A few of the cases of tests/fuzzing.py; thousands are tried now and then."""

from itertools import islice

import pytest

from tests.fuzzing import cases, fault

CASES = list(islice(cases(11), 48))


@pytest.mark.parametrize("number", range(4))
@pytest.mark.filterwarnings("default")
def test_whatever_is_asked_ends_well_or_in_one_line(number):
    for words, files in CASES[number::4]:
        assert not fault(words, files), words

"""Names of layers as AxiDraw reads them, and what is left of them for a person."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkdream.plot.plot import LayerCodes, read_label


@pytest.mark.parametrize(
    "name",
    ["stabilo 88 red", "pen1", "pen2", "0.5 black", "3rd", "ink #4", "noir + 2", "1:1", "5blue"],
)
@pytest.mark.parametrize("prefix", ["", "1 ", "!2 ", "7+s40 ", "3+H20+d5 "])
def test_a_number_inside_a_name_is_part_of_it(prefix, name):
    """0.1.0 took digits out of the middle: 'stabilored', 'pen'."""
    assert read_label(prefix + name).name == name


@pytest.mark.parametrize(
    ("label", "number", "codes"),
    [
        ("1 black", 1, LayerCodes()),
        ("12", 12, LayerCodes()),
        ("!2+s40+D500 red", 2, LayerCodes(speed=40, delay=500, pauses=True)),
        ("  3+H30+S25+S26", 3, LayerCodes(speed=26, height=30)),
        ("+S20 slow", None, LayerCodes(speed=20)),
        ("! +s9 x", None, LayerCodes(speed=9, pauses=True)),
        ("1 +S20 x", 1, LayerCodes()),
        ("black", None, LayerCodes()),
    ],
)
def test_numbers_and_codes(label, number, codes):
    found = read_label(label)
    assert (found.number, found.codes, found.is_documentation) == (number, codes, False)


def test_codes_out_of_range_are_dropped_and_named():
    found = read_label("1+S0+H101+d0+s111+h5 x")
    assert found.codes == LayerCodes(height=5)
    assert found.dropped == ("+S0", "+H101", "+d0", "+s111")
    assert read_label("1+s" + "9" * 9000).codes == LayerCodes()


@pytest.mark.parametrize("label", ["% guides", "  %1 guides", "%"])
def test_documentation_is_not_plotted(label):
    assert read_label(label).is_documentation
    assert not read_label("1 50 % grey").is_documentation


@given(st.text())
def test_any_text_is_a_name(label):
    assert "\n" not in read_label(label).name

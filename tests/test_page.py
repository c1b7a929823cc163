"""Sizes of sheets as people write them: in which unit, and that it is said."""

import pytest

from inkdream.errors import InputError
from inkdream.page import INCH, SIZES, parse_size, taken_unit


@pytest.mark.parametrize("word", ["24x36", "11x17", "9x12", "8x10", "11x14", "36 x 24", "18×24"])
def test_sheets_that_are_sold_in_inches_are_in_inches_and_it_is_said(word):
    """0.1.0 took 11x14 in inches and 24x36, 11x17 and 9x12 in mm, without a word."""
    numbers = [float(each) for each in word.replace("×", "x").split("x")]
    assert parse_size(word) == pytest.approx([INCH * each for each in numbers])
    assert f"the page {word} is taken in inches, {numbers[0] * INCH:.4g} x " in taken_unit(word)
    turned = parse_size(f"{word} portrait")
    assert turned[0] < turned[1]
    assert "inches" in taken_unit(f"{word} landscape")


@pytest.mark.parametrize("word", ["300x200", "148 x 210", "100x20", "841x1189 landscape"])
def test_large_numbers_are_mm_and_it_is_said(word):
    assert max(parse_size(word)) == max(
        float(each) for each in word.removesuffix("landscape").split("x")
    )
    assert taken_unit(word) == f"the page {word} is taken in mm"


@pytest.mark.parametrize("word", ["30x40", "50x70", "70x99", "2x3", "24x37 landscape"])
def test_what_could_be_anything_is_asked(word):
    numbers = word.split()[0]
    for ask in (parse_size, taken_unit):
        with pytest.raises(InputError, match=f"in which unit. Write {numbers}in, {numbers}cm or"):
            ask(word)


@pytest.mark.parametrize(
    "word",
    ["24x36mm", "30x40cm", "8.5x11in", '9"x12"', "10mmx20mm", *sorted(SIZES.keys() - {"11x14"})],
)
def test_nothing_is_said_of_a_unit_that_stands_there(word):
    assert min(parse_size(word)) > 0
    if word not in ("5x7", "6x8"):
        assert taken_unit(word.replace('"', "in")) == ""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from inkdream.errors import InputError
from inkdream.page import MM_PER, MOST_MM, MOST_PIXELS, SIZES, Page, parse_size

SIDE = st.floats(1, MOST_MM).map(lambda side: round(side, 3))


@pytest.mark.parametrize("name", SIZES)
def test_a_named_sheet_stands_or_lies(name):
    width, height = parse_size(name)
    assert (width, height) == SIZES[name]
    assert width < height
    assert parse_size(f"{name} portrait") == (width, height)
    assert parse_size(f" {name.upper()}-Landscape ") == (height, width)


@pytest.mark.parametrize("number", range(6))
def test_a_sheet_of_the_a_series_is_half_the_one_before(number):
    width, height = parse_size(f"a{number + 1}")
    larger, longer = parse_size(f"a{number}")
    assert height == larger
    assert width == pytest.approx(longer / 2, abs=0.6)


@given(SIDE, SIDE)
def test_a_size_in_mm_is_read_as_it_is_written(width, height):
    for word in (f"{width}x{height}mm", f"{width}mmx{height}mm", f"{width} x {height} mm"):
        assert parse_size(word) == (width, height)


@pytest.mark.parametrize("unit", [unit for unit in MM_PER if unit != "m"])
@given(first=st.integers(10, 99), second=st.integers(10, 99))
def test_units_scale_a_size(unit, first, second):
    width, height = parse_size(f"{first}x{second}{unit}")
    assert width == pytest.approx(first * MM_PER[unit])
    assert height == pytest.approx(second * MM_PER[unit])
    assert parse_size(f"{first}{unit}x{second}{unit}") == (width, height)


def test_known_lengths():
    assert parse_size("8x10in") == pytest.approx((203.2, 254))
    assert parse_size("96x96px") == pytest.approx((25.4, 25.4))
    assert parse_size("72x72pt") == pytest.approx((25.4, 25.4))
    assert parse_size("20x15cm") == (200, 150)


def test_each_side_may_have_its_unit():
    assert parse_size("20cmx100mm") == (200, 100)


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("a44", "Did you mean 'a4'"),
        ("", "unknown page size"),
        ("letters", "Did you mean 'letter'"),
        ("10x10furlong", "unknown unit"),
        ("0x10mm", "more than 0"),
        ("10x0mm", "more than 0"),
        ("6000x10", "at most 5000"),
        ("6x1m", "at most 5000"),
        ("-10x10", "unknown page size"),
        ("nanxnan", "unknown page size"),
        ("1e9x1e9", "unknown page size"),
        ("9" * 400 + "x10", "at most 5000"),
    ],
)
def test_what_is_no_size(word, says):
    with pytest.raises(InputError, match=says):
        parse_size(word)


@given(st.text(max_size=30))
def test_any_word_is_a_size_or_one_clear_line(word):
    try:
        width, height = parse_size(word)
    except InputError:
        pass
    else:
        assert 0 < width <= MOST_MM
        assert 0 < height <= MOST_MM


@pytest.mark.parametrize("name", ["a5", "a4 landscape", "300x200mm"])
def test_a_page_of_a_word(name):
    page = Page.of(name, margin=5)
    assert (page.width, page.height) == parse_size(name)
    assert page == Page.model_validate({"size": name, "margin": 5})
    assert Page.model_validate(name) == Page.of(name)
    assert Page.model_validate(page.model_dump()) == page


def test_a_page_is_a5_if_nothing_is_said():
    assert (Page().width, Page().height) == parse_size("a5")


@given(width=st.floats(60, MOST_MM), height=st.floats(60, MOST_MM))
def test_the_longer_side_has_256_px_unless_told(width, height):
    rows, columns = Page(width=width, height=height).pixels
    assert max(rows, columns) == 256
    assert abs(rows * width - columns * height) <= 0.5001 * max(width, height)


@given(scale=st.floats(0.5, 20))
def test_pixels_are_mm_times_scale(scale):
    page = Page(width=100, height=150, scale=scale)
    assert page.pixels == (round(150 * scale), round(100 * scale))


@given(margin=st.floats(0, 49))
def test_what_lies_inside_is_a_margin_away_from_every_edge(margin):
    left, top, right, bottom = Page(width=100, height=150, margin=margin).inside
    assert left == top == 100 - right == 150 - bottom == margin or (
        right == pytest.approx(100 - margin) and bottom == pytest.approx(150 - margin)
    )
    assert left < right
    assert top < bottom


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ({"size": "a5", "margin": 74}, "no room"),
        ({"width": 10, "height": 10}, "no room"),
        ({"size": "a4", "margin": -1}, "greater than or equal"),
        ({"size": "blah"}, "unknown page size"),
        ({"width": 0}, "greater than 0"),
        ({"width": float("nan")}, "finite"),
        ({"height": float("inf")}, "finite"),
        ({"width": "wide"}, "valid number"),
        ({"height": None}, "valid number"),
        ({"width": 9999}, "less than or equal"),
        ({"size": "a0", "scale": 1000}, f"at most {MOST_PIXELS:,}"),
        ({"size": "a5", "colour": "red"}, "Extra inputs"),
        (7, "valid dictionary"),
    ],
)
def test_what_is_no_page(said, says):
    with pytest.raises(ValidationError, match=says):
        Page.model_validate(said)


def test_a_page_cannot_be_changed():
    with pytest.raises(ValidationError):
        Page().width = 10


def test_a_size_by_name_says_more_than_sides():
    assert Page.model_validate({"size": "a4", "width": 10.0, "margin": 5}).width == 210


@given(st.integers(1, 4000), st.integers(1, 4000), st.floats(0, 70))
def test_what_is_fit_into_the_margins_touches_two_and_lies_in_the_middle(width, height, margin):
    page = Page.of("a5", margin=margin)
    scale, (left, top) = page.fit(width, height)
    rest = (page.width - left - width * scale, page.height - top - height * scale)
    assert (left, top) == pytest.approx(rest)
    assert min(left, top) == pytest.approx(margin)

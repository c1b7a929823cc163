import pytest

from inkdream.errors import InputError, RunError, shorten, unknown


@pytest.mark.parametrize("kind", [InputError, RunError])
def test_every_error_is_one_line_whatever_it_tells_of(kind):
    assert (
        str(kind("a\nb.toml: cannot  be read\r\n(no file)"))
        == "a b.toml: cannot  be read (no file)"
    )


def test_a_near_miss_is_named():
    error = unknown("pen", "blak", ["black", "red"])
    assert isinstance(error, InputError)
    assert str(error) == "unknown pen 'blak'. Did you mean 'black'? Known: black, red"


def test_a_far_word_gets_no_guess_and_long_lists_are_cut():
    text = str(unknown("pen", "qqqqqqqq", [f"pen{i}" for i in range(100)]))
    assert "Did you mean" not in text
    assert text.endswith("and 76 more")


def test_shortened_text_is_one_line_and_bounded():
    assert shorten("a\nb\tc") == "a b c"
    assert len(shorten("x" * 500, 60)) <= 60

import io

import pytest
from rich.console import Console

from inkdream.cli.pens import BAD_FILE, check, check_file, list_ranges, show_pens
from inkdream.errors import InputError
from inkdream.pens.catalogue import catalogue, ranges, select
from inkdream.pens.own import MOST_OWNED

MINE = """
[[pens]]
ref = "stabilo88:46"
colour = "#111111"
width = 0.38
[[pens]]
name = "[red]gold[/red]"
colour = "#b8963f"
width = 0.6
opacity = 0.7
[[pens]]
colour = "?"
width = 0.4
"""


def printed(show, *args, width=80, colours=False, **others):
    """Return what is printed, and the exit code."""
    console = Console(
        file=io.StringIO(),
        width=width,
        highlight=False,
        force_terminal=colours,
        color_system="truecolor" if colours else None,
    )
    code = show(*args, console=console, **others)
    return console.file.getvalue(), code


def test_one_of_your_own_pens_is_shown_by_its_word(tmp_path):
    own = tmp_path / "own.toml"
    own.write_text(MINE.replace("?", "#ffd000"))
    text, code = printed(show_pens, "mine:stabilo88-46", own=own)
    assert code == 0
    assert "0.38" in text
    assert "0.6" not in text
    with pytest.raises(InputError, match="unknown pen of mine 'golf'"):
        show_pens("mine:golf", own)


def test_every_range_is_listed_with_its_pens():
    text, code = printed(list_ranges, width=120)
    assert code == 0
    for key, pens in ranges().items():
        (line,) = [line for line in text.splitlines() if line.startswith(key)]
        assert line.split()[1] == str(len(pens))
        assert f"{pens[0].maker} {pens[0].range}" in line
    assert str(len(catalogue())) in text
    assert "nominal" in text


@pytest.mark.parametrize("key", ranges())
@pytest.mark.parametrize("width", [60, 120])
def test_a_range_is_shown_with_references_that_can_be_typed(key, width):
    text, code = printed(show_pens, key, width=width)
    assert code == 0
    for pen in select(key):
        assert f" {pen.reference} " in text
        for value in ("colour", "width"):
            assert pen.origins[value].source in text


def test_a_swatch_has_the_colour_of_its_ink():
    text, _ = printed(show_pens, "stabilo88:40", colours=True)
    red = "38;2;227;0;15"
    assert select("stabilo88:40")[0].colour == "#e3000f"
    assert red in text
    assert red not in printed(show_pens, "stabilo88:41", colours=True)[0]


def test_words_search():
    text, _ = printed(show_pens, "stabilo red")
    assert "stabilo88:40" in text
    assert "posca" not in text
    text, _ = printed(show_pens, "#e3000f")
    # The pen whose colour this is comes first.
    assert "stabilo88:40" in text.splitlines()[1]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("stabilo99", "Did you mean 'stabilo88'"),
        ("crimsen", "Did you mean 'crimson'"),
        ("stabilo88:466", "Did you mean '46'"),
        ("#12", "neither"),
        ("", "unknown pen ''"),
        ("mine", "you have no pen file"),
    ],
)
def test_nothing_to_show(words, says):
    with pytest.raises(InputError, match=says):
        printed(show_pens, words)


def test_ones_own_pens_and_values_are_shown(write):
    path = write(MINE)
    text, code = printed(show_pens, "mine", path)
    assert code == 0
    assert "mine:stabilo88-46" in text
    assert "[red]gold[/red]" in text
    assert "0.7" in text
    assert "??" in text
    text, _ = printed(show_pens, "stabilo88:46", path)
    assert "yours" in text
    assert "#111111" in text
    assert "0.38" in text
    assert "yours" not in printed(show_pens, "stabilo88:46")[0]


def test_ones_own_pens_are_found_by_their_words(write):
    path = write(
        "".join(
            f'[[pens]]\nname = "{name}"\ncolour = "{ink}"\nwidth = 0.5\n'
            for name, ink in (("Rotring isograph", "#101010"), ("my gold", "#b8963f"))
        )
    )
    text, code = printed(show_pens, "rotring", path)
    assert code == 0
    assert "mine:rotring-isograph" in text
    assert "gold" not in text
    # Together with the catalogue's.
    text, _ = printed(show_pens, "gold", path)
    assert "mine:my-gold" in text
    assert "In the catalogue:" in text
    assert "mine:my-gold" in printed(show_pens, "#b8963f", path)[0]
    assert "mine" not in printed(show_pens, "stabilo88:46", path)[0]
    with pytest.raises(InputError, match="Did you mean 'rotring-isograph'"):
        printed(show_pens, "rotrink-isograph", path)


def test_a_file_without_oddities(write):
    path = write(MINE)
    assert check_file(path) == []
    text, code = printed(check, path)
    assert code == 0
    assert "3 pens, 0 things to look at" in text.replace("\n", " ")


def pen(name, ink, width=0.4):
    return f'[[pens]]\nname = "{name}"\ncolour = "{ink}"\nwidth = {width}\n'


def test_pens_that_look_alike_are_named(write):
    path = write(pen("a", "#c8102e") + pen("b", "#c8122e", 0.8) + pen("c", "blue"))
    (note,) = check_file(path)
    assert note.startswith("a and b look alike")
    assert "0.4 and 0.8 mm" in note
    text, code = printed(check, path)
    assert code == 0
    assert note in text
    assert "1 thing to look at" in text


def test_neighbours_in_a_box_are_not_alike(write):
    # CIEDE2000 4.6 and 5.4.
    (note,) = check_file(write(pen("a", "#808080") + pen("b", "#8c8c8c") + pen("c", "blue")))
    assert note.startswith("a and b look alike")
    assert check_file(write(pen("a", "#808080") + pen("b", "#8f8f8f"))) == []


def test_pens_that_look_like_the_paper_are_named(write):
    path = write(pen("gel", "#fefefe") + pen("ink", "#101010"))
    (note,) = check_file(path)
    assert note.startswith("gel is hardly seen on paper #ffffff")
    (note,) = check_file(path, paper="#111111")
    assert note.startswith("ink ")
    assert check_file(path, paper="tan") == []
    with pytest.raises(InputError, match="unknown colour"):
        check_file(path, paper="papyrus")


def test_every_mistake_in_a_file_is_told_at_once(write):
    path = write(pen("a", "rd") + pen("b", "blue") + pen("c", "blue", -1))
    text, code = printed(check, path)
    assert code == BAD_FILE
    assert f"{path}: pen 1: " in text
    assert f"{path}: pen 3: " in text
    assert "mine:b" in text
    with pytest.raises(InputError, match="pen 1"):
        check_file(path)


@pytest.mark.parametrize(
    "text",
    [pen("a", "red") * 2, "".join(pen(f"p{n}", "red") for n in range(MOST_OWNED + 1))],
    ids=["twice", "too many"],
)
def test_pens_that_are_no_set(write, text):
    shown, code = printed(check, write(text))
    assert code == BAD_FILE
    assert "twice" in shown or f"1 to {MOST_OWNED}" in shown


@pytest.mark.parametrize("text", ["", "[[pens]", "[[pen]]\nname = 'x'"])
def test_what_is_no_pen_file_at_all(write, text):
    with pytest.raises(InputError, match=r"mine\.toml"):
        printed(check, write(text))

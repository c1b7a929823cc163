import os
from pathlib import Path

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from inkdream.errors import InputError
from inkdream.pens import Pen, pens_of, read_pens
from inkdream.pens.catalogue import catalogue, find
from inkdream.pens.own import MOST_OWNED, own_file, own_pens
from inkdream.pens.pen import MOST_PENS, WIDEST
from inkdream.toml import MOST_BYTES

PEN = st.fixed_dictionaries(
    {"colour": st.integers(0, 0xFFFFFF).map("#{:06x}".format), "width": st.floats(0.01, WIDEST)},
    optional={"opacity": st.one_of(st.floats(0, 1), st.sampled_from(["semi", "opaque"]))},
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
KEYS = st.sampled_from(["ref", "name", "colour", "width", "opacity", "nib"])


def boxes(count):
    return "".join(f'[[pens]]\nname = "p{n}"\ncolour = "red"\nwidth = 0.4\n' for n in range(count))


@given(st.lists(PEN, min_size=1, max_size=6))
def test_a_file_holds_the_pens_that_were_written_into_it(said):
    entries = [{"name": f"p{number}", **pen} for number, pen in enumerate(said)]
    expected = tuple(Pen.model_validate(entry) for entry in entries)
    assert pens_of({"pens": entries}, "box") == expected


def test_a_file_is_read_back(write):
    pens = (find("stabilo88:46"), find("gellyroll:m551"), Pen(colour="?", width=0.4))
    path = write(tomli_w.dumps({"pens": [pen.model_dump() for pen in pens]}))
    assert read_pens(path) == pens


@pytest.mark.parametrize("pen", catalogue()[::31], ids=lambda pen: pen.reference)
def test_a_reference_takes_from_the_catalogue_what_is_not_said(pen):
    (plain,) = pens_of({"pens": [{"ref": pen.reference}]}, "box")
    assert plain == pen.pen
    (own,) = pens_of({"pens": [{"ref": pen.reference, "width": 0.123, "name": "x"}]}, "box")
    assert own == pen.pen.model_copy(update={"width": 0.123, "name": "x"})


def test_own_pens_know_which_pen_they_are(write):
    path = write('[[pens]]\nref = "STABILO88:black"\n[[pens]]\ncolour = "red"\nwidth = 1\n')
    black, red = own_pens(path)
    assert black.reference == "stabilo88:46"
    assert black.names[0] == "stabilo88-46"
    assert (red.reference, red.names) == ("", ("red",))


def test_where_ones_own_file_lies(settings, write, monkeypatch, tmp_path):
    assert own_file() is None
    assert own_pens() == ()
    here = write(boxes(1), "settings/inkdream/pens.toml")
    home = write(boxes(2), "home/.config/inkdream/pens.toml")
    assert own_file() == here
    for unset in ("", "relative/folder"):  # the specification: a relative path is ignored
        monkeypatch.setenv("XDG_CONFIG_HOME", unset)
        assert own_file() == home
    monkeypatch.delenv("XDG_CONFIG_HOME")
    assert len(own_pens()) == 2


def test_a_home_that_nobody_knows(monkeypatch):
    def lost():
        raise RuntimeError("no home")

    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.setattr(Path, "home", lost)
    assert own_file() is None


def test_200_pens_can_be_owned_and_64_be_drawn_with(write):
    path = write(boxes(MOST_OWNED))
    assert len(own_pens(path)) == MOST_OWNED
    assert len(read_pens(path, MOST_OWNED)) == MOST_OWNED
    with pytest.raises(InputError, match=f"1 to {MOST_PENS}"):
        read_pens(path)
    with pytest.raises(InputError, match=f"1 to {MOST_OWNED}"):
        own_pens(write(boxes(MOST_OWNED + 1)))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "has no pens"),
        ("pens = 7", "has no pens"),
        ("pens = []", "has no pens"),
        ("[pens]\nname = 'x'", "has no pens"),
        ("[[pen]]\ncolour = 'red'", "unknown key 'pen'. Did you mean 'pens'"),
        ("pens = [7]", "pen 1"),
        ("[[pens]]\ncolour = 'red'", "pen 1: has no width"),
        ("[[pens]]\nwidth = 0.4", "pen 1: colour: is missing"),
        (boxes(1) + "[[pens]]\nname = 'p0'\ncolour = 'red'\nwidth = 1", "'p0' is given twice"),
        (boxes(1) + "[[pens]]\ncolour = 'rd'\nwidth = 1", "pen 2: unknown colour 'rd'"),
        ("[[pens]]\ncolour = 'red'\nwith = 1\nwidth = 1", "'with'. Did you mean 'width'"),
        ("[[pens]]\ncolour = 'red'\nwith = 1", "'with'. Did you mean 'width'"),
        ("[[pens]]\ncolor = 'red'\nwidth = 1", "'color'. Did you mean 'colour'"),
        ("[[pens]]\ncolour = 'red'\nwidth = 'thin'", "width = thin"),
        ("[[pens]]\ncolour = 'red'\nwidth = nan", "width = nan"),
        ("[[pens]]\ncolour = 7\nwidth = 1", "colour = 7"),
        ("[[pens]]\nref = 'stabilo88:466'", "Did you mean '46'"),
        ("[[pens]]\nref = 'stabilo88'", "name one pen of the catalogue"),
        ("[[pens]]\nref = 46", "name one pen of the catalogue"),
        ("[[pens]]\nref = 'stabilo88:46'\nrgb = 1", "unknown key 'rgb'"),
        ("[[pens]]\nref = 'stabilo88:46'\nwidth = 0", "width = 0"),
        ("[[pens]", "is no TOML"),
        ("x = " + "1" * 5000, "is no TOML"),
        ("x = " + "[" * 5000, "is no TOML"),
        ("# " + "x" * MOST_BYTES, "too large"),
    ],
)
def test_what_is_no_pen_file(write, text, says):
    path = write(text)
    with pytest.raises(InputError, match=says) as caught:
        own_pens(path)
    assert str(caught.value).startswith(f"{path}: ")


def test_what_is_no_file_at_all(tmp_path):
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    os.mkfifo(tmp_path / "pipe.toml")
    for name, says in [
        ("bytes.toml", "is no TOML"),
        ("pipe.toml", "is no file"),
        (".", "is no file"),
        ("none.toml", "No such file"),
    ]:
        with pytest.raises(InputError, match=says):
            own_pens(tmp_path / name)


@given(st.dictionaries(KEYS, ANYTHING | st.sampled_from(["red", 0.4, "stabilo88:46"])) | ANYTHING)
def test_any_entry_is_a_pen_or_one_clear_line(entry):
    try:
        (pen,) = pens_of({"pens": [entry]}, "box")
    except InputError as error:
        assert str(error).startswith("box: pen 1: ")
    else:
        assert 0 < pen.width <= WIDEST

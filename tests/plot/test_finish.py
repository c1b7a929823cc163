"""Letters, frames and the words below a drawing: all in the margin, all legible."""

import numpy as np
import pytest

from inkdream.errors import InputError
from inkdream.formats.svg import to_svg
from inkdream.inking.files import make_files
from inkdream.inking.flags import FinishFlags, PlotFlags
from inkdream.page import Page
from inkdream.pens import Pen
from inkdream.plot import Layer, Plot
from inkdream.plot.finish import Finish, finished
from inkdream.plot.letters import write_words
from inkdream.plot.machines import machine
from inkdream.plot.motion import estimate
from inkdream.recipe import Recipe, assemble
from inkdream.svg.read import read_svg
from tests.inking.made import lines, quarters, save, stroke_run, svg
from tests.plot.plots import BLACK, YELLOW, line

ALL = {
    "frame": True,
    "title": "Études",
    "signature": "Ada",
    "edition": "3/20",
    "date": "2026",
}
# Latin-1, and most of Latin Extended-A.
LATIN = (
    "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿĀāĂăĄąĆćČčĎďĐđĒē"
    "ĖėĘęĚěĞğĪīĮįİıĶķĹĺĻļĽľŁłŃńŅņŇňŌōŐőŒœŔŕŘřŚśŞşŠšŢţŤťŪūŮůŰűŲųŸŹźŻżŽžȘșȚț¿¡«»–—©°·"
)


def box_of(strokes):
    points = np.concatenate([stroke.polyline() for stroke in strokes])
    return *points.min(axis=0), *points.max(axis=0)


def a_plot(page, pens=(BLACK,)):
    left, top, right, bottom = page.inside
    strokes = (line((left, top), (right, bottom)),)
    return Plot(page, "#ffffff", tuple(Layer(pen, strokes) for pen in pens))


@pytest.mark.parametrize("font", ["roman", "script"])
def test_capitals_are_1_high_and_every_latin_letter_can_be_written(font):
    left, top, right, bottom = box_of(write_words("H", font)[0])
    assert (top, bottom) == pytest.approx((-1, 0), abs=0.05)
    for letter in LATIN:
        strokes, width = write_words(letter, font)
        left, top, right, bottom = box_of(strokes)
        assert width > 0
        assert -1.5 < top <= bottom < 0.6
        assert -0.35 < left <= right < width + 0.35, letter


def test_an_accent_stands_above_its_letter_and_a_dot_makes_way_for_it():
    plain, accented = write_words("e")[0], write_words("é")[0]
    assert len(accented) == len(plain) + 1
    above = box_of(accented)[1]
    assert above < box_of(plain)[1] - 0.1
    assert len(write_words("í")[0]) == len(write_words("i")[0])
    assert write_words("ab")[1] == pytest.approx(write_words("a")[1] + write_words("b")[1])


@pytest.mark.parametrize("words", ["日", "a\nb", "ж", "\u0301"])
def test_a_letter_that_cannot_be_written_is_named(words):
    with pytest.raises(InputError, match=r"U\+"):
        write_words(words)


@pytest.mark.parametrize("page", ["a6", "a5", "a4 landscape", "a3"])
@pytest.mark.parametrize("keys", [ALL, {"frame": True}, {"title": "Waves", "align": "centre"}])
def test_all_of_it_lies_in_the_margin_and_off_the_drawing(page, keys):
    finish, nib = Finish(**keys), BLACK.width
    sheet = Page.of(page, margin=0)
    sheet = Page.of(page, margin=float(np.ceil(finish.room(sheet, nib))))
    finish.check(sheet, sheet.inside, nib, {})
    marks = finished(a_plot(sheet), finish).layers[0].strokes[1:]
    left, top, right, bottom = box_of(marks)
    assert min(left, top, sheet.width - right, sheet.height - bottom) > 1.5
    for stroke in marks:
        x0, y0, x1, y1 = box_of([stroke])
        is_frame = finish.frame and stroke is marks[-1]
        inside = sheet.inside
        if is_frame:
            assert max(x0 - inside[0], y0 - inside[1]) < -nib
            assert min(x1 - inside[2], y1 - inside[3]) > nib
        else:
            assert y0 > (box_of(marks[-1:])[3] if finish.frame else inside[3]) + nib


def test_letters_are_large_enough_for_page_and_nib():
    for page, nib, least in (
        ("a6", 0.3, 2.4),
        ("a3", 0.3, 7.0),
        ("80x80mm", 0.3, 2.2),
        ("a5", 0.8, 5.6),
    ):
        sheet = Page.of(page, margin=38)
        pen = Pen(name="pen", colour="black", width=nib)
        marks = finished(a_plot(sheet, (pen,)), Finish(title="H")).layers[0].strokes[1:]
        _, top, _, bottom = box_of(marks)
        assert bottom - top > least - 0.1


def test_title_stands_at_the_left_or_in_the_middle_and_the_signature_at_the_right():
    page = Page.of("a5", margin=20)
    left = finished(a_plot(page), Finish(title="HHH")).layers[0].strokes[1:]
    middle = finished(a_plot(page), Finish(title="HHH", align="centre")).layers[0].strokes[1:]
    right = finished(a_plot(page), Finish(date="HHH")).layers[0].strokes[1:]
    assert box_of(left)[0] == pytest.approx(page.inside[0], abs=1)
    assert box_of(right)[2] == pytest.approx(page.inside[2], abs=1)
    assert box_of(middle)[0] + box_of(middle)[2] == pytest.approx(page.width, abs=0.5)


def test_a_long_line_is_smaller_and_one_too_long_is_refused():
    page = Page.of("a5", margin=20)
    long = finished(a_plot(page), Finish(title="waves and weeds and other things")).layers[0]
    left, _, right, _ = box_of(long.strokes[1:])
    assert left >= page.inside[0]
    assert right <= page.inside[2]
    with pytest.raises(InputError, match="use fewer words"):
        finished(a_plot(page), Finish(title="waves " * 20))


def test_the_pen_is_the_one_named_or_one_that_is_seen_and_all_of_it_takes_time():
    page = Page.of("a5", margin=20)
    plot = a_plot(page, (YELLOW, BLACK))
    with_title = finished(plot, Finish(title="Waves"))
    assert [len(layer.strokes) > 1 for layer in with_title.layers] == [False, True]
    named = finished(plot, Finish(title="Waves", pen=YELLOW.name))
    assert [len(layer.strokes) > 1 for layer in named.layers] == [True, False]
    other = finished(plot, Finish(title="Waves", pen="green:0.3"))
    assert [layer.pen.name for layer in other.layers] == [YELLOW.name, BLACK.name, "green"]
    before, after = (estimate(each, machine("axidraw-v3")).seconds for each in (plot, with_title))
    assert after > before + 3
    assert finished(plot, Finish()) is plot


def test_a_recipe_gives_it_a_margin_and_refuses_one_that_is_too_narrow():
    recipe = assemble(None, {"finish": ALL, "page": {"size": "a4"}}, [])
    assert recipe.page.margin >= recipe.finish.room(recipe.page, 0.4) > 10
    assert (
        assemble(None, {"finish": ALL, "page": {"size": "a4", "margin": 40}}, []).page.margin == 40
    )
    assert Recipe.model_validate(recipe.model_dump()) == recipe
    for keys, words in (
        ({"finish": ALL, "page": {"margin": 9}}, "take a margin of"),
        ({"finish": {"title": "日本"}}, r"finish: '日' \(U\+65E5"),
        ({"finish": {"title": "a", "pen": "blck"}}, "blck"),
        ({"finish": {"frame": True}, "page": {"margin": 2}}, "a frame takes a margin of"),
        ({"finish": {"title": "long " * 60}}, "finish.title = .*takes at most 200 letters"),
    ):
        with pytest.raises(InputError, match=words):
            assemble(None, keys, [])


def test_plots_of_svgs_and_pictures_have_it_around_the_drawing(tmp_path):
    (tmp_path / "x.svg").write_text(svg(lines(10, 14, 18)))
    flags = FinishFlags(frame=True, title="Wave")
    for source in (tmp_path / "x.svg", save(tmp_path / "y.png", quarters())):
        done = make_files(source, PlotFlags(finish=flags, page="a5"))
        read = [
            each for layer in read_svg(done.files[0]).as_plot().layers for each in layer.strokes
        ]
        plain = make_files(source, PlotFlags(page="a5", margin=done.plot.page.margin, force=True))
        marks = done.plot.strokes - plain.plot.strokes
        assert marks > 4
        boxes = [box_of([each]) for each in read]
        frame = max(boxes, key=lambda box: (box[2] - box[0]) * (box[3] - box[1]))
        drawn = box_of([each for part in plain.plot.layers for each in part.strokes])
        assert frame[0] < drawn[0] < drawn[2] < frame[2]
        assert frame[1] < drawn[1] < drawn[3] < frame[3]
    with pytest.raises(InputError, match="--title: takes at most 200 letters"):
        make_files(tmp_path / "x.svg", PlotFlags(finish=FinishFlags(title="long " * 60)))
    with pytest.raises(InputError, match="of what"):
        make_files(
            tmp_path / "x.svg", PlotFlags(finish=FinishFlags(finish_pen="black"), force=True)
        )


def test_a_comma_hangs_below_latvian_letters_and_stands_above_the_g_that_hangs_itself():
    def spread(letter):
        strokes, _ = write_words(letter)
        return box_of(strokes)

    above, plain = spread("ģ"), spread("g")
    assert above[1] < plain[1] - 0.05 and above[3] == pytest.approx(plain[3])
    for letter in "ķļņŗĢĶ":
        assert spread(letter)[3] > 0.2
    assert spread("ķ")[3] != pytest.approx(spread("ç")[3])


def test_a_runs_own_frame_and_words_make_way_for_others(tmp_path):
    page = {"size": "a6", "margin": 16}
    folder, bare = stroke_run(tmp_path / "run", page=page, finish={"title": "Old", "frame": True})
    other, _ = stroke_run(tmp_path / "other", page=page)
    own = assemble(folder / "recipe.toml", {}, [])
    (folder / "drawing.svg").write_text(to_svg(finished(bare, own.finish, own.box)))
    new = make_files(folder, PlotFlags(finish=FinishFlags(title="Newer"))).plot
    flags = FinishFlags(title="Newer", frame=True)
    expected = make_files(other, PlotFlags(finish=flags)).plot
    assert new.strokes == expected.strokes
    one, two = (
        box_of([each for layer in plot.layers for each in layer.strokes])
        for plot in (new, expected)
    )
    assert one == pytest.approx(two, abs=0.01)
    # With none asked for, its own stay.
    assert make_files(folder, PlotFlags(force=True)).plot.strokes != new.strokes

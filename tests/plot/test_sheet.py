"""The run sheet: one page, nothing from elsewhere, every pen in its turn."""

import base64
import re
from html import unescape
from html.parser import HTMLParser

import pytest

from inkdream.page import Page
from inkdream.pens import Pen
from inkdream.plot import Layer, Plot
from inkdream.plot.machines import machine
from inkdream.plot.motion import estimate
from inkdream.plot.run_sheet import HEIGHT, clock, page_words, sheet_html
from tests.plot.plots import line, nice

PNG = b"\x89PNG\r\n\x1a\nnot shown here"
NASTY = "<script>alert('x')</script> & \"quoted\" </style>"
VOID = {"meta", "img", "br", "path", "rect"}


def sheet(plot, provenance=None, title="spirals", is_timed=True):
    timed = estimate(plot, machine("axidraw-v3"))
    return sheet_html(plot, timed, PNG, provenance or {}, title, is_timed)


def many(count, width=0.4):
    pens = [Pen(name=f"pen no {n}", colour=f"#{n:02x}4060", width=width) for n in range(count)]
    strokes = (line((20, 20), (60, 90)), line((30, 20), (60, 20)))
    return Plot(Page.of("a5"), "#ffffff", tuple(Layer(pen, strokes) for pen in pens))


class Reader(HTMLParser):
    """Collects elements; fails on those that are not closed."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.open, self.text, self.values = [], [], [], []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.values += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.values += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def cells(html, kind):
    """The texts of all cells of a kind, and none that a tag is in."""
    return [unescape(text) for text in re.findall(rf'<td class="{kind}">([^<]*)</td>', html)]


def test_every_pen_stands_there_once_in_plotting_order_with_its_slot():
    plot = nice()
    html = sheet(plot)
    names = [layer.pen.name for layer in plot.layers]
    places = [html.index(name) for name in names]
    assert places == sorted(places)
    assert all(html.count(f"&nbsp;{name}<") == 1 for name in names)
    assert cells(html, "slot") == [str(number) for number in range(1, len(names) + 1)]
    colours = re.findall(r'fill="(#[0-9a-f]{6})"/><path', html)
    assert colours == [layer.pen.colour for layer in plot.layers]


def test_pens_that_draw_nothing_take_no_slot():
    plot = nice()
    idle = Layer(Pen(name="idle", colour="#112233", width=1), ())
    html = sheet(Plot(plot.page, plot.paper, (idle, *plot.layers)))
    assert "idle" not in html
    assert len(cells(html, "slot")) == len(plot.layers)


def test_times_and_metres_are_the_estimate_s():
    plot = nice()
    timed = estimate(plot, machine("axidraw-v3"))
    html = sheet(plot)
    for layer in timed.layers:
        assert f'<td class="n">{clock(layer.times.seconds)}</td>' in html
        assert f'<td class="n">{layer.times.ink / 1000:.2f}</td>' in html
        assert f'<td class="n">{layer.times.strokes:,}</td>' in html
    assert f"<b>{clock(timed.seconds)}</b> on axidraw-v3" in html


def test_it_says_when_each_pen_is_put_in():
    plot = nice()
    html = sheet(plot)
    timed = estimate(plot, machine("axidraw-v3"))
    begun, moments = 0.0, ["start"]
    for layer in timed.layers[:-1]:
        begun += layer.times.seconds
        moments.append(clock(begun))
    assert [row[-1] for row in rows(html)] == moments
    assert "3 pen changes" in html
    assert "no pen change" in sheet(many(1))


def rows(html):
    return [
        re.findall(r'<td class="n">([^<]*)</td>', row)
        for row in re.findall("<tr><td.*?</tr>", html)
    ]


def test_nothing_is_fetched_and_nothing_runs():
    html = sheet(nice(), {"source": NASTY, "http://x.y": "url(http://x.y)"}, NASTY)
    page = Reader(html)
    assert {"script", "link", "iframe", "object", "base", "form"}.isdisjoint(page.tags)
    assert page.tags.count("style") == page.tags.count("img") == 1
    for name, value in page.values:
        assert not name.startswith("on")
        if name in ("src", "href", "srcset", "background", "action"):
            assert value.startswith("data:")
    style = re.search("<style>(.*?)</style>", html, re.S)[1]
    assert "url(" not in style
    assert "@import" not in style
    assert "@font-face" not in style


def test_the_picture_is_inside():
    found = re.search(r'src="data:image/png;base64,([^"]*)"', sheet(nice()))
    assert base64.b64decode(found[1]) == PNG


def test_what_people_wrote_is_text():
    pen = Pen(name="<b>ink</b> & co", colour="#224466", width=0.5)
    plot = Plot(Page.of("a6"), "#ffffff", (Layer(pen, (line((9, 9), (50, 50)),)),))
    html = sheet(plot, {"prompt <i>": NASTY}, NASTY)
    text = "".join(Reader(html).text)
    assert "<b>ink</b> & co" in text
    assert "prompt <i>: " + NASTY in text
    assert NASTY in text
    assert "<script>" not in html
    assert "<b>ink" not in html


def test_the_title_and_the_pens_are_not_told_twice():
    html = sheet(nice(), {"title": "told above", "pen 1": "told above", "seed": "17"})
    assert "told above" not in html
    assert "seed: 17" in html


@pytest.mark.parametrize("count", [1, 4, 10, 11, 20, 21, 45, 64])
@pytest.mark.parametrize("page", ["a5", "a3 landscape", "40x300mm"])
def test_it_is_one_page(count, page):
    plot = many(count)
    wide = Plot(Page.of(page, margin=5), plot.paper, plot.layers)
    html = sheet(wide, {"target": "long " * 400}, "a title " * 40)
    height = float(re.search(r"img.*?height:([0-9.]+)mm", html)[1])
    row = float(re.search(r"td { height: ([0-9.]+)mm", html)[1])
    table = row * max(half.count("<tr><td") for half in html.split("<table>")[1:])
    # Title in two lines, what is around it, caption, table's head and footer take the rest.
    assert height > 0
    assert height + table + 66 <= HEIGHT
    assert len(cells(html, "slot")) == count
    assert len("".join(Reader(html).text)) < 9000


@pytest.mark.parametrize("page", ["a6", "a5", "a4", "a3", "11x14", "20x15mm"])
def test_the_scale_bar_is_as_long_as_it_says_beside_the_picture(page):
    plot = many(2)
    html = sheet(Plot(Page.of(page, margin=1), plot.paper, plot.layers))
    width = float(re.search(r"img.*?width:([0-9.]+)mm", html)[1])
    length, long = int(re.search(r"(\d+) mm &nbsp; shown", html)[1]), 0.0
    long = float(re.search(r"M0 1\.2H([0-9.]+)M", html)[1])
    factor = width / Page.of(page, margin=1).width
    assert long == pytest.approx(length * factor, abs=0.01)
    assert ("at its size" in html) == (factor == pytest.approx(1, abs=1e-4))
    assert 0 < long <= width / 2 + 0.01


def test_without_a_known_motion_no_time_is_told():
    html = sheet(nice(), is_timed=False)
    text = "".join(Reader(html).text)
    assert not re.search(r"\d (s|min|h)\b", text)
    assert "time" not in text
    assert "put in" not in text


def test_ink_is_shown_on_its_paper():
    pen = Pen(name="dye", colour="#ff8080", width=0.5)
    plot = Plot(Page.of("a6"), "#8080ff", (Layer(pen, (line((9, 9), (50, 50)),)),))
    html = sheet(plot)
    assert 'fill="#8080ff"' in html
    (ink,) = re.findall(r'fill="(#[0-9a-f]{6})"/><path', html)
    red, green, blue = (int(ink[i : i + 2], 16) for i in (1, 3, 5))
    assert (red, blue) == (0x80, 0x80)
    assert green < 0x60


def test_it_is_the_same_every_time():
    assert sheet(nice(), {"seed": "1"}) == sheet(nice(), {"seed": "1"})


def test_durations_and_pages_as_people_say_them():
    assert [clock(seconds) for seconds in (0.2, 59.4, 425.2, 7390)] == [
        "0 s",
        "59 s",
        "7 min 5 s",
        "2 h 3 min",
    ]
    assert page_words(Page.of("a4")) == "a4, 210 × 297 mm"
    assert page_words(Page.of("a4 landscape")) == "a4 landscape, 297 × 210 mm"
    assert page_words(Page.of("123x45mm")) == "123 × 45 mm"

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkdream.errors import InputError
from inkdream.svg import css as svg_css
from tests.svg.test_read import check_is_read_or_refused, only, read, svg


@pytest.mark.parametrize(
    ("css", "colour"),
    [
        ("path{stroke:red}", "#ff0000"),
        (".thin{stroke:red}", "#ff0000"),
        ("#one{stroke:red}", "#ff0000"),
        ("*{stroke:red}", "#ff0000"),
        ("path.thin.dark, .other{stroke:red}", "#ff0000"),
        ("#one{stroke:red} .thin{stroke:blue} path{stroke:lime}", "#ff0000"),
        (".thin{stroke:blue} .dark{stroke:red}", "#ff0000"),
        (".dark{stroke:red!important} .thin{stroke:blue}", "#ff0000"),
        (".other{stroke:red} rect{stroke:red} .thin.other{stroke:red}", "#0000ff"),
        ("/* .thin{stroke:lime} */ .thin{stroke:red /* or not */}", "#ff0000"),
        ("@media print{.thin{stroke:lime}} .thin{stroke:red}", "#ff0000"),
        ("@import url(x.css); .thin{stroke:red}", "#ff0000"),
        ("a path{stroke:lime} path:hover{stroke:lime} path::before{stroke:lime}", "#0000ff"),
        ("svg .thin{stroke:red} .thin{stroke:lime}", "#ff0000"),
        ("svg>g > path{stroke:red}", "#ff0000"),
        ("svg > path{stroke:lime}", "#0000ff"),
        ("rect + path{stroke:red}", "#ff0000"),
        ("circle ~ path{stroke:red}", "#ff0000"),
        ("path + path{stroke:lime}", "#0000ff"),
        ("[data-kind]{stroke:red}", "#ff0000"),
        ("[data-kind=Road]{stroke:red} [data-kind='rail']{stroke:lime}", "#ff0000"),
        ("path[data-kind^=Ro][class~=dark]{stroke:red}", "#ff0000"),
        (":nth-child(3){stroke:red}", "#ff0000"),
        ("path:nth-child(2n+1):not(.other){stroke:red}", "#ff0000"),
        ("path:first-child, path:nth-of-type(2){stroke:lime}", "#0000ff"),
        ("path:last-child{stroke:red}", "#ff0000"),
        (":is(rect, path):where(#one, #two){stroke:red}", "#ff0000"),
        (":root{stroke:lime} :root path{stroke:red}", "#ff0000"),
        (r".\31 2ab{stroke:red}", "#ff0000"),
        (r".a\:b\/c{stroke:red}", "#ff0000"),
        (".straße{stroke:red}", "#ff0000"),
        ("path/* or */.thin{stroke:red}", "#ff0000"),
        ("@namespace s url(http://www.w3.org/2000/svg); s|path{stroke:red}", "#ff0000"),
        ("PATH{stroke:lime}", "#0000ff"),
        (".Thin{stroke:lime}", "#0000ff"),
        ("path, path:nonsense{stroke:lime}", "#0000ff"),
        (".thin{stroke:red;stroke:color-mix(in srgb, lime, blue)}", "#ff0000"),
        (".thin{stroke:red} .thin{stroke:lime nonsense}", "#ff0000"),
        (".thin{stroke:lime!important} #one{stroke:red ! important}", "#ff0000"),
        (".thin{stroke:lime;stroke:inherit}", "#123456"),
        (".thin{STROKE:RED}", "#ff0000"),
        (".thin{stroke:red;;:;x;stroke-width:}", "#ff0000"),
        ("@media screen{.thin{stroke:red}}", "#ff0000"),
        ("@media all and (prefers-color-scheme: light){.thin{stroke:red}}", "#ff0000"),
        ("@media (prefers-color-scheme: dark){.thin{stroke:lime}}", "#0000ff"),
        ("@media print, not all{.thin{stroke:lime}}", "#0000ff"),
        ("<!-- .thin{stroke:red} -->", "#ff0000"),
        ("}}} .thin{stroke:red", "#0000ff"),
    ],
)
@pytest.mark.parametrize("before", [True, False])
def test_style_sheets_give_paint_wherever_they_stand(css, colour, before):
    sheet = f"<style><![CDATA[{css}]]></style>"
    drawing = (
        '<g stroke="#123456"><circle/><rect/><path id="one" data-kind="Road" '
        'class="thin dark 12ab a:b/c straße" d="M0 0L1 1" stroke="blue"/></g>'
    )
    assert only(sheet + drawing if before else drawing + sheet).colour == colour


def test_an_elements_own_style_is_above_style_sheets():
    sheet = "<style>path{stroke:red; stroke-width:7!important}</style>"
    shape = only(f'{sheet}<path d="M0 0L1 1" style="stroke:blue; stroke-width:3"/>')
    assert shape.colour == "#0000ff"
    assert shape.width == pytest.approx(7)


@pytest.mark.parametrize(
    ("words", "colour"),
    [
        ('stroke="blue" style="/* cut */ stroke:red; fill:none"', "#ff0000"),
        ('stroke="blue" style="stroke: red /* or not */"', "#ff0000"),
        ('style="stroke:red;stroke:color(display-p3 0 1 0)"', "#ff0000"),
        ('style="stroke:red;stroke:light-dark(lime, blue)"', "#ff0000"),
        ('style="stroke:red;stroke:var(--line, lime)"', "#ff0000"),
        ('stroke="red" style="stroke:color-mix(in oklab, lime, blue)"', "#ff0000"),
        ('stroke="red" style="stroke:"', "#ff0000"),
        ('stroke="red" style="stroke:url(#a) url(#b)"', "#ff0000"),
        ('stroke="red" style="stroke:rgb(0, 255)"', "#ff0000"),
        ('stroke="#ff0000 icc-color(inks, 0, 1, 1, 0)"', "#ff0000"),
        ('stroke="lime" style="stroke:inherit"', "#123456"),
        ('stroke="lime" style="stroke:initial"', None),
        ('stroke="lime" style="stroke:unset"', "#123456"),
        (r'style="\73 troke:red"', "#ff0000"),
        ('style="stroke:lime;{stroke:blue};stroke:red"', "#ff0000"),
        ('style="stroke:red;fill:url(data:image/png;base64,AAAA;stroke:lime)"', "#ff0000"),
    ],
)
def test_what_is_not_understood_is_dropped_and_what_stood_before_stands(words, colour):
    assert only(f'<g stroke="#123456"><path d="M0 0L1 1" {words}/></g>').colour == colour


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("var(--line, red)", "#ff0000"),
        ("var(--line, var(--other, rgb(0, 0, 255)))", "#0000ff"),
        ("light-dark(rgb(255, 0, 0), lime)", "#ff0000"),
        ("color(display-p3 0 0 1)", "#0000ff"),
        ("color(display-p3 1 1 1 / 50%)", "#ffffff"),
        ("oklch(62.796% 0.25768 29.234)", "#ff0000"),
        ("oklab(0.86644 -0.233888 0.179498)", "#00ff00"),
        ("lab(54.2905% 80.8049 69.891)", "#ff0000"),
        ("var(--line)", None),
        ("color(display-p3 1e999 0 0)", None),
        ("color-mix(in srgb, red, blue)", None),
    ],
)
def test_newer_colours_are_used_where_no_older_stand_beside(words, expected):
    document = read(f'<path d="M0 0L1 1" style="stroke:{words}"/>')
    assert document.shapes[0].colour == expected
    assert "is not understood" in document.notes[0]
    assert only(f'<path d="M0 0L1 1" stroke="lime" style="stroke:{words}"/>').colour == "#00ff00"


def test_what_is_dropped_is_named():
    notes = read('\n<path style="stroke:red;stroke:light-dark(lime,blue)" d="M0 0h1"/>').notes
    assert notes == ("line 2: stroke 'light-dark(lime,blue)' is not understood",)


@pytest.mark.parametrize(
    ("sheet", "word"),
    [
        ("<style>@import url(other.css);</style>", "@import"),
        ("<style>@media (min-width: 5px){path{stroke:red}}</style>", "@media"),
        ("<style media='(orientation: portrait)'>path{stroke:red}</style>", "media"),
        ("<style>@supports (fill: red){path{stroke:red}}</style>", "@supports"),
        ("<style>path{stroke:blue; g &amp;{stroke:red}}</style>", "inside rules"),
        ("<style>path:nonsense{stroke:red}</style>", "selector"),
        ("<?xml-stylesheet href='other.css'?>", "outside the file"),
        ("<link xmlns='http://www.w3.org/1999/xhtml' rel='stylesheet' href='x.css'/>", "outside"),
    ],
)
def test_what_of_a_style_sheet_is_not_followed_is_named(sheet, word):
    document = read(sheet + '<path d="M0 0h1" stroke="blue"/>')
    assert document.shapes[0].colour == "#0000ff"
    assert word in " ".join(document.notes)


def test_sheets_for_other_media_do_not_count():
    sheet = "<style media='print'>path{stroke:lime}</style>"
    assert only(sheet + '<path d="M0 0h1" stroke="blue"/>').colour == "#0000ff"


@pytest.mark.parametrize("how", ["attributes", "style", "sheet"])
def test_current_colour_is_handed_down_as_a_keyword(how):
    words = {
        "attributes": ['stroke="currentColor"', 'color="red"', 'color="blue"'],
        "style": ['style="stroke:currentColor"', 'style="color:red"', 'style="color:blue"'],
        "sheet": ['class="line"', 'class="red"', 'class="blue"'],
    }[how]
    document = read(
        "<style>.line{stroke:currentColor} .red{color:red} .blue{color:blue}</style>"
        f'<g {words[0]}><path d="M0 0h1" {words[1]}/><g {words[2]}><path d="M0 0h1"/>'
        '<path d="M0 0h1" color="currentColor"/></g><path d="M0 0h1"/></g>'
    )
    colours = ["#ff0000", "#0000ff", "#0000ff", "#000000"]
    assert [shape.colour for shape in document.shapes] == colours


def test_the_opacity_of_a_colour_counts_where_it_is_current():
    shape = only('<path d="M0 0h1" stroke="currentColor" color="rgba(255, 0, 0, 0.5)"/>')
    assert (shape.colour, shape.alpha) == ("#ff0000", 0.5)


def test_style_sheets_may_say_geometry():
    rect, path, circle = read(
        "<style>rect{x:2px;width:3px;height:4mm} path{d:path('M1 2h3')} circle{r:1px;cx:50%}"
        '</style><rect x="9" width="9" height="9"/><path d="M0 0h1"/><circle cy="5"/>'
    ).shapes
    assert rect.strokes[0].points.max(axis=0) == pytest.approx([5, 4 * 96 / 25.4])
    assert path.strokes[0].points.tolist() == [[1, 2], [4, 2]]
    assert circle.strokes[0].points.max(axis=0) == pytest.approx([51, 6])


def test_copies_are_painted_as_their_originals_are_selected():
    document = read(
        "<style>.a > path{stroke:red} .b path{stroke:blue}</style>"
        '<defs><g class="a"><path id="p" d="M0 0h1"/></g></defs><g class="b"><use href="#p"/></g>'
    )
    assert document.shapes[0].colour == "#ff0000"


HOSTILE_SHEETS = {
    "many words": ("a{}" * 2_000, "words"),
    "many selectors": (",".join(["a"] * 900) + "{fill:red}", "selectors"),
    "long": ("/*" + "a" * 2**23 + "*/", "MiB"),
    "every element tries everything": ("[a],[b],[c]{fill:red}" * 150, "too many"),
    "every element looks at all before it": ("g ~ g ~ g ~ path{fill:red}", "too many"),
    "every element looks at all around it": ("a g g g g g g g path{fill:red}", "too many"),
    "every element counts the others": ("path:nth-last-of-type(5){fill:red}", "too many"),
    "every element looks for what it has": ("svg:has(g g g g rect) path{fill:red}", "too many"),
}


@pytest.mark.parametrize(("css", "message"), HOSTILE_SHEETS.values(), ids=HOSTILE_SHEETS)
def test_a_hostile_sheet_is_refused_in_one_line(css, message, monkeypatch):
    for limit, most in {"WORK": 10_000, "TOKENS": 3_000, "SELECTORS": 800}.items():
        monkeypatch.setattr(svg_css, f"MOST_{limit}", most)
    groups = "<g>" * 100 + "<path/>" * 200 + "</g>" * 100
    with pytest.raises(InputError, match=message):
        read(f"<style>{css.replace('>', '&gt;')}</style>{groups}{'<g/>' * 200}<path/>")


@pytest.mark.parametrize(
    "css",
    [
        "(" * 10_000,
        "{" * 10_000,
        "a{fill:" + "f(" * 5_000 + "}",
        "a" + ":not(a" * 2_000 + "{fill:red}",
        "a " * 3_000 + "{fill:red}",
        "@media " * 3_000 + "{}",
        "@media all{" * 2_000,
        "a{" * 2_000,
    ],
)
def test_a_sheet_that_nests_deep_is_read_or_refused(css):
    check_is_read_or_refused(svg(f'<style>{css}</style><path d="M0 0h1"/>'))


@settings(max_examples=100, deadline=None)
@given(st.text("{}@;:.#,*/ abstrokewidth-1!\n", max_size=80))
def test_any_style_sheet_is_read_or_refused(css):
    check_is_read_or_refused(svg(f'<style>{css}</style><path class="a b" d="M0 0h1"/>'))

"""The page in a browser: what a person does with it."""

import json
import math
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from inkdream.atlas.page import write_page
from tests.atlas.examples import add_tile, make_atlas
from tests.browser import opened

AXE = (Path(__file__).parent / "axe" / "axe.min.js").read_text(encoding="utf-8")
NARROW = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
OPTION, PANEL = "[role=option]", "aside"


def tiles_of(index):
    return json.loads((index.parent / "atlas.json").read_text())["tiles"]


def shown(page):
    """Return the names of the tiles in sight, in their order."""
    labels = page.locator(OPTION).evaluate_all("all => all.map(e => e.ariaLabel.split(',')[0])")
    return [int(name) if name.isdecimal() else name for name in labels]


def keyed(tiles, key, reverse=False):
    order = sorted(range(len(tiles)), key=lambda number: tiles[number][key], reverse=reverse)
    return [(tiles[at]["label"] or str(tiles[at]["channel"])).replace("_", " ") for at in order]


@pytest.mark.parametrize("settings", [{}, NARROW], ids=["wide", "narrow"])
def test_it_opens_from_disk_and_shows_every_picture(browser, index, settings):
    with opened(browser, index, **settings) as page:
        assert page.locator("h1").inner_text() == "loom/conv4_1"
        assert len(shown(page)) > 20
        cut = page.locator(f"{OPTION} .tile").first.evaluate("e => getComputedStyle(e)")
        assert "sheet-0.png" in cut["backgroundImage"]
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize(
    ("label", "key", "reverse"),
    [
        ("Score", "score", True),
        ("Gap", "gap", False),
        ("Inks", "tone", False),
        ("Likeness", "likeness", False),
        ("Number", "channel", False),
    ],
)
def test_it_is_put_in_order(browser, index, label, key, reverse):
    wanted = keyed(tiles_of(index), key, reverse)
    with opened(browser, index) as page:
        page.get_by_label("Order").select_option(label=label)
        names = [str(name) for name in shown(page)]
        assert names == wanted[: len(names)]
        page.keyboard.press("Escape")
        page.keyboard.press("r")
        names = [str(name) for name in shown(page)]
        assert names == wanted[::-1][: len(names)]


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        ("17", [17]),
        ("3, 8-11", [3, 8, 9, 10, 11]),
        ("slug", ["sea slug"]),
        ("sea_s", ["sea slug"]),
        ("", None),
        ("nothing like it", []),
    ],
)
def test_it_is_searched_by_number_and_class(browser, index, words, numbers):
    with opened(browser, index) as page:
        page.keyboard.press("/")
        page.keyboard.type(words)
        names = shown(page)
        assert names == (names if numbers is None else numbers)
        assert page.get_by_text("No drawing has that").is_visible() == (numbers == [])


def test_a_click_shows_all_that_is_known_of_a_drawing(browser, index):
    tiles = tiles_of(index)
    with opened(browser, index) as page:
        page.locator(OPTION).nth(7).click()
        panel = page.locator(PANEL)
        assert panel.locator("h2").inner_text() == "7"
        rank = sum(tile["score"] > tiles[7]["score"] for tile in tiles) + 1
        assert f"{rank} of {len(tiles)}" in panel.locator("dl").inner_text()
        size = panel.locator("img").evaluate("e => e.complete && [e.naturalWidth, e.naturalHeight]")
        assert size == [16, 16]
        near = panel.locator(".near button").evaluate_all("all => all.map(e => e.title)")
        assert near == [
            (tiles[at]["label"] or str(at)).replace("_", " ") for at in tiles[7]["near"]
        ]
        assert panel.locator(".excites li").count() == len(tiles[7]["excites"])
        assert tiles[7]["recipe"].strip() in panel.locator("details pre").text_content()
        assert f"#{tiles[7]['key']}" in page.url
        thumb = panel.locator(".near button").first
        part = "e => [getComputedStyle(e).backgroundPosition, getComputedStyle(e).backgroundSize]"
        before = thumb.evaluate(part)
        thumb.hover()
        assert thumb.evaluate(part) == before
        thumb.click()
        assert panel.locator("h2").inner_text() == near[0]


def test_all_of_it_goes_by_keys(browser, index):
    with opened(browser, index) as page:
        heading = page.locator(f"{PANEL} h2")
        page.locator("[role=listbox]").focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        assert heading.inner_text() == "2"
        page.keyboard.press("j")
        assert heading.inner_text() == "3"
        page.keyboard.press("Escape")
        assert page.evaluate("document.activeElement.getAttribute('role')") == "listbox"
        page.keyboard.press("End")
        marked = page.locator("[role=listbox]").get_attribute("aria-activedescendant")
        assert page.locator(f"#{marked}").get_attribute("aria-label").startswith("sea slug")
        page.keyboard.press("Space")
        assert page.locator(f"#{marked}").get_attribute("aria-selected") == "true"
        before = page.locator(f"{OPTION} .tile").first.bounding_box()["width"]
        page.keyboard.press("+")
        page.keyboard.press("+")
        assert page.locator(f"{OPTION} .tile").first.bounding_box()["width"] > before
        page.keyboard.press("m")
        assert page.get_by_role("button", name="Map").get_attribute("aria-pressed") == "true"
        page.keyboard.press("?")
        expect(page.get_by_role("dialog")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)


def test_picked_drawings_give_one_list_of_commands(browser, index):
    tiles = tiles_of(index)
    with opened(browser, index) as page:
        for number in (4, 1):
            page.locator(OPTION).nth(number).click(modifiers=["Shift"])
        page.get_by_role("button", name="2 picked").click()
        page.get_by_label("Longer side").select_option("1024")
        lines = page.get_by_role("textbox", name="The list").input_value().splitlines()
        assert lines[0] == f"cd {index.parent}"
        assert [re.search("runs/([0-9a-f]{16})/recipe.toml", line)[1] for line in lines[1:]] == [
            tiles[number]["key"] for number in (4, 1)
        ]
        assert all("--width 1024 --height 1024" in line for line in lines[1:])
        # They are still picked when the page is opened again.
        page.reload()
        assert page.get_by_role("button", name="2 picked").is_visible()
        page.keyboard.press("p")
        page.get_by_role("button", name="Pick none").click()
        assert page.locator("[aria-selected=true]").count() == 0


def centres(page):
    boxes = page.locator(f"{OPTION} .tile").evaluate_all(
        "all => all.map(e => e.getBoundingClientRect()).map(r => [r.x + r.width / 2, r.y])"
    )
    return [tuple(box) for box in boxes]


@pytest.mark.parametrize("settings", [{}, NARROW], ids=["wide", "narrow"])
def test_the_map_shows_all_drawings_and_zooms_at_the_pointer(browser, index, settings):
    with opened(browser, index, **settings, reduced_motion="reduce") as page:
        page.get_by_role("button", name="Map").click()
        area = page.locator(".map").bounding_box()
        assert len(set(centres(page))) == len(tiles_of(index))
        for x, y in centres(page):
            assert 0 <= x - area["x"] <= area["width"]
            assert 0 <= y - area["y"] <= area["height"]
        # One in the middle: the map cannot be dragged off its edges.
        middle = (area["x"] + area["width"] / 2, area["y"] + area["height"] / 2)
        places = centres(page)
        number = min(range(len(places)), key=lambda number: math.dist(places[number], middle))
        tile = page.locator(f"{OPTION} .tile").nth(number)
        before = tile.bounding_box()
        pointer = (before["x"] + before["width"] / 2, before["y"] + before["height"] / 2)
        page.mouse.move(*pointer)
        page.mouse.wheel(0, -400)
        page.wait_for_timeout(500)
        after = tile.bounding_box()
        assert after["width"] > 1.5 * before["width"]
        assert after["x"] <= pointer[0] <= after["x"] + after["width"]
        # Dragging moves it and opens nothing.
        page.mouse.down()
        page.mouse.move(pointer[0] + 40, pointer[1] + 30, steps=4)
        page.mouse.up()
        assert abs(tile.bounding_box()["x"] - after["x"] - 40) < 2
        assert page.locator(f"{PANEL} img").count() == 0
        tile.click()
        assert page.locator(f"{PANEL} h2").inner_text() == str(number)


@pytest.mark.parametrize("view", ["Sheet", "Map"])
def test_two_fingers_zoom_the_drawings_and_not_the_page(browser, index, view):
    with opened(browser, index, **NARROW, is_mobile=True, reduced_motion="reduce") as page:
        page.get_by_role("button", name=view).tap()
        tile = page.locator(f"{OPTION} .tile").first
        before = tile.bounding_box()["width"]
        fingers = page.context.new_cdp_session(page)
        ways = [("touchStart", 60), *[("touchMove", 60 + 24 * n) for n in range(1, 11)]]
        for kind, apart in ways:
            points = [{"x": 195 + (id - 0.5) * apart, "y": 450, "id": id} for id in (0, 1)]
            fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
            page.wait_for_timeout(30)
        fingers.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        page.wait_for_timeout(500)
        assert tile.bounding_box()["width"] > 1.5 * before
        assert page.evaluate("visualViewport.scale") == 1
        assert page.locator(f"{PANEL}.is-open").count() == 0


def test_texts_of_files_stay_texts(browser, tmp_path):
    evil = "<img src=x onerror=window.hacked=1></script><script>window.hacked=1</script>'\"&\u2028"
    make_atlas(tmp_path, 3)
    for number, keys in enumerate([{"title": evil, "channel": None}, {"label": evil}]):
        home = add_tile(tmp_path, 5 + number, **keys)
        (home / "recipe.toml").write_text(f"x = '''{evil}'''")
    entry = {"key": evil, "title": evil, "error": evil}
    (tmp_path / "failed.json").write_text(json.dumps([entry]))
    with opened(browser, write_page(tmp_path)) as page:
        shown_text = evil.replace("\u2028", " ").strip()
        assert shown_text in page.locator(".failed").inner_text()
        for at in range(5):
            page.locator(OPTION).nth(at).click()
            assert page.locator(f"{PANEL} article").is_visible()
        page.keyboard.press("m")
        assert page.evaluate("window.hacked") is None
        assert page.locator("img[src=x]").count() == 0


def test_of_many_tiles_only_those_in_sight_are_in_the_document(browser, tmp_path):
    with opened(browser, write_page(make_atlas(tmp_path, 700))) as page:
        assert len(shown(page)) < 250
        page.locator("[role=listbox]").focus()
        page.keyboard.press("End")
        page.wait_for_function(
            "() => [...document.querySelectorAll('[role=option]')].at(-1).id == 'tile-699'"
        )
        assert len(shown(page)) < 250
        box = page.locator("#tile-699").bounding_box()
        assert box["y"] + box["height"] <= 800
        # On paper there are all of them.
        page.emulate_media(media="print")
        expect(page.locator(OPTION)).to_have_count(700)


def test_an_empty_atlas_says_so(browser, tmp_path):
    (tmp_path / "runs").mkdir()
    with opened(browser, write_page(tmp_path)) as page:
        assert page.locator("h1").inner_text() == "0 drawings"
        assert page.get_by_text("No drawing is there yet").is_visible()


@pytest.mark.parametrize(("scheme", "settings"), [("light", {}), ("dark", NARROW)])
def test_axe_has_nothing_to_say(browser, index, scheme, settings):
    steps = [
        lambda page: None,
        lambda page: page.locator(OPTION).nth(3).click(modifiers=["Shift"]),
        lambda page: page.locator(OPTION).nth(4).click(),
        lambda page: page.locator("summary").click(),
        lambda page: (page.keyboard.press("Escape"), page.keyboard.press("p")),
        lambda page: (page.keyboard.press("Escape"), page.keyboard.press("m")),
        lambda page: page.keyboard.press("?"),
    ]
    with opened(browser, index, **settings, color_scheme=scheme, reduced_motion="reduce") as page:
        # Not as a script's tag: the page allows no script but its own.
        page.evaluate(AXE)
        for number, step in enumerate(steps):
            step(page)
            found = page.evaluate("axe.run({preload: false, resultTypes: ['violations']})")[
                "violations"
            ]
            assert not [
                f"{each['id']}: {node['html'][:200]} {node['failureSummary'][:300]}"
                for each in found
                for node in each["nodes"]
            ], number

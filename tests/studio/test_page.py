"""The page of the studio in a browser: what an artist does with it, against the real server."""

import gzip
import io
import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from inkdream.cli import main
from inkdream.errors import RunError
from inkdream.storage import noting_failure
from inkdream.studio.pages import names
from tests.studio.serving import opened
from tests.studio.visiting import LINES, open_run, painted, run_named, scrub, visited

AXE = (Path(__file__).parents[1] / "atlas" / "axe" / "axe.min.js").read_text(encoding="utf-8")
NARROW = {"viewport": {"width": 390, "height": 844}, "has_touch": True}


def frames_seen(page: Page, number: int) -> list[int]:
    """Return the numbers of live frames that were shown, as soon as there are so many."""
    page.wait_for_function("count => new Set(window.seen).size >= count", arg=number)
    return page.evaluate("[...new Set(window.seen)]")


def test_a_drawing_grows_stops_goes_on_and_is_forked(browser, studio):
    client = studio[1]
    with visited(browser, client) as page:
        # As text: the form follows.
        page.get_by_role("button", name="Text", exact=True).click()
        table = 'terms = [{ target = "loom/conv4_1/17" }]\noutputs = ["drawing", "plot"]\n'
        page.get_by_label("The recipe as TOML").fill(f"width = 96\nheight = 96\n{table}")
        page.get_by_role("button", name="Form", exact=True).click()
        expect(page.get_by_label("Width", exact=True)).to_have_value("96")
        page.get_by_label("Steps", exact=True).fill("3000")
        page.evaluate(
            "window.seen = []; studio.frames.listeners.add((id, frame) => seen.push(frame.number))"
        )
        page.keyboard.press("Control+Enter")
        expect(page.get_by_role("progressbar")).to_be_visible()
        frames_seen(page, 3)
        assert painted(page) > 500
        page.get_by_role("button", name="Stop", exact=True).click()
        title = page.locator(".paper-title")
        expect(title).to_contain_text("stopped at step")
        step = int(re.search(r"at step (\d+)", title.inner_text())[1])
        assert 0 < step < 3000
        page.locator(".paper-tools").get_by_role("button", name="Go on").click()
        page.wait_for_function(
            """step => Number(/^step (\\d+) of/.exec(
              document.querySelector(".paper-title p").innerText)?.[1]) > step""",
            arg=step,
        )
        page.get_by_role("button", name="Stop", exact=True).click()
        expect(title).to_contain_text("stopped at step")
        expect(page.get_by_role("figure")).to_contain_text("step")
        # Another seed is a run of its own, which says whose child it is.
        parent = title.locator("h1").inner_text()
        page.get_by_role("button", name="Another seed").click()
        expect(title).to_contain_text(f"after {parent}")
        page.locator(".paper-tools").get_by_role("button", name=re.compile("Stop|Cancel")).click()
        expect(title).to_contain_text("stopped")
    runs = client.get("/api/runs")["runs"]
    child = next(run for run in runs if run["parent"])
    tables = [client.get(f"/api/runs/{run}")["table"] for run in (child["id"], child["parent"])]
    assert tables[0].pop("seed") != tables[1].get("seed", 0)
    assert tables[0] == tables[1]


def test_the_page_says_why_a_run_failed(browser, tmp_path):
    folder = tmp_path / "runs" / "lost"
    folder.mkdir(parents=True)
    (folder / "recipe.toml").write_text('medium = "pixels"\nwidth = 64\nheight = 64\n')
    with pytest.raises(RunError), noting_failure(folder):
        raise RunError("step 3: a score is no number")
    with opened(folder.parent) as (_, client), visited(browser, client) as page:
        button = page.locator("button.run-open")
        expect(button).to_have_attribute("title", "step 3: a score is no number")
        button.click()
        expect(page.get_by_role("alert")).to_have_text("step 3: a score is no number")


def test_the_order_is_scrubbed_and_pens_go_off(browser, studio):
    with visited(browser, studio[1]) as page:
        open_run(page, "lines")
        whole = painted(page)
        scrub(page, 0)
        assert painted(page) < 60
        scrub(page, 0.9)
        nearly = painted(page)
        scrub(page, 0.4)
        half = painted(page)
        assert 0 < half < nearly < whole
        # It is the same on the way on as on the way back, but for the edges of lines that cross.
        scrub(page, 0.9)
        assert painted(page) == pytest.approx(nearly, rel=0.03)
        scrub(page, 1)
        assert painted(page) == pytest.approx(whole, rel=0.03)
        before = page.locator(".facts").inner_text()
        page.get_by_role("checkbox", name="red").uncheck()
        assert painted(page) < 0.9 * whole
        assert page.locator(".facts").inner_text() != before
        page.keyboard.press("p")
        page.keyboard.press("2" if "red" in page.locator("tbody tr").nth(1).inner_text() else "1")
        expect(page.get_by_role("checkbox", name="red")).to_be_checked()
        assert painted(page) == pytest.approx(whole, rel=0.03)


def test_files_are_those_that_inkdream_plot_writes(browser, studio, tmp_path):
    folder, client = studio
    run = next(each for each in client.get("/api/runs")["runs"] if each["name"] == "lines")
    home = folder / run["folder"]

    def exported(page: Page, button: str) -> bytes:
        with page.expect_download() as waiting:
            page.get_by_role("button", name=button, exact=True).click()
        # Files of several runs lie in one folder of downloads.
        assert waiting.value.suggested_filename.startswith("lines ")
        return Path(waiting.value.path()).read_bytes()

    def plotted(*flags: str) -> bytes:
        out = tmp_path / "plot"
        with pytest.raises(SystemExit, match=r"^0$"):
            main(["plot", str(home), "--out", str(out), "--force", *flags])
        return out.read_bytes()

    with visited(browser, client, accept_downloads=True) as page:
        open_run(page, "lines")
        assert exported(page, "HPGL") == plotted("--to", "hpgl")
        page.get_by_label("HPGL for").select_option("dxy")
        assert exported(page, "HPGL") == plotted("--machine", "dxy")
        page.get_by_label("G-code for").select_option("marlin-z")
        assert exported(page, "G-code") == plotted("--machine", "marlin-z")
        assert exported(page, "Recipe") == (home / "recipe.toml").read_bytes()
        page.locator("summary", has_text="Change pens and page").click()
        page.get_by_label("Drawn with").fill("stabilo88:46,stabilo88:40")
        expect(page.locator(".pen-table")).to_contain_text("46 black")
        page.locator(".plot-options").get_by_label("Sheet").select_option("a5")
        expect(page.locator(".desk-sheet")).to_have_attribute("data-page", "148 x 210")
        flags = ("--to", "svg", "--pens", "stabilo88:46,stabilo88:40", "--page", "a5")
        assert exported(page, "SVG") == plotted(*flags)
        page.get_by_role("button", name="As it was").click()
        expect(page.locator(".pen-table")).to_contain_text("red")


def test_a_part_is_painted_and_drawn_anew(browser, studio):
    client = studio[1]
    with visited(browser, client) as page:
        open_run(page, "lines")
        page.keyboard.press("b")
        tools = page.get_by_role("group", name="Paint what is to be drawn anew")
        redo = tools.get_by_role("button", name="Draw it anew")
        expect(redo).to_be_disabled()
        box = page.locator(".desk-sheet").bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(x - 40, y)
        page.mouse.down()
        page.mouse.move(x + 40, y, steps=5)
        page.mouse.up()
        # It paints; it does not move the paper.
        assert page.locator(".desk-sheet").get_attribute("data-zoom") == "1.00"
        with page.expect_request(
            lambda asked: asked.method == "POST" and asked.url.endswith("/api/runs")
        ) as waiting:
            redo.click()
        asked = waiting.value.post_data_json
        title = page.locator(".paper-title")
        expect(title).to_contain_text("after lines")
        page.keyboard.press("Escape")
        expect(title).to_contain_text("stopped")
    keep = asked["table"]["keep"]
    assert keep["from"] == f"run:{asked['parent']}"
    path = keep["where"].replace("upload:", "/api/uploads/")
    mask = Image.open(io.BytesIO(client.ask("GET", path)[2])).convert("L")
    assert mask.width < mask.height, "as the page lies"
    assert mask.getpixel((mask.width // 2, mask.height // 2)) == 255
    assert mask.getpixel((5, 5)) == 0
    assert asked["table"]["strokes"]["count"] < LINES["strokes"]["count"]


def test_two_are_compared(browser, studio):
    with visited(browser, studio[1]) as page:
        for name in ("lines", "areas"):
            run_named(page, name).click(modifiers=["Shift"])
        page.get_by_role("button", name="Compare", exact=True).click()
        tables = page.locator(".versus")
        expect(tables).to_have_count(2)
        expect(tables.nth(1)).to_contain_text("medium")
        expect(tables.nth(0)).to_contain_text("metres of ink")
        sheets = page.locator(".desk-sheet")
        expect(sheets).to_have_count(2)
        scales = "all => all.map(each => each.dataset.zoom)"
        box = sheets.nth(1).bounding_box()
        page.mouse.move(box["x"] + 90, box["y"] + 90)
        page.mouse.wheel(0, -500)
        expect(sheets.nth(0)).not_to_have_attribute("data-zoom", "1.00")
        assert len(set(sheets.evaluate_all(scales))) == 1
        page.get_by_role("button", name="All of the page").click()
        expect(sheets.nth(1)).to_have_attribute("data-zoom", "1.00")
        # One slider goes through the orders of both.
        whole = [painted(page, at) for at in (0, 1)]
        seconds = float(page.get_by_role("slider", name="Order").get_attribute("max"))
        scrub(page, 12 / seconds)
        assert [0 < painted(page, at) < whole[at] for at in (0, 1)] == [True, True]
        page.get_by_role("button", name="Slider").click()
        page.get_by_role("slider", name="Between A and B").focus()
        page.keyboard.press("Home")
        assert page.locator(".over").evaluate("e => e.style.getPropertyValue('--share')") == "0%"
        page.keyboard.press("Escape")
        expect(tables).to_have_count(0)


def test_all_of_it_goes_by_keys(browser, studio):
    client = studio[1]
    with visited(browser, client) as page:
        open_run(page, "lines")
        page.locator("body").click(position={"x": 500, "y": 20})
        percent = page.locator(".percent")
        page.keyboard.press("1")
        expect(percent).to_have_text("100 %")
        page.keyboard.press("+")
        expect(percent).to_have_text("125 %")
        page.keyboard.press("0")
        page.keyboard.press("Space")
        page.wait_for_function("() => studio.state.seconds > 0")
        page.keyboard.press("Space")
        page.keyboard.press("s")
        expect(page.get_by_role("button", name="Star", exact=True)).to_have_attribute(
            "aria-pressed", "true"
        )
        page.keyboard.press("?")
        expect(page.get_by_role("dialog")).to_contain_text("true size")
        page.keyboard.press("Escape")
        # A class, found and taken; taken back; and again.
        page.keyboard.press("/")
        page.get_by_label("Network").select_option("loom")
        page.get_by_label("Search classes").focus()
        page.keyboard.type("spiral")
        expect(page.get_by_role("button", name="spiral", exact=True)).to_be_visible()
        page.keyboard.press("Enter")
        terms = page.locator(".terms")
        expect(terms).to_contain_text("spiral")
        page.locator("body").click(position={"x": 500, "y": 20})
        page.keyboard.press("z")
        expect(terms).not_to_contain_text("spiral")
        page.keyboard.press("Shift+Z")
        expect(terms).to_contain_text("spiral")
        # Another run, and away with it; it is asked for, and comes back.
        page.keyboard.press("Control+Enter")
        title = page.locator(".paper-title")
        expect(title).not_to_contain_text("lines")
        page.keyboard.press("Escape")
        expect(title).to_contain_text("stopped")
        count = page.locator(".run-open").count()
        page.keyboard.press("Delete")
        page.get_by_role("dialog").get_by_role("button", name="Delete").press("Enter")
        expect(page.locator(".run-open")).to_have_count(count - 1)
        page.get_by_role("button", name="Undo").last.press("Enter")
        expect(page.locator(".run-open")).to_have_count(count)


def test_nothing_is_lost_on_reload(browser, studio):
    with visited(browser, studio[1]) as page:
        open_run(page, "areas")
        page.get_by_label("Seed", exact=True).fill("77")
        page.get_by_label("Margin", exact=True).first.fill("-3")
        expect(page.locator(".form .wrong").first).to_be_visible()
        page.get_by_label("Margin", exact=True).first.fill("8")
        expect(page.locator(".form .wrong")).to_have_count(0)
        page.reload()
        expect(page.get_by_label("Seed", exact=True)).to_have_value("77")
        expect(page.locator(".paper-title")).to_contain_text("areas")


def test_a_name_is_typed_while_news_come(browser, studio):
    client = studio[1]
    with visited(browser, client) as page:
        open_run(page, "areas")
        run = page.evaluate("studio.state.open")
        page.get_by_role("button", name="areas. Rename").click()
        page.keyboard.type("cold ")
        page.evaluate("run => studio.note('runs', run, {...studio.state.runs[run], score: 1})", run)
        page.keyboard.type("areas")
        page.keyboard.press("Enter")
        expect(page.locator(".paper-title h1")).to_have_text("cold areas")
    client.post(f"/api/runs/{run}/rename", name="areas")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("settings", [{}, NARROW], ids=["wide", "narrow"])
def test_axe_has_nothing_to_say_and_nothing_is_too_wide(browser, studio, scheme, settings):
    def settings_shown(page):
        if settings:
            page.get_by_role("button", name="Settings", exact=True).click()

    steps = [
        lambda page: open_run(page, "lines"),
        lambda page: page.locator("summary", has_text="Change pens").click(),
        lambda page: page.locator("summary", has_text="Certificate").click(),
        settings_shown,
        lambda page: page.get_by_role("button", name="Choose pens").click(),
        lambda page: page.keyboard.press("Escape"),
        lambda page: page.get_by_role("button", name="Picture", exact=True).click(),
        lambda page: page.keyboard.press("Escape"),
        lambda page: page.get_by_role("button", name="Text", exact=True).click(),
    ]
    with visited(browser, studio[1], **settings, color_scheme=scheme) as page:
        page.evaluate(AXE)
        for number, step in enumerate(steps):
            step(page)
            found = page.evaluate("axe.run({preload: false, resultTypes: ['violations']})")
            assert not [
                f"{each['id']}: {node['html'][:200]} {node['failureSummary'][:300]}"
                for each in found["violations"]
                for node in each["nodes"]
            ], number
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        text = page.evaluate("getComputedStyle(document.body).color")
        # The page is dark; what is drawn on keeps its colour.
        assert text == ("rgb(236, 229, 216)" if scheme == "dark" else "rgb(35, 32, 27)")
        assert page.evaluate("studio.sceneOf(studio.state.open, 'plot').paper") == "#ffffff"


def test_the_page_weighs_little(studio):
    client = studio[1]
    sent = {name: client.ask("GET", f"/static/{name}", Accept_Encoding="gzip") for name in names()}
    assert {status for status, _, _ in sent.values()} == {200}
    files = {name: gzip.decompress(body) for name, (_, _, body) in sent.items()}
    loaded = re.findall(rb'/([\w-]+\.(?:js|css))"', files["index.html"] + files["app.js"])
    assert {name.decode() for name in loaded} == files.keys() - {"index.html"}
    assert sum(len(body) for _, _, body in sent.values()) <= 80 * 1024
    assert sum(len(file) for file in files.values()) <= 190 * 1024
    assert all(file.count(b"\n") < 500 for file in files.values())


def test_texts_of_runs_stay_texts(browser, studio):
    client = studio[1]
    evil = "<img src=x onerror=window.hacked=1><script>window.hacked=1</script>\"'&"
    run = next(each for each in client.get("/api/runs")["runs"] if each["name"] == "areas")
    client.post(f"/api/runs/{run['id']}/rename", name=evil)
    try:
        with visited(browser, client) as page:
            run_named(page, evil).click()
            expect(page.locator(".paper-title h1")).to_contain_text(evil)
            assert page.evaluate("window.hacked") is None
            assert page.locator("img[src=x]").count() == 0
    finally:
        client.post(f"/api/runs/{run['id']}/rename", name="areas")

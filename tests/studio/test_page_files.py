"""What is given to the studio's page: files, masks, places, words; and a page that nobody sees."""

import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.studio.visiting import LINES, open_run, visited


def let_fall(page: Page, path: Path) -> None:
    """Drag a file from outside over the page, and let it fall, as the browser itself does it."""
    devtools = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver"):
        devtools.send("Input.dispatchDragEvent", {"type": kind, "x": 640, "y": 400, "data": data})
    expect(page.locator(".dropping")).to_be_visible()
    devtools.send("Input.dispatchDragEvent", {"type": "drop", "x": 640, "y": 400, "data": data})
    expect(page.locator(".dropping")).to_have_count(0)


def folder_of(studio, name: str) -> Path:
    folder, client = studio
    run = next(each for each in client.get("/api/runs")["runs"] if each["name"] == name)
    return folder / run["folder"]


def test_files_of_runs_that_are_let_fall_bring_their_settings_back(browser, studio):
    lines, areas = folder_of(studio, "lines"), folder_of(studio, "areas")
    with visited(browser, studio[1]) as page:
        for path, label, value in (
            (lines / "drawing.svg", "Lines, at most", "40"),
            (areas / "drawing.png", "Width", "64"),
            (lines / "recipe.toml", "Lines, at most", "40"),
            (areas / "progress.gif", "Width", "64"),
        ):
            let_fall(page, path)
            expect(page.get_by_label(label, exact=True)).to_have_value(value)
            expect(page.locator(".notice")).to_contain_text(f"The settings in {path.name} are back")
        page.locator(".notice").get_by_role("button", name="Undo").click()
        expect(page.get_by_label("Lines, at most")).to_have_value("40")
        page.evaluate("studio.check(0)")
        page.wait_for_function("() => studio.state.check?.ok")


def test_pictures_and_drawings_of_others_that_are_let_fall_are_asked_about(
    browser, studio, tmp_path
):
    photo, drawing, other = (tmp_path / name for name in ("photo.jpg", "leaf.svg", "notes.txt"))
    Image.new("RGB", (40, 30), "tan").save(photo)
    drawing.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="10cm" height="14cm" viewBox="0 0 100 140">'
        '<path d="M20 20 L80 120" stroke="black" fill="none"/></svg>'
    )
    other.write_text("nothing to draw")
    table = "() => studio.state.table"
    with visited(browser, studio[1]) as page:
        let_fall(page, photo)
        choose = page.get_by_role("dialog")
        expect(choose.get_by_role("button", name="Detail mask")).to_be_disabled()
        choose.get_by_role("button", name="Look like it").click()
        expect(page.locator(".terms")).to_contain_text("like")
        let_fall(page, photo)
        choose.get_by_role("button", name="Detail mask").click()
        expect(page.locator(".terms")).to_contain_text("counts more where this is light")
        like = page.evaluate(table)["terms"][-1]
        assert like["kind"] == "like"
        assert like["importance"] == like["picture"]
        page.get_by_role("button", name="Without the detail mask").click()
        assert "importance" not in page.evaluate(table)["terms"][-1]
        let_fall(page, drawing)
        expect(page.locator(".origins")).to_contain_text("Begins from a drawing")
        origin = page.evaluate(table)["origin"]
        assert re.fullmatch(r"upload:[0-9a-f]{16}\.svg", origin)
        page.wait_for_function("() => studio.state.check?.ok")
        status, answer = studio[1].post("/api/runs", table={**LINES, "origin": origin, "steps": 2})
        assert status == 201
        assert studio[1].wait_for(answer["id"], "finished", "failed")["state"] == "finished"
    # What is none of it is refused in a line; the browser notes the answer.
    with pytest.raises(AssertionError, match="400"), visited(browser, studio[1]) as page:
        let_fall(page, other)
        expect(page.locator(".notice")).to_contain_text("notes.txt: this is no picture, no SVG")


def test_a_place_a_tile_and_a_symmetry_are_settings(browser, studio):
    with visited(browser, studio[1]) as page:
        page.evaluate("table => studio.commit(table)", LINES)
        page.locator("summary", has_text="More").first.click()
        page.get_by_label("Focus").fill("thirds")
        page.get_by_label("Symmetry").select_option("turn-3")
        page.wait_for_function("() => studio.state.check?.ok")
        page.get_by_label("Focus").fill("200,10")
        expect(page.locator(".form .wrong")).to_contain_text("is beside the page")
        page.get_by_label("Focus").fill("")
        page.get_by_role("button", name="Areas", exact=True).click()
        page.get_by_label("Repeat a square of").fill("32")
        page.wait_for_function("() => studio.state.check?.table.tile === 32")


def test_words_say_what_they_need(browser, studio):
    needs = studio[1].get("/api/start")["words_need"]
    with visited(browser, studio[1]) as page:
        page.get_by_role("button", name="Words", exact=True).click()
        dialog = page.get_by_role("dialog")
        # This machine may have a model; the page shows what the server says of it.
        assert dialog.locator(".words-need").all_inner_texts() == [needs] * bool(needs)
        dialog.get_by_label("What the picture is to show").fill("a heron")
        dialog.get_by_role("button", name="Take these words").click()
        expect(page.locator(".terms")).to_contain_text("a heron")


def test_a_sheet_that_is_drawn_is_shown_without_being_asked_for_again(browser, studio):
    answers = [{"state": "waiting"}, {"state": "drawing", "done": 3}, {"state": "ready"}]
    sheet = {"all": 4, "channels": 4, "columns": 2, "tile": 8, "gap": 1, "caption": 2, "error": ""}

    def answer(route):
        now = answers.pop(0) if len(answers) > 1 else answers[0]
        url = "data:image/gif;base64,R0lGODlhAQABAAAAACw=" if now["state"] == "ready" else None
        route.fulfill(json={**sheet, "url": url, "done": 0, **now})

    with visited(browser, studio[1]) as page:
        page.route("**/sheet?layer=*", answer)
        page.get_by_role("button", name="Neuron", exact=True).click()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("as soon as no drawing is being made")
        expect(dialog).to_contain_text("3 of 4")
        expect(dialog.get_by_role("button", name=re.compile("channel"))).to_have_count(4)


def test_a_page_that_nobody_sees_is_sent_and_draws_nothing(browser, studio):
    hide = """isHidden => {
      Object.defineProperty(document, "hidden", {get: () => isHidden, configurable: true});
      document.dispatchEvent(new Event("visibilitychange"));
    }"""
    frames: list[bytes] = []
    with visited(browser, studio[1]) as page:
        page.on(
            "websocket",
            lambda socket: socket.on(
                "framereceived", lambda frame: isinstance(frame, bytes) and frames.append(frame)
            ),
        )
        page.reload()
        open_run(page, "areas")
        page.evaluate("table => studio.commit(table)", {"width": 64, "height": 64, "steps": 9000})
        page.keyboard.press("Control+Enter")
        page.wait_for_function("() => studio.frames.latest[studio.state.open]?.number >= 2")
        page.evaluate(hide, True)
        # What was on its way comes still.
        page.wait_for_timeout(1500)
        shown = page.locator(".desk-sheet").get_attribute("data-frame")
        seen = len(frames)
        page.wait_for_timeout(3000)
        assert len(frames) == seen
        assert page.locator(".desk-sheet").get_attribute("data-frame") == shown
        page.evaluate(hide, False)
        page.wait_for_function(
            "shown => Number(document.querySelector('.desk-sheet').dataset.frame) > shown",
            arg=int(shown),
        )
        page.keyboard.press("Escape")
        expect(page.locator(".paper-title")).to_contain_text("stops after the step in hand")
        expect(page.locator(".paper-title")).to_contain_text("stopped at step")

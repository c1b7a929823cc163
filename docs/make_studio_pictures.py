"""Makes studio.png, studio-compare.png, studio-live.png and studio-phone.png in docs/images.

.venv/bin/python docs/make_studio_pictures.py RUNS    # a folder of a run of lines and one of areas
"""

import io
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

IMAGES = Path(__file__).parent / "images"
LINK = re.compile(r"http://127\.0\.0\.1:\S+\?key=\S+")
WIDE = {"viewport": {"width": 1440, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "device_scale_factor": 2}
PLOTTED = "() => studio.orderOf(studio.state.open) !== null"
# Enough steps for a picture in the midst of it.
LIVE = {
    "medium": "strokes",
    "terms": [{"target": "efficientnet_lite0/class/hummingbird"}],
    "pens": "black:0.4,stabilo88:32,stabilo88:40",
    "page": "a5 landscape",
    "steps": 120,
    "seed": 6,
}


def keep(page: Page, name: str) -> None:
    """Write what the window shows, in few enough colours for a small file."""
    page.wait_for_timeout(1500)
    image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    # The usual way of choosing loses a colour of which there is little, such as a pen's swatch.
    few = image.quantize(256, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    few.save(IMAGES / name, optimize=True)


def shoot(link: str) -> None:
    """Open a studio's page and write the four pictures."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        context = browser.new_context(**WIDE, color_scheme="light")
        page = context.new_page()
        page.set_default_timeout(300_000)
        page.goto(link)
        runs = page.locator(".run-open")
        runs.last.wait_for()
        runs.last.click()
        page.wait_for_function(PLOTTED)
        page.get_by_role("slider", name="Order").evaluate(
            "e => { e.value = 0.62 * e.max; e.dispatchEvent(new Event('input', {bubbles: true})); }"
        )
        page.mouse.move(700, 20)
        keep(page, "studio.png")
        for run in (runs.last, runs.first):
            run.click(modifiers=["Shift"])
        page.get_by_role("button", name="Compare", exact=True).click()
        page.wait_for_function("() => document.querySelectorAll('.versus').length === 2")
        keep(page, "studio-compare.png")
        page.keyboard.press("Escape")
        page.evaluate("table => studio.commit(table)", LIVE)
        page.get_by_role("button", name="Draw").first.click()
        page.wait_for_function(
            "() => studio.frames.latest[studio.state.open]?.done > 70", timeout=600_000
        )
        keep(page, "studio-live.png")
        phone = browser.new_context(
            **PHONE, color_scheme="dark", storage_state=context.storage_state()
        )
        small = phone.new_page()
        small.goto(page.url)
        small.locator(".run-open").last.click()
        small.wait_for_function(PLOTTED)
        keep(small, "studio-phone.png")
        browser.close()


def main() -> None:
    """Open a studio on the folder that is named."""
    command = [sys.executable, "-m", "inkdream", "studio", sys.argv[1], "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as studio:
        try:
            assert studio.stdout
            lines = iter(studio.stdout.readline, "")
            shoot(next(match[0] for line in lines if (match := LINK.search(line))))
        finally:
            studio.send_signal(signal.SIGINT)


if __name__ == "__main__":
    main()

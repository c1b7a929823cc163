"""Makes atlas-sheet.png, -map.png, -phone.png and -photographs.png in docs/images, with Chromium.

.venv/bin/python docs/make_atlas_pictures.py [LOOM PHOTOGRAPHS]    # two atlases, or they are drawn
"""

import io
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

IMAGES = Path(__file__).parent / "images"
LOOM = ("loom/conv4_1", "--steps", "80", "--width", "128")
PHOTOGRAPHS = ("efficientnet_lite0/block9", "--channels", "0-47", "--width", "112")
# Whose drawing is open beside the sheet.
OPENED = 20
WIDE = {"viewport": {"width": 1440, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "device_scale_factor": 2}


def keep(page: Page, name: str) -> None:
    """Write what the window shows, in few enough colours for a small file."""
    page.wait_for_timeout(800)
    image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    image.quantize(256, dither=Image.Dither.NONE).save(IMAGES / name, optimize=True)


def shoot(loom: Path, photographs: Path) -> None:
    """Open the pages of two atlases and write the pictures."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(**WIDE, color_scheme="light")
        page.goto(loom.as_uri())
        page.locator("[role=option]").nth(17).click()
        page.mouse.move(1300, 700)
        keep(page, "atlas-sheet.png")
        page = browser.new_page(**WIDE, color_scheme="dark")
        page.goto(loom.as_uri())
        page.keyboard.press("m")
        keep(page, "atlas-map.png")
        page = browser.new_page(**WIDE, color_scheme="light")
        page.goto(photographs.as_uri())
        page.get_by_label("Order").select_option("likeness")
        page.locator("[role=option]").nth(OPENED).click()
        page.mouse.move(1300, 610)
        keep(page, "atlas-photographs.png")
        page = browser.new_page(**PHONE, color_scheme="light")
        page.goto(loom.as_uri())
        keep(page, "atlas-phone.png")
        browser.close()


def main() -> None:
    """Take the atlases that are named, or draw them."""
    if len(sys.argv) > 1:
        shoot(*(Path(word).resolve() / "index.html" for word in sys.argv[1:]))
        return
    with tempfile.TemporaryDirectory() as folder:
        homes = [Path(folder) / name for name in ("loom", "photographs")]
        for home, words in zip(homes, (LOOM, PHOTOGRAPHS), strict=True):
            command = [sys.executable, "-m", "inkdream", "atlas", *words, "--out", str(home)]
            subprocess.run(command, check=True)
        shoot(*(home / "index.html" for home in homes))


if __name__ == "__main__":
    main()

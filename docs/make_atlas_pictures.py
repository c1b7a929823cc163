"""Makes atlas-sheet.png, atlas-map.png and atlas-phone.png in docs/images, with Chromium.

.venv/bin/python docs/make_atlas_pictures.py [ATLAS]    # without one, loom/conv4_1 is drawn
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
DRAWN = ("loom/conv4_1", "--steps", "80", "--width", "128")
WIDE = {"viewport": {"width": 1440, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "device_scale_factor": 2}


def keep(page: Page, name: str) -> None:
    """Write what the window shows, in few enough colours for a small file."""
    page.wait_for_timeout(800)
    image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    image.quantize(256, dither=Image.Dither.NONE).save(IMAGES / name, optimize=True)


def shoot(index: Path) -> None:
    """Open an atlas's page and write the three pictures."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(**WIDE, color_scheme="light")
        page.goto(index.as_uri())
        page.locator("[role=option]").nth(17).click()
        page.mouse.move(1300, 700)
        keep(page, "atlas-sheet.png")
        page = browser.new_page(**WIDE, color_scheme="dark")
        page.goto(index.as_uri())
        page.keyboard.press("m")
        keep(page, "atlas-map.png")
        page = browser.new_page(**PHONE, color_scheme="light")
        page.goto(index.as_uri())
        keep(page, "atlas-phone.png")
        browser.close()


def main() -> None:
    """Take the atlas that is named, or draw one."""
    if len(sys.argv) > 1:
        shoot(Path(sys.argv[1]).resolve() / "index.html")
        return
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "inkdream", "atlas", *DRAWN, "--out", folder]
        subprocess.run(command, check=True)
        shoot(Path(folder) / "index.html")


if __name__ == "__main__":
    main()

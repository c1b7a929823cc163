"""The handbook as a site: built without a warning, with links that lead somewhere, and quiet."""

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.browser import opened

ROOT = Path(__file__).parents[1]
AXE = ROOT / "tests/atlas/axe/axe.min.js"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
# The front page, one of words, one of pictures, one of wide tables, one of commands.
LOOKED_AT = ["index", "tutorial", "cookbook", "recipe", "commands"]


class Links(HTMLParser):
    """What a page names: anchors of its own, links, and files that a browser loads with it."""

    def __init__(self, page):
        super().__init__()
        self.anchors, self.links, self.loaded = {""}, [], []
        self.feed(page.read_text("utf-8"))

    def handle_starttag(self, tag, attrs):
        said = dict(attrs)
        self.anchors |= {said[key] for key in ("id", "name") if said.get(key)}
        if tag == "a":
            self.links.append(said.get("href") or "")
        elif tag == "link":
            # Links that say how pages follow each other load nothing.
            loads = {"stylesheet", "icon", "preload", "preconnect", "dns-prefetch", "manifest"}
            if loads & set((said.get("rel") or "").split()):
                self.loaded.append(said["href"])
        else:
            self.loaded += [said[key] for key in ("src", "poster", "data") if said.get(key)]
            several = (said.get("srcset") or "").split(",")
            self.loaded += [part.split()[0] for part in several if part]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    place = tmp_path_factory.mktemp("site")
    words = ["-q", "-W", "--keep-going", "-d", str(place / "trees"), "docs", str(place / "site")]
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", *words],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return place / "site"


@pytest.fixture(scope="module")
def pages(site):
    return {path: Links(path) for path in site.rglob("*.html")}


def test_every_page_is_there_and_has_a_place_in_the_contents(site):
    names = {path.stem for path in (ROOT / "docs").glob("*.md")}
    assert names <= {path.stem for path in site.glob("*.html")}
    index = Links(site / "index.html")
    assert {f"{name}.html" for name in names - {"index"}} <= set(index.links)


def test_links_and_anchors_of_the_site_lead_somewhere(site, pages):
    lost, followed = [], 0
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or not link:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            followed += 1
            anchors = pages[target].anchors if target in pages else {""}
            if not target.is_file() or unquote(parts.fragment) not in anchors:
                lost.append((path.name, link))
    assert lost == []
    assert followed > 500


def test_nothing_is_asked_of_other_hosts(site, pages):
    loaded = [each for page in pages.values() for each in page.loaded]
    styles = [path.read_text("utf-8") for path in site.rglob("*.css")]
    loaded += [each for style in styles for each in re.findall(r"url\(\s*['\"]?([^'\")]+)", style)]
    loaded += [each for style in styles for each in re.findall(r"@import\s+['\"]([^'\"]+)", style)]
    assert len(loaded) > 100
    assert [each for each in loaded if re.match(r"(https?:)?//", each)] == []


def test_pictures_are_there_and_say_what_they_show(site, pages):
    for path, page in pages.items():
        for name in page.loaded:
            parts = urlsplit(name)
            if not parts.scheme:
                assert (path.parent / unquote(parts.path)).is_file(), (path.name, name)
    for path in (ROOT / "docs").glob("*.md"):
        assert "![](" not in path.read_text("utf-8"), path.name


@pytest.mark.parametrize("name", LOOKED_AT)
def test_axe_has_nothing_to_say(browser, site, name):
    for scheme in ("light", "dark"):
        with opened(browser, site / f"{name}.html", color_scheme=scheme) as page:
            page.evaluate(AXE.read_text("utf-8"))
            found = page.evaluate("axe.run({preload: false, resultTypes: ['violations']})")
            wrong = {each["id"]: each["nodes"][0]["html"] for each in found["violations"]}
            assert wrong == {}, scheme


@pytest.mark.parametrize("name", LOOKED_AT)
def test_a_page_is_no_wider_than_a_telephone(browser, site, name):
    with opened(browser, site / f"{name}.html", **PHONE) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_words_are_found(browser, site):
    with opened(browser, site / "search.html") as page:
        page.goto(f"{(site / 'search.html').as_uri()}?q=refill")
        page.locator("#search-results li a").first.wait_for()
        found = page.locator("#search-results li a").evaluate_all("all => all.map(a => a.href)")
        assert any("plotting.html" in each for each in found)


def test_a_printed_page_is_the_page_alone(browser, site):
    with opened(browser, site / "tutorial.html") as page:
        assert page.locator(".sidebar-drawer").is_visible()
        page.emulate_media(media="print")
        for part in (".sidebar-drawer", ".toc-drawer", ".mobile-header", ".related-pages"):
            assert not page.locator(part).first.is_visible(), part
        wraps = page.locator("pre").first.evaluate("each => getComputedStyle(each).whiteSpace")
        assert wraps == "pre-wrap"

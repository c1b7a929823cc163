"""The studio's page in a browser, as tests visit it."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, expect

from tests.studio.serving import Client

LINES = {
    "medium": "strokes",
    "terms": [{"target": "loom/conv4_1/17"}],
    "strokes": {"count": 40},
    "pens": "black:0.4,red:0.4",
    "page": "a6",
    "steps": 12,
    "outputs": ["drawing", "plot"],
}
AREAS = {
    "width": 64,
    "height": 64,
    "steps": 8,
    "terms": LINES["terms"],
    "outputs": ["drawing", "plot", "pictures"],
}
# What is waited for is drawn by another process, on a machine that may be busy.
WAIT = 120_000
expect.set_options(timeout=WAIT)


@contextmanager
def visited(browser: Browser, client: Client, **settings: object) -> Iterator[Page]:
    """Open the page; fail if it says an error, asks another host, or misses something."""
    context = browser.new_context(
        **{"viewport": {"width": 1280, "height": 860}, "reduced_motion": "reduce", **settings}
    )
    name, _, value = client.cookie.partition("=")
    context.add_cookies([{"name": name, "value": value, "url": client.origin}])
    page = context.new_page()
    page.set_default_timeout(WAIT)
    wrong: list[str] = []
    page.on("console", lambda said: wrong.append(f"{said.type}: {said.text}"))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith((f"{client.origin}/", "data:", "blob:"))
            else wrong.append(request.url)
        ),
    )
    page.on(
        "response",
        lambda answer: (
            wrong.append(f"{answer.status} {answer.url}: {answer.text()}")
            if answer.status >= 400
            else None
        ),
    )
    try:
        page.goto(client.origin)
        expect(page.locator(".run-open").first).to_be_visible()
        yield page
        assert not wrong, wrong
    finally:
        context.close()


def run_named(page: Page, name: str):
    return page.locator(".run-open", has=page.locator(".run-name", has_text=name)).first


def open_run(page: Page, name: str) -> None:
    """Open a run, and wait for its plot, and for the order of its lines."""
    run_named(page, name).click()
    expect(page.locator(".paper-title")).to_contain_text(name)
    expect(page.locator(".pen-table")).to_be_visible()
    page.wait_for_function("() => studio.orderOf(studio.state.open) !== null")


def painted(page: Page, sheet: int = 0) -> int:
    """Return how many px of a sheet of paper are not bare."""
    # What was asked for is painted before the next frame.
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return page.evaluate(
        """sheet => {
        const shown = document.querySelectorAll(".desk-sheet canvas")[sheet];
        const copy = new OffscreenCanvas(shown.width, shown.height);
        const context = copy.getContext("2d");
        context.drawImage(shown, 0, 0);
        const {data} = context.getImageData(0, 0, shown.width, shown.height);
        let count = 0;
        for (let at = 0; at < data.length; at += 4)
          if (data[at + 3] === 255 && data[at] + data[at + 1] + data[at + 2] < 700) count += 1;
        return count;
        }""",
        sheet,
    )


def scrub(page: Page, share: float) -> None:
    page.get_by_role("slider", name="Order").evaluate(
        """(slider, share) => {
        slider.value = share * slider.max;
        slider.dispatchEvent(new Event("input", {bubbles: true}));
        }""",
        share,
    )

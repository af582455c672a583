"""What the scripts that drive the live page share: a browser, steps that are told one by one, and questions to the test.

Each script is started as `SCRIPT CHROMIUM ADDRESS [SHOTS]` and says, a line of JSON for each thing looked at, whether it
is as it should be. A line `{"ask": WORD}` asks the test to do something; it answers with a line.
"""

import json
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

chromium, address = sys.argv[1:3]
shots = Path(sys.argv[3]) if len(sys.argv) > 3 else None
complaints = []


def say(line):
    print(json.dumps(line), flush=True)


def ask(word):
    """Lets the test do something, and waits until it is done."""
    say({"ask": word})
    sys.stdin.readline()


@contextmanager
def step(name):
    """Reports one thing; a failure does not keep the others from being looked at."""
    try:
        yield
        say({"step": name, "ok": True})
    except Exception as error:  # whatever it is, the test shall read it
        say({"step": name, "ok": False, "why": str(error)[:2000]})


def until(condition, what, seconds=15):
    """Waits for a condition; the page's own rules forbid the eval that playwright would wait with."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(what() if callable(what) else what)
        time.sleep(0.05)


def check(condition, what):
    if not condition:
        raise AssertionError(what)


def panel(page, title):
    """A panel by its title."""
    return page.locator(f'article.panel[aria-label="{title}"]')


def picture(page, title):
    """The pixels of a panel's graph."""
    return panel(page, title).locator("canvas").evaluate("canvas => canvas.toDataURL()")


def number(page, title):
    """The number at the head of a panel; None while there is none."""
    text = panel(page, title).locator(".panel-value").inner_text().split("/")[0].strip()
    factor = {"k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}.get(text[-1:], 1)
    return None if text in ("", "–") else float(text.rstrip("kMGT").replace(",", "")) * factor


def where(page):
    """What is in the address behind the path."""
    return page.evaluate("() => location.hash")


def shot(page, name):
    """Keeps a picture for those who want to look themselves."""
    if shots:
        page.screenshot(path=shots / f"{name}.png")


def watch(page):
    """Remembers every complaint of the browser."""
    page.on("console", lambda message: message.type in ("error", "warning") and complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))


@contextmanager
def browser():
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
        yield made
        made.close()


def open_page(made, hash="", **looks):
    """A page of its own, with what is in the address behind the `#`."""
    looks = {"viewport": {"width": 1440, "height": 900}, "device_scale_factor": 2, "color_scheme": "dark", **looks}
    page = made.new_context(**looks).new_page()
    watch(page)
    page.goto(address + hash)
    expect(page.locator("#state")).to_have_text("live", timeout=15_000)
    return page

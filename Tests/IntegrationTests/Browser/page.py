"""Drives the live page in Chromium and says, a line of JSON for each thing looked at, whether it is as it should be.

    page.py CHROMIUM ADDRESS [SHOTS]

Events come from the test that started this: topic `test.tick` with a number `n` and its square, twenty a second;
`test.evil` with markup in every name and value; a publisher `test.lossy` that skips numbers.
A line `{"ask": "restart"}` asks the test to restart the server; it answers with a line.
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
            raise TimeoutError(what)
        time.sleep(0.05)


def check(condition, what):
    if not condition:
        raise AssertionError(what)


def picture(page, key):
    """The pixels of a card's graph."""
    return page.locator(f'article[data-key="{key}"] canvas').evaluate("canvas => canvas.toDataURL()")


def number(page, key):
    """The number that a card shows; None while there is none."""
    text = page.locator(f'article[data-key="{key}"] .value .number').inner_text()
    factor = {"k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}.get(text[-1:], 1)
    return None if text == "–" else float(text.rstrip("kMGT")) * factor


def watch(page):
    page.on("console", lambda message: message.type in ("error", "warning") and complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))


def look_at_graphs(page):
    with step("the page connects and hides its hint when events come"):
        expect(page.locator("#state")).to_have_text("live", timeout=15_000)
        expect(page.locator("#nothing")).to_be_hidden(timeout=15_000)
    with step("a graph moves, and its number tells the rate"):
        until(lambda: (number(page, "test.tick") or 0) > 10, "no rate of some 20 a second")
        first = picture(page, "test.tick")
        until(lambda: picture(page, "test.tick") != first, "the graph stands still")
        blank = page.locator('article[data-key="test.tick"] canvas').evaluate(
            "canvas => { const other = document.createElement('canvas');"
            " other.width = canvas.width; other.height = canvas.height; return other.toDataURL(); }")
        check(first != blank, "the graph is blank")
    with step("the total rate is shown"):
        until(lambda: float(page.locator("#rate").inner_text().replace(",", "")) > 10, "no total rate")
    with step("the canvas has as many pixels as the screen"):
        width, shown, density = page.locator('article[data-key="test.tick"] canvas').evaluate(
            "canvas => [canvas.width, canvas.getBoundingClientRect().width, devicePixelRatio]")
        check(abs(width - shown * density) <= 1, f"{width} pixels for {shown} × {density}")
    with step("the crosshair reads the value at a time, by pointer and by keyboard"):
        canvas = page.locator('article[data-key="test.tick"] canvas')
        until(lambda: "between" in (canvas.get_attribute("aria-label") or ""), "no description for screen readers")
        box = canvas.bounding_box()
        canvas.hover(position={"x": box["width"] - 12, "y": box["height"] / 2})
        unit = page.locator('article[data-key="test.tick"] .value .unit')
        expect(unit).to_contain_text(" at ")
        page.mouse.move(5, 5)
        expect(unit).not_to_contain_text(" at ")
        canvas.focus()
        page.keyboard.press("ArrowLeft")
        expect(unit).to_contain_text(" at ")
        page.keyboard.press("Escape")
        expect(unit).not_to_contain_text(" at ")


def look_at_tail(page):
    with step("an event appears in the tail"):
        expect(page.locator("#events .line", has_text="tick number").first).to_be_visible(timeout=15_000)
    with step("a filter shows one topic, a bad one is told and changes nothing else"):
        page.fill("#tail-filter", "test.evil")
        page.keyboard.press("Enter")
        until(lambda: page.locator("#events .line").count() > 0, "no event of the topic")
        badges = set(page.locator("#events .badge").all_inner_texts())
        check(badges == {"test.evil"}, f"topics {badges}")
        page.fill("#tail-filter", "not..a topic")
        page.keyboard.press("Enter")
        expect(page.locator("#tail-mistake")).to_be_visible()
    with step("markup in every name and value is text"):
        page.fill("#tail-filter", "test.evil")
        page.keyboard.press("Enter")
        line = page.locator("#events .line").first
        expect(line).to_contain_text("<script>", timeout=15_000)
        line.click()
        expect(page.locator("#events .tree").first).to_contain_text("<img src=x onerror=")
        check(page.evaluate("window.pwned") is None, "a script of an event ran")
        check(page.locator("#events img, #events script, #events b, #events svg").count() == 0, "markup became elements")
    with step("pause stops the tail and the server's work for it, going on resumes"):
        page.fill("#tail-filter", "test.tick")
        page.keyboard.press("Enter")
        expect(page.locator("#events .line", has_text="tick number").first).to_be_visible(timeout=15_000)
        page.keyboard.press("Escape")
        page.locator("#pause").focus()
        page.keyboard.press("p")
        expect(page.locator("#pause")).to_have_attribute("aria-pressed", "true")
        newest = page.locator("#events .line").first.inner_text()
        rate = page.locator("#rate").inner_text()
        first = picture(page, "test.tick")
        until(lambda: picture(page, "test.tick") != first, f"the graphs stopped too, at {rate}")
        check(page.locator("#events .line").first.inner_text() == newest, "the tail went on")
    with step("an event opens by keyboard, and a number in it becomes a graph"):
        page.locator("#events .line").first.focus()
        page.keyboard.press("Enter")
        row = page.locator("#events .tree dd", has=page.locator("button"))
        until(lambda: row.count() >= 2, "no number has a button")
        page.locator("#events .tree dt", has_text="square").locator("xpath=following-sibling::dd[1]//button").click()
        until(lambda: number(page, "test.tick square") is not None, "no value of the field")
        page.locator("#pause").click()
        expect(page.locator("#events .line").first).not_to_have_text(newest, timeout=15_000)
    with step("fields are chosen from a list on the card"):
        card = page.locator('article[data-key="test.tick"]')
        card.get_by_role("button", name="Fields").click()
        card.get_by_role("checkbox", name="n", exact=True).check()
        page.keyboard.press("Escape")
        expect(card.locator(".chooser")).to_have_count(0)
        until(lambda: number(page, "test.tick n") is not None, "no value of the field")


def look_at_books(page):
    with step("losses make the number red, and the books tell where"):
        expect(page.locator("#lost")).to_have_class("total lost bad", timeout=15_000)
        check(int(page.locator("#lost-number").inner_text().replace(",", "")) > 0, "no number")
        page.locator("#lost").focus()
        page.keyboard.press("Enter")
        row = page.locator("#book-rows tr", has_text="test.lossy")
        expect(row).to_be_visible(timeout=15_000)
        check(int(row.locator("td.bad").first.inner_text()) > 0, "no loss in the row")
        evil = page.locator("#book-rows tr", has_text="test.evil")
        expect(evil.locator("th")).to_contain_text("<b>browser-test</b>")
        if shots:
            page.screenshot(path=shots / "books.png")
        page.keyboard.press("Escape")
        expect(page.locator("#books")).to_be_hidden()


def look_at_address(page):
    with step("the address brings the chosen fields back"):
        page.reload()
        expect(page.locator('article[data-key="test.tick square"]')).to_be_visible(timeout=15_000)
        until(lambda: number(page, "test.tick square") is not None, "no value of the field after the reload")
    with step("everything has a name for those who do not see it"):
        nameless = page.evaluate(
            """() => [...document.querySelectorAll("button, input, canvas, [role=img]")].filter((element) => {
                const name = element.getAttribute("aria-label") || element.textContent || element.labels?.length;
                return !name && !element.closest("dialog:not([open])");
            }).map((element) => element.outerHTML.slice(0, 200))""")
        until(lambda: page.locator("canvas:not([aria-label])").count() == 0, f"nameless: {nameless}")
        check([name for name in nameless if not name.startswith("<canvas")] == [], f"nameless: {nameless}")


def look_at_looks(browser, dark):
    with step("it is light where the system is, fits a phone, and rests where motion is unwanted"):
        context = browser.new_context(
            viewport={"width": 390, "height": 844}, device_scale_factor=2, color_scheme="light", reduced_motion="reduce")
        phone = context.new_page()
        watch(phone)
        phone.goto(address)
        until(lambda: (number(phone, "test.tick") or 0) > 10, "no rate on the phone")
        ground = "() => getComputedStyle(document.body).backgroundColor"
        check(phone.evaluate(ground) != dark.evaluate(ground), "light looks like dark")
        wide = phone.evaluate("() => document.documentElement.scrollWidth - innerWidth")
        check(wide <= 0, f"{wide} pixels stick out on a phone")
        check(phone.locator("#state").evaluate("e => getComputedStyle(e, '::before').animationName") == "none", "it moves")
        first = picture(phone, "test.tick")
        until(lambda: picture(phone, "test.tick") != first, "the graph is never drawn again")
        if shots:
            phone.screenshot(path=shots / "phone-light.png")
        context.close()


def look_at_strangers(browser):
    with step("a page of another origin cannot open the feed"):
        context = browser.new_context()
        stranger = context.new_page()
        stranger.goto("about:blank")
        outcome = stranger.evaluate(
            """(url) => new Promise((resolve) => {
                const socket = new WebSocket(url);
                socket.onopen = () => resolve("open");
                socket.onerror = () => resolve("refused");
            })""", address.replace("http:", "ws:") + "live")
        check(outcome == "refused", outcome)
        context.close()


def look_at_reconnect(page):
    with step("it says so when the server goes, and comes back with it"):
        say({"ask": "restart"})
        expect(page.locator("#state")).to_contain_text("connection lost", timeout=15_000)
        sys.stdin.readline()
        expect(page.locator("#state")).to_have_text("live", timeout=30_000)
        until(lambda: (number(page, "test.tick") or 0) > 10, "no rate after the restart")
        until(lambda: number(page, "test.tick square") is not None, "no value of the field after the restart")


def main():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
        context = browser.new_context(
            viewport={"width": 1440, "height": 900}, device_scale_factor=2, color_scheme="dark")
        page = context.new_page()
        watch(page)
        page.goto(address)
        look_at_graphs(page)
        look_at_tail(page)
        look_at_books(page)
        look_at_address(page)
        look_at_looks(browser, page)
        look_at_strangers(browser)
        if shots:
            page.screenshot(path=shots / "desktop-dark.png")
        with step("nothing was complained about in the console"):
            check(complaints == [], "; ".join(complaints))
        look_at_reconnect(page)
        browser.close()


main()

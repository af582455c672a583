"""Looks at the live page: graphs, log, books, safety, looks, and what those meet who do not see it.

Events come from the test that started this: topic `test.tick` with a number `n` and its square, a host and a status,
twenty a second; `test.evil` with markup in every name and value; a publisher `test.lossy` that skips numbers and says
nothing about itself.
"""

from driver import address, ask, browser, check, complaints, expect, number, open_page, panel, picture, shot, step, until

try:
    from axe_playwright_python.sync_playwright import Axe
except ImportError:
    Axe = None


def look_at_graphs(page):
    with step("the page connects and shows topics nobody has set up anything for"):
        expect(panel(page, "test.tick")).to_be_visible(timeout=15_000)
        expect(page.locator("#nothing")).to_be_hidden()
        until(lambda: (number(page, "test.tick") or 0) > 5, "no rate of some 20 a second")
    with step("a publisher that says nothing about itself is found by its events"):
        expect(panel(page, "test.lossy")).to_be_attached(timeout=15_000)
    with step("a graph moves"):
        first = picture(page, "test.tick")
        until(lambda: picture(page, "test.tick") != first, "the graph stands still")
        blank = panel(page, "test.tick").locator("canvas").evaluate(
            "canvas => { const other = document.createElement('canvas');"
            " other.width = canvas.width; other.height = canvas.height; return other.toDataURL(); }")
        check(first != blank, "the graph is blank")
    with step("the total rate is shown"):
        until(lambda: float(page.locator("#rate").inner_text().replace(",", "")) > 10, "no total rate")
    with step("the canvas has as many pixels as the screen"):
        width, shown, density = panel(page, "test.tick").locator("canvas").evaluate(
            "canvas => [canvas.width, canvas.getBoundingClientRect().width, devicePixelRatio]")
        check(abs(width - shown * density) <= 2, f"{width} pixels for {shown} × {density}")
    with step("the crosshair reads the values at a time, by pointer and by keyboard"):
        canvas = panel(page, "test.tick").locator("canvas")
        until(lambda: "between" in (canvas.get_attribute("aria-label") or ""), "no description for screen readers")
        box = canvas.bounding_box()
        canvas.hover(position={"x": box["width"] - 40, "y": box["height"] / 2})
        expect(page.locator("#tooltip .value").first).to_contain_text("/s")
        page.mouse.move(5, 5)
        expect(page.locator("#tooltip")).to_be_hidden()
        canvas.focus()
        page.keyboard.press("ArrowLeft")
        expect(page.locator("#tooltip .value").first).to_contain_text("/s")
        page.keyboard.press("Escape")
        expect(page.locator("#tooltip")).to_be_hidden()
    with step("the table behind a graph has its values"):
        panel(page, "test.tick").focus()
        page.keyboard.press("v")
        rows = panel(page, "test.tick").locator(".behind tbody tr")
        until(lambda: rows.count() > 3, "no rows")
        check("/s" in rows.nth(1).inner_text(), rows.nth(1).inner_text())
        page.keyboard.press("v")
        expect(panel(page, "test.tick").locator(".behind")).to_have_count(0)
    with step("lost events are hatched, counted and explained"):
        chip = panel(page, "test.lossy").locator(".chip.bad")
        expect(chip).to_contain_text("lost", timeout=15_000)
        canvas = panel(page, "test.lossy").locator("canvas")
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        canvas.hover(position={"x": box["width"] - 30, "y": box["height"] / 2})
        expect(page.locator("#tooltip .tooltip-note.lost")).to_contain_text("lost")
        expect(page.locator("#tooltip .tooltip-note.detail").first).to_contain_text("→ here")
        page.mouse.move(5, 5)


def look_at_log(page):
    page.goto(address + "#view=log")
    line = page.locator("li.event")
    with step("events appear in the log, a pattern chooses them"):
        expect(line.first).to_be_visible(timeout=15_000)
        page.fill("#topic", "test.evil")
        page.keyboard.press("Enter")
        until(lambda: set(page.locator("li.event .badge").all_inner_texts()) == {"test.evil"}, "not only the topic")
    with step("markup in every name and value is text, in lines, trees, columns and menus"):
        first = line.filter(has_text="<script>").first
        expect(first).to_be_visible(timeout=15_000)
        page.keyboard.press("Escape")
        page.locator("#board").focus()
        page.keyboard.press("p")
        first.locator(".open").click()
        expect(page.locator(".tree").first).to_contain_text("<img src=x onerror=")
        page.locator(".tree button.value").first.click()
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Columns").click()
        page.get_by_role("menuitem").nth(3).click()
        page.keyboard.press("Escape")
        check(page.evaluate("() => window.pwned") is None, "a script of an event ran")
        check(page.locator("#board script, #board img, #board svg").count() == 0, "markup became elements")
    with step("a topic that is none is told in place"):
        page.fill("#topic", "not..a topic")
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Resume").click()
        expect(page.locator(".hint")).to_contain_text("topic", timeout=5_000)
    with step("a paused log stands still, and search finds what is there"):
        page.goto(address + "#view=log&topic=test.tick")
        expect(line.filter(has_text="tick number").first).to_be_visible(timeout=15_000)
        page.get_by_role("button", name="Pause").click()
        page.wait_for_timeout(400)
        newest = line.first.inner_text()
        count = line.count()
        page.wait_for_timeout(800)
        check(line.first.inner_text() == newest, "the log went on")
        page.get_by_role("searchbox", name="Search the events").fill("no such word")
        check(page.locator("li.event:visible").count() == 0, "the search finds what is not there")
        page.get_by_role("searchbox", name="Search the events").fill("tick number")
        check(page.locator("li.event:visible").count() == count, "the search does not find what is there")
        shot(page, "log")


def look_at_books(page):
    page.goto(address + "#")
    with step("losses make the number red, and the books tell where"):
        expect(page.locator("#lost")).to_have_class("total lost bad", timeout=15_000)
        page.locator("#board").focus()
        page.keyboard.press("b")
        row = page.locator("#book-rows tr", has_text="test.lossy")
        expect(row).to_be_visible(timeout=15_000)
        check(int(row.locator("td.bad").first.inner_text().replace(",", "")) > 0, "no loss in the row")
        evil = page.locator("#book-rows tr", has_text="test.evil")
        expect(evil.locator("th")).to_contain_text("<b>browser-test</b>")
        shot(page, "books")
        page.keyboard.press("Escape")
        expect(page.locator("#books")).to_be_hidden()


def look_for_everybody(page):
    with step("everything has a name for those who do not see it"):
        nameless = page.evaluate(
            """() => [...document.querySelectorAll("button, input, select, canvas:not([aria-hidden]), [role=img]")]
                .filter((one) => !(one.getAttribute("aria-label") || one.textContent || one.labels?.length)
                    && !one.closest("dialog:not([open])"))
                .map((one) => one.outerHTML.slice(0, 200))""")
        check([name for name in nameless if not name.startswith("<canvas")] == [], f"nameless: {nameless}")
    with step("a check of accessibility finds nothing wrong, in dark and in light"):
        if Axe is None:
            raise AssertionError("axe-playwright-python is not installed")
        for _ in range(2):
            found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]})
            wrong = [f"{one['id']}: {one['nodes'][0]['html'][:150]} {one['nodes'][0].get('failureSummary', '')[:150]}"
                     for one in found.response["violations"]]
            check(wrong == [], "; ".join(wrong))
            page.locator("#board").focus()
            page.keyboard.press("t")
            page.wait_for_timeout(300)


def look_at_looks(made, dark):
    with step("it is light where the system is, fits a phone, and rests where motion is unwanted"):
        phone = open_page(made, viewport={"width": 390, "height": 844}, color_scheme="light", reduced_motion="reduce")
        until(lambda: (number(phone, "test.tick") or 0) > 5, "no rate on the phone")
        ground = "() => getComputedStyle(document.body).backgroundColor"
        check(phone.evaluate(ground) == "rgb(243, 245, 248)", "light looks like dark")
        wide = phone.evaluate("() => document.documentElement.scrollWidth - innerWidth")
        check(wide <= 0, f"{wide} pixels stick out on a phone")
        moving = phone.locator("#state").evaluate("e => getComputedStyle(e, '::before').animationName")
        check(moving == "none", "it moves")
        first = picture(phone, "test.tick")
        until(lambda: picture(phone, "test.tick") != first, "the graph is never drawn again")
        shot(phone, "phone-light")
        phone.context.close()


def look_at_strangers(made):
    with step("a page of another origin cannot open the feed"):
        stranger = made.new_context().new_page()
        stranger.goto("about:blank")
        outcome = stranger.evaluate(
            """(url) => new Promise((resolve) => {
                const socket = new WebSocket(url);
                socket.onopen = () => resolve("open");
                socket.onerror = () => resolve("refused");
            })""", address.replace("http:", "ws:") + "live")
        check(outcome == "refused", outcome)
        stranger.context.close()


def look_at_reconnect(page):
    with step("it says so when the server goes, comes back with it, and tells what it missed"):
        ask("restart")
        expect(page.locator("#notes .note", has_text="Connected again")).to_be_visible(timeout=30_000)
        expect(page.locator("#state")).to_have_text("live", timeout=30_000)
        until(lambda: (number(page, "test.tick") or 0) > 5, "no rate after the restart")
    with step("where the server has a past, the time that the page missed is there again, without a seam"):
        panel(page, "test.tick").focus()
        page.keyboard.press("v")
        body = panel(page, "test.tick").locator(".behind tbody")

        def rates():
            return body.evaluate("body => [...body.rows].slice(0, 12).map((row) => row.cells[1].textContent)")

        def strange():
            return [rate for rate in rates() if not rate.endswith("/s") or not 12 < float(rate[:-2]) < 28]

        until(lambda: len(rates()) == 12 and strange() == [], lambda: f"{len(rates())} rows: {rates()}", seconds=30)


with browser() as made:
    page = open_page(made)
    look_at_graphs(page)
    shot(page, "overview-dark")
    look_at_log(page)
    look_at_books(page)
    look_for_everybody(page)
    look_at_looks(made, page)
    with step("nothing was complained about in the console"):
        check(complaints == [], "; ".join(complaints))
    look_at_strangers(made)
    look_at_reconnect(page)

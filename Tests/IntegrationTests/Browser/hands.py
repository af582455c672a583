"""Uses the live page as people do: filter, time, dashboards, by mouse and by keyboard only.

Events come from the test that started this, as for look.py.
"""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from driver import address, browser, check, complaints, expect, number, open_page, panel, shot, step, until, where


def drag(page, canvas, from_part, to_part):
    box = canvas.bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * from_part, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * (from_part + to_part) / 2, y)
    page.mouse.move(box["x"] + box["width"] * to_part, y)
    page.mouse.up()


def use_time(page):
    with step("a part of a graph that is dragged over is shown, a key leads back to now"):
        canvas = panel(page, "test.tick").locator("canvas")
        until(lambda: (number(page, "test.tick") or 0) > 5, "no rate")
        drag(page, canvas, 0.5, 0.9)
        expect(page.locator("#now")).to_be_visible()
        until(lambda: "from=" in where(page) and "to=" in where(page), "the address does not know the interval")
        page.keyboard.press("n")
        expect(page.locator("#now")).to_be_hidden()
    with step("keys choose ranges, hold, and go into the past"):
        page.locator("#board").focus()
        page.keyboard.press("1")
        expect(page.locator("#ranges button").first).to_have_attribute("aria-pressed", "true")
        page.keyboard.press(" ")
        expect(page.locator("#hold")).to_have_attribute("aria-pressed", "true")
        page.keyboard.press("ArrowLeft")
        expect(page.locator("#interval")).to_contain_text("–")
        page.keyboard.press("0")
        page.keyboard.press("2")
        expect(page.locator("#hold")).to_have_attribute("aria-pressed", "false")


def use_filter(page):
    with step("a value in the legend of a graph becomes the filter by two clicks"):
        title = "test.tick by host"
        legend = panel(page, title).locator(".legend li", has_text="h1")
        expect(legend).to_be_visible(timeout=15_000)
        legend.hover()
        legend.locator(".only").click()
        page.get_by_role("menuitem", name="Only host = h1").click()
        expect(page.locator("#query")).to_have_value('{host: "h1"}')
        expect(page.locator("#conditions li")).to_contain_text("host = h1")
        expect(panel(page, title).locator(".legend li", has_text="h2")).to_have_count(0, timeout=15_000)
        until(lambda: "match=" in where(page), "the address does not know the filter")
    with step("the address shows the same to somebody else"):
        other = open_page(page.context.browser, where(page))
        expect(other.locator("#query")).to_have_value('{host: "h1"}')
        expect(panel(other, "test.tick by host").locator(".legend li", has_text="h1")).to_be_visible(timeout=15_000)
        other.wait_for_timeout(1_500)
        check(panel(other, "test.tick by host").locator(".legend li", has_text="h2").count() == 0, "h2 is not left out")
        other.context.close()
    with step("back takes the filter away"):
        page.go_back()
        expect(page.locator("#query")).to_have_value("")
    with step("a mistake in a query is told in place, and the graphs keep the old one"):
        page.locator("#board").focus()
        page.keyboard.press("/")
        page.keyboard.type("{status: {$gtee: 500}}")
        page.keyboard.press("Enter")
        expect(page.locator("#query-mistake")).to_contain_text("$gtee", timeout=5_000)
        page.fill("#query", "{status: [")
        page.keyboard.press("Enter")
        expect(page.locator("#query-mistake")).to_contain_text("has no end")
        expect(page.locator("#conditions")).to_be_hidden()
    with step("fields, operators and values are completed"):
        page.fill("#query", "")
        page.locator("#query").type("{sta")
        expect(page.locator("#completions li").first).to_contain_text("status")
        page.keyboard.press("Tab")
        expect(page.locator("#completions")).to_contain_text("404")
        page.keyboard.type("{$gt")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        page.keyboard.type("404}}")
        page.keyboard.press("Enter")
        expect(page.locator("#conditions li")).to_contain_text("status", timeout=5_000)
        expect(page.locator("#query-mistake")).to_be_hidden()
    with step("a value in the log is left out of everything by two clicks"):
        page.locator("#clear").click()
        page.locator("#board").focus()
        page.keyboard.press("l")
        value = page.locator('li.event [data-field="host"]', has_text="h2").first
        expect(value).to_be_visible(timeout=15_000)
        page.get_by_role("button", name="Pause").click()
        value.click()
        page.get_by_role("menuitem", name="Without host = h2").click()
        page.get_by_role("button", name="Resume").click()
        expect(page.locator("#conditions li")).to_contain_text("host ≠ h2")
        until(lambda: page.locator('li.event [data-field="host"]').count() > 3, "no event passes")
        check(page.locator('li.event [data-field="host"]', has_text="h2").count() == 0, "h2 is still there")
        page.locator("#clear").click()


def use_keyboard(page):
    with step("panels are moved, resized, duplicated and removed by keyboard alone, and the address keeps them"):
        page.locator("#board").focus()
        page.keyboard.press("o")
        first = panel(page, "test.tick").first
        expect(first).to_be_visible(timeout=15_000)
        titles = lambda: [one.get_attribute("aria-label") for one in page.locator("article.panel").all()]
        before = titles()
        first.focus()
        page.keyboard.press("Shift+ArrowRight")
        check(titles().index("test.tick") == before.index("test.tick") + 1, f"not moved: {titles()}")
        width = first.evaluate("one => one.style.gridColumn")
        page.keyboard.press("Alt+ArrowRight")
        check(first.evaluate("one => one.style.gridColumn") != width, "not wider")
        page.keyboard.press("d")
        check(titles().count("test.tick") == 2, "not duplicated")
        page.keyboard.press("Delete")
        check(titles().count("test.tick") == 1, "not removed")
        until(lambda: "board=" in where(page), "the address does not keep the dashboard")
        order = titles()
        page.reload()
        expect(panel(page, "test.tick")).to_be_visible(timeout=15_000)
        check(titles() == order, f"{titles()} instead of {order}")
    with step("a panel is made in a form, by keyboard alone"):
        page.locator("#board").focus()
        page.keyboard.press("i")
        form = page.locator("#editor-form")
        expect(form).to_be_visible()
        page.keyboard.type("Squares")
        form.locator("[name=topic]").fill("test.tick")
        form.locator("[name=value]").fill("p50 square, p99 square")
        form.locator("[name=value]").press("Enter")
        expect(panel(page, "Squares").locator(".legend li")).to_have_count(2, timeout=15_000)
    with step("the list of keys opens and closes"):
        page.locator("#board").focus()
        page.keyboard.press("?")
        expect(page.locator("#help kbd").first).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator("#help")).to_be_hidden()


def use_dashboards(page):
    with step("a dashboard is saved, exported, deleted, and imported"), TemporaryDirectory() as directory:
        page.locator("#boards").click()
        page.get_by_role("menuitem", name="Save as …").click()
        page.fill("#save-title", "My <b>ticks</b>")
        page.keyboard.press("Enter")
        expect(page.locator("#board-name")).to_have_text("My <b>ticks</b>")
        until(lambda: "view=my-b-ticks-b" in where(page), lambda: where(page))
        page.goto(address + "#view=my-b-ticks-b")
        page.reload()
        expect(panel(page, "Squares")).to_be_attached(timeout=15_000)
        page.locator("#boards").click()
        with page.expect_download() as download:
            page.get_by_role("menuitem", name="Export").click()
        file = Path(directory) / "board.json"
        download.value.save_as(file)
        count = len(json.loads(file.read_text())["panels"])
        check(count > 2, "no panels in the file")
        page.locator("#boards").click()
        page.get_by_role("menuitem", name="Delete").click()
        expect(page.locator("#board-name")).to_have_text("Overview")
        page.locator("#import").set_input_files(file)
        expect(panel(page, "Squares")).to_be_attached(timeout=15_000)
        check(page.locator("article.panel").count() == count, "not all panels are back")
        file.write_text('{"panels": [{"kind": "<b>"}]}')
        page.locator("#import").set_input_files(file)
        expect(page.locator("#notes .note.bad")).to_contain_text("is no dashboard")
    with step("the data of a panel is kept as a file"):
        panel(page, "Squares").focus()
        expect(panel(page, "Squares").locator(".legend li")).to_have_count(2, timeout=15_000)
        page.wait_for_timeout(1_500)
        panel(page, "Squares").focus()
        with page.expect_download() as download:
            page.keyboard.press("c")
        lines = Path(download.value.path()).read_text().splitlines()
        check(lines[0] == "time,p50 square,p99 square" and lines[1].count(",") == 2 and "T" in lines[1], lines[:2])
    with step("dashboards for web and mail come with it"):
        for key, title in (("w", "Requests by status"), ("m", "Outcomes")):
            page.locator("#board").focus()
            page.keyboard.press(key)
            expect(panel(page, title)).to_be_visible(timeout=15_000)
    with step("a panel is moved and resized by mouse"):
        page.goto(address + "#view=web")
        title = "Requests by status"
        corner = panel(page, title)
        box = corner.bounding_box()
        corner.hover()
        page.mouse.move(box["x"] + box["width"] - 5, box["y"] + box["height"] - 5)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] - 300, box["y"] + box["height"] - 5, steps=4)
        page.mouse.up()
        until(lambda: corner.bounding_box()["width"] < box["width"] - 100, "not narrower")
        target = panel(page, "Methods").bounding_box()
        head = corner.locator("h2").bounding_box()
        page.mouse.move(head["x"] + 10, head["y"] + 5)
        page.mouse.down()
        page.mouse.move(target["x"] + target["width"] - 30, target["y"] + target["height"] / 2, steps=5)
        page.mouse.up()
        titles = [one.get_attribute("aria-label") for one in page.locator("article.panel").all()]
        check(titles.index(title) > titles.index("Methods"), f"not moved: {titles}")
        shot(page, "web-dark")


def use_fingers(made):
    page = open_page(made, "#view=overview&topic=test.tick", viewport={"width": 390, "height": 844}, has_touch=True,
                     is_mobile=True)
    until(lambda: (number(page, "test.tick") or 0) > 5, "no rate")
    canvas = panel(page, "test.tick").locator("canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    hand = page.context.new_cdp_session(page)

    def touch(kind, *parts):
        points = [{"x": box["x"] + box["width"] * part, "y": box["y"] + box["height"] / 2, "id": finger}
                  for finger, part in enumerate(parts)]
        hand.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    with step("a tap on a graph reads the values there"):
        touch("touchStart", 0.8)
        touch("touchEnd")
        expect(page.locator("#tooltip .value").first).to_contain_text("/s")
    with step("a swipe moves into the past, two fingers show more of it, and a button leads back to now"):
        touch("touchStart", 0.4)
        for part in (0.5, 0.6, 0.7, 0.8):
            touch("touchMove", part)
        touch("touchEnd")
        expect(page.locator("#now")).to_be_visible()
        until(lambda: "from=" in where(page), "the address does not know the interval")

        def length():
            words = dict(word.split("=") for word in where(page)[1:].split("&"))
            return int(words["to"]) - int(words["from"])

        before = length()
        touch("touchStart", 0.5)
        touch("touchStart", 0.5, 0.7)
        for apart in (0.05, 0.1, 0.15):
            touch("touchMove", 0.5 - apart, 0.7 + apart)
        touch("touchEnd")
        until(lambda: length() < before * 0.7, lambda: f"{length()} ms of {before}")
        page.locator("#now").tap()
        expect(page.locator("#now")).to_be_hidden()
    page.context.close()


def use_logs(made):
    with step("two logs on one page have their own events, and p pauses both"):
        page = open_page(made)
        page.locator("#import").set_input_files({
            "name": "logs.json", "mimeType": "application/json", "buffer": json.dumps({"title": "Logs", "panels": [
                {"id": topic, "kind": "log", "topic": f"test.{topic}", "title": topic, "w": 6, "h": 8}
                for topic in ("tick", "evil")]}).encode()})
        for topic in ("tick", "evil"):
            badges = panel(page, topic).locator("li.event .badge")
            until(lambda: badges.count() > 3, f"no events of {topic}")
            check(set(badges.all_inner_texts()) == {f"test.{topic}"}, "events of another topic")
        page.locator("#board").focus()
        page.keyboard.press("p")
        expect(page.get_by_role("button", name="Resume")).to_have_count(2)
        page.context.close()


with browser() as made:
    page = open_page(made)
    use_time(page)
    use_filter(page)
    use_keyboard(page)
    use_dashboards(page)
    use_fingers(made)
    use_logs(made)
    with step("nothing was complained about in the console"):
        check(complaints == [], "; ".join(complaints))

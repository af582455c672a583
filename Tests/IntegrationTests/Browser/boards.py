"""Dashboards that the server keeps, as two people use them, and its alerts as the page tells of them.

The program that is looked at lets in `alice`, whose password is `secret`, keeps dashboards and has an alert on events of `test.tick` whose field `failing` is true;
the test makes them so when it is asked to `fail`, until it is asked to `mend`.
"""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from driver import address, ask, browser, check, complaints, expect, panel, shot, step, until, watch, where

ONE = {"title": "Ops", "panels": [
    {"id": "ticks", "kind": "line", "topic": "test.tick", "title": "Ticks", "value": "rate", "w": 6, "h": 6}]}


def menu(page, name):
    page.locator("#boards").click()
    page.get_by_role("menuitem", name=name, exact=True).click()


def note(page, text):
    expect(page.locator("#notes .note", has_text=text).last).to_be_visible(timeout=10_000)


def load(page, board):
    """Takes a dashboard as from a file."""
    page.locator("#import").set_input_files(
        {"name": "ops.json", "mimeType": "application/json", "buffer": json.dumps(board).encode()})
    expect(panel(page, "Ticks").first).to_be_visible()


def duplicate(page):
    before = panel(page, "Ticks").count()
    panel(page, "Ticks").first.focus()
    page.keyboard.press("d")
    expect(panel(page, "Ticks")).to_have_count(before + 1)


def enter(made):
    """A page of somebody who has shown the password."""
    page = made.new_context(viewport={"width": 1440, "height": 900}, color_scheme="dark").new_page()
    watch(page)
    page.goto(address)
    log_in(page, "secret")
    expect(page.locator("#state")).to_have_text("live", timeout=15_000)
    return page


def log_in(page, password):
    page.get_by_label("Name").fill("alice")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def look_at_door(made):
    with step("a wrong password is told, the right one lets in"):
        page = made.new_context().new_page()
        page.goto(address + "#view=log")
        log_in(page, "wrong")
        expect(page.locator("#wrong")).to_be_visible(timeout=10_000)
        log_in(page, "secret")
        expect(page.locator("#user")).to_have_text("alice", timeout=15_000)
        page.context.close()


def look_at_alerts(page):
    with step("an alert begins: the bar, the list and a mark on the graphs tell of it"):
        bar = page.locator("#alerts-open")
        expect(bar).to_have_attribute("data-state", "quiet", timeout=15_000)
        page.locator("#board").focus()
        page.keyboard.press("a")
        item = page.locator("#alert-list li", has_text="Failing ticks")
        expect(item).to_contain_text("quiet")
        expect(item).to_contain_text("events above 0 in 1s, of test.tick")
        check("NaN" not in page.locator("#marks").inner_text(), page.locator("#marks").inner_text())
        ask("fail")
        expect(bar).to_have_attribute("data-state", "firing", timeout=15_000)
        expect(bar).to_have_text("1 alert")
        expect(item).to_contain_text("firing")
        expect(page.locator("#mark-list li", has_text="alert.failing").first).to_contain_text("above 0 begun")
        shot(page, "alerts")
    with step("and ends"):
        ask("mend")
        expect(bar).to_have_attribute("data-state", "quiet", timeout=15_000)
        expect(bar).to_have_text("0 alerts")
        expect(page.locator("#mark-list li", has_text="no longer above 0")).to_have_count(1, timeout=10_000)
        page.keyboard.press("Escape")


def look_at_boards(page, made):
    with step("a dashboard is saved on the server"):
        load(page, ONE)
        menu(page, "Save as …")
        page.fill("#save-title", "Ops room")
        page.locator("#save-form button").click()
        note(page, "Ops room saved on the server")
        until(lambda: "view=ops-room" in where(page), "the address does not know its name")
    other = enter(made)
    with step("somebody else finds it, and it is there again after loading the page anew"):
        menu(other, "Ops room")
        expect(panel(other, "Ticks")).to_have_count(1)
        until(lambda: "view=ops-room" in where(other), "the address does not know its name")
        other.reload()
        expect(panel(other, "Ticks")).to_have_count(1, timeout=15_000)
        expect(other.locator("#board-name")).to_have_text("Ops room")
    with step("what somebody else changed meanwhile is not overwritten"):
        duplicate(page)
        menu(page, "Save")
        note(page, "Ops room saved on the server")
        other.keyboard.press("Escape")
        panel(other, "Ticks").focus()
        other.keyboard.press("Delete")
        expect(panel(other, "Ticks")).to_have_count(0)
        menu(other, "Save")
        note(other, "somebody else changed it")
        shot(other, "conflict")
    with step("it is loaded again, changed and saved then"):
        menu(other, "Back to how it was")
        expect(panel(other, "Ticks")).to_have_count(2)
        duplicate(other)
        menu(other, "Save")
        note(other, "Ops room saved on the server")
        page.reload()
        expect(panel(page, "Ticks")).to_have_count(3, timeout=15_000)
    with step("a name that is taken is not overwritten by another dashboard"):
        load(other, ONE)
        menu(other, "Save as …")
        other.fill("#save-title", "Ops room")
        other.locator("#save-form button").click()
        expect(other.locator("#save-mistake")).to_be_visible()
        check("another" in other.locator("#save-mistake").inner_text(), other.locator("#save-mistake").inner_text())
        other.keyboard.press("Escape")
    with step("it is exported, deleted, had back, and imported"):
        with page.expect_download() as download, TemporaryDirectory() as directory:
            menu(page, "Export")
            path = Path(directory) / "ops.json"
            download.value.save_as(path)
            board = json.loads(path.read_text())
        check(board["title"] == "Ops room" and len(board["panels"]) == 3, json.dumps(board))
        menu(page, "Delete")
        note(page, "Ops room deleted")
        names = json.loads(page.request.get(address + "api/dashboards").text())
        check(names == {"dashboards": []}, str(names))
        page.get_by_role("button", name="Undo").last.click()
        expect(panel(page, "Ticks")).to_have_count(3, timeout=10_000)
        menu(page, "Delete")
        note(page, "Ops room deleted")
        load(page, board)
        expect(panel(page, "Ticks")).to_have_count(3)
        other.context.close()


with browser() as made:
    look_at_door(made)
    page = enter(made)
    look_at_alerts(page)
    look_at_boards(page, made)
    with step("nothing else was complained about in the console"):
        # The browser tells of each answer that is a refusal.
        strange = [text for text in complaints if "412 (Precondition Failed)" not in text]
        check(strange == [], "; ".join(strange))

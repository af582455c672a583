"""Looks at losses on the live page that really happen: the program that shows is stopped for a time, a router dies.

Events come from the test that started this, on `test.tick` through a router, and on `test.flood` while it is asked to.
"""

from driver import ask, browser, check, complaints, expect, number, open_page, panel, shot, step, until


def hatched(page, title):
    """How much of a graph has the colour of losses."""
    return panel(page, title).locator("canvas").evaluate(
        """canvas => {
            const other = Object.assign(document.createElement("canvas"), { width: canvas.width, height: canvas.height });
            const context = other.getContext("2d", { willReadFrequently: true });
            context.drawImage(canvas, 0, 0);
            const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
            let count = 0;
            for (let at = 0; at < data.length; at += 4) {
                if (data[at + 3] > 60 && data[at] > 200 && data[at + 1] < 140 && data[at + 2] < 140) count += 1;
            }
            return count / (data.length / 4);
        }""")


def hover_band(page, canvas):
    """What the tooltip says at the place of the band: it is looked for from the right."""
    box = canvas.bounding_box()
    for part in range(98, 50, -4):
        canvas.hover(position={"x": box["width"] * part / 100, "y": box["height"] / 2})
        text = page.locator("#tooltip").inner_text()
        if "is not known" in text:
            page.mouse.move(5, 5)
            return text
    return None


with browser() as made:
    page = open_page(made)
    with step("without a loss nothing is hatched"):
        until(lambda: (number(page, "test.tick") or 0) > 5, "no rate")
        expect(panel(page, "test.flood")).to_be_attached(timeout=15_000)
        check(hatched(page, "test.tick") < 0.001, "hatched without a loss")
        check(panel(page, "test.tick").locator(".chip.bad").count() == 0, "a loss is told that was none")
    with step("what is lost while the program stands still is hatched, counted, and told by its link"):
        ask("flood")
        chip = panel(page, "test.flood").locator(".chip.bad", has_text="lost")
        expect(chip).to_be_visible(timeout=15_000)
        until(lambda: hatched(page, "test.flood") > 0.002, lambda: f"{hatched(page, 'test.flood')} hatched")
        until(lambda: int(page.locator("#lost-number").inner_text().replace(",", "")) > 100, "not in the bar")
        shot(page, "losses-stopped")
    with step("a router that dies and comes back leaves a band that says what is not known, and the graph goes on"):
        ask("kill")
        chip = panel(page, "test.tick").locator(".chip.bad", has_text="router</i> ")
        expect(chip).to_contain_text("silent", timeout=20_000)
        expect(page.locator("#origins")).to_contain_text("1")
        canvas = panel(page, "test.tick").locator("canvas")
        until(lambda: "is not known" in (hover_band(page, canvas) or ""), "no word on the band")
        until(lambda: hatched(page, "test.tick") > 0.001, lambda: f"{hatched(page, 'test.tick')} hatched")
        until(lambda: (number(page, "test.tick") or 0) > 5, "no rate after the router came back")
        shot(page, "losses-router")
    with step("nothing was complained about in the console"):
        check(complaints == [], "; ".join(complaints))

"""The page of a comparison in a browser: filter, phone, print, keyboard, colours."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from opencode_contract.capture.command import Taking
from opencode_contract.compare.comparing import compare
from opencode_contract.compare.page.writing import as_html

CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.system,
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine"),
]
PLANTED = "<script>document.title = 'planted'</script><img src=https://planted.invalid/>"
OPEN_ALL = "for (const each of document.querySelectorAll('details')) each.open = true"
TOO_PALE = """() => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => {
    const [r, g, b] = numbers(colour).map((each) => each / 255).map((each) =>
      each <= 0.03928 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const colour = getComputedStyle(each).backgroundColor;
      if (numbers(colour)[3] !== 0) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const found = new Set();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !element.checkVisibility()) continue;
    const ink = getComputedStyle(element).color, paper = behind(element);
    const [high, low] = [light(ink), light(paper)].sort((a, b) => b - a);
    if ((high + 0.05) / (low + 0.05) < 4.5) found.add(`${element.className || element.tagName} ${ink} on ${paper}`);
  }
  return [...found];
}"""
"""What stands on a page with less contrast than WCAG AA asks for."""


async def _html() -> str:
    old, new = [
        await Taking.of(f"fake:{version}", only="run.plain,run.bash").run() for version in ("1.1.53", "1.18.34")
    ]
    found = compare(old, new)
    found.findings[0].before = PLANTED
    return as_html(found)


class Reader:
    """Opens the page in windows of their own."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.browser = browser
        self.address = address

    @contextmanager
    def reads(
        self, fragment: str = "", width: int = 1280, scheme: Literal["light", "dark"] = "light", *, scripts: bool = True
    ) -> Iterator[Page]:
        """The page, where nothing may go wrong and nothing may be loaded."""
        size: ViewportSize = {"width": width, "height": 900}
        context = self.browser.new_context(viewport=size, color_scheme=scheme, java_script_enabled=scripts)
        page = context.new_page()
        troubles: list[str] = []
        page.on("console", lambda message: troubles.append(message.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("request", lambda request: None if request.url.startswith("file:") else troubles.append(request.url))
        page.goto(self.address + fragment)
        yield page
        context.close()
        assert troubles == []


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """Debian's chromium, and the page of a comparison with hundreds of findings."""
    file: Path = tmp_path_factory.mktemp("page") / "page.html"
    file.write_text(asyncio.run(_html()), encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        yield Reader(browser, file.as_uri())
        browser.close()


def shown(page: Page) -> int:
    """How many findings the filter leaves."""
    return page.locator(".finding:not([hidden])").count()


def test_filter(reader: Reader) -> None:
    """It narrows by text, area, severity and source, says how many are left, and can be taken back."""
    with reader.reads() as page:
        everything = shown(page)
        expect(page.get_by_role("status")).to_have_text(f"{everything} findings")
        page.get_by_role("searchbox", name="Text").fill("message.part.delta")
        some = shown(page)
        assert 0 < some < everything
        expect(page.get_by_role("status")).to_have_text(f"{some} of {everything} findings")
        expect(page.locator(".finding:not([hidden])").first).to_contain_text("message.part.delta")
        page.get_by_role("searchbox", name="Text").fill("no such thing anywhere")
        expect(page.get_by_text("No finding fits this filter.")).to_be_visible()
        page.get_by_role("button", name="Clear").click()
        expect(page.get_by_role("status")).to_have_text(f"{everything} findings")
        page.get_by_role("combobox", name="Area").select_option("todo")
        assert 0 < shown(page) < everything
        page.get_by_role("combobox", name="Area").select_option("")
        page.get_by_role("checkbox", name="additive").uncheck()
        expect(page.locator("section.additive")).to_be_hidden()
        page.get_by_role("checkbox", name="described").uncheck()
        assert page.locator(".finding[data-sources=schema]:not([hidden])").count() == 0


def test_filter_stands_in_the_address(reader: Reader) -> None:
    """Whoever opens the address sees the same findings; an address of one finding shows that one."""
    with reader.reads() as page:
        page.get_by_role("searchbox", name="Text").fill("todo")
        page.get_by_role("checkbox", name="cosmetic").uncheck()
        left, kept = shown(page), page.evaluate("location.hash")
        one = page.locator(".additive .finding").last.get_attribute("id")
    assert kept == "#severity=breaking%2Crisky%2Cadditive&text=todo"
    with reader.reads(kept) as page:
        assert shown(page) == left
        expect(page.get_by_role("searchbox", name="Text")).to_have_value("todo")
        expect(page.get_by_role("checkbox", name="cosmetic")).not_to_be_checked()
    with reader.reads(f"#{one}") as page:
        expect(page.locator(f"[id='{one}'] > summary")).to_be_in_viewport()


def test_phone(reader: Reader) -> None:
    """With all opened nothing is wider than a phone, and the two sides stand below each other."""
    with reader.reads(width=390) as page:
        page.evaluate(OPEN_ALL)
        widths = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert widths[0] <= widths[1]
        before, after = (page.locator(f".block.changed > .{side}").first.bounding_box() for side in "ab")
        assert before
        assert after
        assert (after["x"], after["y"]) == (before["x"], before["y"] + before["height"])
    with reader.reads() as page:
        page.evaluate(OPEN_ALL)
        before, after = (page.locator(f".block.changed > .{side}").first.bounding_box() for side in "ab")
        assert before
        assert after
        assert after["y"] == before["y"]


def test_print(reader: Reader) -> None:
    """On paper everything is open and there is no filter; afterwards the page is as it was."""
    with reader.reads() as page:
        before = page.locator("details[open]").count()
        page.emulate_media(media="print")
        expect(page.locator(".filter")).to_be_hidden()
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert page.locator("details:not([open])").count() == 0
        expect(page.locator(".cosmetic .about").last).to_be_visible()
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert page.locator("details[open]").count() == before


def test_without_scripts(reader: Reader) -> None:
    """All can be read and opened; there is no filter that would do nothing; on paper all is there."""
    with reader.reads(scripts=False) as page:
        expect(page.locator(".filter")).to_be_hidden()
        first = page.locator(".finding").first
        first.locator("summary").click()
        expect(first.locator(".about")).to_be_visible()
        expect(page.locator(".cosmetic .about").last).to_be_hidden()
        page.emulate_media(media="print")
        expect(page.locator(".cosmetic .about").last).to_be_visible()


def test_what_a_server_answers_does_not_run(reader: Reader) -> None:
    """A planted script is text."""
    with reader.reads() as page:
        expect(page.get_by_text(PLANTED[:40]).first).to_be_visible()
        assert page.title() == "OpenCode 1.1.53 to 1.18.34: breaking"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast(reader: Reader, scheme: Literal["light", "dark"]) -> None:
    """Every text that can be seen has the contrast of WCAG AA."""
    with reader.reads(scheme=scheme) as page:
        page.evaluate(OPEN_ALL)
        assert page.evaluate(TOO_PALE) == []
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (ground == "rgb(255, 255, 255)") == (scheme == "light")


def test_keyboard_and_screen_reader(reader: Reader) -> None:
    """Landmarks, headings in order, a name for every control; a finding opens with the keyboard."""
    with reader.reads() as page:
        for role in ("banner", "main", "contentinfo", "search"):
            expect(page.get_by_role(role)).to_have_count(1)
        expect(page.get_by_role("heading", level=1)).to_have_text("1.1.53 → 1.18.34")
        for name in ("Breaking", "Risky", "Additive", "Cosmetic"):
            expect(page.get_by_role("heading", level=2, name=name)).to_have_count(1)
        levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map((each) => Number(each.tagName[1]))")
        assert all(after - before <= 1 for before, after in pairwise(levels))
        unnamed = page.evaluate(
            "[...document.querySelectorAll('input,select')].filter((each) => !each.labels.length).length"
        )
        assert unnamed == 0
        page.keyboard.press("Tab")
        expect(page.get_by_text("Skip to the findings")).to_be_focused()
        summary = page.locator(".finding > summary").first
        summary.focus()
        page.keyboard.press("Enter")
        expect(page.locator(".finding").first).to_have_attribute("open", "")

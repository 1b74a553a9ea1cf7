"""The page of a comparison, without a browser: it holds everything once, as data, and loads nothing."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from typer.testing import CliRunner

from opencode_contract.capture.command import Taking
from opencode_contract.capture.model import FORMAT, Answer, Capture, Measures, Request
from opencode_contract.cli import app
from opencode_contract.compare.comparing import compare
from opencode_contract.compare.model import Comparison, Evidence, Exchange, Finding, Side
from opencode_contract.compare.page.outline import areas, sections, touched
from opencode_contract.compare.page.panels import panels
from opencode_contract.compare.page.sides import MOST_LINES, WIDEST, sides
from opencode_contract.compare.page.writing import as_html
from opencode_contract.compare.severity import Word
from opencode_contract.evidence import Json

PLANTED = '<script>alert("title")</script><img src=x onerror=alert(1)>'


def exchange(body: Json, status: int = 200) -> Exchange:
    """A request for a session, and its answer."""
    return Exchange(
        request=Request(method="GET", path="/session/{ses}"),
        answer=Answer(status=status, headers={"content-type": "application/json"}, body=body),
    )


def finding(rule: str = "answer.field.removed", severity: Word = "breaking", where: str = "session: slug") -> Finding:
    """A field that is gone."""
    return Finding(
        rule=rule,
        severity=severity,
        where=where,
        sentence="An answer no longer holds a field.",
        before="text",
        after="absent",
        places=["GET /session/{id}", "event session.updated"],
        evidence=[
            Evidence(
                source="observation",
                place="GET /session/{id} (get.one)",
                before=exchange({"id": "ses#1", "slug": "calm-river", "title": PLANTED}),
                after=exchange({"id": "ses#1", "title": PLANTED}),
            )
        ],
        requirements=["sessions.list"],
        client="reads slug if it is there",
    )


def comparison(*findings: Finding) -> Comparison:
    """Of these findings."""
    before, after = (
        Side(target=f"fake:{version}", version=version, level="prompt", measures=Measures())
        for version in ("1.1.53", "1.18.34")
    )
    return Comparison(before=before, after=after, findings=list(findings), compared=7)


class Elements(HTMLParser):
    """What a browser would see of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags = Counter[str]()
        self.attributes: list[tuple[str, str, str]] = []
        self.texts: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes an element."""
        self.tags[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        """Notes a text."""
        self.texts.append(data)

    def values(self, name: str) -> list[str]:
        """The values of an attribute, on whatever element."""
        return [value for _, known, value in self.attributes if known == name]


async def test_page_holds_every_finding_once() -> None:
    """All of a real comparison with hundreds of findings, in one page of bounded size, twice the same."""
    old, new = [
        await Taking.of(f"fake:{version}", only="run.plain,run.bash,around.config").run()
        for version in ("1.1.53", "1.18.34")
    ]
    found = compare(old, new)
    page = as_html(found)
    seen = Elements(page)
    assert len(found.findings) > 200
    assert seen.values("class").count("finding") == len(found.findings)
    assert Counter(seen.values("data-severity")) == Counter(each.severity for each in found.findings)
    assert len(set(seen.values("id"))) == len(seen.values("id"))
    texts = Counter(seen.texts)
    assert all(texts[each.where] for each in found.findings)
    assert len(page) < 2_000_000
    assert as_html(Comparison.model_validate_json(found.model_dump_json(exclude={"verdict", "counts"}))) == page


def test_what_a_server_answers_is_data() -> None:
    """Markup in a title, a place, a remark or a version is shown as text, and makes no element."""
    harmless = Elements(as_html(comparison(finding())))
    planted = finding(where=f"session: {PLANTED}").model_copy(
        update=dict.fromkeys(("remark", "client", "before", "after"), PLANTED) | {"places": [PLANTED, PLANTED]}
    )
    page = as_html(comparison(planted).model_copy(update={"not_compared": [PLANTED]}))
    seen = Elements(page)
    assert PLANTED not in page
    assert (seen.tags["script"], seen.tags["img"]) == (harmless.tags["script"], 0)
    assert not [name for _, name, _ in seen.attributes if name.startswith("on")]
    assert PLANTED in "".join(seen.texts)


def test_page_loads_nothing() -> None:
    """No element asks for anything, and the policy allows the page's own style and script alone."""
    page = as_html(comparison(finding()))
    seen = Elements(page)
    assert not {"link", "img", "iframe", "object", "embed"} & set(seen.tags)
    assert not [value for _, name, value in seen.attributes if name in {"src", "srcset", "style", "action"}]
    assert all(value.startswith("#") for value in seen.values("href"))
    assert "@import" not in page
    assert "url(" not in page
    policy = next(value for value in seen.values("content") if value.startswith("default-src"))
    assert policy.startswith("default-src 'none'; ")
    for tag in ("style", "script"):
        text = re.search(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        assert text is not None
        digest = base64.b64encode(hashlib.sha256(text[1].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


@pytest.mark.parametrize(
    ("findings", "said"),
    [
        ([], "no difference at all"),
        ([finding(severity="cosmetic")], "There is nothing to do before the upgrade"),
        ([finding(severity="risky")], "1 risky finding"),
        ([finding()], "1 change breaks a client"),
        ([finding(), finding(where="session: other")], "2 changes break a client"),
    ],
)
def test_verdict_says_what_to_do(findings: list[Finding], said: str) -> None:
    """By the worst that was found."""
    assert said in " ".join("".join(Elements(as_html(comparison(*findings))).texts).split())


def test_groups() -> None:
    """The worst first, then by rule, then by area where there are many of one rule."""
    many = [
        finding("answer.field.added", "additive", f"{area}: f{at}") for at in range(5) for area in ("session", "todo")
    ]
    outline = sections(comparison(*many, finding("event.gone", where="event x"), finding()))
    assert [section.severity for section in outline] == ["breaking", "additive"]
    assert [group.rule for group in outline[0].groups] == ["answer.field.removed", "event.gone"]
    assert [shelf.area for shelf in outline[1].groups[0].shelves] == ["session", "todo"]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("GET /session/{id}: slug", ("/session",)),
        ("event session.idle", ("events",)),
        ("message user: model", ("message",)),
        ("header vary of answers", ("headers",)),
        ("any path", ("any path",)),
        ("2 places", ("/session", "events")),
    ],
)
def test_areas(where: str, found: tuple[str, ...]) -> None:
    """Things, events, headers, and the first parts of routes; of several places all."""
    assert areas(finding(where=where)) == found


def test_requirements_that_are_touched() -> None:
    """With how many findings touch them, those that mean nothing for a client left out."""
    found = touched(comparison(finding(), finding(severity="risky"), finding(severity="cosmetic")))
    assert [(each.id, each.by) for each in found] == [("sessions.list", {"breaking": 1, "risky": 1})]


def test_place_that_the_finding_names() -> None:
    """Of an exchange with several differences the page shows the one that the finding is about, and marks it."""
    filler = [f"k{at:02}" for at in range(30)]
    before: dict[str, Json] = {"aaa": 1, **dict.fromkeys(filler, 0), "slug": "x"}
    after: dict[str, Json] = {"aaa": 2, **dict.fromkeys(filler, 0)}
    each = finding().model_copy(
        update={
            "evidence": [Evidence(source="observation", place="p", before=exchange(before), after=exchange(after, 201))]
        }
    )
    (panel,) = panels(each)
    named = [line for block in panel.sides.blocks for line in block.before if line.named]
    assert [line.start.strip() for line in named] == ['"slug": "x"']
    assert panel.sides.left_out == 1
    assert (panel.request, panel.before, panel.after) == ("GET /session/{ses}", "200", "201")


def test_places_that_say_the_same_share_a_panel() -> None:
    """A description says the same of an event for each route that sends it."""
    said = [Evidence(source="schema", place=place, said_before="none", said_after="x") for place in ("A", "B")]
    (panel,) = panels(finding().model_copy(update={"evidence": said}))
    assert panel.places == ("A", "B")


def test_lines_that_differ() -> None:
    """What two lines have in common is apart from what they have not, and very long ones are cut around it."""
    (same, changed) = sides(["a", "cost: 1.25"], ["a", "cost: 1.5"]).blocks
    assert (same.kind, changed.kind) == ("same", "changed")
    assert (changed.before[0].differing, changed.after[0].differing) == ("2", "")
    long = sides(["x" * 900 + "1" + "y" * 900], ["x" * 900 + "2" + "y" * 900]).blocks[0].before[0]
    assert long.differing == "1"
    assert len(long.start + long.differing + long.end) <= WIDEST
    gone = sides([str(at) for at in range(90)], []).blocks[0]
    assert len(gone.before) == MOST_LINES + 1
    assert gone.before[-1].start == f"… {90 - MOST_LINES} more lines"


def test_texts_with_little_in_common() -> None:
    """An answer and an error stand beside each other as they are, whatever brackets they share."""
    (block,) = sides(["[", *map(str, range(20)), "}"], ["{", "error", "}"]).blocks
    assert (block.kind, len(block.before), len(block.after)) == ("changed", 22, 3)


def test_command_writes_the_page(tmp_path: Path) -> None:
    """Beside what it prints; the page says when each side was captured."""
    capture = Capture(
        format=FORMAT,
        kit="0",
        target="fake",
        kind="fake",
        version="1.1.53",
        level="read",
        taken=datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
    )
    file, page = tmp_path / "a.json", tmp_path / "page.html"
    file.write_text(capture.to_json(), encoding="utf-8")
    result = CliRunner().invoke(app, ["compare", str(file), str(file), "--html", str(page)])
    assert result.exit_code == 0, result.output
    assert "SAFE" in result.output
    assert "2026-01-02 03:04 UTC" in page.read_text(encoding="utf-8")
    missing = CliRunner().invoke(app, ["compare", str(file), str(file), "--html", str(tmp_path / "no" / "page.html")])
    assert missing.exit_code == 2

"""Writes the page."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from importlib import resources
from types import MappingProxyType

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from opencode_contract.compare.model import Comparison
from opencode_contract.compare.page.outline import sections, touched
from opencode_contract.compare.report import MEANING, measured
from opencode_contract.compare.severity import SEVERITIES, Word

TO_DO: Mapping[Word, str] = MappingProxyType(
    {
        "breaking": "Before the upgrade: find out whether your client uses it, and change the client first.",
        "risky": "If it does not, there is nothing to do.",
        "additive": "Nothing to do. A client that refuses what it does not know should be changed to let it pass.",
        "cosmetic": "Nothing to do.",
    }
)
SOURCES: Mapping[str, str] = MappingProxyType(
    {
        "schema": "described",
        "observation": "observed",
        "events": "events",
        "contract": "contract",
    }
)
"""Where a difference shows, in the page's words."""


def as_html(comparison: Comparison) -> str:
    """The comparison as a page; the same comparison gives the same page, byte for byte."""
    # What a server has answered is data, and may hold anything: every value is escaped by the template.
    environment = Environment(
        loader=PackageLoader(__package__ or "", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    outline = sections(comparison)
    entries = [entry for section in outline for entry in section.entries]
    style, script = _asset("page.css"), _asset("page.js")
    return environment.get_template("page.html.j2").render(
        comparison=comparison,
        sections=outline,
        touched=touched(comparison),
        areas=sorted({area for entry in entries for area in entry.areas}),
        sources=[each for each in SOURCES if any(each in entry.sources for entry in entries)],
        source_words=SOURCES,
        severities=SEVERITIES,
        meaning=MEANING,
        measures="".join(measured(comparison)),
        to_do=TO_DO,
        style=Markup(style),  # noqa: S704 - our own file
        script=Markup(script),  # noqa: S704 - our own file
        policy=f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; base-uri 'none'; "
        "form-action 'none'",
    )


def _asset(name: str) -> str:
    return (resources.files(__package__ or "") / "templates" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """What allows exactly this text in the page's policy."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

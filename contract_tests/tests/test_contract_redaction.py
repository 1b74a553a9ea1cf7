from __future__ import annotations

import base64
import json
from urllib.parse import quote, quote_plus

import httpx
import pytest

from opencode_contract.evidence import Redactor

HARD = """p"ä'\\ s/+&😀"""
FORMS = {
    "plain": HARD,
    "JSON": json.dumps({"a": HARD}),
    "JSON, not only ASCII": json.dumps({"a": HARD}, ensure_ascii=False),
    "JSON in JSON": json.dumps([json.dumps([HARD])]),
    "as Python writes it": repr([HARD]),
    "as Python writes bytes": repr(HARD.encode()),
    "JSON as Python writes it": repr(json.dumps(HARD)),
    "url-encoded": quote(HARD, safe=""),
    "url-encoded, but for slashes": quote(HARD),
    "url-encoded in small letters": quote(HARD, safe="").lower(),
    "in a form": quote_plus(HARD),
    "in the path of a URL": str(httpx.URL("http://host", path=f"/{HARD}")),
    "in the query of a URL": str(httpx.URL(f"http://host/?{HARD}")),
    "read as Latin-1": HARD.encode().decode("latin-1"),
    "Basic authentication": "Basic " + base64.b64encode(f"opencode:{HARD}".encode()).decode(),
    "Basic authentication of another": base64.b64encode(f"other:{HARD}".encode()).decode().rstrip("="),
    "Basic authentication for URLs": base64.urlsafe_b64encode(f"opencode:{HARD}".encode()).decode(),
    "Basic authentication in JSON in a URL": quote(json.dumps(base64.b64encode(f"other:{HARD}".encode()).decode())),
}


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in FORMS.items()])
def test_a_password_is_found_in_every_form(text: str) -> None:
    """However a server writes the password back, and as part of whatever, it is replaced as a whole."""
    cleaned = Redactor(HARD, ("opencode", "other")).clean(f"before {text} after")
    assert cleaned.startswith("before ")
    assert cleaned.endswith(" after")
    rest = cleaned.removeprefix("before ").removesuffix(" after").replace("[password]", "")
    assert len(rest) <= len("http://host/?"), rest
    assert "[password]" in cleaned


def test_what_is_no_password_stays() -> None:
    """Texts without the password are as they were, and without a password nothing is replaced."""
    assert Redactor("secret", ("opencode",)).clean("opencode: a sec ret") == "opencode: a sec ret"
    assert Redactor("", ("opencode",)).clean("opencode: anything") == "opencode: anything"


def test_an_excerpt_ends_with_no_part_of_the_password() -> None:
    """A text is cut when the password is out of it."""
    assert Redactor("secret").excerpt("it is secret", 9) == "it is [pa… (7 more characters)"
    assert Redactor("secret").excerpt("it is secret", 16) == "it is [password]"

from __future__ import annotations

from pathlib import Path

import pytest

from opencode_contract.errors import BadTarget, PasswordMissing
from opencode_contract.targets import Level, parse_target
from opencode_contract.targets.deployment import Deployment
from opencode_contract.targets.fake import FakeTarget
from opencode_contract.targets.local import LocalTarget


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("fake", FakeTarget("1.1.53")),
        ("fake:1.1.34", FakeTarget("1.1.34")),
        ("local:1.1.53", LocalTarget(version="1.1.53")),
        ("local:/opt/opencode", LocalTarget(path=Path("/opt/opencode"))),
        ("local:./opencode", LocalTarget(path=Path("./opencode"))),
        ("https://your-app.fly.dev/opencode", Deployment("https://your-app.fly.dev/opencode")),
        ("https://your-app.fly.dev/opencode/", Deployment("https://your-app.fly.dev/opencode")),
        ("http://127.0.0.1:4096", Deployment("http://127.0.0.1:4096")),
        ("http://localhost:4096/opencode", Deployment("http://localhost:4096/opencode")),
        ("http://[::1]:4096", Deployment("http://[::1]:4096")),
    ],
)
def test_every_kind_of_target_is_read(text: str, target: object) -> None:
    """Each way to write a target gives the target that it names."""
    assert parse_target(text) == target


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("", "write one of: fake"),
        ("real", "write one of: fake"),
        ("ftp://host/x", "write one of: fake"),
        ("fake:", "fake:1.1.53"),
        ("fake:newest", "fake:1.1.53"),
        ("local", "local:1.1.53 or local:/path"),
        ("local:", "local:1.1.53 or local:/path"),
        ("local:opencode", "local:./opencode"),
        ("https://", "names no host"),
        ("https://host:port/x", "write one of: fake"),
        ("https://host/x?y=1", "only scheme, host and path"),
        ("https://host/x#y", "only scheme, host and path"),
        ("http://your-app.fly.dev/opencode", "https://"),
        ("http://127.0.0.1.example.com", "https://"),
    ],
)
def test_what_is_no_target_is_told_with_what_to_write(text: str, advice: str) -> None:
    """A text that names no target gets an error that says what to write instead."""
    with pytest.raises(BadTarget, match=advice.replace(".", r"\.")):
        parse_target(text)


def test_a_password_in_the_url_is_refused_and_not_shown() -> None:
    """Credentials in the URL are refused, and the error does not repeat them."""
    with pytest.raises(BadTarget, match="OPENCODE_SERVER_PASSWORD") as caught:
        parse_target("https://opencode:tell-nobody@host/x")
    assert "tell-nobody" not in str(caught.value)


def test_a_deployment_without_password_says_where_to_put_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a password and without a terminal the error names the environment variable."""
    monkeypatch.delenv("OPENCODE_SERVER_PASSWORD", raising=False)
    with pytest.raises(PasswordMissing, match="OPENCODE_SERVER_PASSWORD"):
        parse_target("https://host/opencode").open()


def test_a_fake_of_an_unknown_version_is_no_target() -> None:
    """The fake refuses to be a version that it knows nothing of."""
    with pytest.raises(BadTarget, match=r"0\.0\.1"):
        parse_target("fake:0.0.1").open()


def test_levels_are_ordered_and_read_by_their_words() -> None:
    """Each level allows what the one before it allows, and has the word that the command line uses."""
    assert Level.READ < Level.WRITE < Level.PROMPT
    assert [Level.of(word) for word in ("read", "write", "prompt")] == list(Level)
    assert [level.word for level in Level] == ["read", "write", "prompt"]

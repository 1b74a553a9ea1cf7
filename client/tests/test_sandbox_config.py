"""The configuration: what is accepted, and that every fault says what to write instead."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from opencode_sandbox import ConfigurationError, SandboxClient, SandboxConfig
from opencode_sandbox.urls import other_prefixes, path_segment, without_credentials

URL = "https://your-app.fly.dev/opencode"
KEYS = {"opencode_server_url": URL, "opencode_server_password": "pw"}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (URL, URL),
        (f"{URL}/", URL),
        (f"  {URL}//  ", URL),
        ("HTTPS://your-app.fly.dev", "https://your-app.fly.dev"),
        ("http://127.0.0.1:4096", "http://127.0.0.1:4096"),
        ("http://[::1]:4096/a/b/", "http://[::1]:4096/a/b"),
        ("http://localhost", "http://localhost"),
    ],
)
def test_good_urls(given: str, kept: str) -> None:
    """A URL is kept with its prefix and without its trailing slash."""
    assert SandboxConfig(given, None).server_url == kept


@pytest.mark.parametrize(
    ("given", "advice"),
    [
        ("", "https://your-app.fly.dev"),
        (None, "https://your-app.fly.dev"),
        ("your-app.fly.dev", "must begin with https://"),
        ("ftp://your-app.fly.dev", "must begin with https://"),
        ("https://", "names no host"),
        ("https:///opencode", "names no host"),
        ("https://a b.dev", "write one such as"),
        ("https://host:port", "write one such as"),
        ("https://[::1", "write one such as"),
        (f"https://{'a' * 64}.dev", "write one such as"),
        (f"{URL}?x=1", "without what follows"),
        (f"{URL}#x", "without what follows"),
        ("https://me:hunter2@your-app.fly.dev", "write it without"),
        ("https://hunter2@your-app.fly.dev", "write it without"),
        ("http://your-app.fly.dev", "write https://"),
        ("http://127.0.0.1.evil.example", "write https://"),
        ("http://10.0.0.1", "allow_insecure_http=True"),
    ],
)
def test_bad_urls(given: str, advice: str) -> None:
    """Every unusable URL is refused with what to write instead, and never repeats a password."""
    with pytest.raises(ConfigurationError) as caught:
        SandboxConfig(given, "pw")
    assert advice in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_plain_http_when_told_to() -> None:
    """Plain http to another host is possible, but only when asked for."""
    assert SandboxConfig("http://10.0.0.1", "pw", allow_insecure_http=True).server_url == "http://10.0.0.1"
    environ = {"OPENCODE_SERVER_URL": "http://10.0.0.1"}
    assert SandboxConfig.from_env(environ, allow_insecure_http=True).server_url == "http://10.0.0.1"


@pytest.mark.parametrize(
    "wrap", [lambda keys: keys, lambda keys: {"apiKeys": keys}, lambda keys: {"apiKeys": keys, "x": 1}]
)
def test_api_keys(wrap: Any) -> None:
    """The document's object is read whole or only its inside; keys of other integrations do not matter."""
    config = SandboxConfig.from_api_keys(wrap({**KEYS, "jira_token": "x"}))
    assert config == SandboxConfig(URL, SecretStr("pw"))
    assert config.username == "opencode"


@pytest.mark.parametrize(
    ("keys", "advice"),
    [
        ([], "write {"),
        ({"apiKeys": "x"}, "write {"),
        ({}, '"opencode_server_url" is missing'),
        ({"opencode_server_url": URL}, '"opencode_server_password" is missing'),
        ({"opencode_server_url": URL, "opencode_server_pasword": "pw"}, 'rename "opencode_server_pasword"'),
        ({**KEYS, "opencode_server_url": 3}, "not a string"),
        ({**KEYS, "opencode_server_password": 3}, "write it in quotes"),
        ({**KEYS, "opencode_server_password": ""}, "is empty"),
    ],
)
def test_bad_api_keys(keys: Any, advice: str) -> None:
    """Every fault in the document's object is named."""
    with pytest.raises(ConfigurationError) as caught:
        SandboxConfig.from_api_keys(keys)
    assert advice in str(caught.value)


def test_server_without_a_password() -> None:
    """A null password means that the server has none."""
    assert SandboxConfig.from_api_keys({**KEYS, "opencode_server_password": None}).auth is None


def test_file(tmp_path: Path) -> None:
    """A file holds the document's object."""
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"apiKeys": KEYS}), encoding="utf-8")
    assert SandboxConfig.from_file(path) == SandboxConfig(URL, "pw")


@pytest.mark.parametrize(
    ("content", "advice"),
    [
        (None, "cannot be read"),
        (b"\xff\xfe", "UTF-8"),
        (b'{"apiKeys":\n  oops', "line 2"),
        (b"[]", "write {"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_bad_file(tmp_path: Path, content: bytes | None, advice: str) -> None:
    """An unreadable file is named, with the place of the fault."""
    path = tmp_path / "config.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigurationError) as caught:
        SandboxConfig.from_file(path)
    assert advice in str(caught.value)
    assert str(path) in str(caught.value)


def test_environment() -> None:
    """The environment holds URL, password and, if it is another one, the user name."""
    environ = {"OPENCODE_SERVER_URL": URL, "OPENCODE_SERVER_PASSWORD": "pw", "OPENCODE_SERVER_USERNAME": "me"}
    assert SandboxConfig.from_env(environ) == SandboxConfig(URL, "pw", "me")
    assert SandboxConfig.from_env({"OPENCODE_SERVER_URL": URL}).password is None


@pytest.mark.parametrize(
    ("environ", "advice"),
    [
        ({}, "OPENCODE_SERVER_URL is not set"),
        ({"OPENCODE_SERVER_URL": URL, "OPENCODE_SERVER_PASSWORD": ""}, "is empty"),
        ({"OPENCODE_SERVER_URL": URL, "OPENCODE_SERVER_USERNAME": "a:b"}, "colon"),
    ],
)
def test_bad_environment(environ: dict[str, str], advice: str) -> None:
    """Every fault in the environment is named."""
    with pytest.raises(ConfigurationError, match=advice):
        SandboxConfig.from_env(environ)


@pytest.mark.parametrize("timeout", [0, -1, float("inf"), float("nan")])
def test_bad_timeouts(timeout: float) -> None:
    """A request needs a real time limit."""
    with pytest.raises(ConfigurationError, match="number of seconds"):
        SandboxConfig(URL, "pw", timeout=timeout)


def test_proxies_never_see_loopback_traffic() -> None:
    """Proxies of the environment are not used for this machine, and are for others."""
    assert not SandboxConfig("http://127.0.0.1:1", "pw").trusts_environment
    assert SandboxConfig(URL, "pw").trusts_environment


def test_other_prefixes() -> None:
    """The prefixes tried are shorter ones and /opencode, all on the same origin."""
    assert other_prefixes("https://h:1/a/b") == [
        "https://h:1/a",
        "https://h:1",
        "https://h:1/a/b/opencode",
        "https://h:1/opencode",
    ]
    assert other_prefixes("https://h/opencode") == ["https://h", "https://h/opencode/opencode"]
    assert other_prefixes("https://h") == ["https://h/opencode"]


def test_redirect_targets_are_shown_without_credentials() -> None:
    """User name, password, query and fragment of a redirect's target are not repeated."""
    assert without_credentials("https://me:pw@[::1]:2/a?token=x#y") == "https://[::1]:2/a"
    assert without_credentials("/login?next=x") == "/login"
    assert without_credentials("https://h:x/") == "an unreadable address"


def test_path_segments_stay_one_segment() -> None:
    """A slash or a question mark in an id cannot change the path."""
    assert path_segment("ses_/../a?b#c d") == "ses_%2F..%2Fa%3Fb%23c%20d"


def test_certificates_that_cannot_be_read_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A variable that points to something else than certificates; nobody reads them for plain http."""
    broken = tmp_path / "broken.pem"
    broken.write_text("no certificate")
    monkeypatch.setenv("SSL_CERT_FILE", str(broken))
    with pytest.raises(ConfigurationError, match="SSL_CERT_FILE"):
        SandboxClient(SandboxConfig("https://your-app.fly.dev/opencode", "secret"))
    SandboxClient(SandboxConfig("http://127.0.0.1:4096", "secret")).close()

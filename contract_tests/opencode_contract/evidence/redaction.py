"""Takes a password out of what is shown. What is judged stays as the server has sent it."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable
from urllib.parse import quote, quote_plus

REDACTED = "[password]"

_ESCAPES: tuple[Callable[[str], str], ...] = (
    lambda text: json.dumps(text)[1:-1],
    lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    lambda text: repr(text)[1:-1],
    # As it is written inside a text that holds both kinds of quotes.
    lambda text: repr(f"\"{text}'")[2:-3],
    lambda text: repr(text.encode())[2:-1],
    lambda text: quote(text, safe=""),
    lambda text: quote(text),
    # As httpx writes paths and queries: with most signs as they are.
    lambda text: quote(text, safe="!$&'()*+,/:;=@[\\]^|"),
    lambda text: quote(text, safe="!$&'()*+,/:;=@[\\]^|?`{}"),
    lambda text: quote_plus(text),
    # UTF-8 that was read as if it were Latin-1, as headers are.
    lambda text: text.encode().decode("latin-1"),
)


class Redactor:
    """Knows the forms in which a password may come back from a server."""

    def __init__(self, password: str, usernames: Iterable[str] = ()) -> None:
        forms = _escaped(_escaped(_unescaped(password, usernames))) if password else set[str]()
        # The longest first, for some hold others. Escapes may be written in capitals or not.
        alternatives = "|".join(map(re.escape, sorted(forms, key=len, reverse=True)))
        self._pattern = re.compile(alternatives or "(?!)", re.IGNORECASE)

    def clean(self, text: str) -> str:
        """The text without the password."""
        return self._pattern.sub(REDACTED, text)

    def excerpt(self, text: str, characters: int) -> str:
        """The beginning of the text without the password: cut after that, for a part of it is too much as well."""
        cleaned = self.clean(text)
        if len(cleaned) <= characters:
            return cleaned
        return f"{cleaned[:characters]}… ({len(cleaned) - characters} more characters)"


def _unescaped(password: str, usernames: Iterable[str]) -> set[str]:
    """The password itself, and as Basic authentication writes it, with padding and without."""
    forms = {password}
    for username in usernames:
        credentials = f"{username}:{password}".encode()
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            token = encode(credentials).decode("ascii")
            forms |= {token, token.rstrip("=")}
    return forms


def _escaped(forms: set[str]) -> set[str]:
    return forms | {escape(form) for form in forms for escape in _ESCAPES}

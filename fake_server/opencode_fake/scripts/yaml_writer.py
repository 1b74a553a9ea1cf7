"""JSON as YAML that a person likes to read."""

from __future__ import annotations

import io

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

from opencode_fake.scripts.model import JsonValue

_WIDTH = 110


def dumps_words(words: JsonValue) -> str:
    """Any JSON as YAML."""
    yaml = YAML()
    yaml.width = _WIDTH
    stream = io.StringIO()
    yaml.dump(_styled(words), stream)
    return stream.getvalue()


def _styled(value: JsonValue) -> object:
    """Texts of several lines as blocks, where YAML can write them so; what cannot be printed as escapes."""
    match value:
        case str() if not all(each.isprintable() or each == "\n" for each in value):
            return DoubleQuotedScalarString(value)
        case str() if "\n" in value.strip() and _is_plain(value):
            return LiteralScalarString(value)
        case list():
            return [_styled(each) for each in value]
        case dict():
            return {key: _styled(each) for key, each in value.items()}
        case _:
            return value


def _is_plain(text: str) -> bool:
    """Whether a block gives back the very same text."""
    return not any(line.endswith(" ") for line in text.split("\n")) and not text.startswith((" ", "\n"))

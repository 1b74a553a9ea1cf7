"""Several scripts as one."""

from __future__ import annotations

from typing import TypeVar

from opencode_fake.scripts.model import DefaultReply, Reply, Script
from opencode_fake.scripts.values import Tokens

Answering = TypeVar("Answering", Reply, DefaultReply)


def combined(first: Script, *others: Script) -> Script:
    """One script: the replies of the first are asked first. Tokens stay with the replies of the script that says them.

    The default reply is that of the first script that has one, and so is where a recording comes from.
    """
    replies = [_with_tokens(reply, each.tokens, first.tokens) for each in others for reply in each.replies]
    defaults = [_with_tokens(each.default, each.tokens, first.tokens) for each in others if each.default is not None]
    records = [each.recorded for each in others if each.recorded is not None]
    return Script(
        replies=(*first.replies, *replies),
        default=first.default or next(iter(defaults), None),
        tokens=first.tokens,
        recorded=first.recorded or next(iter(records), None),
    )


def _with_tokens(answer: Answering, own: Tokens, usual: Tokens) -> Answering:
    if answer.tokens is not None or own == usual:
        return answer
    return answer.model_copy(update={"tokens": own})

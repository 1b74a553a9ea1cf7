"""What a reply costs."""

from __future__ import annotations

from opencode_contract.evidence import Value
from opencode_contract.requirements.conversation import parts_of
from opencode_contract.requirements.conversations import files, ready, thought
from opencode_contract.requirements.requirement import requirement
from opencode_contract.targets import Level, Subject

_DOCUMENT = "document: Cost Awareness"
_TOKENS = "measured: 1.1.34 to 1.18.34"

# USD for a token of the scripted model, on either stage.
INPUT_PRICE = 3 / 1_000_000
OUTPUT_PRICE = 15 / 1_000_000


@requirement("costs.tokens", Level.PROMPT, _DOCUMENT)
async def tokens(subject: Subject) -> None:
    """A reply has its tokens: input, output, reasoning, and those read from and written to the cache."""
    found = (await subject.once(ready)).assistant()["info.tokens"]
    for path in ("input", "output", "reasoning", "cache.read", "cache.write"):
        value = found[path]
        value.require(value.integer() >= 0, f"{value.name} should not be negative")
    found.require(found["output"].integer() > 0, "a reply that has text should have output tokens")


@requirement("costs.cost", Level.PROMPT, _DOCUMENT)
async def cost(subject: Subject) -> None:
    """A reply has its cost in USD, a number that is not negative."""
    value = (await subject.once(ready)).assistant()["info.cost"]
    value.require(value.number() >= 0, f"the cost should not be negative and is {value.json}")


@requirement("costs.none-for-prompts", Level.PROMPT, _DOCUMENT)
async def none_for_prompts(subject: Subject) -> None:
    """A user message has neither cost nor tokens."""
    info = (await subject.once(ready)).user()["info"]
    info.lacks("cost")
    info.lacks("tokens")


@requirement("costs.step", Level.PROMPT, _TOKENS)
async def step(subject: Subject) -> None:
    """The step-finish of a reply repeats the cost and the tokens of its message."""
    message = (await subject.once(ready)).assistant()
    finished = parts_of(message, "step-finish")
    message.require(len(finished) == 1, f"the message should have one step-finish part and has {len(finished)}")
    finished[0]["cost"].equals(message["info.cost"].json)
    finished[0]["tokens"].equals(message["info.tokens"].json)


@requirement("costs.scripted-tokens", Level.PROMPT, "document: opencodeGetMessages, the example", scripted=True)
async def scripted_tokens(subject: Subject) -> None:
    """Each message of a reply has the tokens that the provider reported for its call."""
    for message in (await subject.once(files)).last.assistants:
        message["info.tokens.input"].equals(3)
        message["info.tokens.output"].equals(87)


@requirement("costs.price", Level.PROMPT, _TOKENS, scripted=True)
async def price(subject: Subject) -> None:
    """The cost of a message is the price of its tokens."""
    for message in (await subject.once(files)).last.assistants:
        message["info.cost"].near(_price(message["info.tokens"], reasoning=0))


@requirement("costs.cache", Level.PROMPT, _TOKENS, scripted=True)
async def cache(subject: Subject) -> None:
    """Input tokens that the provider read from its cache are counted apart from the others."""
    found = (await subject.once(thought)).assistant()["info.tokens"]
    found["input"].equals(600)
    found["cache.read"].equals(400)


@requirement("costs.reasoning", Level.PROMPT, "measured: 1.1.34 to 1.3.2", scripted=True, until="1.14.34")
async def reasoning(subject: Subject) -> None:
    """Reasoning tokens are part of the output tokens, and are charged once more."""
    info = (await subject.once(thought)).assistant()["info"]
    info["tokens.output"].equals(50)
    info["tokens.reasoning"].equals(30)
    info["cost"].near(_price(info["tokens"], reasoning=30))


def _price(found: Value, *, reasoning: int) -> float:
    return found["input"].integer() * INPUT_PRICE + (found["output"].integer() + reasoning) * OUTPUT_PRICE


@requirement("costs.total", Level.PROMPT, "measured: 1.1.34 to 1.18.34", scripted=True, since="1.1.58")
async def total(subject: Subject) -> None:
    """The tokens of a message have a total: all that the provider reported for the call."""
    (await subject.once(files)).assistant(0)["info.tokens.total"].equals(90)


@requirement("costs.session", Level.PROMPT, "measured: 1.1.34 to 1.18.34", scripted=True, since="1.15.0")
async def session(subject: Subject) -> None:
    """A session has the cost and the tokens of its messages together."""
    conversation = await subject.once(files)
    spent = sum(message["info.cost"].number() for message in conversation.last.assistants)
    found = await conversation.session_once(lambda session: session["cost"].number() >= spent)
    found["cost"].near(spent)
    found["tokens.input"].equals(6)
    found["tokens.output"].equals(174)

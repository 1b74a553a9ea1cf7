"""Questions of the assistant to its user."""

from __future__ import annotations

from opencode_contract.requirements.asking import chosen, dismissed
from opencode_contract.requirements.conversation import only_part
from opencode_contract.requirements.requirement import requirement
from opencode_contract.targets import Level, Subject

_MEASURED = "measured: 1.1.34 to 1.18.34"
UNKNOWN = "que_doesnotexist"


@requirement("questions.list", Level.READ, _MEASURED)
async def listed(subject: Subject) -> None:
    """GET /question answers 200 with the list of questions that wait for an answer."""
    for each in await subject.get("/question", "questions"):
        each["id"].matches("que_.+", "que_ and more")
        each["questions"].list()


@requirement("questions.unknown-is-true", Level.READ, _MEASURED, until="1.15.13")
async def unknown_is_true(subject: Subject) -> None:
    """Dismissing a question that does not exist answers 200 with true."""
    (await subject.send("POST", f"/question/{UNKNOWN}/reject")).expect(200).json("answer").equals(True)


@requirement("questions.unknown", Level.READ, _MEASURED, since="1.15.13")
async def unknown(subject: Subject) -> None:
    """Dismissing a question that does not exist answers 404 with a QuestionNotFoundError."""
    error = (await subject.send("POST", f"/question/{UNKNOWN}/reject")).expect(404).json("error")
    error["_tag"].equals("QuestionNotFoundError")


@requirement("questions.wrong-answers", Level.READ, _MEASURED)
async def wrong_answers(subject: Subject) -> None:
    """Answers that are no list of lists of labels answer 400."""
    (await subject.send("POST", f"/question/{UNKNOWN}/reply", body={"answers": "Red"})).expect(400)


@requirement("questions.asked", Level.PROMPT, _MEASURED, scripted=True)
async def asked(subject: Subject) -> None:
    """question.asked names the session, the tool call, and each question with its header and options."""
    asks = await subject.once(chosen)
    request = asks.request.properties
    request["sessionID"].equals(asks.conversation.id)
    request["id"].matches(r"que_[0-9a-f]{12}[0-9A-Za-z]{14}", "que_ and 26 characters")
    request["tool.callID"].equals(only_part(asks.conversation.assistant(0), "tool")["callID"].json)
    question = request["questions"].last()
    question["question"].equals("Which colour?")
    question["header"].equals("Colour")
    question["options"].equals([{"label": "Red", "description": "Warm"}, {"label": "Blue", "description": "Cool"}])


@requirement("questions.pending", Level.PROMPT, _MEASURED, scripted=True)
async def pending(subject: Subject) -> None:
    """A question is listed until it is answered; meanwhile the session is busy."""
    asks = await subject.once(chosen)
    if asks.listed is None or asks.waiting.status is None:
        asks.request.value.fail("a question that was just asked should be listed, and its session busy")
    asks.listed["questions"].equals(asks.request.properties["questions"].json)
    asks.waiting.status["type"].equals("busy")
    if asks.left is not None:
        asks.left.fail("a question that is answered should be listed no more")


@requirement("questions.answer", Level.PROMPT, _MEASURED, scripted=True)
async def answer(subject: Subject) -> None:
    """The chosen labels are the output of the tool call question, and stand in its metadata; the reply goes on."""
    asks = await subject.once(chosen)
    asks.answer.expect(200).json("answer").equals(True)
    part = only_part(asks.conversation.assistant(0), "tool")
    part["tool"].equals("question")
    part["state.output"].matches('(?s).*"Which colour\\?"="Red".*', "a text with the question and the label")
    part["state.metadata.answers"].equals([["Red"]])
    only_part(asks.conversation.assistant(1), "text")["text"].equals("So be it.")


@requirement("questions.replied", Level.PROMPT, _MEASURED, scripted=True)
async def replied(subject: Subject) -> None:
    """An answer is said as question.replied, with the question's id and the labels."""
    asks = await subject.once(chosen)
    event = await asks.conversation.event(lambda event: event.type == "question.replied", "question.replied")
    event.properties["requestID"].equals(asks.id)
    event.properties["answers"].equals([["Red"]])


@requirement("questions.reject", Level.PROMPT, _MEASURED, scripted=True)
async def reject(subject: Subject) -> None:
    """Dismissing a question makes its tool call an error and ends the run; question.rejected is said."""
    asks = await subject.once(dismissed)
    asks.answer.expect(200).json("answer").equals(True)
    only_part(asks.conversation.assistant(0), "tool")["state.status"].equals("error")
    found = len(asks.conversation.last.assistants)
    asks.conversation.last.messages.require(found == 1, f"the run should end there, and goes on to {found} messages")
    event = await asks.conversation.event(lambda event: event.type == "question.rejected", "question.rejected")
    event.properties["requestID"].equals(asks.id)

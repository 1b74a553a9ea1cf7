"""Files that a reply writes and edits, and what the session says of them."""

from __future__ import annotations

from opencode_contract.evidence import Value
from opencode_contract.requirements.conversation import only_part
from opencode_contract.requirements.conversations import greeting
from opencode_contract.requirements.requirement import requirement
from opencode_contract.targets import Level, Subject

_SUMMARY = "document: opencodeGetSession, summary; measured: 1.1.34 to 1.15.13"
_DIFF = "measured: 1.1.53 to 1.15.13"
# From 1.17.0 on the server counts nothing for a whole session any more.
_UNTIL = "1.17.0"


@requirement("changes.write", Level.PROMPT, "measured: 1.1.34 to 1.18.34", scripted=True)
async def write(subject: Subject) -> None:
    """Writing a file is a completed call of the tool write, with the file's path and content as its input."""
    part = only_part((await subject.once(greeting)).assistant(0), "tool")
    part["tool"].equals("write")
    part["state.status"].equals("completed")
    part["state.input.filePath"].matches(r".*/greeting\.txt", "the absolute path of greeting.txt")
    part["state.input.content"].equals("hi\nthere\n")


@requirement("changes.edit", Level.PROMPT, "measured: 1.1.34 to 1.18.34", scripted=True)
async def edit(subject: Subject) -> None:
    """Editing a file is a completed call of the tool edit, with the old and the new text as its input."""
    part = only_part((await subject.once(greeting)).assistant(1), "tool")
    part["tool"].equals("edit")
    part["state.status"].equals("completed")
    part["state.input.oldString"].equals("there")
    part["state.input.newString"].equals("you\nall")


@requirement("changes.patch", Level.PROMPT, "measured: 1.1.34 to 1.18.34", scripted=True)
async def patch(subject: Subject) -> None:
    """A message that changed files has a part of type patch that names them."""
    message = (await subject.once(greeting)).assistant(0)
    files = only_part(message, "patch")["files"]
    files.require(files.count == 1, f"one file should be named, not {files.count}")
    files.last().matches(r".*/greeting\.txt", "the absolute path of greeting.txt")


@requirement("changes.snapshots", Level.PROMPT, "measured: 1.1.34 to 1.18.34", scripted=True)
async def snapshots(subject: Subject) -> None:
    """The steps of a reply carry snapshots of the workspace, other ones after a change than before."""
    message = (await subject.once(greeting)).assistant(0)
    before = only_part(message, "step-start")["snapshot"]
    after = only_part(message, "step-finish")["snapshot"]
    for snapshot in (before, after):
        snapshot.matches("[0-9a-f]{40}", "40 hexadecimal digits")
    message.require(before.json != after.json, "the snapshot after a change should differ from the one before it")


@requirement("changes.summary", Level.PROMPT, _SUMMARY, scripted=True, until=_UNTIL)
async def summary(subject: Subject) -> None:
    """The session's summary counts the lines and files that differ from before the first prompt."""
    wanted = {"additions": 3, "deletions": 0, "files": 1}
    session = await (await subject.once(greeting)).session_once(
        lambda session: "summary" in session and session["summary"].json == wanted, seconds=5
    )
    session["summary"].equals(dict(wanted))


@requirement("changes.diff", Level.PROMPT, _DIFF, scripted=True, since="1.1.53", until=_UNTIL)
async def diff(subject: Subject) -> None:
    """GET /session/{id}/diff lists the changed files with their counts of lines and a status."""
    conversation = await subject.once(greeting)
    await conversation.session_once(_counts_a_file, seconds=5)
    found = await subject.get(f"{conversation.path}/diff", "diff")
    found.require(found.count == 1, f"one file should be listed, not {found.count}")
    found.last()["file"].equals("greeting.txt")
    found.last()["additions"].equals(3)
    found.last()["deletions"].equals(0)
    found.last()["status"].equals("added")


@requirement("changes.message-diffs", Level.PROMPT, _DIFF, scripted=True, until=_UNTIL)
async def message_diffs(subject: Subject) -> None:
    """The user message's summary lists the files that the reply to it has changed."""
    conversation = await subject.once(greeting)
    await conversation.session_once(_counts_a_file, seconds=5)
    await conversation.until(
        lambda moment: bool(moment.users[0]["info.summary.diffs"].count), "the user message should list the diffs", 5
    )
    diffs = conversation.user()["info.summary.diffs"]
    diffs.last()["file"].equals("greeting.txt")
    diffs.last()["additions"].equals(3)


def _counts_a_file(session: Value) -> bool:
    return "summary" in session and session["summary.files"].json == 1

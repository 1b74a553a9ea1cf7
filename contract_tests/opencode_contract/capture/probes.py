"""What every target is asked: a fixed choice of the cases of fidelity, and the routes that clients ask on their way."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from opencode_contract.fidelity.cases.catalogue import catalogue
from opencode_contract.fidelity.cases.model import Case, case
from opencode_contract.fidelity.cast import complete
from opencode_contract.fidelity.steps import Send, get
from opencode_contract.targets import Level
from opencode_contract.targets.subject import MARK

_ODD_GROUPS = frozenset({"bad ids", "bad bodies", "query", "method and path"})
_SPENDING = re.compile(r"/(message|prompt_async|command|init|summarize|shell)(\?|$)")
_ANSWERS = (
    # what nobody should ask, and what everybody asks first
    *("health", "auth.none", "auth.wrong-password", "auth.behind-[1379]", "auth.query-*", "gzip.*"),
    *("cors.get-localhost", "cors.get-evil", "cors.preflight-localhost", "cors.refused", "cors.stream"),
    *(
        "path.unknown*",
        "path.put-session",
        "path.delete-all",
        "path.get-abort",
        "path.head-*",
        "path.slash-after-session",
    ),
    *("path.slash-after-post", "path.double-slash", "path.case", "path.prefix-api", "path.bad-encoding"),
    # sessions
    *("fresh.*", "children.two", "delete.one", "delete.with-children", "delete.child"),
    *("directory.get", "directory.messages", "directory.patch", "list.all", "list.header", "list.search", "list.path"),
    *("list.limit-[12346]", "list.start-6", "list.roots-[135]", "list.cursor", "list.nowhere"),
    *("message.assistant", "messages.limit-[12346]", "messages.before-bad"),
    *("messages.unknown", "diff.query-bad", "diff.query-missing"),
    # ids that are missing or no ids
    *("*.session-missing", "*.session-no-prefix", "*.message-missing", "message.message-elsewhere", "*.part-missing"),
    *("message.message-no-prefix", "*.permission-missing", "*.permission-no-prefix", "*.request-missing"),
    "*.request-no-prefix",
    # bodies that do not fit
    *("create.body-none", "create.body-malformed", "create.body-null", "create.body-text-plain", "create.*-wrong-1"),
    *("prompt.body-none", "prompt.body-malformed", "prompt.body-null", "prompt.body-text-plain", "prompt.*-wrong-1"),
    *("prompt.part-text-*", "prompt.part-unknown-type", "prompt.part-file-without-url", "patch.body-malformed"),
    *("prompt-async.body-malformed", "prompt-async.body-none", "fork.body-none", "shell.body-empty-object"),
    *(
        "permission-reply.wrong-1",
        "question-reply.wrong-1",
        "answer-permission.wrong-1",
        "patch-part.body-empty-object",
    ),
)
"""Cases whose answers are kept, with patterns."""
_SCENARIOS = (
    *("create.empty", "create.title", "patch.title", "fresh.abort", "delete.one"),
    # prompts and what comes of them
    *("run.plain", "run.pieces", "run.thinking", "run.bash", "run.failing-bash", "run.two-at-once", "run.nothing"),
    *("run.refused", "run.broken", "run.limited-once", "run.write-and-edit", "run.failing-edits"),
    *("async.plain", "async.unknown-agent", "prompt.unknown-agent"),
    *("prompt.agent-plan", "prompt.variant", "prompt.unknown-model"),
    *("prompt.no-reply", "talk.two-prompts", "form.handed-over", "form.missing"),
    *("abort.text", "abort.tool", "abort.retry", "busy.second-prompt", "busy.looked-at", "busy.revert"),
    "busy.shell",
    # what a reply waits for, and what its tools leave
    *("ask.once", "ask.reject", "ask.always", "ask.abort", "question.label"),
    *("question.reject", "tool.denial", "tool.todos", "tool.task"),
    # what rewrites a conversation
    *("fork.all", "revert.to-second-prompt", "unrevert.after-revert"),
    "delete-message.user",
    *("shell.fresh", "command.unknown", "summarize.in-a-talk"),
)
"""Cases whose events are kept as well."""
_ODD = frozenset(
    (
        *("prompt.unknown-agent", "prompt.unknown-model", "async.unknown-agent"),
        *("command.unknown", "create.missing-parent"),
        *("patch.archived-fraction", "fresh.unshare", "fresh.revert", "fresh.share"),
        *("busy.revert", "busy.shell", "form.missing"),
    )
)
"""Cases with a request that no client should send, beside those whose group says so."""
_AROUND = (
    *("/path", "/project", "/project/current", "/vcs", "/config", "/global/config", "/config/providers", "/provider"),
    *("/agent", "/command", "/skill", "/mcp", "/lsp", "/formatter", "/experimental/tool/ids", "/file?path=."),
    *("/file/status", "/find/file?query=read", "/api/health"),
)
_SESSIONS = ("/session?limit=1", "/api/session?limit=1")
"""The list of all sessions, for servers where the kit makes none: where it does, each look shows others."""
_UNWRITABLE = frozenset({"create.lone-surrogate"})
"""Answers that no file of JSON can hold."""
_TELLING = frozenset(
    f"around.{word}" for word in ("config", "global-config", "config-providers", "provider", "provider-auth", "mcp")
)
"""Answers whose very keys are names that somebody has chosen."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A case, and what it may do to a server."""

    case: Case
    level: Level
    odd: bool


def probes(level: Level, only: str = "*") -> tuple[Probe, ...]:
    """What a target is asked at this level, those that are alone last; only those that one of some patterns fits."""
    around = _AROUND if level is Level.PROMPT else (*_AROUND, *_SESSIONS)
    found = [_probe(each) for each in (*_around(around), *_from_the_catalogue())]
    fitting = [each for each in found if any(fnmatchcase(each.case.name, pattern) for pattern in only.split(","))]
    return tuple(sorted((each for each in fitting if each.level <= level), key=lambda probe: probe.case.alone))


def harmless(probe: Probe) -> Probe | None:
    """The probe as it may be sent to somebody's deployment: sessions get a mark, and only it gets any."""
    steps = complete(probe.case)
    sends = [step for step in steps if isinstance(step, Send)]
    if any("directory" in f"{step.path} {step.headers}" or _creates(step) > _marks(step) for step in sends):
        return None
    if probe.case.name in _TELLING or (probe.level > Level.READ and probe.case.group == "method and path"):
        return None
    marked = tuple(_marked(step) if isinstance(step, Send) else step for step in steps)
    return replace(probe, case=replace(probe.case, steps=marked))


def _creates(step: Send) -> bool:
    return step.method == "POST" and step.path.strip("/") == "session"


def _marks(step: Send) -> bool:
    """Whether a mark can be put into what it sends: a body that is sent to the letter has no room for one."""
    return step.content is None and step.path == "/session"


def _marked(step: Send) -> Send:
    if not _creates(step):
        return step
    body = step.body if isinstance(step.body, dict) else {}
    return replace(step, body={**body, "title": MARK})


def _from_the_catalogue() -> Iterator[Case]:
    for each in catalogue():
        if each.name in _SCENARIOS:
            yield each
        elif each.name not in _UNWRITABLE and (_writes(each) or _chosen(each)):
            yield replace(each, events=False)


def _writes(each: Case) -> bool:
    return each.group == "good input" and each.name.startswith(("create.", "patch."))


def _chosen(each: Case) -> bool:
    return any(fnmatchcase(each.name, pattern) for pattern in _ANSWERS)


def _around(paths: Iterable[str]) -> Iterator[Case]:
    for path in paths:
        bare = path.partition("?")[0]
        yield case(f"around.{bare.strip('/').replace('/', '-')}", f"GET {bare}", "good input", get(path))


def _probe(each: Case) -> Probe:
    odd = each.group in _ODD_GROUPS or each.name in _ODD or each.name.startswith("auth.")
    return Probe(each, _level(each), odd)


def _level(each: Case) -> Level:
    """How much a case does, by what it sends."""
    steps = complete(each)
    sends = [step for step in steps if isinstance(step, Send)]
    if (
        any(_spends(step) for step in sends)
        or len(sends) < len(steps)
        or re.search(r"\{(shared|elsewhere)", repr(steps))
    ):
        return Level.PROMPT
    if "{" in repr([step.path for step in sends]) or any(
        step.method not in {"GET", "HEAD", "OPTIONS"} for step in sends
    ):
        return Level.WRITE
    return Level.READ


def _spends(step: Send) -> bool:
    return step.method == "POST" and _SPENDING.search(step.path) is not None

"""What a rehearsal means: the verdict, an answer to each question, and what to do. The words of all reports."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from opencode_contract.rehearsal.judgement import Finding, Rule
from opencode_contract.rehearsal.outcome import Rehearsal, Upgrade
from opencode_contract.rehearsal.search import Path
from opencode_contract.rehearsal.trial import Continuation, WayBack

DATA = "${XDG_DATA_HOME:-$HOME/.local/share}/opencode"
PUBLISHED = re.compile(r"\d+\.\d+\.\d+")
SHOWN = 5


class Mark(Enum):
    """How an answer is to be read."""

    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one question, and what it rests on."""

    question: str
    mark: Mark
    text: str
    evidence: tuple[str, ...] = ()


def headline(found: Rehearsal) -> str:
    """The verdict in a sentence."""
    route, passage, total = arrow(found.asked.path), found.asked.passage, len(found.before.sessions)
    if found.safe:
        return f"SAFE: {route} keeps all {found.before.complete} sessions and {found.before.messages} messages."
    if passage.snapshot is None:
        return f"UNSAFE: {route}: {passage.path[-1]} does not work on this data."
    if passage.keeps_all:
        return f"UNSAFE: {route} keeps the data, but sessions from before do not go on."
    hit = len({finding.session for finding in passage.lost})
    return f"UNSAFE: {route} loses data: {hit} of {total} sessions are gone, unreadable or not what they were."


def alarms(found: Rehearsal) -> Iterator[str]:
    """What is to be said loudly."""
    if found.before.complete < found.stored:
        yield (
            f"Only {found.before.complete} of the {found.stored} stored sessions can be read by "
            f"{found.before.version} itself: the others are not judged."
        )
    after = found.asked.passage.snapshot
    if after is not None and not found.asked.passage.keeps_all and after.healthy:
        yield f"The health check stays green meanwhile: GET /global/health answers {after.health}"


def questions(found: Rehearsal, upgrade: Upgrade) -> Iterator[Answer]:
    """Every question that an upgrade raises, answered."""
    passage = upgrade.passage
    if passage.snapshot is None:
        yield Answer("Does it start?", Mark.BAD, "no, or not for long", tuple(passage.trouble.splitlines()))
        return
    total = found.before.complete
    gone = _sessions(passage.lost, Rule.NOT_LISTED, Rule.GONE)
    yield _counted("Are all sessions there?", total, gone, passage.lost, found)
    spoilt = _sessions(passage.lost) - gone
    if gone != set(found.before.sessions):
        yield _counted("Are all messages readable and the same?", total - len(gone), spoilt, passage.lost, found)
    aftermath = upgrade.aftermath
    if aftermath is not None:
        yield _going_on(aftermath.continuations)
    if upgrade.way_back is not None:
        yield _going_back(upgrade.path[0], upgrade.way_back, found)


def advice(found: Rehearsal) -> Iterator[str]:
    """What to do, step by step."""
    if found.safe:
        yield from _going_ahead(found.asked)
    elif found.proposed is not None:
        yield from _going_round(found, found.proposed)
    else:
        yield from _staying(found)


def _going_ahead(upgrade: Upgrade) -> Iterator[str]:
    yield from _steps(upgrade.path)
    if upgrade.way_back is not None and not upgrade.way_back.sees_all:
        yield (
            f"Keep the copy: {upgrade.path[0]} does not see what {upgrade.path[-1]} writes, "
            "so going back means going back to the copy."
        )


def _going_round(found: Rehearsal, proposed: Upgrade) -> Iterator[str]:
    between = proposed.path[1:-1]
    yield f"Go {f'by way of {_listed(between)}' if between else 'directly'}: tried, everything survives."
    yield from _going_ahead(proposed)
    if found.stranded is not None and not found.stranded.keeps_all:
        yield (
            f"Do not start {found.asked.path[-1]} on the data before that: {proposed.path[1]} does not find the "
            "sessions then, either. If it has happened, begin again with the copy."
        )


def _staying(found: Rehearsal) -> Iterator[str]:
    yield f"Stay on {found.asked.path[0]}: {_no_way(found)}."
    hit = dict.fromkeys(found.kinds[each.session] for each in found.asked.passage.lost if each.session in found.kinds)
    if 0 < len(hit) < len(set(found.kinds.values())):
        yield (
            f"What is hit: {', '.join(hit)}. If you have no such sessions, leave them out (--without), "
            "or rehearse on a copy of your own data (--data)."
        )
    yield "If you upgrade all the same, stop the server and copy its data directory before."


def _no_way(found: Rehearsal) -> str:
    if found.asked.passage.keeps_all:
        return "nothing is lost, but sessions cannot be gone on with"
    if not found.searched:
        return "another way was not looked for (--path auto does)"
    end = "the search gave up" if found.gave_up else "everything was tried"
    return f"no way was found along which everything survives; after {len(found.tried)} starts on copies {end}"


def arrow(path: Path) -> str:
    """The versions in a row."""
    return " → ".join(path)


def named(session: str, found: Rehearsal) -> str:
    """The session, with what it is an example of."""
    kind = found.kinds.get(session)
    return f"{session} ({kind})" if kind else session


def _steps(path: Path) -> Iterator[str]:
    yield f'Stop the server, and copy its data: cp -a "{DATA}" "{DATA}.before"'
    for version in path[1:-1]:
        yield (
            f"Start {version} on it once: {_started(version)}. Wait until "
            "GET /session lists your sessions (a green health check is not enough), then stop it."
        )
    yield f"Start {path[-1]}: {_started(path[-1])}."
    if any(PUBLISHED.fullmatch(version) for version in path[1:]):
        # The package opencode-ai lacks some versions, and those of the platforms lack none.
        yield (
            "On a machine without opencode-contract, npm install --global opencode-linux-x64@VERSION (or the package "
            'of its platform) has the same executable: "$(npm root --global)/opencode-linux-x64/bin/opencode".'
        )


def _started(version: str) -> str:
    # A build of somebody's own is on no registry.
    return f'"$(opencode-contract fetch {version})" serve' if PUBLISHED.fullmatch(version) else "opencode serve"


def _counted(question: str, total: int, hit: set[str], lost: Sequence[Finding], found: Rehearsal) -> Answer:
    if not hit:
        return Answer(question, Mark.GOOD, f"yes, {total} of {total}")
    told = {finding.session: finding for finding in reversed(lost) if finding.session in hit}.values()
    evidence = [f"{named(each.session, found)}: {each.rule.value} {each.evidence or each.where}" for each in told]
    more = [f"… and {len(evidence) - SHOWN} more sessions"] if len(evidence) > SHOWN else []
    return Answer(question, Mark.BAD, f"no, {total - len(hit)} of {total}", (*evidence[:SHOWN], *more))


def _going_on(continuations: Sequence[Continuation]) -> Answer:
    question = "Do sessions go on?"
    if not continuations:
        return Answer(question, Mark.BAD, "there is none left to go on with")
    good = sum(each.holds for each in continuations)
    evidence = tuple(
        f"{each.place.session_id}: {'answered' if each.answered else each.evidence}; "
        f"the model was told {each.known} of {each.earlier} earlier prompts"
        for each in continuations
    )
    mark = Mark.GOOD if good == len(continuations) else Mark.BAD
    return Answer(question, mark, f"{'yes' if mark is Mark.GOOD else 'no'}, {good} of {len(continuations)}", evidence)


def _going_back(version: str, way: WayBack, found: Rehearsal) -> Answer:
    question = f"Can one go back to {version}?"
    if way.trouble:
        return Answer(question, Mark.WARNING, "no, it does not start any more", tuple(way.trouble.splitlines()))
    if not way.keeps_old:
        evidence = tuple(f"{named(each.session, found)}: {each.rule.value} {each.where}" for each in way.lost[:SHOWN])
        return Answer(question, Mark.WARNING, "no, sessions from before are lost", evidence)
    if way.sees_all:
        return Answer(question, Mark.GOOD, "yes, and it sees what was done since")
    unseen = "sessions made since" if not way.sees_new else "replies since"
    return Answer(question, Mark.WARNING, f"to what was there before the upgrade; {unseen} are not seen")


def _sessions(findings: Sequence[Finding], *rules: Rule) -> set[str]:
    return {finding.session for finding in findings if not rules or finding.rule in rules}


def _listed(versions: Sequence[str]) -> str:
    return " and then ".join(versions)

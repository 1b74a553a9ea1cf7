"""What is said, and asked, before a check does anything to somebody's server."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from opencode_contract.progress import Progress
from opencode_contract.requirements import Requirement
from opencode_contract.safety.budget import FIRST_PROMPT_USD
from opencode_contract.safety.sweeping import Leftover, leftovers, sweep
from opencode_contract.targets import Level, Subject

_DOES = {
    Level.READ: "it reads, and creates nothing",
    Level.WRITE: "it reads, creates sessions and deletes them; it sends no prompt",
    Level.PROMPT: "it reads, creates sessions, sends prompts, which cost money, and deletes the sessions",
}


@dataclass(frozen=True, slots=True)
class Visit:
    """A check of a deployment, before it begins: ``before`` of ``run_contract``."""

    requirements: Sequence[Requirement]
    sweep: bool | None
    """Whether to delete what earlier runs have left; None asks, where somebody can answer."""
    progress: Progress

    async def __call__(self, subject: Subject, level: Level) -> None:
        """Says what will be done, and deletes leftovers if told to."""
        self.progress.pause()
        if subject.access.remote:
            self._announce(subject, level)
            if level > Level.READ and self.sweep is not False:
                await self._offer(subject)
        self.progress.begin("Checking", len(self.requirements))

    def _announce(self, subject: Subject, level: Level) -> None:
        due = [each for each in self.requirements if each.level <= level and each.why_not(subject) is None]
        counts = [(sum(each.level is one for each in due), one.word) for one in Level if one <= level]
        self.progress.say(f"{subject.access.url} runs OpenCode {subject.version}. Level {level.word}: {_DOES[level]}.")
        self.progress.say(f"{len(due)} requirements: {', '.join(f'{count} {word}' for count, word in counts)}.")
        if level > Level.READ:
            self.progress.say(
                f"Its sessions carry the mark '{subject.mark}' and are deleted in the end. "
                "Sessions of others are neither changed nor shown."
            )
        if level is Level.PROMPT:
            self.progress.say(
                f"Prompts: {subject.access.limits}. The first is taken to cost {FIRST_PROMPT_USD:g} USD, each further "
                "one as much as the dearest before it; none is sent that might exceed the limit."
            )

    async def _offer(self, subject: Subject) -> None:
        found = await leftovers(subject.backstage, subject.mark)
        if not found:
            return
        over = [each for each in found if each.is_surely_one]
        self.progress.say(
            f"{told(found)} of earlier runs are here, {len(over)} of runs that began more than an hour ago."
        )
        if self.sweep or (over and await _agreed(f"Delete the {len(over)} old ones? [y/N] ")):
            await sweep_and_tell(subject, found if self.sweep else over, self.progress.say)
        else:
            self.progress.say(f"They stay. To delete them: opencode-contract sweep {subject.access.url}")


async def sweep_and_tell(subject: Subject, found: Sequence[Leftover], say: Callable[[str], None]) -> bool:
    """Deletes leftovers and says so; whether all of them are gone."""
    stuck = await sweep(subject.backstage, found)
    say(f"Deleted {told(found[: len(found) - len(stuck)])} of earlier runs.")
    for session_id in stuck:
        say(f"Could not delete session {session_id}.")
    return not stuck


async def sweep_all(opening: AbstractAsyncContextManager[Subject], say: Callable[[str], None]) -> bool:
    """Deletes whatever earlier runs have left; whether all of it is gone."""
    async with opening as subject:
        return await sweep_and_tell(subject, await leftovers(subject.backstage, subject.mark), say)


def told(found: Sequence[Leftover]) -> str:
    """How many sessions that are."""
    return "1 session" if len(found) == 1 else f"{len(found)} sessions"


async def _agreed(question: str) -> bool:
    """What somebody at the terminal answers; no, where there is nobody."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    sys.stderr.write(question)
    sys.stderr.flush()
    return (await _line()).strip().lower() in {"y", "yes"}


async def _line() -> str:
    if sys.platform == "win32":
        return sys.stdin.readline()
    # Not readline() alone: it would not let Ctrl-C through to the event loop.
    loop, there = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(sys.stdin, there.set)
    try:
        await there.wait()
        return sys.stdin.readline()
    finally:
        loop.remove_reader(sys.stdin)

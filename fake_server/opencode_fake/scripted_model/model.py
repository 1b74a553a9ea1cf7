"""The endpoint itself: an OpenAI-compatible server on this machine that performs one script."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web
from aiohttp.typedefs import Handler
from typing_extensions import TypeIs

from opencode_fake.scripted_model.answer import SETTLING, Answer, ToolCall
from opencode_fake.scripted_model.config import opencode_config
from opencode_fake.scripted_model.delivery import deliver_stream, deliver_whole, refuse
from opencode_fake.scripted_model.request import ModelRequest, UnreadableRequest, parse_request
from opencode_fake.scripted_model.runs import Cue, Runs
from opencode_fake.scripted_model.shell import ScriptedShell, take
from opencode_fake.scripts.calls import Call
from opencode_fake.scripts.compaction import SUMMARY
from opencode_fake.scripts.matching import Casting, Unmatched
from opencode_fake.scripts.model import Failure, JsonObject, JsonValue, Reply, Tokens
from opencode_fake.scripts.permissions import configured, script_rules
from opencode_fake.scripts.pricing import MODEL_ID
from opencode_fake.scripts.steps import CallStep, TextStep, ToolStep
from opencode_fake.scripts.tool_calls import SHELL_TOOL, script_commands
from opencode_fake.scripts.yaml_file import ScriptLike, as_script

JOURNAL_LENGTH = 1000
MAX_BODY = 64 * 1024 * 1024
GOODBYE = 0.1
"""Seconds that open answers get when the model stops."""


class ScriptedModel:
    """Performs ``script`` to a real OpenCode server whose workspace is ``directory``.

    ``settling`` is the time that a tool which changes files is held back, see ``answer.SETTLING``.
    """

    def __init__(
        self,
        script: ScriptLike,
        *,
        directory: str | Path,
        host: str = "127.0.0.1",
        port: int = 0,
        settling: float = SETTLING,
    ) -> None:
        self.requests: deque[ModelRequest] = deque(maxlen=JOURNAL_LENGTH)
        """The last 1000 requests, oldest first."""
        self.casting = Casting(as_script(script))
        self._runs = Runs(self.casting)
        self._directory = str(directory)
        self._host, self._port = host, port
        self._settling = settling
        self._shell: ScriptedShell | None = None
        self._runner: web.AppRunner | None = None
        self._failures: list[Exception] = []

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
        if error is None and self._failures:
            raise ExceptionGroup("the scripted model failed", self._failures)

    async def start(self) -> None:
        """Starts to listen."""
        app = web.Application(client_max_size=MAX_BODY, middlewares=[self._watch])
        app.router.add_post("/v1/chat/completions", self._complete)
        app.router.add_get("/v1/models", _models)
        app.router.add_get("/api.json", _no_catalogue)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=GOODBYE, access_log=None)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self._port).start()
        except OSError:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Stops, in the middle of an answer if need be."""
        if self._runner is not None:
            runner, self._runner = self._runner, None
            await runner.cleanup()

    @property
    def url(self) -> str:
        """Where the model listens, without a path."""
        if self._runner is None or not self._runner.addresses:
            raise RuntimeError("the scripted model is not running: use it as 'async with ScriptedModel(...) as model'")
        host, port = self._runner.addresses[0][:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    @property
    def base_url(self) -> str:
        """The provider's ``baseURL``."""
        return f"{self.url}/v1"

    @property
    def unmatched(self) -> list[Unmatched]:
        """The prompts that no reply answered."""
        return self.casting.unmatched

    def perform(self, script: ScriptLike) -> None:
        """Performs another script from now on, as if there had been none; the server has to learn its rules anew."""
        self.casting = Casting(as_script(script))
        self._runs = Runs(self.casting)
        self._stand_by()

    def play(self, *replies: Reply) -> None:
        """Adds replies to the script: they are asked before those that it has, the first of them first."""
        self.casting.add(replies)
        self._stand_by()

    def opencode_config(self, **extra: JsonValue) -> JsonObject:
        """The server's ``opencode.json``; ``extra`` keys are added or replace ours."""
        rules = configured(script_rules(self.casting.script, self._directory))
        asking: JsonObject = {"permission": rules} if rules else {}
        return opencode_config(self.base_url, **(asking | extra))

    def environment(self, folder: Path) -> dict[str, str]:
        """What the server's process needs in its environment. Puts the scripted shell into ``folder``."""
        self._shell = ScriptedShell(folder)
        self._shell.install()
        self._stand_by()
        return {
            "SHELL": str(self._shell.program),
            # The real `edit` and `write` want a file read first; a script has no need to say so.
            "OPENCODE_DISABLE_FILETIME_CHECK": "1",
            # 1.1.34 fetches its list of models from here, and needs an answer.
            "OPENCODE_MODELS_URL": self.url,
        }

    def _stand_by(self) -> None:
        if self._shell is not None:
            commands = script_commands(self.casting.script)
            self._shell.stand_by({command: take(step) for command, step in commands.items()})

    async def _complete(self, http: web.Request) -> web.StreamResponse:
        try:
            request = parse_request(await http.read(), http.headers)
        except UnreadableRequest as problem:
            return refuse(Failure(kind="provider", status=400, message=str(problem)))
        self.requests.append(request)
        if request.purpose != "prompt":
            return await self._entitle(http, request)
        return await self._perform(http, request, self._runs.cue(request))

    async def _perform(self, http: web.Request, request: ModelRequest, cue: Cue) -> web.StreamResponse:
        if self._shell is not None:
            self._shell.retract(request.session_id)
        refusal = cue.refusal() or self._unplayable(cue.call)
        if refusal is not None:
            return refuse(refusal)

        answer = Answer(cue.call, cue.key, self._directory, self._settling)
        response = await self._deliver(http, request, answer)
        if cue.call.break_off is None:
            cue.done()
        return response

    async def _entitle(self, http: web.Request, request: ModelRequest) -> web.StreamResponse:
        compacts = request.purpose == "compaction"
        if compacts:
            self._runs.summarise(request)
        title = TextStep(text=SUMMARY if compacts else await self._runs.titles.title(request))
        tokens = self.casting.script.tokens if compacts else Tokens()
        call = Call(tokens=tokens, cost=None, refusal=None, stream=(title,), break_off=None)
        return await self._deliver(http, request, Answer(call, "title", self._directory))

    async def _deliver(self, http: web.Request, request: ModelRequest, answer: Answer) -> web.StreamResponse:
        def announce(called: ToolCall) -> None:
            command = called.arguments.get("command")
            if self._shell is not None and _is_command(called.step) and isinstance(command, str):
                self._shell.announce(request.session_id, command, take(called.step))

        if request.stream:
            return await deliver_stream(http, answer, announce)
        return await deliver_whole(answer, announce)

    def _unplayable(self, call: Call) -> Failure | None:
        """Without our shell the server would execute the script's commands."""
        if self._shell is not None or not any(map(_is_command, call.tool_calls)):
            return None
        return Failure(
            kind="provider",
            status=400,
            message="this script runs commands, and the scripted shell is not set up: "
            "start the server with the variables of ScriptedModel.environment(folder)",
        )

    @web.middleware
    async def _watch(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPException:
            raise
        except ConnectionError:
            # The server hung up, as it does when a run is aborted: nobody is left to answer.
            return web.Response(status=499)
        except Exception as problem:
            self._failures.append(problem)
            raise


def _is_command(step: CallStep) -> TypeIs[ToolStep]:
    return isinstance(step, ToolStep) and step.tool == SHELL_TOOL


async def _models(_request: web.Request) -> web.Response:
    model: JsonObject = {"id": MODEL_ID, "object": "model", "created": 0, "owned_by": "opencode-testkit"}
    return web.json_response({"object": "list", "data": [model]})


async def _no_catalogue(_request: web.Request) -> web.Response:
    return web.json_response({})

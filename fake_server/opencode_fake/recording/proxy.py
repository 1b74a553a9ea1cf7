"""Stands between a client and a server, and passes everything on: unchanged, and as it comes."""

from __future__ import annotations

from types import TracebackType
from typing import Self

import aiohttp
from aiohttp import web
from yarl import URL

_OWN_CONNECTION = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Headers that are about one connection only (RFC 9110, 7.6.1)."""
_ADDED = frozenset({"server", "date", "content-type"})
"""Headers that an answer gets where it has none."""


class Proxy:
    """Passes requests on to ``target``, an address with its path prefix."""

    def __init__(self, target: str, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self._target = target.rstrip("/")
        self._host, self._port = host, port
        self._http: aiohttp.ClientSession | None = None
        self._runner: web.ServerRunner | None = None

    @property
    def url(self) -> str:
        """Where it listens. Raises RuntimeError before it was started."""
        if self._runner is None:
            raise RuntimeError("the proxy is not started: use 'async with Proxy(...)'")
        host, port = self._runner.addresses[0][:2]
        return f"http://{f'[{host}]' if ':' in host else host}:{port}"

    async def __aenter__(self) -> Self:
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=30)
        # What is compressed stays so, and an answer may take as long as the agent does.
        self._http = aiohttp.ClientSession(auto_decompress=False, timeout=timeout, trust_env=True)
        # A client that goes away is gone for the server, too.
        runner = web.ServerRunner(
            web.Server(self._pass_on, access_log=None, handler_cancellation=True), shutdown_timeout=0.5
        )
        await runner.setup()
        try:
            await web.TCPSite(runner, self._host, self._port).start()
        except OSError:
            await runner.cleanup()
            await self._http.close()
            raise
        self._runner = runner
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()
        if self._http is not None:
            await self._http.close()

    async def _pass_on(self, request: web.BaseRequest) -> web.StreamResponse:
        assert self._http is not None
        headers = [(name, value) for name, value in request.headers.items() if _passes(name) and name.lower() != "host"]
        has_body = "content-length" in request.headers or "transfer-encoding" in request.headers
        try:
            answer = await self._http.request(
                request.method,
                URL(self._target + request.raw_path, encoded=True),
                headers=headers,
                data=request.content if has_body else None,
                allow_redirects=False,
                skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
            )
        except aiohttp.ClientError as problem:
            return web.Response(status=502, text=f"{self._target} does not answer: {problem}\n")
        async with answer:
            response = _Passed(status=answer.status, reason=answer.reason)
            response.own = frozenset(name.lower() for name in answer.headers)
            for name, value in answer.headers.items():
                if _passes(name):
                    response.headers.add(name, value)
            try:
                await response.prepare(request)
                async for chunk in answer.content.iter_any():
                    await response.write(chunk)
            except (aiohttp.ClientError, ConnectionError):
                # Where one side breaks off, so does the other.
                if request.transport is not None:
                    request.transport.abort()
            return response


class _Passed(web.StreamResponse):
    """An answer with the headers that came, and none that this library likes to add."""

    own: frozenset[str] = frozenset()

    async def _prepare_headers(self) -> None:
        await super()._prepare_headers()
        for name in _ADDED - self.own:
            self.headers.popall(name, None)


def _passes(header: str) -> bool:
    return header.lower() not in _OWN_CONNECTION

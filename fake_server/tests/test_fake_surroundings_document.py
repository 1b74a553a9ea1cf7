"""The fake serves the real server's description of its interface, of exactly the routes that it has."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from conftest import Served, Serving

from opencode_fake.server.routing import Route
from opencode_fake.surroundings.document import pruned, shape, stored

VERSIONS = ["1.1.53", "1.18.34"]
UNDESCRIBED = {"GET /doc"}
"""Routes that the real server answers and does not describe."""


@asynccontextmanager
async def described(serving: Serving, version: str) -> AsyncIterator[tuple[Served, dict[str, Any]]]:
    """A server and what it says of its interface."""
    async with serving(version=version) as served:
        yield served, (await served.http.get("/doc")).json()


@pytest.mark.parametrize("version", VERSIONS)
async def test_the_document_has_exactly_the_routes_that_are_served(serving: Serving, version: str) -> None:
    """Each served route is described, none that is not served."""
    async with described(serving, version) as (served, document):
        routes = {f"{route.method} {shape(route.path)}" for route in served.server._app.routes}
    told = {f"{method.upper()} {shape(path)}" for path, methods in document["paths"].items() for method in methods}
    assert told == routes - UNDESCRIBED
    assert document["openapi"].startswith("3.1")


@pytest.mark.parametrize("version", VERSIONS)
async def test_operations_have_the_names_that_sdks_are_made_from(serving: Serving, version: str) -> None:
    """No two operations share one."""
    async with described(serving, version) as (_, document):
        names = [method["operationId"] for methods in document["paths"].values() for method in methods.values()]
    assert {"session.create", "session.prompt", "config.providers", "app.agents"} <= {*names}
    assert len(names) == len({*names})


def test_a_pruned_document_keeps_what_its_routes_lead_to() -> None:
    """References do not dangle, and nothing is left that nobody refers to."""

    async def nobody(*_: object) -> Any:
        raise NotImplementedError

    routes = [Route("GET", "/session", nobody), Route("GET", "/nope", nobody)]
    document: dict[str, Any] = pruned(stored("1.1.53"), routes)
    assert document["paths"].keys() == {"/session"}
    schemas = document["components"]["schemas"]
    assert "Session" in schemas
    assert "Message" not in schemas

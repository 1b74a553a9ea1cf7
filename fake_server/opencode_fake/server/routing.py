"""Which handler answers a path: one table, looked up by method and number of segments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from opencode_fake.server.errors import Refused, unmatched
from opencode_fake.server.exchange import Incoming, Outgoing
from opencode_fake.server.streams import Reader
from opencode_fake.versions import Behaviours

if TYPE_CHECKING:
    from opencode_fake.server.app import App

Handler: TypeAlias = "Callable[[App, Incoming], Awaitable[Outgoing | Reader]]"


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a path such as ``/session/{sessionID}``, and who answers."""

    method: str
    path: str
    handler: Handler

    @property
    def segments(self) -> tuple[str, ...]:
        """The path's parts; one in braces stands for any text."""
        return tuple(self.path.strip("/").split("/"))


_LONGEST_PARAMETER = 100
"""Characters from which on a router that forgives much does not forgive a parameter its length."""


class Router:
    """Finds routes."""

    def __init__(self, routes: Iterable[Route], behaviours: Behaviours) -> None:
        self.routes = tuple(routes)
        self._behaviours = behaviours
        self._by_shape: defaultdict[tuple[str, int], list[Route]] = defaultdict(list)
        for route in self.routes:
            self._by_shape[route.method, len(route.segments)].append(route)

    def find(self, incoming: Incoming) -> tuple[Handler, Incoming] | None:
        """The handler, and the request with its parameters; None for an unknown path or method.

        Raises Refused where a parameter is longer than the router takes.
        """
        heard = "GET" if incoming.method == "HEAD" and not self._behaviours.head_is_unknown else incoming.method
        path = tuple(filter(None, incoming.path)) if self._behaviours.paths_forgive else incoming.path
        for route in self._by_shape[heard, len(path)]:
            pairs = list(zip(route.segments, path, strict=True))
            if all(self._fits(wanted, got) for wanted, got in pairs):
                parameters = {wanted[1:-1]: got for wanted, got in pairs if wanted[0] == "{"}
                if self._behaviours.paths_forgive and any(len(got) > _LONGEST_PARAMETER for got in parameters.values()):
                    raise Refused(unmatched())
                return route.handler, replace(incoming, parameters=parameters)
        return None

    def _fits(self, wanted: str, got: str) -> bool:
        if wanted[0] == "{":
            return bool(got)
        return wanted == (got.lower() if self._behaviours.paths_forgive else got)

"""The public surface: complete, sorted, and the same on both clients."""

from __future__ import annotations

import inspect
import re
import types

import opencode_sandbox
from opencode_sandbox import AsyncSandboxClient, SandboxClient, errors


def classes() -> dict[str, type]:
    """Return the error classes."""
    return {
        name: value
        for name, value in vars(errors).items()
        if isinstance(value, type) and value.__module__ == errors.__name__
    }


def test_everything_public_is_exported() -> None:
    """``__all__`` is sorted and holds every public name that is no module."""
    visible = {
        name
        for name, value in vars(opencode_sandbox).items()
        if not name.startswith("_") and not isinstance(value, types.ModuleType) and name != "annotations"
    }
    assert set(opencode_sandbox.__all__) == visible
    assert opencode_sandbox.__all__ == sorted(opencode_sandbox.__all__)


def test_every_error_is_drawn_and_exported() -> None:
    """The tree in the docstring shows every error under its own base, and each can be imported from the package."""
    bases: list[str] = []
    drawn: dict[str, str | None] = {}
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"    ([│ ]*(?:[├└]── )?)([A-Z]\w+)", line)
        if found:
            depth = len(found[1]) // 4
            bases[depth:] = [found[2]]
            drawn[found[2]] = bases[depth - 1] if depth else None
    assert drawn == {name: _drawn_base(kind) for name, kind in classes().items()}
    assert set(drawn) <= set(opencode_sandbox.__all__)


def _drawn_base(kind: type) -> str | None:
    base = kind.__bases__[0]
    return None if base is Exception else base.__name__


def test_both_clients_offer_the_same() -> None:
    """Every method of one client is on the other, with the same parameters and the same description."""
    renamed = {"close": "aclose"}
    for name, method in inspect.getmembers(SandboxClient, inspect.isfunction):
        if name.startswith("_"):
            continue
        twin = getattr(AsyncSandboxClient, renamed.get(name, name))
        assert inspect.signature(twin).parameters == inspect.signature(method).parameters
        assert twin.__doc__ == method.__doc__

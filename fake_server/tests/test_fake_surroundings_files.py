"""The files that ``write`` and ``edit`` steps leave behind, as clients list, read and find them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from conftest import Served, Serving

FILES = {
    "src/main.py": "def hello():\n    return 'needle'\n",
    "README.md": "# Title\n\nA needle, two needles.\n",
    "a/b/deep.txt": "x",
    "src/Übung.txt": "grün needle\n",
}
SCRIPT = {
    "replies": [
        {
            "prompt": "write",
            "steps": [
                *({"write": path, "content": content} for path, content in FILES.items()),
                {"edit": "README.md", "old": "two", "new": "three"},
                {"text": "done"},
            ],
        }
    ]
}


@asynccontextmanager
async def written(serving: Serving) -> AsyncIterator[Served]:
    """A server whose workspace holds the files."""
    async with serving(SCRIPT) as served:
        await served.prompt(await served.session(), "write")
        yield served


async def get(served: Served, route: str, /, **query: str) -> Any:
    """The JSON of a route."""
    return (await served.http.get(route, params=query)).json()


async def test_a_folder_lists_folders_then_files(serving: Serving) -> None:
    """Names are sorted as a reader would, whatever their case."""
    async with written(serving) as served:
        top = await get(served, "/file", path="")
        assert top == await get(served, "/file", path=".") == await get(served, "/file", path="src/..")
        inner = await get(served, "/file", path="src/")
        directory = served.server._app.world.directory
    assert [(each["name"], each["type"]) for each in top] == [
        ("a", "directory"),
        ("src", "directory"),
        ("README.md", "file"),
    ]
    assert inner[0] == {
        "name": "main.py",
        "path": "src/main.py",
        "absolute": f"{directory}/src/main.py",
        "type": "file",
        "ignored": False,
    }


@pytest.mark.parametrize("query", [{"path": "nope"}, {"path": "README.md"}, {"path": ".", "directory": "/other"}])
async def test_what_is_no_folder_lists_nothing(serving: Serving, query: dict[str, str]) -> None:
    """A file, a missing folder and another directory hold no files."""
    async with written(serving) as served:
        assert await get(served, "/file", **query) == []


async def test_content_is_what_was_written_last(serving: Serving) -> None:
    """Edits show; white space around the text does not; a missing file has no text."""
    async with written(serving) as served:
        assert await get(served, "/file/content", path="README.md") == {
            "type": "text",
            "content": "# Title\n\nA needle, three needles.",
        }
        assert await get(served, "/file/content", path="nope") == {"type": "text", "content": ""}


@pytest.mark.parametrize("path", ["/file?path=..", "/file/content?path=../x", "/file?path=src/../../workspace2"])
async def test_paths_do_not_leave_the_workspace(serving: Serving, path: str) -> None:
    """The real server's words."""
    async with written(serving) as served:
        answer = await served.http.get(path)
    assert answer.status_code == 500
    assert answer.json()["data"]["message"] == "Error: Access denied: path escapes project directory"


async def test_status_names_what_is_not_committed(serving: Serving) -> None:
    """Lines count as the pieces between line ends."""
    async with written(serving) as served:
        found = await get(served, "/file/status")
    assert {each["path"]: each["added"] for each in found} == {
        "README.md": 4,
        "a/b/deep.txt": 1,
        "src/main.py": 3,
        "src/Übung.txt": 2,
    }
    assert {(each["removed"], each["status"]) for each in found} == {(0, "added")}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"query": ""}, ["a/", "a/b/", "src/"]),
        ({"query": "", "type": "directory", "limit": "2"}, ["a/", "a/b/"]),
        ({"query": "", "dirs": "false"}, ["README.md", "a/b/deep.txt", "src/main.py", "src/Übung.txt"]),
        ({"query": "mnpy"}, ["src/main.py"]),
        ({"query": "src"}, ["src/", "src/main.py", "src/Übung.txt"]),
        ({"query": "src", "type": "file"}, ["src/main.py", "src/Übung.txt"]),
        ({"query": "a"}, ["a/", "a/b/", "a/b/deep.txt", "README.md", "src/main.py"]),
        ({"query": "xyz"}, []),
    ],
)
async def test_names_are_found_by_their_letters(serving: Serving, query: dict[str, str], found: list[str]) -> None:
    """The best fit comes first; without a query the folders."""
    async with written(serving) as served:
        assert await get(served, "/find/file", **query) == found


async def test_text_is_found_with_its_place(serving: Serving) -> None:
    """A match names line, offset and columns, in bytes."""
    async with written(serving) as served:
        found = await get(served, "/find", pattern="needle")
        assert await get(served, "/find", pattern="[") == await get(served, "/find", pattern="") == []
    assert [(each["path"]["text"], each["line_number"], each["absolute_offset"]) for each in found] == [
        ("README.md", 3, 9),
        ("src/main.py", 2, 13),
        ("src/Übung.txt", 1, 0),
    ]
    assert [(match["start"], match["end"]) for match in found[0]["submatches"]] == [(2, 8), (16, 22)]
    assert found[2]["submatches"] == [{"match": {"text": "needle"}, "start": 6, "end": 12}]


async def test_there_are_no_symbols(serving: Serving) -> None:
    """As without a language server."""
    async with written(serving) as served:
        assert await get(served, "/find/symbol", query="hello") == []

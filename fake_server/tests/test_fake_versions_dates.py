"""The dates of the table, held against what was measured: the last version without a change, and the first with it."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from conftest import Served, Serving, prompt_body

from opencode_fake.versions import behaviours
from opencode_fake.versions.page import changes, tried_before
from opencode_fake.versions.table import HISTORIES, TRIED


class Measured(NamedTuple):
    """Behaviours that changed between two versions, each of which was run."""

    without: str
    since: str
    behaviours: str

    def __str__(self) -> str:
        return f"{self.without}-{self.since}"


MEASURED = (
    Measured("1.1.53", "1.1.56", "preflight_needs_password unknown_model_is_an_event"),
    Measured("1.1.56", "1.1.58", "tokens_have_total"),
    Measured("1.1.58", "1.1.65", "format_checked read_is_tagged"),
    Measured("1.1.65", "1.2.1", "revert_keeps_parts unshared_is_missing"),
    Measured("1.2.1", "1.2.4", "sessions_ordered_by sessions_listed limit_is_sql list_filters_by"),
    Measured("1.2.4", "1.2.6", "user_message_title"),
    Measured(
        "1.2.6",
        "1.2.11",
        "inner_faults_named read_counts_last_line heartbeat_seconds streams_unbuffered explore_asks_outside",
    ),
    Measured("1.2.12", "1.2.15", "messages_can_go config_has_keybinds"),
    Measured("1.2.15", "1.2.20", "has_workspaces"),
    Measured(
        "1.2.20",
        "1.2.27",
        "ids_checked_first part_ids_checked missing_session_has_no_messages messages_paged missing_message "
        "messages_found_anywhere directories_resolved refusals_are_raw data_url_decoded_whole "
        "creation_takes_workspace",
    ),
    Measured("1.2.27", "1.3.0", "agents_sorted tool_errors_prefixed unknown_command_is_named"),
    Measured(
        "1.3.0",
        "1.3.2",
        "unknown_agent_is_an_event failure_told_again unknown_names_list_choice",
    ),
    Measured(
        "1.14.41",
        "1.14.48",
        "unauthorized_is_empty vary_for_allowed_only effect_checks largest_body paths_forgive head_is_unknown "
        "gzip_from bad_numbers_ignored sessions_name_model model_change_is_told failed_prompt_is_an_error "
        "failure_told_again retry_has_action stream_lacks streams_untransformed document empty_prompt_has_length",
    ),
    Measured(
        "1.14.48",
        "1.15.0",
        "errors_are_hidden missing_session_refused sessions_count_cost update_touches busy_is stream_lacks has_skills "
        "logins_built_in",
    ),
    Measured("1.15.0", "1.15.3", "stream_lacks"),
    Measured(
        "1.15.4",
        "1.15.13",
        "errors_have_references sessions_have_metadata runs_in_own_directory missing_request_refused busy_is",
    ),
    Measured(
        "1.15.13",
        "1.17.0",
        "creation_is_an_update model_change_is_told read_has_display bash_request_has_command has_project_directories "
        "has_api_health strict_files session_sums_diffs",
    ),
    Measured("1.17.0", "1.17.9", "plugins_are_told plan_denies_general has_capabilities has_second_interface"),
    Measured("1.17.9", "1.17.11", "bash_described unknown_model_is_named"),
    Measured("1.17.11", "1.17.18", "model_change_is_told retry_has_action list_filters_by"),
    Measured("1.18.13", "1.18.14", "stream_error_is_whole overload_is_retried"),
    Measured("1.18.14", "1.18.15", "page_policy"),
)


@pytest.mark.parametrize("measured", MEASURED, ids=str)
def test_a_behaviour_changes_where_it_was_seen_to_change(measured: Measured) -> None:
    """Not a version earlier or later; both versions were run."""
    before, then = behaviours(measured.without), behaviours(measured.since)
    same = [name for name in measured.behaviours.split() if getattr(before, name) == getattr(then, name)]
    assert same == []


@pytest.mark.parametrize("measured", MEASURED, ids=str)
def test_nothing_was_tried_in_between(measured: Measured) -> None:
    """So the date is as narrow as it can be."""
    assert tried_before(measured.since) == measured.without


def test_every_change_came_with_a_version_that_was_tried() -> None:
    """A row with another version would be a guess."""
    assert {change.since for change in changes()} <= set(TRIED)
    assert {next(iter(values)) for values in HISTORIES.values()} == {TRIED[0]}


async def told(served: Served, path: str) -> bytes:
    """What a stream says of a session that is made and answered a prompt, until it goes idle."""
    async with served.http.stream("GET", path) as response:
        frames = response.aiter_raw()
        said = await anext(frames)
        session = (await served.http.post("/session", json={})).json()["id"]
        await served.http.post(f"/session/{session}/message", json=prompt_body("hello"))
        await served.http.post(f"/session/{session}/abort")
        if path == "/global/event" or behaviours(served.server.version).stream_lacks != "everything":
            while b"session.idle" not in said:
                said += await anext(frames)
    return said


@pytest.mark.parametrize(
    ("version", "directory", "everywhere"),
    [
        ("1.14.41", True, True),
        ("1.14.48", False, True),
        ("1.15.0", False, True),
        ("1.15.3", True, True),
    ],
)
async def test_two_versions_forget_messages_on_the_stream_of_a_directory(
    serving: Serving, version: str, directory: bool, everywhere: bool
) -> None:
    """1.14.48 tells nothing there, 1.15.0 no messages; the stream of all directories has them."""
    async with serving(version=version) as served:
        assert (b'"message.updated"' in await told(served, "/event")) is directory
        assert (b'"message.updated"' in await told(served, "/global/event")) is everywhere


@pytest.mark.parametrize(
    ("version", "sync", "later"), [("1.14.41", 200, 204), ("1.14.48", 404, 204), ("1.15.0", 404, 404)]
)
async def test_a_prompt_for_a_missing_session_was_refused_in_two_steps(
    serving: Serving, version: str, sync: int, later: int
) -> None:
    """First where somebody waits for the answer, then everywhere."""
    async with serving(version=version) as served:
        statuses = [
            (await served.http.post(f"/session/ses_doesnotexist/{route}", json=prompt_body("hello"))).status_code
            for route in ("message", "prompt_async")
        ]
    assert statuses == [sync, later]


@pytest.mark.parametrize(
    ("version", "message"),
    [
        ("1.14.48", 'Error: Expected a string starting with "ses", got "nope"'),
        ("1.15.0", "Unexpected server error. Check server logs for details."),
    ],
)
async def test_a_500_said_what_happened_up_to_1_14_48(serving: Serving, version: str, message: str) -> None:
    """From then on only the server's log does."""
    async with serving(version=version) as served:
        answer = await served.http.get("/session/nope")
    assert (answer.status_code, answer.json()["data"]["message"]) == (500, message)

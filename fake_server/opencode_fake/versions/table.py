"""The table of differences: one row for each value that a behaviour took, with the version it came in.

A version is the first *tried* one that shows the value. Rows are measured on real servers; adding a version is adding
rows.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

TRIED = tuple(
    "1.1.34 1.1.53 1.1.56 1.1.58 1.1.65 1.2.1 1.2.4 1.2.6 1.2.11 1.2.12 1.2.15 1.2.20 1.2.27 1.3.0 1.3.2 1.14.34 "
    "1.14.41 1.14.48 1.15.0 1.15.3 1.15.4 1.15.13 1.17.0 1.17.9 1.17.11 1.17.18 1.17.19 1.18.3 1.18.8 1.18.13 "
    "1.18.14 1.18.15 1.18.24 1.18.34".split()
)
"""The versions that were measured, oldest first."""
FIRST = TRIED[0]
"""The oldest version that the rows describe."""
LAST = TRIED[-1]
"""The newest version that the rows describe."""

Value: TypeAlias = bool | int | str | None


class Row(NamedTuple):
    """From version ``since`` on, ``behaviour`` has ``value``."""

    behaviour: str
    since: str
    value: Value


def _page_policy(connections: str, images: str = "'self' data: https:") -> str:
    return (
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; "
        f"img-src {images}; font-src 'self' data:; media-src 'self' data:; {connections}"
    )


HISTORIES: dict[str, dict[str, Value]] = {
    "preflight_needs_password": {"1.1.34": True, "1.1.56": False},
    "preflight_lasts": {"1.1.34": False, "1.14.34": True},
    "unauthorized_names_origin": {"1.1.34": False, "1.14.41": True},
    "unauthorized_is_empty": {"1.1.34": False, "1.14.48": True},
    "tauri_comes_by_https": {"1.1.34": False, "1.1.65": True},
    "renderer_comes_in": {"1.1.34": False, "1.14.34": True},
    "password_in_query": {"1.1.34": False, "1.14.34": True},
    "vary_for_allowed_only": {"1.1.34": False, "1.14.48": True},
    "effect_checks": {"1.1.34": False, "1.14.48": True},
    "errors_have_references": {"1.1.34": False, "1.15.13": True},
    "errors_are_hidden": {"1.1.34": False, "1.15.0": True},
    "ids_checked_first": {"1.1.34": False, "1.2.27": True},
    "lookup_checks_ids": {"1.1.34": False, "1.2.1": True},
    "inner_faults_named": {"1.1.34": False, "1.2.11": True},
    "part_ids_checked": {"1.1.34": False, "1.2.27": True},
    "format_checked": {"1.1.34": False, "1.1.65": True},
    "largest_body": {"1.1.34": 128 * 1024 * 1024, "1.14.48": None},
    "unknown_path_is_web_page": {"1.1.34": False, "1.14.34": True},
    "page_policy": {
        "1.1.34": _page_policy("connect-src 'self' data:"),
        "1.14.41": _page_policy("connect-src * data:"),
        "1.18.15": _page_policy("connect-src * data: blob:", images="'self' data: https: blob:"),
    },
    "paths_forgive": {"1.1.34": False, "1.14.48": True},
    "head_is_unknown": {"1.1.34": False, "1.14.48": True},
    "empty_answer_is_json": {"1.1.34": True, "1.14.34": False},
    "gzip_from": {"1.1.34": None, "1.14.34": 0, "1.14.48": 1024},
    "directories_resolved": {"1.1.34": False, "1.2.27": True},
    "list_filters_by": {
        "1.1.34": "given directory",
        "1.2.4": "named directory",
        "1.17.18": "resolved directory",
    },
    "sessions_found_anywhere": {"1.1.34": False, "1.2.1": True},
    "missing_session_refused": {"1.1.34": False, "1.15.0": True},
    "missing_session_has_no_messages": {"1.1.34": True, "1.2.27": False},
    "deleting_is_an_update": {"1.1.34": False, "1.2.1": True, "1.14.34": False},
    "deleting_missing_refused": {"1.1.34": False, "1.14.34": True},
    "sessions_ordered_by": {"1.1.34": "creation", "1.2.1": "insertion", "1.2.4": "update"},
    "sessions_listed": {"1.1.34": None, "1.2.4": 100},
    "limit_is_sql": {"1.1.34": False, "1.2.4": True},
    "bad_numbers_ignored": {"1.1.34": False, "1.14.48": True},
    "roots_is_boolean": {"1.1.34": False, "1.14.34": True},
    "path_filters": {"1.1.34": False, "1.14.34": True},
    "children_oldest_first": {"1.1.34": False, "1.2.1": True},
    "sessions_have_path": {"1.1.34": False, "1.14.34": True},
    "sessions_count_cost": {"1.1.34": False, "1.15.0": True},
    "sessions_name_model": {"1.1.34": False, "1.14.48": True},
    "model_change_is_told": {"1.1.34": "no", "1.14.48": "switch", "1.17.0": "numbered switch", "1.17.18": "update"},
    "creation_takes_model": {"1.1.34": False, "1.14.34": True},
    "creation_takes_workspace": {"1.1.34": False, "1.2.27": True},
    "sessions_have_metadata": {"1.1.34": False, "1.15.13": True},
    "update_takes_permission": {"1.1.34": False, "1.14.34": True},
    "update_touches": {"1.1.34": "never", "1.2.1": "always", "1.15.0": "rules"},
    "empty_update_is_told": {"1.1.34": True, "1.2.1": False},
    "creation_is_an_update": {"1.1.34": True, "1.17.0": False},
    "missing_message": {"1.1.34": "no file", "1.2.1": "error", "1.2.27": "not found"},
    "messages_found_anywhere": {"1.1.34": False, "1.2.1": True, "1.2.27": False},
    "messages_paged": {"1.1.34": False, "1.2.27": True},
    "empty_prompt_has_length": {"1.1.34": True, "1.14.48": False},
    "failed_prompt_is_an_error": {"1.1.34": False, "1.14.48": True},
    "unknown_model_is_an_event": {"1.1.34": False, "1.1.56": True},
    "unknown_agent_is_an_event": {"1.1.34": False, "1.3.2": True},
    "unknown_model_is_explained": {"1.1.34": True, "1.14.34": False},
    "unknown_command_is_named": {"1.1.34": False, "1.3.0": True},
    "unknown_names_list_choice": {"1.1.34": False, "1.3.2": True},
    "failure_told_again": {"1.1.34": "no", "1.3.2": "name", "1.14.48": "trace"},
    "unknown_model_is_named": {"1.1.34": False, "1.17.11": True},
    "user_variant_in_model": {"1.1.34": False, "1.14.34": True},
    "assistant_variant": {"1.1.34": False, "1.1.56": True},
    "user_message_title": {"1.1.34": True, "1.2.6": False},
    "structure_shows_at_once": {"1.1.34": False, "1.14.34": True, "1.15.3": False, "1.17.0": True},
    "formats_are_unreadable": {"1.1.34": False, "1.14.48": True},
    "unreadable_inside_too": {"1.1.34": False, "1.17.0": True},
    "tokens_have_total": {"1.1.34": False, "1.1.58": True},
    "output_includes_reasoning": {"1.1.34": True, "1.14.34": False},
    "runs_in_own_directory": {"1.1.34": True, "1.2.1": False, "1.15.13": True},
    "text_in_deltas": {"1.1.34": False, "1.2.1": True},
    "text_trimmed": {"1.1.34": True, "1.14.34": False},
    "reasoning_ends_with_text": {"1.1.34": False, "1.14.34": True},
    "broken_text_is_ended": {"1.1.34": False, "1.14.34": True},
    "diff_has_status": {"1.1.34": False, "1.1.53": True},
    "diff_is_patch": {"1.1.34": False, "1.14.34": True},
    "diff_of_prompts": {"1.1.34": False, "1.17.0": True},
    "session_sums_diffs": {"1.1.34": True, "1.17.0": False},
    "session_diff_is_its_own": {"1.1.34": True, "1.1.56": False},
    "tools_sorted": {"1.1.34": False, "1.15.0": True},
    "tool_errors_prefixed": {"1.1.34": True, "1.3.0": False},
    "bash_described": {"1.1.34": True, "1.17.11": False},
    "running_keeps_raw": {"1.1.34": False, "1.14.34": True, "1.15.0": False},
    "tools_begin_first": {"1.1.34": False, "1.14.34": True},
    "silence_is_worded": {"1.1.34": False, "1.14.34": True},
    "long_output_keeps_end": {"1.1.34": False, "1.14.34": True},
    "edit_errors_explain": {"1.1.34": False, "1.1.65": True},
    "read_is_tagged": {"1.1.34": False, "1.1.65": True},
    "read_counts_last_line": {"1.1.34": True, "1.2.11": False},
    "read_breaks_after_tag": {"1.1.34": False, "1.14.34": True},
    "read_has_display": {"1.1.34": False, "1.17.0": True},
    "shell_is_busy": {"1.1.34": False, "1.14.34": True},
    "denied_tools_are_hidden": {"1.1.34": False, "1.3.0": True},
    "questions_keep_all": {"1.1.34": True, "1.14.34": False},
    "forks_compare_ids": {"1.1.34": True, "1.18.34": False},
    "task_result": {"1.1.34": "text", "1.1.53": "labelled", "1.15.13": "tagged"},
    "task_shows_summary": {"1.1.34": True, "1.1.56": False},
    "task_shows_model": {"1.1.34": False, "1.1.53": True},
    "task_shows_parent": {"1.1.34": False, "1.15.0": True},
    "subagents_end_first": {"1.1.34": False, "1.17.19": True},
    "subagents_delegate": {"1.1.34": True, "1.18.3": False},
    "task_failure_is_told": {"1.1.34": False, "1.18.34": True},
    "subagent_todos_denied": {"1.1.34": True, "1.14.34": False},
    "subagents_inherit_rules": {"1.1.34": False, "1.14.34": True},
    "subagents_inherit_agents_denials": {"1.1.34": False, "1.15.0": True, "1.17.9": False},
    "subagent_told_tools": {"1.1.34": True, "1.17.0": False},
    "subagent_has_variant": {"1.1.34": False, "1.17.0": True},
    "subagent_is_named": {"1.1.34": False, "1.17.0": True},
    "abort_ends_asks": {"1.1.34": False, "1.14.34": True},
    "always_ends_in_space": {"1.1.34": False, "1.1.53": True},
    "bash_request_has_command": {"1.1.34": False, "1.17.0": True},
    "rules_shown_as_written": {"1.1.34": False, "1.3.0": True},
    "refusals_are_raw": {"1.1.34": False, "1.2.27": True, "1.3.0": False},
    "missing_request_refused": {"1.1.34": False, "1.15.13": True},
    "todos_have_ids": {"1.1.34": True, "1.2.1": False},
    "todos_show_ids": {"1.1.34": True, "1.14.34": False},
    "data_url_decoded_whole": {"1.1.34": True, "1.2.27": False},
    "forks_are_titled": {"1.1.34": False, "1.1.53": True},
    "revert_needs_its_message": {"1.1.34": False, "1.18.15": True},
    "revert_keeps_parts": {"1.1.34": False, "1.2.1": True},
    "messages_can_go": {"1.1.34": False, "1.2.15": True},
    "parts_removed_from": {"1.1.34": "message", "1.2.1": "server", "1.2.15": "session"},
    "parts_need_message": {"1.1.34": False, "1.2.1": True, "1.14.34": False},
    "busy_is": {"1.1.34": "error", "1.14.34": "bad", "1.15.0": "untold", "1.15.13": "conflict"},
    "late_writes": {"1.1.34": "kept", "1.2.1": "refused", "1.14.34": "dropped", "1.17.0": "refused"},
    "late_write_error": {
        "1.1.34": "SQLiteError: FOREIGN KEY constraint failed",
        "1.3.0": "FOREIGN KEY constraint failed",
        "1.14.34": "",
    },
    "unshared_is_missing": {"1.1.34": True, "1.2.1": False},
    "unsharing_is_an_update": {"1.1.34": False, "1.17.0": True},
    "abort_message": {"1.1.34": "The operation was aborted.", "1.14.34": "Aborted"},
    "abort_kills_tools": {"1.1.34": True, "1.14.34": False},
    "abort_tells_error_first": {"1.1.34": False, "1.14.34": True},
    "abort_waits": {"1.1.34": False, "1.14.34": True},
    "abort_in_retry_is_silent": {"1.1.34": False, "1.14.34": True},
    "idle_announced_with_error": {"1.1.34": False, "1.1.53": True},
    "idle_announced_when_not_running": {"1.1.34": False, "1.1.53": True},
    "retry_has_action": {"1.1.34": False, "1.14.48": True, "1.17.18": False},
    "stream_error_is_whole": {"1.1.34": False, "1.18.14": True},
    "answers_are_believed": {"1.1.34": False, "1.18.15": True},
    "overload_is_retried": {"1.1.34": False, "1.18.14": True},
    "overflow_is_named": {"1.1.34": False, "1.1.56": True},
    "too_large_is_overflow": {"1.1.34": False, "1.2.20": True},
    "overflow_is_summarised": {"1.1.34": False, "1.2.20": True},
    "continuing_may_ask": {"1.1.34": False, "1.1.58": True},
    "continuing_is_marked": {"1.1.34": False, "1.14.34": True},
    "heartbeat_seconds": {"1.1.34": 30, "1.2.11": 10},
    "events_have_ids": {"1.1.34": False, "1.14.34": True},
    "events_name_session": {"1.1.34": False, "1.14.34": True},
    "history_is_sent": {"1.1.34": False, "1.14.34": True},
    "history_is_numbered": {"1.1.34": False, "1.17.0": True},
    "stream_lacks": {"1.1.34": "nothing", "1.14.48": "everything", "1.15.0": "history", "1.15.3": "nothing"},
    "plugins_are_told": {"1.1.34": False, "1.17.9": True},
    "streams_unbuffered": {"1.1.34": False, "1.2.11": True},
    "streams_untransformed": {"1.1.34": False, "1.14.48": True},
    "document": {"1.1.34": "1.1.53", "1.14.48": "1.18.34"},
    "agents_sorted": {"1.1.34": False, "1.3.0": True},
    "temporary_folder_allowed": {"1.1.34": False, "1.14.34": True},
    "explore_asks_outside": {"1.1.34": False, "1.2.11": True},
    "plan_denies_general": {"1.1.34": False, "1.17.9": True},
    "has_codesearch": {"1.1.34": True, "1.14.34": False},
    "config_has_keybinds": {"1.1.34": True, "1.2.15": False},
    "models_have_url": {"1.1.34": False, "1.14.34": True},
    "init_is_guided": {"1.1.34": False, "1.14.34": True},
    "has_skills": {"1.1.34": False, "1.15.0": True},
    "formatters_listed": {"1.1.34": True, "1.14.34": False},
    "logins_built_in": {"1.1.34": True, "1.15.0": False},
    "vcs_names_default_branch": {"1.1.34": False, "1.14.34": True},
    "strict_files": {"1.1.34": False, "1.17.0": True},
    "file_status_known": {"1.1.34": True, "1.17.0": False},
    "has_workspaces": {"1.1.34": False, "1.2.20": True},
    "has_console": {"1.1.34": False, "1.14.34": True},
    "has_vcs_status": {"1.1.34": False, "1.14.41": True},
    "has_api_health": {"1.1.34": False, "1.17.0": True},
    "has_capabilities": {"1.1.34": False, "1.17.9": True},
    "has_second_interface": {"1.1.34": False, "1.17.9": True},
    "has_project_directories": {"1.1.34": False, "1.17.0": True},
}
"""The values that each behaviour took, by the version they came in."""

ROWS = tuple(Row(behaviour, since, value) for behaviour, values in HISTORIES.items() for since, value in values.items())

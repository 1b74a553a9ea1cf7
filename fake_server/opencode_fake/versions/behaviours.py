"""What can differ between versions, by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Behaviours:
    """How one version answers. Every field has its rows in ``table``."""

    # Who may come in.
    preflight_needs_password: bool
    """A CORS preflight without credentials is answered 401."""
    preflight_lasts: bool
    """A browser is told how long it may remember a preflight's answer."""
    unauthorized_names_origin: bool
    """A 401 lets an allowed origin read it, as any other answer."""
    unauthorized_is_empty: bool
    """A 401 has no body."""
    tauri_comes_by_https: bool
    """Pages of the desktop application may come from ``https://tauri.localhost`` as well."""
    renderer_comes_in: bool
    """Pages from ``oc://renderer`` may use the server."""
    password_in_query: bool
    """``auth_token`` in the query may stand for the Authorization header."""
    vary_for_allowed_only: bool
    """``Vary: Origin`` is left out for an origin that is not allowed."""

    # Requests, and what is wrong with them.
    effect_checks: bool
    """Requests are checked by Effect, which names the first fault only and where it lies; before, zod lists all."""
    errors_have_references: bool
    """A 500 names a reference into the server's log."""
    errors_are_hidden: bool
    """A 500 does not say what happened."""
    ids_checked_first: bool
    """Every route checks the ids in its path before anything else."""
    lookup_checks_ids: bool
    """Looking a session up fails on an id that can be none; before, it is merely not found."""
    inner_faults_named: bool
    """A validation error from inside the server begins with its class."""
    part_ids_checked: bool
    """The ids of a prompt's parts must be such."""
    format_checked: bool
    """A prompt can ask for a ``format``."""
    largest_body: int | None
    """Bytes that a body may have; None: no limit was met."""
    unknown_path_is_web_page: bool
    """What no route answers gets the web interface; before, the error of a proxy that cannot reach it."""
    page_policy: str
    """What the web interface may load, as its page says."""
    paths_forgive: bool
    """Paths match whatever their case, with doubled slashes, one at the end, or a semicolon and more, but not with long
    parameters or bad escapes; before, they match to the letter, resolved as an address is."""
    head_is_unknown: bool
    """HEAD is no method of any route."""
    empty_answer_is_json: bool
    """A 204 calls itself JSON."""
    gzip_from: int | None
    """Bytes from which on an answer is compressed for who accepts it; None: never."""

    # Sessions.
    directories_resolved: bool
    """The directory of a request is made absolute; before, it is kept as it was written."""
    list_filters_by: Literal["given directory", "named directory", "resolved directory"]
    """Which directory in the query of the session list counts: any, any but an empty one, or what it means."""
    sessions_found_anywhere: bool
    """A session is found whatever directory the request names."""
    missing_session_refused: bool
    """Every route that needs its session answers 404 without it; before, many answer as for an empty one."""
    missing_session_has_no_messages: bool
    """The messages of a missing session are an empty list."""
    deleting_is_an_update: bool
    """``session.updated`` comes before ``session.deleted``: the server ends the sharing first, be there any or not."""
    deleting_missing_refused: bool
    """Deleting a session that is not there is a 404."""
    sessions_ordered_by: Literal["creation", "insertion", "update"]
    """The list of sessions: the newest first, the oldest first, or the last updated first."""
    sessions_listed: int | None
    """How many sessions are listed where no limit is given; None: all."""
    limit_is_sql: bool
    """A limit is the database's: 0 is none, a negative one is all, and a fraction fails."""
    bad_numbers_ignored: bool
    """A query of the session list that should be a number and is none is ignored."""
    roots_is_boolean: bool
    """``roots`` is true or false; before, any text counts as true."""
    path_filters: bool
    """``path`` filters the session list."""
    children_oldest_first: bool
    """The children of a session are listed, and deleted with it, in the order in which they were made."""
    sessions_have_path: bool
    """A session names its directory below the project's as well."""
    sessions_count_cost: bool
    """A session sums up the cost and the tokens of its messages."""
    sessions_name_model: bool
    """A prompt notes its agent and model in the session."""
    model_change_is_told: Literal["no", "switch", "numbered switch", "update"]
    """A prompt with another agent or model than before emits ``session.next.*`` events, or ``session.updated``."""
    creation_takes_model: bool
    """A session can be made with an agent and a model."""
    creation_takes_workspace: bool
    """A session can be made with a ``workspaceID``."""
    sessions_have_metadata: bool
    """A session keeps ``metadata``."""
    update_takes_permission: bool
    """PATCH can change the permission rules."""
    update_touches: Literal["never", "always", "rules"]
    """When PATCH sets ``time.updated``: never, always (a title that the model gave counts, too), or for permission
    rules and metadata only."""
    empty_update_is_told: bool
    """A PATCH that changes nothing emits ``session.updated``."""
    creation_is_an_update: bool
    """``session.created`` is followed by ``session.updated``."""

    # Prompts and messages.
    missing_message: Literal["no file", "error", "not found"]
    """A message that is not there: 404 that names a file, 500, or 404."""
    messages_found_anywhere: bool
    """A message is found in any session."""
    messages_paged: bool
    """The messages of a session can be read page by page, with a cursor; their limit is checked."""
    empty_prompt_has_length: bool
    """A prompt that has no parts and wants no reply is answered in one piece, others piece by piece."""
    failed_prompt_is_an_error: bool
    """A prompt that comes to no message is a 500; before, a 200 without a body."""
    unknown_model_is_an_event: bool
    """A prompt for an unknown model emits ``session.error``; otherwise nothing but an idle status tells of it."""
    unknown_agent_is_an_event: bool
    """A prompt for an unknown agent emits ``session.error``."""
    unknown_model_is_explained: bool
    """A command for an unknown model is refused with an error of its own, which names it."""
    unknown_command_is_named: bool
    """The error of an unknown command names it."""
    unknown_names_list_choice: bool
    """The error of an unknown command or agent lists those that there are."""
    failure_told_again: Literal["no", "name", "trace"]
    """A failed asynchronous prompt emits a second ``session.error``: with the error's name, or with its stack."""
    unknown_model_is_named: bool
    """The stack of a failed asynchronous prompt begins with the name of the model that is unknown."""
    user_variant_in_model: bool
    """A prompt's ``variant`` is kept in its model."""
    assistant_variant: bool
    """Assistant messages repeat the ``variant`` of the prompt."""
    user_message_title: bool
    """User messages get a title of their own in ``summary.title``."""
    structure_shows_at_once: bool
    """The form that a prompt asked for is part of the event that completes the message; before, only of the next."""
    formats_are_unreadable: bool
    """A message whose prompt asks for a ``format`` cannot be read: the server fails to check its own answer."""
    unreadable_inside_too: bool
    """The server itself cannot read such a message either: its session is not forked, and it is not summed up."""
    tokens_have_total: bool
    """``tokens`` have a ``total`` once there are any."""
    output_includes_reasoning: bool
    """The tokens of the reasoning count as output too, and are paid twice."""
    runs_in_own_directory: bool
    """A run happens in its session's directory; before, in the one that the request names."""

    # Text, tools and changes.
    text_in_deltas: bool
    """Streamed text is sent in events of its own, and stored only when it is complete."""
    text_trimmed: bool
    """White space at the end of a text is cut off."""
    reasoning_ends_with_text: bool
    """A reasoning ends when the text goes on; before, all blocks of a call end with the call."""
    broken_text_is_ended: bool
    """A text that an abort or an error breaks off is completed with what had come."""
    diff_has_status: bool
    """A file diff says whether the file was added, modified or deleted."""
    diff_is_patch: bool
    """A file diff has a patch instead of the text before and after."""
    diff_of_prompts: bool
    """``messageID`` asks for the diff of one prompt."""
    session_sums_diffs: bool
    """A session's diff and summary tell what it changed; later they stay empty."""
    session_diff_is_its_own: bool
    """What a session has changed is told of the files only that its own patches name."""
    tools_sorted: bool
    """The tools that a model is offered are listed by name."""
    tool_errors_prefixed: bool
    """The errors of tools begin with ``Error: ``."""
    bash_described: bool
    """A bash call is titled by its description; later by its command."""
    running_keeps_raw: bool
    """A tool's running state keeps the ``raw`` of the pending one until the tool shows something."""
    tools_begin_first: bool
    """A tool works until its first pause before its call is told to run; what it shows until then is told twice."""
    silence_is_worded: bool
    """A command without output says so."""
    long_output_keeps_end: bool
    """Of what a command prints beyond measure the end is shown; before that the beginning, as of any tool."""
    edit_errors_explain: bool
    """The errors of ``edit`` say what must match."""
    read_is_tagged: bool
    """``read`` puts the file's path, type and content in tags of their own."""
    read_counts_last_line: bool
    """``read`` counts the empty line after the last line's end."""
    read_breaks_after_tag: bool
    """``read`` begins the content on a line of its own."""
    read_has_display: bool
    """``read`` repeats what it read in ``metadata.display``."""

    shell_is_busy: bool
    """A session is busy while it executes a command for the user."""

    denied_tools_are_hidden: bool
    """The model is not offered what the session's rules deny altogether."""
    questions_keep_all: bool
    """A question is put to the user with all that the model said, be it unknown."""

    # Subagents.
    task_result: Literal["text", "labelled", "tagged"]
    """How the model is told what a subagent answered."""
    task_shows_summary: bool
    """A task's call ends with an empty ``summary`` in its metadata."""
    task_shows_model: bool
    """A task's call names the model."""
    task_shows_parent: bool
    """A task's call names the session that it belongs to."""
    subagents_end_first: bool
    """An abort cancels the tasks and waits for their subagents before it is told."""
    subagents_delegate: bool
    """A session below another one can set subagents to work as well; later that is refused as too deep."""
    task_failure_is_told: bool
    """A task fails whose subagent ended with a failed tool and without a word."""
    subagent_todos_denied: bool
    """No subagent may use todos; later only those whose own rules do not speak of them may not."""
    subagents_inherit_rules: bool
    """What its session's own rules deny is denied to a subagent, and what they say of other folders holds for it."""
    subagents_inherit_agents_denials: bool
    """A subagent may not edit what the agent that set it to work may not edit."""
    subagent_told_tools: bool
    """The prompt of a subagent switches off the tools that it may not use."""
    subagent_has_variant: bool
    """A subagent's model has the variant of the prompt that wants the task."""
    subagent_is_named: bool
    """A subagent's session names its agent from the beginning."""

    # Asking the user, and todos.
    abort_ends_asks: bool
    """Aborting a run that waits for the user ends it at once; otherwise its message stays open until the answer."""
    always_ends_in_space: bool
    """What an "always" covers is written ``git commit *``; otherwise ``git commit*``."""
    bash_request_has_command: bool
    """A request for ``bash`` has the command in its metadata."""
    rules_shown_as_written: bool
    """A denial shows rules with their keys in the order they got them, hence a pattern that was not written last."""
    refusals_are_raw: bool
    """The error of a tool that was refused is an error object written out."""
    missing_request_refused: bool
    """Answering a request that is not there is a 404."""
    todos_have_ids: bool
    """Todo items have an ``id``."""
    todos_show_ids: bool
    """The tool that writes them and its event show that ``id``, be it kept or not."""

    data_url_decoded_whole: bool
    """A text that a prompt brings in a data URL begins with the URL's own letters, decoded too."""

    # The past of a session.
    forks_compare_ids: bool
    """A fork ends before the first message that is not older than the one named; later before that one itself."""
    forks_are_titled: bool
    """A fork is called after its original, and needs one."""
    revert_needs_its_message: bool
    """Nothing of what was reverted goes with the next prompt where the message of the revert was deleted."""
    revert_keeps_parts: bool
    """A revert to a part keeps the parts before it when the next prompt comes."""
    messages_can_go: bool
    """``DELETE`` removes a message."""
    parts_removed_from: Literal["message", "server", "session"]
    """Where a part is looked for that is to go: in the message that the path names, in all, or in its session's."""
    parts_need_message: bool
    """A part cannot be put into a message that is not there: the database refuses it."""
    busy_is: Literal["error", "bad", "untold", "conflict"]
    """What must wait for a run is refused with a 500, a 400, a 400 that says nothing, or a 409."""
    late_writes: Literal["kept", "refused", "dropped"]
    """What a run writes into its deleted session: it is kept, ends the run with an error, or is lost unnoticed."""
    late_write_error: str
    """What that error says; nothing: the query that failed."""
    unshared_is_missing: bool
    """Ending the sharing of a session that is not shared is a 404."""
    unsharing_is_an_update: bool
    """Ending the sharing sets ``time.updated`` and emits ``session.updated``, shared or not."""

    # Aborts and errors.
    abort_message: str
    """What the error of an aborted message says."""
    abort_kills_tools: bool
    """An aborted bash call is an error; later it is completed and its output tells."""
    abort_tells_error_first: bool
    """An abort emits ``session.error`` before it emits idle."""
    abort_waits: bool
    """An abort is answered when the run has ended; before, at once."""
    abort_in_retry_is_silent: bool
    """An abort while the provider is retried leaves no error."""
    idle_announced_with_error: bool
    """``session.error`` is followed by an idle status at once, before the message is final."""
    idle_announced_when_not_running: bool
    """Aborting a session that does not run emits an idle status all the same."""
    retry_has_action: bool
    """``GET /session/status`` shows an ``action`` of a retry; the events do not."""
    stream_error_is_whole: bool
    """The error of a broken answer holds the provider's error object; before, only its message."""
    answers_are_believed: bool
    """A prompt counts as answered by an answer that names it, even where its id sorts after the answer's."""
    overload_is_retried: bool
    """An error inside the provider's answer that speaks of an overload is retried."""
    overflow_is_named: bool
    """A provider that calls the conversation too long is understood: that is no ``APIError`` like any other."""
    too_large_is_overflow: bool
    """The status 413 of a provider means the same."""
    overflow_is_summarised: bool
    """A conversation that is too long is summarised, and the model asked again; before, the run ends."""
    continuing_may_ask: bool
    """After a summary on its own account the server asks the model to go on, or to stop and ask."""
    continuing_is_marked: bool
    """What asks the model to go on says so in its metadata."""

    # Event streams.
    heartbeat_seconds: int
    """Seconds between two heartbeats of an event stream."""
    events_have_ids: bool
    """Events have ids, and on ``/global/event`` a project."""
    events_name_session: bool
    """Every event of a session names it, and those of parts a time."""
    history_is_sent: bool
    """``/global/event`` repeats what a session's history keeps in frames of the type ``sync``."""
    history_is_numbered: bool
    """Those frames are numbered and hold the whole event; before, all are 0 and hold what changed."""
    stream_lacks: Literal["nothing", "history", "everything"]
    """What ``/event`` lacks: the events that a session's history keeps, or all that come after the first."""
    plugins_are_told: bool
    """A directory's first prompt is followed by an event for each of its plugins."""
    streams_unbuffered: bool
    """Streams ask proxies not to buffer them."""
    streams_untransformed: bool
    """Streams ask proxies not to transform them, and name no connection."""

    # Surroundings.
    document: str
    """The version whose description of the interface holds."""
    agents_sorted: bool
    """The agents but the default one are listed by name."""
    temporary_folder_allowed: bool
    """Agents may use a folder for temporary files."""
    explore_asks_outside: bool
    """The rules of the agent ``explore`` repeat that other folders are asked for."""
    plan_denies_general: bool
    """The agent ``plan`` may not start the agent ``general``."""
    has_codesearch: bool
    """There is a tool ``codesearch``, and a right to read todos."""
    config_has_keybinds: bool
    """The configuration lists the keys of the terminal interface."""
    models_have_url: bool
    """A model says at which address it is, if only an empty one."""
    init_is_guided: bool
    """The command ``init`` guides its user."""
    has_skills: bool
    """The server comes with a skill, which is a command too."""
    formatters_listed: bool
    """All known formatters are listed, not only the configured ones."""
    logins_built_in: bool
    """Ways to log in with providers come with the server, even without its default plugins."""
    vcs_names_default_branch: bool
    """Version control has a default branch, and a null where it has no branch."""
    strict_files: bool
    """Listed folders end with a slash, the repository's own is among them, and what is no folder is an error."""
    file_status_known: bool
    """``/file/status`` names the files that are not committed."""
    has_workspaces: bool
    """There is ``/experimental/workspace``."""
    has_console: bool
    """There are the routes of the console, and more of workspaces."""
    has_capabilities: bool
    """There is ``/experimental/capabilities``."""
    has_vcs_status: bool
    """There is ``/vcs/status``."""
    has_project_directories: bool
    """There is ``/project/{projectID}/directories``."""
    has_api_health: bool
    """There is ``/api/health``."""
    has_second_interface: bool
    """There is a second interface below ``/api``."""

"""The tests of a user, pointed at real servers: the same code as on the fake."""

from __future__ import annotations

import os
from textwrap import dedent

import pytest

# What the runs inside import is imported here once: pytester forgets what they import.
import opencode_contract.user_tests.choosing
import opencode_fixtures.settings
from opencode_fake import FakeServer
from opencode_fake.scripts import reply, text

pytestmark = pytest.mark.system
KEPT = (opencode_contract, opencode_fixtures)
BINARY = os.environ.get("OPENCODE_TESTKIT_BINARY", "")
needs_a_server = pytest.mark.skipif(not BINARY, reason="OPENCODE_TESTKIT_BINARY names no OpenCode executable")
TARGET = f"local:{BINARY}"

HEAD = """
    import httpx, pytest
    from opencode_fake import ManualClock
    from opencode_fake.scripts import reply, text, tool, write
    from opencode_sandbox import SandboxClient, SandboxConfig

    def ask(server, prompt):
        with SandboxClient(SandboxConfig.from_api_keys(server.api_keys)) as client:
            return client.ask(client.create_session().id, prompt, timeout=60).text

    def http(server):
        return httpx.Client(base_url=server.url, auth=(server.username, server.password), trust_env=False, timeout=60)
"""


@pytest.fixture(autouse=True)
def _of_its_own(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nasyncio_mode = strict\nasyncio_default_fixture_loop_scope = function\n")


def run(pytester: pytest.Pytester, code: str, *arguments: str) -> pytest.RunResult:
    """Runs the code of a user's test file."""
    pytester.makepyfile(dedent(HEAD) + dedent(code))
    return pytester.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:schemathesis", "-rs", *arguments)


ANYWHERE = """
    @pytest.mark.opencode(script=[reply("list", tool("bash", {"command": "ls"}, output="a.py"), text("One file."))])
    @pytest.mark.parametrize("turn", [1, 2])
    def test_a_script(opencode_server, turn):
        assert ask(opencode_server, "Please list the files") == "One file."
        opencode_server.assert_prompts("list the files")
        assert [prompt.text for prompt in opencode_server.prompts] == ["Please list the files"]
        assert not opencode_server.unmatched + opencode_server.unused

    def test_replies_that_are_added(opencode_server, opencode_client):
        opencode_server.play(reply("hello", text("Hi.")))
        session = opencode_client.create_session()
        opencode_client.send_prompt(session.id, "hello")
        assert opencode_server.prompted("hello").wait().session_id == session.id
        with http(opencode_server) as client:
            assert [each["id"] for each in client.get("/session").json()] == [session.id]

    def test_leave(opencode_server):
        ask_first = tool("bash", {"command": "rm -rf build"}, output="gone", permission="ask")
        opencode_server.play(reply("clean", ask_first, text("Clean.")))
        with http(opencode_server) as client:
            session = client.post("/session", json={}).json()["id"]
            client.post(f"/session/{session}/prompt_async", json={"parts": [{"type": "text", "text": "clean"}]})
            opencode_server.prompted().wait()
            while not (asked := client.get("/permission").json()):
                pass
            client.post(f"/permission/{asked[0]['id']}/reply", json={"reply": "once"})

    @pytest.mark.opencode(script=[reply("rm", tool("bash", {"command": "rm -rf build"}, output="gone"), text("Gone."))])
    def test_leave_is_a_matter_of_the_script(opencode_server):
        assert ask(opencode_server, "rm") == "Gone."

    @pytest.mark.opencode(script=[reply("write", write("new.py", "1"), text("Written."))])
    @pytest.mark.parametrize("turn", [1, 2])
    def test_files(opencode_server, turn):
        with http(opencode_server) as client:
            assert "new.py" not in {each["name"] for each in client.get("/file?path=.").json()}
            assert ask(opencode_server, "write") == "Written."

    def test_several(opencode_servers):
        one, other = opencode_servers([reply("v", text("one"))]), opencode_servers([reply("v", text("other"))])
        assert [ask(one, "v"), ask(other, "v")] == ["one", "other"]
        one.assert_prompts("v")

    def test_of_the_run(opencode_server_of_the_run):
        opencode_server_of_the_run.play(reply("hello", text("Hi.")))
        assert ask(opencode_server_of_the_run, "hello") == "Hi."
"""


@pytest.mark.parametrize(
    "target", ["fake", pytest.param(TARGET, marks=[pytest.mark.local, needs_a_server])], ids=["fake", "local"]
)
def test_the_same_tests_pass_on_the_fake_and_on_a_real_server(pytester: pytest.Pytester, target: str) -> None:
    """Scripts, replies added later, rules, files: each test finds its server as new."""
    run(pytester, ANYWHERE, "--opencode-target", target).assert_outcomes(passed=9)


@pytest.mark.local
@needs_a_server
def test_what_fails_on_a_real_server_says_why(pytester: pytest.Pytester) -> None:
    """A prompt that nothing answers fails the test, and the report tells it all; what only the fake has skips."""
    result = run(
        pytester,
        """
        @pytest.mark.opencode(script=[reply("list the files", text("a"))])
        def test_unmatched(opencode_server):
            with pytest.raises(Exception, match="no reply"):
                ask(opencode_server, "list the fields")

        def test_requests(opencode_server):
            opencode_server.assert_requested("POST", "/session")

        @pytest.mark.opencode(clock=ManualClock())
        def test_clock(opencode_server):
            pass
        """,
        *("--opencode-target", TARGET),
    )
    result.assert_outcomes(failed=1, skipped=2)
    result.stdout.fnmatch_lines(
        [
            "no reply of the script answers the prompt 'list the fields'",
            "*- OpenCode * at http://127.0.0.1:* -*",
            "*user *text 'list the fields'",
            "SKIPPED*is a real server, and only the fake has 'assert_requested': run this test on the fake",
            "SKIPPED*this test wants a server with clock=..., which local:* cannot be: run it on the fake",
        ],
        consecutive=False,
    )


ON_A_DEPLOYMENT = """
    def test_sessions(opencode_server, opencode_client):
        assert not opencode_server.prompts
        session = opencode_client.create_session()
        opencode_client.send_prompt(session.id, "hello")
        assert opencode_server.prompted().wait().text == "hello"
        opencode_server.assert_prompts("hello")
        assert opencode_server.url.endswith("/opencode")

    @pytest.mark.opencode(script=[reply("hello", text("Not this."))])
    def test_with_a_script(opencode_server):
        assert ask(opencode_server, "hello") == "Its own."

    def test_that_plays(opencode_server):
        opencode_server.play(reply("hello", text("Not this.")))
        assert ask(opencode_server, "hello") == "Its own."
"""


def test_the_password_of_a_deployment_stands_in_no_report(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Although pytest prints what the functions of a failed test were called with."""
    code = """
        def use(api_keys, password):
            raise RuntimeError("something else")

        def test_it(opencode_server):
            assert len(opencode_server.password) == 9
            use(opencode_server.api_keys, opencode_server.password)
    """
    with FakeServer(password="right-one") as deployment:
        monkeypatch.setenv("OPENCODE_SERVER_PASSWORD", "right-one")
        result = run(pytester, code, "--opencode-target", deployment.url, "--showlocals")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*api_keys = *", "*RuntimeError: something else"])
    assert "right-one" not in result.stdout.str()


def test_a_deployment_answers_by_itself(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """What has a script is skipped there, unless prompts may cost money. What was there before is not the test's."""
    with FakeServer([reply(None, text("Its own."))], password="right-one") as deployment:
        monkeypatch.setenv("OPENCODE_SERVER_PASSWORD", "right-one")
        result = run(pytester, ON_A_DEPLOYMENT, "--opencode-target", deployment.url)
        result.assert_outcomes(passed=1, skipped=2)
        result.stdout.fnmatch_lines(["SKIPPED*answers with a model of its own*--opencode-level prompt"])
        paid = run(pytester, ON_A_DEPLOYMENT, "--opencode-target", deployment.url, "--opencode-level", "prompt")
        paid.assert_outcomes(passed=3)


@pytest.mark.parametrize(
    ("target", "password", "told"),
    [
        ("https//host", "", "*is not a target*"),
        ("local:/nowhere/opencode", "", "*there is no file /nowhere/opencode*"),
        ("URL", "", "*OPENCODE_SERVER_PASSWORD*"),
        ("URL", "wrong-one", "*wrong password*"),
    ],
)
def test_a_target_that_cannot_be_had_ends_the_run(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, target: str, password: str, told: str
) -> None:
    """With its reason, once, and exit code 2; a password is not part of it."""
    monkeypatch.setenv("OPENCODE_SERVER_PASSWORD", password)
    with FakeServer(password="right-one") as deployment:
        result = run(pytester, ANYWHERE, "--opencode-target", deployment.url if target == "URL" else target)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([told])
    assert "wrong-one" not in result.stdout.str()

"""The files of the recipe to deploy agree with one another."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
from dockerfile_parse import DockerfileParser  # type: ignore[import-untyped] # it has no types

from opencode_contract.fidelity.command import PROVEN_VERSIONS
from opencode_contract.standin import ENTRY

RECIPE = ENTRY.parent
TEXT = ENTRY.read_text()
TEMPLATE = (RECIPE / "nginx.conf.template").read_text()
FLY: dict[str, Any] = tomllib.loads((RECIPE / "fly.toml").read_text())


@pytest.fixture
def image(tmp_path: Path) -> DockerfileParser:
    """The Dockerfile, a copy: the parser opens what it reads for writing."""
    shutil.copy(RECIPE / "Dockerfile", tmp_path)
    return DockerfileParser(str(tmp_path))


def instructions(image: DockerfileParser, name: str) -> list[str]:
    """What follows an instruction, each time it stands there."""
    return [each["value"] for each in image.structure if each["instruction"] == name]


def defaults() -> dict[str, str]:
    """What the entry script takes where the environment says nothing."""
    return dict(re.findall(r"(\w+)=\$\{\1:-([^}]*)\}", TEXT))


def test_everything_that_the_entry_needs_is_copied(image: DockerfileParser) -> None:
    """All files are there, and those that the entry script finds beside itself come with it."""
    (copied,) = instructions(image, "COPY")
    *files, folder = copied.split()
    assert [name for name in files if not (RECIPE / name).is_file()] == []
    assert set(re.findall(r"\$here/([\w.]+)", TEXT)) | {ENTRY.name} == set(files)
    (start,) = instructions(image, "ENTRYPOINT")
    assert json.loads(start)[-1] == f"{folder}entry"
    assert ENTRY.stat().st_mode & 0o111


def test_the_image_has_the_programs_that_the_entry_calls(image: DockerfileParser) -> None:
    """Those that the base image lacks are installed."""
    installed = instructions(image, "RUN")[0].split()
    assert {"curl", "git", "nginx-light", "tini", "ca-certificates"} <= set(installed)
    assert image.baseimage.startswith("node:")
    assert instructions(image, "ENTRYPOINT")[0].startswith('["tini", "-s", "--",')


def test_ports_and_folders_agree(image: DockerfileParser) -> None:
    """Dockerfile, fly.toml and the entry script's own defaults name the same."""
    service, (mount,) = FLY["http_service"], FLY["mounts"]
    assert instructions(image, "EXPOSE") == [image.envs["PORT"]]
    assert int(image.envs["PORT"]) == service["internal_port"]
    assert image.envs["DATA_DIR"] == mount["destination"] == "/data"
    assert image.envs["BASE_PATH"] == "/opencode"
    known = defaults()
    shared = set(image.envs) & set(known)
    assert shared >= {"PORT", "OPENCODE_PORT", "BASE_PATH", "DATA_DIR"}
    assert {name: known[name] for name in shared} == {name: image.envs[name] for name in shared}
    assert known["HOST"] == "0.0.0.0"  # noqa: S104 - Fly connects from outside the machine
    assert FLY["env"]["IDLE_SECONDS"] == known["IDLE_SECONDS"]


def test_the_version_is_an_argument_and_proven(image: DockerfileParser) -> None:
    """The version of fly.toml reaches the installation; one that the kit knows."""
    version = FLY["build"]["args"]["OPENCODE_VERSION"]
    assert version in PROVEN_VERSIONS
    assert f"OPENCODE_VERSION={version}" in instructions(image, "ARG")
    assert "@$OPENCODE_VERSION" in instructions(image, "RUN")[1]
    assert FLY["build"]["dockerfile"] == "Dockerfile"


def test_the_health_check_needs_no_password() -> None:
    """It asks for a path that nginx has an answer of its own for, and sends no credentials."""
    (check,) = FLY["http_service"]["checks"]
    assert f"location = {check['path']} {{" in TEMPLATE
    assert "headers" not in check


def test_fly_starts_machines_and_never_stops_them() -> None:
    """What the entry script does when idle only works so: it ends with code 0, and nothing starts it but a request."""
    service = FLY["http_service"]
    assert (service["auto_stop_machines"], service["auto_start_machines"]) == ("off", True)
    assert service["min_machines_running"] == 0
    assert [each["policy"] for each in FLY["restart"]] == ["on-failure"]
    assert FLY["kill_signal"] == "SIGTERM"
    (grace,) = re.findall(r"--kill-after=(\d+)", TEXT)
    assert FLY["kill_timeout"] > int(grace)


def test_no_secret_stands_in_a_file(image: DockerfileParser) -> None:
    """Passwords and keys come from Fly's secrets only."""
    names = [*FLY["env"], *FLY["build"]["args"], *image.envs, *instructions(image, "ARG")]
    assert [name for name in names if re.search("PASSWORD|KEY|TOKEN|SECRET", name)] == []


def test_all_places_of_the_configuration_are_filled() -> None:
    """And the entry script fills in nothing else."""
    assert set(re.findall(r"@([A-Z_]+)@", TEMPLATE)) == set(re.findall(r"s\|@([A-Z_]+)@", TEXT))


def test_every_setting_is_explained() -> None:
    """The comment at the top names all variables that the script takes, with their defaults."""
    head = TEXT.split("set -euo pipefail")[0]
    known = defaults() | dict(re.findall(r"\$\{(START_SECONDS):-(\d+)\}", TEXT))
    del known["OPENCODE_CONFIG"]
    for name, value in known.items():
        (line,) = [line for line in head.splitlines() if re.match(rf"#.*\b{name}\b", line)]
        assert value in line or name == "RUN_DIR", line


def test_the_scripts_can_be_read() -> None:
    """By bash, by Node.js, and by shellcheck where it is installed."""
    readers = [["bash", "-n", str(ENTRY)], ["node", "--check", str(RECIPE / "idle.mjs")], ["shellcheck", str(ENTRY)]]
    for reader in readers:
        if shutil.which(reader[0]):
            ended = subprocess.run(reader, capture_output=True, text=True, check=False)
            assert ended.returncode == 0, ended.stdout + ended.stderr
    json.loads((RECIPE / "opencode.json").read_text())


def test_ten_commands_lead_to_a_checked_sandbox() -> None:
    """The recipe's page has ten, none of which holds a secret, and names all its files."""
    page = (RECIPE / "README.md").read_text()
    commands = page.split("```text\n")[1].split("```")[0].splitlines()
    assert len(commands) == 10
    assert [line for line in commands if re.search(r"(PASSWORD|KEY)=[^%]", line)] == []
    files = {path.name for path in RECIPE.iterdir()} - {"README.md"}
    assert [name for name in files if f"| `{name}` |" not in page] == []

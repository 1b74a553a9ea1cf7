from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import sys
import tarfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from opencode_contract.errors import (
    BadTarget,
    BrokenBinary,
    DamagedDownload,
    NoSuchVersion,
    NpmFailed,
    NpmMissing,
    RegistryUnreachable,
)
from opencode_contract.local import (
    Binary,
    BinaryCache,
    Platform,
    binary,
    default_cache_folder,
    fetch_binary,
    given_binary,
)
from opencode_contract.local.npm import nearest_versions

MACHINE = Platform("linux", "x64")

# Stands in for npm: answers as the settings beside it say, and notes what it was asked.
NPM = """#!{python} -IS
import json, pathlib, shutil, sys
here = pathlib.Path(__file__).parent
settings = json.loads((here / "settings.json").read_text())
with (here / "calls.txt").open("a") as calls:
    calls.write(" ".join(sys.argv[1:]) + "\\n")
command, package = sys.argv[1:3]
if settings["error"] and (command == settings["fails_at"]):
    print(json.dumps({{"error": {{"code": settings["error"], "summary": "no"}}}}))
    print("npm error code " + settings["error"], file=sys.stderr)
    sys.exit(1)
if command == "view" and "versions" in sys.argv:
    print(json.dumps(settings["versions"]))
elif not package.endswith("@1.1.53"):
    print(json.dumps({{"error": {{"code": "E404"}}}}))
    sys.exit(1)
elif command == "view":
    print(json.dumps(settings["integrity"]))
else:
    target = pathlib.Path(sys.argv[sys.argv.index("--pack-destination") + 1])
    shutil.copy(here / "package.tgz", target / "opencode-linux-x64-1.1.53.tgz")
    print("[]")
"""


@dataclass
class FakeNpm:
    """A program called npm, and what it answers."""

    folder: Path

    def answers(self, **settings: Any) -> None:
        """Changes what it answers."""
        path = self.folder / "settings.json"
        known = json.loads(path.read_text()) if path.exists() else {"error": "", "fails_at": "view", "versions": []}
        path.write_text(json.dumps(known | settings))

    def has(self, script: str, member: str = "package/bin/opencode", size: int | None = None) -> None:
        """Gives it a package with an executable; ``size`` cuts the archive after the hash was taken."""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as archive:
            entry = tarfile.TarInfo(member)
            entry.size, entry.mode = len(script.encode()), 0o644
            archive.addfile(entry, io.BytesIO(script.encode()))
        data = packed.getvalue()
        digest = base64.b64encode(hashlib.sha512(data).digest()).decode()
        self.answers(integrity=f"sha1-x sha512-{digest}")
        (self.folder / "package.tgz").write_bytes(data[:size])

    @property
    def packs(self) -> int:
        """How often it was asked for the package."""
        return sum(line.startswith("pack") for line in (self.folder / "calls.txt").read_text().splitlines())


def says(version: str) -> str:
    """An executable that says it is of this version."""
    return f"#!/bin/sh\necho {version}\n"


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeNpm:
    """A fake npm on the PATH whose package is in order."""
    folder = tmp_path / "npm"
    folder.mkdir()
    program = folder / "npm"
    program.write_text(NPM.format(python=sys.executable))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    fake = FakeNpm(folder)
    fake.has(says("1.1.53"))
    return fake


@pytest.fixture
def cache(tmp_path: Path) -> BinaryCache:
    """An empty cache."""
    return BinaryCache(tmp_path / "cache")


def test_a_version_is_fetched_once(npm: FakeNpm, cache: BinaryCache, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fetched version is cached: the second time neither npm nor the network is needed."""
    binary = fetch_binary("1.1.53", cache, MACHINE)
    assert binary == given_binary(binary.path)
    monkeypatch.setenv("PATH", "")
    assert fetch_binary("1.1.53", cache, MACHINE) == binary
    assert npm.packs == 1


def test_two_who_fetch_at_once_share_one_download(npm: FakeNpm, cache: BinaryCache) -> None:
    """Whoever comes second waits for the first and takes what is then in the cache."""
    with ThreadPoolExecutor(4) as threads:
        fetched: list[Binary] = list(threads.map(lambda _: fetch_binary("1.1.53", cache, MACHINE), range(4)))
    assert len(set(fetched)) == 1
    assert npm.packs == 1


def test_a_cached_executable_that_was_changed_is_fetched_again(npm: FakeNpm, cache: BinaryCache) -> None:
    """An executable that is not what was put into the cache is not used."""
    path = fetch_binary("1.1.53", cache, MACHINE).path
    path.write_text(says("6.6.6"))
    assert given_binary(fetch_binary("1.1.53", cache, MACHINE).path).version == "1.1.53"
    assert npm.packs == 2


def test_a_cached_executable_that_was_only_touched_is_kept(npm: FakeNpm, cache: BinaryCache) -> None:
    """Another time on an unchanged file does no harm: its hash is compared then."""
    fetch_binary("1.1.53", cache, MACHINE).path.touch()
    fetch_binary("1.1.53", cache, MACHINE)
    assert npm.packs == 1


def test_nothing_is_left_of_a_fetch_that_fails(npm: FakeNpm, cache: BinaryCache) -> None:
    """After a failure the cache holds nothing that is taken for an executable, and no scraps."""
    npm.has(says("1.1.53"), size=100)
    with pytest.raises(DamagedDownload):
        fetch_binary("1.1.53", cache, MACHINE)
    assert cache.get(MACHINE.package, "1.1.53") is None
    assert [path.name for path in (cache.folder / "binaries" / MACHINE.package).iterdir()] == ["1.1.53.lock"]


def test_a_truncated_archive_is_refused(npm: FakeNpm, cache: BinaryCache) -> None:
    """An archive that was cut short does not have the registry's hash."""
    npm.has(says("1.1.53"), size=-10)
    with pytest.raises(DamagedDownload, match="cut short or changed"):
        fetch_binary("1.1.53", cache, MACHINE)


def test_an_archive_with_another_hash_is_refused(npm: FakeNpm, cache: BinaryCache) -> None:
    """An archive that is whole but not the registry's is refused before it is unpacked."""
    npm.answers(integrity=f"sha512-{base64.b64encode(bytes(64)).decode()}")
    with pytest.raises(DamagedDownload, match="does not have the hash"):
        fetch_binary("1.1.53", cache, MACHINE)


@pytest.mark.parametrize("integrity", ["sha1-abc", "sha512-%%%", {"odd": 1}])
def test_a_registry_without_a_usable_hash_is_an_error(npm: FakeNpm, cache: BinaryCache, integrity: object) -> None:
    """Nothing is used that cannot be verified."""
    npm.answers(integrity=integrity)
    with pytest.raises(NpmFailed, match="hash"):
        fetch_binary("1.1.53", cache, MACHINE)


def test_an_archive_that_is_none_is_refused(npm: FakeNpm, cache: BinaryCache) -> None:
    """What has the right hash but is no archive is damaged all the same."""
    (npm.folder / "package.tgz").write_bytes(b"no archive")
    digest = base64.b64encode(hashlib.sha512(b"no archive").digest()).decode()
    npm.answers(integrity=f"sha512-{digest}")
    with pytest.raises(DamagedDownload, match="cannot be unpacked"):
        fetch_binary("1.1.53", cache, MACHINE)


def test_an_unknown_version_names_the_nearest(npm: FakeNpm, cache: BinaryCache) -> None:
    """A version that the registry does not have is told with those that it has nearby."""
    npm.answers(versions=["1.1.31", "1.1.34", "1.1.53", "1.1.56", "1.2.0-beta", "1.18.3", "1.18.34"])
    with pytest.raises(NoSuchVersion, match=r"1\.1\.34, 1\.1\.53"):
        fetch_binary("1.1.41", cache, MACHINE)


@pytest.mark.parametrize("version", ["newest", "1.1", "1.1.53; rm -rf /", "../../1.1.53", ""])
def test_what_is_no_version_never_reaches_npm(npm: FakeNpm, cache: BinaryCache, version: str) -> None:
    """Only a version is looked for; anything else is refused at once."""
    with pytest.raises(BadTarget, match="write one such as"):
        fetch_binary(version, cache, MACHINE)
    assert not (npm.folder / "calls.txt").exists()


@pytest.mark.parametrize(
    ("code", "fails_at", "error", "advice"),
    [
        ("ENOTFOUND", "view", RegistryUnreachable, "check the network"),
        ("ECONNREFUSED", "pack", RegistryUnreachable, "check the network"),
        ("EINTEGRITY", "pack", DamagedDownload, "npm cache verify"),
        ("EWHATEVER", "view", NpmFailed, "EWHATEVER"),
    ],
)
def test_failures_of_npm_are_told_apart(
    npm: FakeNpm, cache: BinaryCache, code: str, fails_at: str, error: type[Exception], advice: str
) -> None:
    """Each way in which npm fails has an error of its own, with what to do."""
    npm.answers(error=code, fails_at=fails_at)
    with pytest.raises(error, match=advice):
        fetch_binary("1.1.53", cache, MACHINE)


def test_without_npm_the_error_says_what_to_install(cache: BinaryCache, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where npm is absent the error names it, and the way without it."""
    monkeypatch.setenv("PATH", "")
    with pytest.raises(NpmMissing, match=r"Node\.js.*local:/path/to/opencode"):
        fetch_binary("1.1.53", cache, MACHINE)


def test_npm_does_not_see_the_servers_password(
    npm: FakeNpm, cache: BinaryCache, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A password in our environment is not passed on."""
    program, seen = npm.folder / "npm", tmp_path / "environment"
    note = f"import os; open({str(seen)!r}, 'w').write(repr(os.environ)); import json"
    program.write_text(program.read_text().replace("import json", note, 1))
    monkeypatch.setenv("OPENCODE_SERVER_PASSWORD", "tell-nobody")
    fetch_binary("1.1.53", cache, MACHINE)
    assert "tell-nobody" not in seen.read_text()


@pytest.mark.parametrize(
    ("script", "member", "error"),
    [
        (says("1.1.54"), "package/bin/opencode", "says that it is 1.1.54"),
        ("#!/bin/sh\necho broken >&2\nexit 7\n", "package/bin/opencode", "code 7(.|\n)*broken"),
        ("\x7fELF nonsense", "package/bin/opencode", "does not start|ended with code"),
        (says("1.1.53"), "package/lib/opencode", "holds no package/bin/opencode"),
    ],
)
def test_an_executable_that_does_not_work_is_not_cached(
    npm: FakeNpm, cache: BinaryCache, script: str, member: str, error: str
) -> None:
    """What was fetched is tried before it is kept."""
    npm.has(script, member)
    with pytest.raises(BrokenBinary, match=error):
        fetch_binary("1.1.53", cache, MACHINE)
    assert cache.get(MACHINE.package, "1.1.53") is None


def test_a_given_executable_has_to_exist_and_to_run(tmp_path: Path) -> None:
    """A path that names no file, or one that cannot be executed, is told as such."""
    path = tmp_path / "opencode"
    with pytest.raises(BrokenBinary, match="there is no file"):
        given_binary(path)
    path.write_text(says("1.1.53"))
    with pytest.raises(BrokenBinary, match="chmod"):
        given_binary(path)
    path.chmod(0o755)
    assert given_binary(path).version == "1.1.53"


def test_an_executable_that_hangs_is_given_up_with_all_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """While an executable is waited for, stderr says so; after some seconds it is ended, and nothing is left of it."""
    assert binary.VERSION_SECONDS <= 15
    monkeypatch.setattr(binary, "VERSION_SECONDS", 0.5)
    held, path = tmp_path / "held", tmp_path / "[opencode]"
    os.mkfifo(held)
    path.write_text(f"#!/bin/sh\nsleep 60 > {held}\n")
    path.chmod(0o755)
    with ThreadPoolExecutor(1) as pool:
        ends = pool.submit(held.read_text)
        with pytest.raises(BrokenBinary, match=r"did not end within 0\.5 s"):
            given_binary(path)
        assert ends.result(timeout=20) == ""
    said = capsys.readouterr()
    assert said.err == f"Waiting for '{path} --version'\n"
    assert said.out == ""


@pytest.mark.parametrize(
    ("machine", "package"),
    [
        (Platform("linux", "x64"), "opencode-linux-x64"),
        (Platform("linux", "arm64", musl=True), "opencode-linux-arm64-musl"),
        (Platform("linux", "x64", musl=True, baseline=True), "opencode-linux-x64-baseline-musl"),
        (Platform("darwin", "arm64"), "opencode-darwin-arm64"),
        (Platform("windows", "x64", baseline=True), "opencode-windows-x64-baseline"),
    ],
)
def test_each_machine_has_its_package(machine: Platform, package: str) -> None:
    """The package's name is made of system, architecture, processor and C library, in npm's order."""
    assert machine.package == package


def test_the_nearest_versions_lie_on_both_sides() -> None:
    """Neighbours are found by number, not by text, and at the edges as well."""
    known = ["1.1.9", "1.1.10", "1.1.53", "1.2.0", "1.10.0", "1.9.0", "2.0.0-rc1"]
    assert nearest_versions("1.1.41", known) == ["1.1.9", "1.1.10", "1.1.53", "1.2.0", "1.9.0"]
    assert nearest_versions("9.9.9", known) == ["1.1.10", "1.1.53", "1.2.0", "1.9.0", "1.10.0"]
    assert nearest_versions("1.0.0", known[:2]) == ["1.1.9", "1.1.10"]


def test_the_cache_is_where_the_user_wants_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """XDG_CACHE_HOME says where the cache is; a relative one does not count."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_cache_folder() == tmp_path / "opencode-testkit"
    monkeypatch.setenv("XDG_CACHE_HOME", "here")
    assert default_cache_folder() == Path.home() / ".cache" / "opencode-testkit"

"""Writes a row of steps as a program of its own that needs nothing but httpx."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from opencode_contract.fidelity.compare import Difference
from opencode_contract.fidelity.steps import Absent, Await, Close, Join, Open, Pass, Send, Settle, Step

_HEAD = '''\
"""Shows where the fake differs from OpenCode {version}.

{differences}

Run it on either, with a server that performs the script of the fidelity cases, and compare what it prints:

    python {file} http://127.0.0.1:4096 PASSWORD
"""

import json
import re
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx

url, password = sys.argv[1:]
client = httpx.Client(base_url=url, auth=("opencode", password), timeout=60, trust_env=False)
pool = ThreadPoolExecutor()
names = {{}}


def say(*words):
    """Prints a line in one piece: others are printed by other threads meanwhile."""
    sys.stdout.write(" ".join(map(str, words)) + "\\n")


def filled(text):
    """Puts in the values that were saved."""
    return re.sub(r"\\{{([a-z][a-z0-9_]*)\\}}", lambda found: names.get(found[1], found[0]), text)


def send(method, path, content=None, headers=None, auth=httpx.USE_CLIENT_DEFAULT):
    """One request, its path to the letter."""
    if isinstance(content, str):
        content = filled(content).encode("utf-8", "surrogatepass")
    request = client.build_request(method, "/", content=content, headers=headers or {{}})
    request.extensions["target"] = filled(path).encode()
    return client.send(request, auth=auth)


def show(method, path, answer, **saved):
    """Prints an answer, and saves what later steps need."""
    say(method, filled(path), "->", answer.status_code, answer.headers.get("content-type"), ascii(answer.text))
    for name, place in saved.items():
        inside = place.startswith("headers.")
        save(name, dict(answer.headers) if inside else answer.json(), place.removeprefix("headers."))


def save(name, value, place):
    """Remembers a text that is under a dotted path, if there is one."""
    if isinstance(found := dig(value, place), str):
        names[name] = found


def dig(value, place):
    """What is under a dotted path, if anything."""
    for key in place.split("."):
        try:
            value = value[int(key)] if isinstance(value, list) else value[key]
        except (LookupError, TypeError):
            return None
    return value


heard = []
place_in_heard = 0


def hear():
    """Keeps all events."""
    with client.stream("GET", "/global/event", timeout=None) as answer:
        for line in answer.iter_lines():
            if line.startswith("data:"):
                heard.append(json.loads(line.removeprefix("data:"))["payload"])


def wait_for(event, where, **saved):
    """Waits for an event, from where the last such wait ended, and saves what later steps need."""
    global place_in_heard
    until = time.monotonic() + 10
    while time.monotonic() < until:
        for index, told in enumerate(heard[place_in_heard:], place_in_heard + 1):
            inner = told.get("properties")
            ours = any(name in json.dumps(inner) for name in names.values())
            if told.get("type") == event and ours and all(dig(inner, key) == filled(where[key]) for key in where):
                place_in_heard = index
                for name, place in saved.items():
                    save(name, inner, place)
                return
        time.sleep(0.05)
    say("waiting for", event, where, "-> it did not come")


def listen(path, until):
    """Reads an event stream until it is to be closed."""
    with client.stream("GET", filled(path), timeout=None) as answer:
        for line in answer.iter_lines():
            if until.is_set():
                return
            if line:
                say(path, "told", ascii(line))


def settle():
    """Waits until no session runs."""
    time.sleep(1)
    while any(name in client.get("/session/status").json() for name in names.values()):
        time.sleep(0.2)
    time.sleep(1)


threading.Thread(target=hear, daemon=True).start()
while not heard:
    time.sleep(0.05)

'''


def httpx_script(steps: Sequence[Step], differences: Iterable[Difference], version: str, file: str = "found.py") -> str:
    """A program that does the steps and prints the answers."""
    told = "\n".join(f"* {_plain(str(each))}" for each in list(differences)[:5])
    head = _HEAD.format(version=version, differences=told, file=file)
    return head + "\n".join(line for step in steps for line in _lines(step)) + "\n"


def _lines(step: Step) -> Iterator[str]:
    match step:
        case Send():
            yield from _send(step)
        case Join(name=name):
            yield f'show("the answer to", {name!r}, {name}.result())'
        case Await():
            yield f"wait_for({step.event!r}, {dict(step.where)!r}{_saved(step.save)})"
        case Settle(running=running):
            yield "time.sleep(1)" if running else "settle()"
        case Pass(seconds=seconds):
            yield f"time.sleep({seconds:g})"
        case Open(name=name, path=path):
            yield f"{name} = threading.Event()"
            yield f"threading.Thread(target=listen, args=({path!r}, {name}), daemon=True).start()"
            yield "time.sleep(1)"
        case Close(name=name):
            yield f"time.sleep(1); {name}.set()"


def _send(step: Send) -> Iterator[str]:
    arguments = [repr(step.method), ascii(step.path)]
    headers = dict(step.headers)
    if not isinstance(step.body, Absent):
        arguments.append(f"content={json.dumps(step.body)!r}")
        headers.setdefault("Content-Type", "application/json")
    elif step.content is not None:
        arguments.append(f"content={step.content!r}")
    if headers:
        arguments.append(f"headers={headers!r}")
    if step.auth == "none":
        arguments.append("auth=None")
    call = ", ".join(arguments)
    if step.background:
        yield f"{step.background} = pool.submit(send, {call})"
        return
    yield f"show({step.method!r}, {step.path!a}, send({call}){_saved(step.save)})"


def _saved(save: Mapping[str, str]) -> str:
    return "".join(f", {name}={place!r}" for name, place in save.items())


def _plain(text: str) -> str:
    """Text that may stand in a docstring."""
    return re.sub(r'["\\]', "'", " ".join(text.split())).encode("ascii", "replace").decode()

"""The script that both stages perform for the contract."""

from __future__ import annotations

from importlib import resources

from opencode_fake.scripts import Script, loads_script

NAME = "script.yaml"


def contract_script() -> Script:
    """The contract's own script."""
    text = resources.files("opencode_contract.requirements").joinpath(NAME).read_text(encoding="utf-8")
    return loads_script(text, NAME)

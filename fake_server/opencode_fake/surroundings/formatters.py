"""The formatters that a server knows, with the extensions of the files that they format (1.1.53 to 1.3.2)."""

from __future__ import annotations

_WEB = (
    "js jsx mjs cjs ts tsx mts cts html htm css scss sass less vue svelte json"
    " jsonc yaml yml toml xml md mdx graphql gql"
)
_LINES = f"""
zig zig zon
uv py pyi
terraform tf tfvars
standardrb rb rake gemspec ru
shfmt sh bash
rustfmt rs
ruff py pyi
rubocop rb rake gemspec ru
air R
prettier {_WEB}
pint php
oxfmt js jsx mjs cjs ts tsx mts cts
ormolu hs
ocamlformat ml mli
nixfmt nix
mix ex exs eex heex leex neex sface
latexindent tex
ktlint kt kts
htmlbeautifier erb html.erb
gofmt go
gleam gleam
dart dart
clang-format c cc cpp cxx c++ h hh hpp hxx h++ ino C H
biome {_WEB}
"""
FORMATTERS = tuple((line.split()[0], line.split()[1:]) for line in _LINES.strip().splitlines())

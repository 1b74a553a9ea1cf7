"""The commands of ``opencode-contract``: options, what is done with them, and how it ends."""

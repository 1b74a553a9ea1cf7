"""Scripts: what the assistant will do, written in Python or YAML."""

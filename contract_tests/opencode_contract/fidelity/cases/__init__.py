"""The catalogue: what is asked of both stages."""

"""The operations, each written once as a generator of effects."""

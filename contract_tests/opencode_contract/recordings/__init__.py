"""Makes the recordings that ``opencode_fixtures`` holds, and shows that the fake plays them as they were.

``python -m opencode_contract.recordings VERSION...`` makes them anew from real servers.
"""

"""What the assistant says when it is asked to summarise a conversation: the same on both stages."""

SUMMARY = "Summary of the conversation so far."

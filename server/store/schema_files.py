"""Tables of files: what is whole, what is under way, and which records name them."""

from server.store.migrations import Step

FILES_STEPS: list[Step] = []

"""Tables of epochs: which there were, and why each began."""

from server.store.migrations import Step

EPOCHS_STEPS: list[Step] = []

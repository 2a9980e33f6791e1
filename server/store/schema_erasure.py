"""Tables of erasures: which operations and records are no more."""

from server.store.migrations import Step

ERASURE_STEPS: list[Step] = []

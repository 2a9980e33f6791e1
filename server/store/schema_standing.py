"""Columns and tables of how devices stand: recovery codes, wipes, confirmation."""

from server.store.migrations import Step

STANDING_STEPS: list[Step] = []

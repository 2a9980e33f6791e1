"""What a tally is kept by, and the rules that have no name in `grid_map.counting_rules`."""

from __future__ import annotations

Key = tuple[str, str, str, str, str, str, str, str, int]
"""(village, month, rule, grid, worker, class, mode, item, late); for visits `mode` is the outcome."""

VISIT_RECORDED = "visit.recorded"
"""Every visit that stands, whatever came of it, on the day when it occurred."""

CASE_CAPTURED = "case.captured"
"""Every case that stands, on the day of its capture, for the worker who captured it."""

CASE_DECIDED = "case.decided"
"""Every case that was decided and stands, in the month of its decision; its `class` is the timing."""

"""Measurements of the main paths, as ratios taken in one run on one machine (`docs/performance.md`)."""

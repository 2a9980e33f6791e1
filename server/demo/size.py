"""How big a demonstration village is: households and workers, the same for everybody who asks."""

import msgspec

from server.demo.facts import seeded

HOUSEHOLDS = 2000
VARIATION = 0.15
WORKERS_MIN, WORKERS_MAX = 4, 6


class Size(msgspec.Struct, frozen=True):
    """A village's number of households and of full-time workers."""

    households: int
    workers: int


def village_size(seed: int, village: str, households: int = HOUSEHOLDS) -> Size:
    """`households` give or take 15 %, and a worker for about 400 of the usual 2,000, four to six in all."""
    factor = 1 + VARIATION * (2 * seeded(seed, village, "size").random() - 1)
    workers = round(5 * factor + (factor - 1) * 5)
    return Size(max(1, round(households * factor)), min(WORKERS_MAX, max(WORKERS_MIN, workers)))

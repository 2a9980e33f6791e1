"""`python -m tests.simulation --seeds N`: many stories, each a seed; the first one that breaks is told."""

import argparse
import sys
import time

from tests.simulation.story import Broken, tell


def main() -> int:
    """0 if every story ended well."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=100, help="how many stories")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--captures", type=int, default=200, help="operations captured in each")
    given = parser.parse_args()
    broken = []
    started = time.monotonic()
    for seed in range(given.first, given.first + given.seeds):
        try:
            tell(seed, given.captures)
        except Broken as error:
            broken.append(seed)
            sys.stderr.write(f"{error}\n\n")
    took = time.monotonic() - started
    sys.stdout.write(f"{given.seeds} stories in {took:.0f} s, broken: {broken or 'none'}\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())

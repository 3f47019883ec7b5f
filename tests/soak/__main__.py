"""`python -m tests.soak --minutes 10 --seed 7`; `--sequence 12` runs one sequence of the seed alone."""

import argparse
import secrets
import sys

from tests.soak.soak import Soak
from tests.soak.world import started


def main() -> int:
    """0: no divergence; 1: at least one."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--sequence", type=int, default=None)
    given = parser.parse_args()
    seed = secrets.randbelow(10**6) if given.seed is None else given.seed
    print(f"Seed {seed}", flush=True)
    with started() as world:
        soak = Soak(world, seed)
        if given.sequence is None:
            soak.run(given.minutes)
        else:
            soak.again(given.sequence)
    print(
        f"Seed {seed}: {soak.sequences} sequences of {soak.steps} steps, {soak.crashes} crashes, "
        f"{soak.stale} stale views, {soak.unseen} unseen changes: {soak.divergences} divergences"
    )
    return 1 if soak.divergences else 0


if __name__ == "__main__":
    sys.exit(main())

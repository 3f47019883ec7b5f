"""How much hypothesis does in this directory: the same bounded number of cases in every run."""

from hypothesis import HealthCheck, settings


def bounded(examples: int) -> settings:
    """The settings of a property that looks at so many cases, with a fixed seed."""
    return settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )

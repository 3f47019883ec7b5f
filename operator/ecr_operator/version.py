"""The version of the installed package."""

from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed


def version() -> str:
    """The version, or `0` where the code runs without having been installed."""
    try:
        return installed("ecr-operator")
    except PackageNotFoundError:
        return "0"

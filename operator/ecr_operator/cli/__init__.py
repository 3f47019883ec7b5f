"""The command line: one file per command. Heavy imports happen inside the commands."""

from ecr_operator.cli.app import main

__all__ = ["main"]

"""One finding of a scan, whichever way the registry scans."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """A vulnerability in a package of an image. What AWS leaves out is empty, or None."""

    name: str
    """The vulnerability: `CVE-2026-1234`."""
    severity: str
    """AWS's own word."""
    packages: tuple[str, ...] = ()
    """The packages that have it, as `openssl 3.0.1`."""
    fixed_in: str | None = None
    """The version that has it no more."""
    has_fix: bool | None = None
    """None: AWS does not say. Basic scanning never does."""
    uri: str | None = None
    """Where it is described."""

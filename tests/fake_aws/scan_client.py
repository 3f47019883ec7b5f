"""The knobs of image scans as methods; see `client`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .session import ACCOUNT, REGION

DONE = "done"


class ScanTurns:
    """Methods of `FakeAws` for ``/_fake/...`` knobs of scans."""

    def turn(self, knob: str, **arguments: Any) -> Any:
        """Call ``/_fake/<knob>``."""
        raise NotImplementedError

    def set_scan(
        self,
        repository: str,
        image: str,
        counts: Mapping[str, int] | None = None,
        status: str | None = DONE,
        account: str = ACCOUNT,
        region: str = REGION,
        *,
        findings: Sequence[Mapping[str, Any]] | None = None,
        fix: str = "YES",
        type: str | None = None,
        description: str | None = None,
        completed_at: float | None = None,
        age: float | None = None,
        source_updated_at: float | None = None,
    ) -> None:
        """Put the last scan of an image (a digest or a tag) in place, uncounted.

        `counts` by severity make up so many findings, which have a `fix` (YES, NO, PARTIAL) under enhanced
        scanning. `findings` are listed in the place of those: name, severity, and if wanted package, version,
        fixed_in, fix, description, uri, score, exploit, package_manager, status; beside them `counts` are
        only what is shown as counts. `status` "done" is COMPLETE, or ACTIVE under enhanced scanning; any
        other text is taken; None lets the image never have been scanned. IN_PROGRESS and PENDING stay until
        `complete_scans`, and find then what is said here. Times are seconds since the epoch, `age` is seconds
        since the completion (0). `type` is BASIC or ENHANCED; None: what the registry has.
        """
        self.turn(
            "set_scan",
            account=account,
            region=region,
            repository=repository,
            image=image,
            counts=counts,
            status=status,
            findings=findings,
            fix=fix,
            type=type,
            description=description,
            completed_at=completed_at,
            age=age,
            source_updated_at=source_updated_at,
        )

    def set_scan_raw(
        self,
        repository: str,
        image: str,
        members: Mapping[str, Any] | None,
        account: str = ACCOUNT,
        region: str = REGION,
        *,
        type: str | None = None,
    ) -> None:
        """Answer DescribeImageScanFindings of an image with `members`, verbatim, whatever they are.

        registryId, repositoryName and imageId are those of the image unless `members` say other; a member
        that is None is left out, timestamps are numbers. `members` None: never scanned.
        """
        self.turn(
            "set_scan_raw",
            account=account,
            region=region,
            repository=repository,
            image=image,
            members=members,
            type=type,
        )

    def scan_images(
        self,
        repositories: Sequence[str],
        counts: Mapping[str, int] | None = None,
        account: str = ACCOUNT,
        region: str = REGION,
        *,
        type: str | None = None,
        fix: str = "YES",
        age: float = 0.0,
    ) -> int:
        """Let all images of `repositories` that can be scanned have a good scan, uncounted; returns how many.

        The scans are `age` seconds old; `counts`, `fix` and `type` as in `set_scan`.
        """
        found: int = self.turn(
            "scan_images",
            account=account,
            region=region,
            repositories=list(repositories),
            counts=counts,
            type=type,
            fix=fix,
            age=age,
        )
        return found

    def complete_scans(
        self,
        repository: str | None = None,
        counts: Mapping[str, int] | None = None,
        account: str = ACCOUNT,
        region: str = REGION,
        *,
        status: str = DONE,
        findings: Sequence[Mapping[str, Any]] | None = None,
        fix: str = "YES",
        description: str | None = None,
    ) -> int:
        """End all scans that are IN_PROGRESS or PENDING (in a repository); returns how many.

        They find what they had to find, unless `counts` or `findings` say other, and end as they would by
        themselves, unless `status` is another.
        """
        found: int = self.turn(
            "complete_scans",
            account=account,
            region=region,
            repository=repository,
            counts=counts,
            status=status,
            findings=findings,
            fix=fix,
            description=description,
        )
        return found

    def set_scan_seconds(self, seconds: float | None, prefix: str = "", account: str | None = None) -> None:
        """Let scans that are started (StartImageScan, a push) take so long by AWS's clock.

        0, as at start: a scan is done at the next look at it; None: it runs until `complete_scans`. For
        repositories with `prefix`, of all accounts or of one; the longest prefix counts. It holds at once.
        """
        self.turn("set_scan_seconds", seconds=seconds, prefix=prefix, account=account)

    def set_scan_quota(self, number: int | None, account: str | None = None) -> None:
        """Let so many basic scans start within 24 hours, in each Region of all accounts, or of one.

        None: 100,000, as at start.
        """
        self.turn("set_scan_quota", number=number, account=account)

    def set_registry_scanning(
        self, document: Mapping[str, Any] | None, account: str = ACCOUNT, region: str = REGION
    ) -> None:
        """Put the registry's scanning configuration in place, uncounted: scanType and rules, as
        PutRegistryScanningConfiguration takes them. None: the one of a new registry, BASIC without rules.
        """
        self.turn("set_registry_scanning", document=document, account=account, region=region)

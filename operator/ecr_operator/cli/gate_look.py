"""Looks at the scan of an image until enough is known; what was final once is not asked for again.

A scan may be missing for a while after the push: basic scanning takes it up in the background, and enhanced
scanning waits for Amazon Inspector's turn. Long after the push nothing will come by itself.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from ecr_operator.api.lifecycle import LifecycleStorageClass
from ecr_operator.aws.errors import NOT_FOUND, AwsError
from ecr_operator.aws.images import children_of, described_image, image_details, is_container
from ecr_operator.aws.scans import read_scan
from ecr_operator.cli.gate_outcome import Part, Target
from ecr_operator.planning.image_scan import SCAN_NOT_FOUND, ImageScan, ScanPhase, together
from ecr_operator.planning.lifecycle_image import Image
from ecr_operator.planning.scan_finding import Finding

if TYPE_CHECKING:
    from ecr_operator.aws.session import Session

FRESH: Final = timedelta(minutes=10)
"""How long after its push an image without a scan may still get one by itself."""


class NoSuchImageError(Exception):
    """There is nothing to be judged. The message says so, with the image as its subject."""


class Look:
    """At one image. `now` tells the time of AWS."""

    def __init__(
        self, session: "Session", target: Target, now: Callable[[], datetime], *, children: bool
    ) -> None:
        self.target = target
        self.parts: dict[str, Part] = {}
        """By digest, what was read."""
        self.has_asked_for_children = False
        self._session = session
        self._now = now
        self._children = children
        self._image: Image | None = None
        self._wanted: tuple[str, ...] | None = None

    @property
    def digest(self) -> str | None:
        """The image's, once it is known; a tag that moves afterwards changes nothing."""
        return self._image.digest if self._image is not None else self.target.reference.digest

    @property
    def is_index(self) -> bool:
        """Whether it refers to other images."""
        return self._image is not None and self._image.is_index

    @property
    def is_closed(self) -> bool:
        """Whether it is an index, and what that refers to is not to be asked for."""
        return self.is_index and not self._children

    @property
    def scan(self) -> ImageScan | None:
        """What is known; None: nothing."""
        scans = [part.scan for part in self.parts.values() if part.scan is not None]
        if not scans:
            return None
        return together(scans) if self.is_index else scans[0]

    @property
    def is_complete(self) -> bool:
        """Whether all that is to be read was read, be it unfinished."""
        return self._wanted is not None and self.parts.keys() >= set(self._wanted)

    @property
    def gone(self) -> int:
        """How many images of an index are not in the repository."""
        return sum(part.scan is None for part in self.parts.values())

    @property
    def waits(self) -> bool:
        """Whether more will be known in a while."""
        return any(self._waits(part) for part in self.parts.values())

    async def look(self) -> None:
        """Read what is not final yet. Raises `AwsError` and `NoSuchImageError`."""
        image = self._image
        if image is None:
            image = self._image = await self._resolved()
        if self._wanted is None:
            self._wanted = await self._images(image)
        for digest in self._wanted:
            known = self.parts.get(digest)
            if known is None or self._waits(known):
                self.parts[digest] = await self._read(digest)
        if not self.is_index and self.gone:
            raise NoSuchImageError("was deleted meanwhile")

    async def _resolved(self) -> Image:
        reference = self.target.reference
        registry = reference.registry
        # Of tag and digest, the digest is what is pulled.
        wanted = {"imageDigest": reference.digest} if reference.digest else {"imageTag": reference.tag or ""}
        try:
            detail = await image_details(
                self._session, reference.repository, wanted, account=registry.account
            )
        except AwsError as error:
            if error.code not in NOT_FOUND:
                raise
            where = f"the registry {registry.account} in {registry.region}"
            raise NoSuchImageError(
                f"does not exist: there is no repository `{reference.repository}` in {where}"
            ) from error
        if detail is None:
            which = f"digest `{reference.digest}`" if reference.digest else f"tag `{reference.tag}`"
            raise NoSuchImageError(
                f"does not exist: there is no image with the {which} in the repository "
                f"`{reference.repository}`"
            )
        if not is_container(detail):
            raise NoSuchImageError(f"is no container image ({_type(detail)}), and such are not scanned")
        image = described_image(detail)
        if image.storage_class == LifecycleStorageClass.ARCHIVE:
            raise NoSuchImageError("is archived: it can be neither scanned nor pulled; restore it first")
        return image

    async def _images(self, image: Image) -> tuple[str, ...]:
        if not image.is_index:
            return (image.digest,)
        if not self._children:
            return ()
        reference = self.target.reference
        found = await children_of(
            self._session, reference.repository, [image.digest], account=reference.registry.account
        )
        self.has_asked_for_children = True
        children = found.get(image.digest, ())
        return tuple(dict.fromkeys(child.digest for child in children if child.is_image))

    async def _read(self, digest: str) -> Part:
        findings: list[Finding] = []
        reference = self.target.reference
        reading = await read_scan(
            self._session,
            reference.repository,
            digest,
            account=reference.registry.account,
            take=findings.append,
        )
        return Part(digest, reading.scan, tuple(findings))

    def _waits(self, part: Part) -> bool:
        scan, image = part.scan, self._image
        if scan is None or image is None:
            return False
        fresh = scan.status == SCAN_NOT_FOUND and self._now() - image.pushed_at < FRESH
        return fresh or scan.phase == ScanPhase.RUNNING


def _type(detail: Mapping[str, Any]) -> str:
    if detail.get("subjectManifestDigest"):
        return "a signature or another artifact about an image"
    return str(detail.get("artifactMediaType") or detail.get("imageManifestMediaType"))

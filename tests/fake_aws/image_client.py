"""The knobs of images as methods; see `client`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .session import ACCOUNT, REGION


class ImageTurns:
    """Methods of `FakeAws` for ``/_fake/...`` knobs of images."""

    def turn(self, knob: str, **arguments: Any) -> Any:
        """Call ``/_fake/<knob>``."""
        raise NotImplementedError

    def put_image(
        self,
        repository: str,
        tags: list[str] | None = None,
        status: str = "ACTIVE",
        account: str = ACCOUNT,
        region: str = REGION,
        *,
        age: float | None = None,
        pushed_at: float | None = None,
        pulled_at: float | None = None,
        archived_at: float | None = None,
        activated_at: float | None = None,
        size: int | None = None,
        manifest: str | None = None,
        media_type: str | None = None,
        artifact_media_type: str | None = None,
        children: Sequence[str | Mapping[str, Any]] | None = None,
        subject: str | None = None,
        layer_media_type: str | None = None,
    ) -> dict[str, Any]:
        """Put an image of any kind in place, uncounted; returns imageDigest, imageTags, imageManifest.

        Times are seconds since the epoch, `age` is seconds since the push. `children` are digests of images
        that are there (the image is their index), or objects of a `digest` and what the index says of it:
        `platform` (``{"os": "linux", "architecture": "arm64"}``) and `annotations`. `subject` is a digest
        that the image refers to. `size` None: that of the children, or of `manifest`, else 10 MB.
        `layer_media_type` is that of the one layer (in-toto's makes it an attestation).
        """
        found: dict[str, Any] = self.turn(
            "put_image",
            repository=repository,
            tags=tags,
            status=status,
            account=account,
            region=region,
            age=age,
            pushed_at=pushed_at,
            pulled_at=pulled_at,
            archived_at=archived_at,
            activated_at=activated_at,
            size=size,
            manifest=manifest,
            media_type=media_type,
            artifact_media_type=artifact_media_type,
            children=children,
            subject=subject,
            layer_media_type=layer_media_type,
        )
        return found

    def put_images(
        self,
        repositories: list[str],
        number: int,
        account: str = ACCOUNT,
        region: str = REGION,
        *,
        every: float = 3600.0,
        newest_age: float = 0.0,
        tags: list[str] | None = None,
        size: int = 10_000_000,
    ) -> int:
        """Put `number` plain images into each of `repositories` at once, uncounted; returns how many in all.

        They were pushed `every` so many seconds, the newest `newest_age` seconds ago, and have `tags`, in
        which ``{n}`` is the number from 1, the oldest (None: ``v{n}``; an empty list: untagged).
        """
        found: int = self.turn(
            "put_images",
            repositories=repositories,
            number=number,
            account=account,
            region=region,
            every=every,
            newest_age=newest_age,
            tags=tags,
            size=size,
        )
        return found

    def age_images(
        self, seconds: float, repository: str | None = None, account: str = ACCOUNT, region: str = REGION
    ) -> int:
        """Let all images (of a repository) be so many seconds older, AWS's clock untouched; returns how many.

        Pushes, pulls, archivings and restorings all move into the past.
        """
        found: int = self.turn(
            "age_images", seconds=seconds, repository=repository, account=account, region=region
        )
        return found

    def delete_images(self, repository: str, account: str = ACCOUNT, region: str = REGION) -> int:
        """Delete all images of a repository, uncounted; returns how many there were."""
        found: int = self.turn("delete_images", repository=repository, account=account, region=region)
        return found

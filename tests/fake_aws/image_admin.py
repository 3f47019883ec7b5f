"""The knobs of images; see `admin`."""

from __future__ import annotations

from typing import Any

from .dispatch import LOCK
from .ecr.backend import registry_of
from .ecr.image_seeding import age_repository, seed_image, seed_images


class ImageKnobs:
    """What can be turned of images: every public method is one knob."""

    def put_image(self, account: str, region: str, **image: Any) -> dict[str, Any]:
        """Put an image of any kind into a repository; see `image_seeding.seed_image`."""
        with LOCK:
            return seed_image(registry_of(account, region), **image)

    def put_images(
        self, account: str, region: str, repositories: list[str], number: int, **images: Any
    ) -> int:
        """Put many plain images into each of many repositories; see `image_seeding.seed_images`."""
        with LOCK:
            for repository in repositories:
                seed_images(registry_of(account, region), repository, number, **images)
            return len(repositories) * number

    def age_images(self, account: str, region: str, seconds: float, repository: str | None = None) -> int:
        """Let the images of one repository, or of all, be so much older, this AWS's clock untouched."""
        with LOCK:
            registry = registry_of(account, region)
            if repository is not None:
                return age_repository(registry.repositories[repository], seconds)
            registry.scan_starts[:] = [at - seconds for at in registry.scan_starts]
            return sum(age_repository(one, seconds) for one in registry.repositories.values())

    def delete_images(self, account: str, region: str, repository: str) -> int:
        """Delete all images of a repository, and count them."""
        with LOCK:
            images = registry_of(account, region).repositories[repository].images
            number = len(images)
            images.clear()
            return number

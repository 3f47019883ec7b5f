"""The operations on images: listing, describing, pushing and deleting them.

Source: API reference of ListImages, DescribeImages (``filter``: "If not specified, only images with ACTIVE
status are returned"), PutImage and BatchDeleteImage. Inferred: DescribeImages with imageIds shows an image
of any status unless a filter is given (User Guide, "Archiving an image": "it can still be described").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from moto.core.responses import ActionResult
from moto.ecr.exceptions import ImageNotFoundException

from ..answering import Answering
from .backend import StoredRegistry, StoredRepository
from .deletion import delete_image
from .image import StoredImage, images_of
from .image_lookup import Lookup, shown_id
from .pagination import page, refuse_paging, to_come
from .push import push


class ImageOperations(Answering):
    """The operations on the images of one repository."""

    ecr_backend: StoredRegistry

    def _repository(self) -> StoredRepository:
        return self.ecr_backend._get_repository(self.parameters["repositoryName"])

    def _filtered(self, images: Iterable[StoredImage], status: str = "ACTIVE") -> Iterator[StoredImage]:
        """The images that the request's filter lets through; `status` where the filter says none."""
        wanted = self.parameters.get("filter") or {}
        status, tagged = wanted.get("imageStatus", status), wanted.get("tagStatus", "ANY")
        return (image for image in images if image.has_status(status) and image.has_tag_status(tagged))

    def list_images(self) -> ActionResult:
        """One id per tag; an untagged image has its digest alone."""
        listing = self._listing("ListImages")
        images = self._filtered(self._to_come(listing))
        shown, token = page(ids_of(images), lambda one: one[0], listing, self.parameters)
        return ActionResult({"imageIds": [image_id for _, image_id in shown], "nextToken": token})

    def describe_images(self) -> ActionResult:
        """Describe by id (one unknown id fails the call) or page by page."""
        ids: list[dict[str, str]] | None = self.parameters.get("imageIds")
        if ids is not None:
            repository = self._repository()
            refuse_paging(self.parameters, "images with imageIds")
            lookup = Lookup(repository)
            found = {image.sequence: image for image in (self._image(lookup, image_id) for image_id in ids)}
            return ActionResult(
                {"imageDetails": [image.detail() for image in self._filtered(found.values(), "ANY")]}
            )
        listing = self._listing("DescribeImages")
        images, token = page(
            self._filtered(self._to_come(listing)),
            position_of_image,
            listing,
            self.parameters,
        )
        return ActionResult({"imageDetails": [image.detail() for image in images], "nextToken": token})

    def _to_come(self, listing: str) -> Sequence[StoredImage]:
        """The images of the repository, without those that earlier pages are done with."""
        return to_come(images_of(self._repository()), position_of_image, listing, self.parameters)

    def _listing(self, operation: str) -> str:
        """What a token is valid for: this operation on this repository."""
        return f"{operation}/{self.parameters['repositoryName']}"

    @staticmethod
    def _image(lookup: Lookup, image_id: dict[str, str]) -> StoredImage:
        """The image that an id names, by digest, tag or both."""
        image = lookup.find(image_id)
        if image is None:
            raise ImageNotFoundException(
                shown_id(image_id), lookup.repository.name, lookup.repository.registry_id
            )
        return image

    def put_image(self) -> ActionResult:
        """Push a manifest."""
        asked = self.parameters
        tag = asked.get("imageTag")
        image = push(
            self._repository(),
            asked["imageManifest"],
            tag,
            asked.get("imageManifestMediaType"),
            asked.get("imageDigest"),
        )
        shown = {
            "registryId": image.registry_id,
            "repositoryName": image.repository_name,
            "imageId": {"imageDigest": image.image_digest, "imageTag": tag},
            "imageManifest": image.image_manifest,
            "imageManifestMediaType": image.image_manifest_media_type,
        }
        return ActionResult({"image": shown})

    def batch_delete_image(self) -> ActionResult:
        """Delete by tag, digest or both; what fails does not keep the rest."""
        repository = self._repository()
        deleted: list[dict[str, str]] = []
        failures: list[dict[str, Any]] = []
        for image_id in self.parameters["imageIds"]:
            gone, failed = delete_image(repository, image_id)
            deleted.extend(gone)
            if failed:
                failures.append(failed)
        return ActionResult({"imageIds": deleted, "failures": failures})


def position_of_image(image: StoredImage) -> list[int]:
    """The place of an image among the others."""
    return [image.sequence]


def ids_of(images: Iterable[StoredImage]) -> Iterator[tuple[list[Any], dict[str, str]]]:
    """The ids of images, each with its position in the listing."""
    for image in images:
        for tag in sorted(image.image_tags):
            yield [image.sequence, tag], {"imageDigest": image.image_digest, "imageTag": tag}
        if not image.image_tags:
            yield [image.sequence, ""], {"imageDigest": image.image_digest}

"""The images of a repository by digest and by tag, for a request that names many of them."""

from __future__ import annotations

from moto.ecr.exceptions import ImageNotFoundException

from ..aws_error import invalid_parameter
from .backend import StoredRepository
from .image import StoredImage, image_with_digest, image_with_tag, images_of


class Lookup:
    """The images as they are at this moment: good for one request."""

    def __init__(self, repository: StoredRepository) -> None:
        self.repository = repository
        self.by_digest = {image.image_digest: image for image in images_of(repository)}
        self.by_tag = {tag: image for image in images_of(repository) for tag in image.image_tags}

    def find(self, image_id: dict[str, str]) -> StoredImage | None:
        """The image that an id names by digest, tag or both; None where the two are not of one image."""
        digest, tag = image_id.get("imageDigest"), image_id.get("imageTag")
        image = self.by_digest.get(digest) if digest else self.by_tag.get(tag or "")
        return None if image is None or (tag and tag not in image.image_tags) else image

    def add(self, image: StoredImage, tags: list[str] | None = None) -> None:
        """Append an image to the repository and give it tags, taken from the images that have them."""
        images_of(self.repository).append(image)
        self.by_digest[image.image_digest] = image
        for tag in tags or ():
            holder = self.by_tag.get(tag)
            if holder is image:
                continue
            if holder is not None:
                holder.drop_tag(tag)
            image.add_tag(tag)
            self.by_tag[tag] = image


def shown_id(image_id: dict[str, str]) -> str:
    """An id as ECR's messages show it."""
    digest, tag = image_id.get("imageDigest"), image_id.get("imageTag")
    return f"{{imageDigest:'{digest or 'null'}', imageTag:'{tag or 'null'}'}}"


def named_image(repository: StoredRepository, image_id: dict[str, str]) -> StoredImage:
    """The one image that a request names by digest, tag or both; raises what AWS answers for any other."""
    digest, tag = image_id.get("imageDigest"), image_id.get("imageTag")
    if digest is None and tag is None:
        raise invalid_parameter("imageId", "both tag and digest cannot be null")
    image = image_with_digest(repository, digest) if digest else image_with_tag(repository, tag or "")
    if image is None or (tag and tag not in image.image_tags):
        raise ImageNotFoundException(shown_id(image_id), repository.name, repository.registry_id)
    return image

"""The images of a repository by digest and by tag, for a request that names many of them."""

from __future__ import annotations

from .backend import StoredRepository
from .image import StoredImage, images_of


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

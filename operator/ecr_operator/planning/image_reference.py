"""What an image reference names: as a container asks for it, and as the kubelet reports what runs.

The grammar is that of github.com/distribution/reference, by which container runtimes read it. What it does
not allow is pulled by nobody.
"""

import re
from dataclasses import dataclass
from typing import Final

from ecr_operator.api.repository_values import REPOSITORY_NAME_PATTERN
from ecr_operator.planning.naming import Registry, registry_of

DEFAULT_TAG: Final = "latest"
"""What is pulled where a reference has neither tag nor digest."""

_SCHEMES: Final = ("docker-pullable://", "docker://")
"""What Docker's kubelets put in front of an imageID; `docker://` stands for an ID without a repository."""
_PORT: Final = ":443"
"""The one port at which ECR listens; to name it is unusual and works."""
_LONGEST_NAME: Final = 256
_DIGEST: Final = r"@(?P<digest>sha(?:256|384|512):[0-9a-f]{64,128})"
_NAME: Final = re.compile(
    rf"(?P<repository>{REPOSITORY_NAME_PATTERN})(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{{0,127}}))?(?:{_DIGEST})?"
)
_PULLED: Final = re.compile(f".+{_DIGEST}")


@dataclass(frozen=True, slots=True)
class ImageReference:
    """An image in a private registry of ECR, by tag or digest. Of both, the digest is what is pulled."""

    registry: Registry
    repository: str
    tag: str | None = None
    digest: str | None = None


def image_reference(text: str) -> ImageReference | None:
    """What a container's `image`, an image volume's `reference` or a status' `imageID` names.

    None where that is no image of ECR: another registry's, an ID without a repository (`sha256:...`,
    `docker://sha256:...`: the digest of an image's configuration, by which no registry finds it), or no
    reference at all.
    """
    for scheme in _SCHEMES:
        text = text.removeprefix(scheme)
    host, separator, name = text.partition("/")
    registry = registry_of(host.lower().removesuffix(_PORT)) if separator else None
    if registry is None:
        return None
    found = _NAME.fullmatch(name)
    if found is None or len(found["repository"]) > _LONGEST_NAME:
        return None
    tag, digest = found["tag"], found["digest"]
    if tag is None and digest is None:
        tag = DEFAULT_TAG
    return ImageReference(registry, found["repository"], tag, digest)


def pulled_digest(image_id: str) -> str | None:
    """The digest by which any registry finds what runs; None of an ID without a repository."""
    found = _PULLED.fullmatch(image_id)
    return found["digest"] if found else None

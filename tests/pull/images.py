"""An image in a registry of ECR, as tools reach it with the bytes of a Secret."""

import base64
import io
import json
import tarfile
import uuid
from pathlib import Path

from tests.cluster import Object
from tests.controlplane.registry import Ran, Registry
from tests.pull_secrets import DOCKER_KEY

REPOSITORY = "team/app"


def config_of(secret: Object | None) -> bytes:
    """The docker config file in a Secret."""
    assert secret is not None
    return base64.b64decode(secret["data"][DOCKER_KEY])


class Images:
    """Pushes and pulls of one repository; `config` is a docker config file."""

    def __init__(self, registry: Registry, host: str, scratch: Path) -> None:
        self._registry = registry
        self._repository = f"{host}/{REPOSITORY}"
        self._scratch = scratch
        self._pushed: dict[str, str] = {}

    def push(self, config: bytes, tag: str) -> Ran:
        """Push an image that nobody else has."""
        content = uuid.uuid4().hex
        layer, image = (self._scratch / f"{tag}-{name}.tar" for name in ("layer", "image"))
        with tarfile.open(layer, "w") as archive:
            entry = tarfile.TarInfo("content")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content.encode()))
        name = f"{self._repository}:{tag}"
        made = self._registry.crane(
            b"{}", "append", f"--new_layer={layer}", f"--new_tag={name}", f"--output={image}"
        )
        assert made.succeeded, made.said
        self._pushed[tag] = content
        return self._registry.crane(config, "push", str(image), name)

    def pull(self, config: bytes, tag: str) -> Ran:
        """Pull an image; what comes is what was pushed."""
        image = self._scratch / f"{uuid.uuid4().hex}.tar"
        ran = self._registry.crane(config, "pull", f"{self._repository}:{tag}", str(image))
        if ran.succeeded:
            assert _content(image) == self._pushed[tag]
        return ran

    def tag(self, config: bytes, tag: str, new: str) -> Ran:
        """Give an image another tag: of a push, only the last step."""
        return self._registry.crane(config, "tag", f"{self._repository}:{tag}", new)


def _content(image: Path) -> str:
    """What `push` has put into the one layer of an image."""
    with tarfile.open(image) as archive:
        (manifest,) = json.loads(_read(archive, "manifest.json"))
        (layer,) = manifest["Layers"]
        with tarfile.open(fileobj=io.BytesIO(_read(archive, layer))) as files:
            return _read(files, "content").decode()


def _read(archive: tarfile.TarFile, name: str) -> bytes:
    file = archive.extractfile(name)
    assert file is not None
    return file.read()

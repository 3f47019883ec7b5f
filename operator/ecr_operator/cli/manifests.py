"""Manifests from files, directories and standard input, found and read as `kubectl apply -f` does."""

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ecr_operator.api.names import GROUP
from ecr_operator.cli.documents import documents
from ecr_operator.cli.json_text import UnreadableError

STDIN: Final = "-"
BYTE_ORDER_MARK: Final = "\ufeff"
_SUFFIXES: Final = (".json", ".yaml", ".yml")
_KUSTOMIZATIONS: Final = frozenset({"kustomization.yaml", "kustomization.yml", "Kustomization"})


class ManifestError(Exception):
    """Manifests cannot be read. The message names the file, the line where it is known, and what to do."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """One object as somebody wrote it."""

    obj: dict[str, Any]
    source: str
    """The file as it was named or found, `-` for standard input."""
    line: int
    """Where the object's document begins, counted from 1."""
    path: str = ""
    """Where the object is in its document: `items[2]` in a list, empty for the document itself."""

    @property
    def place(self) -> str:
        """For messages: `team-a/web.yaml:12`."""
        return f"{self.source}:{self.line}"


def read_manifests(paths: Sequence[str], *, recursive: bool) -> tuple[Manifest, ...]:
    """Return the objects of our API group, in the order in which kubectl would apply them.

    A path is a file, `-`, or a directory, of which the files *.json, *.yaml and *.yml are read, those of its
    subdirectories only with ``recursive``. Lists are taken apart. Objects of other groups are left out;
    whether a kind or a version of ours exists is not checked here (`api.admission`). Raises ManifestError.
    """
    return tuple(
        manifest
        for path in paths
        for source in sources(path, recursive=recursive)
        for manifest in _manifests(source)
    )


def sources(path: str, *, recursive: bool) -> Iterator[str]:
    """Yield the files behind a path, those of a directory in the order of their names.

    Raises ManifestError.
    """
    if path == STDIN or os.path.isfile(path):
        yield path
        return
    if not os.path.exists(path):
        hint = "; download it first, or pipe it into `-f -`" if "://" in path else ""
        raise ManifestError(f"the path {path!r} does not exist{hint}")
    if not os.path.isdir(path):
        # A pipe, as the shell's `<(...)` makes it.
        yield path
        return
    found = sorted(_files(Path(path), recursive))
    if not found:
        deeper = "" if recursive else ", of subdirectories only with --recursive"
        raise ManifestError(f"{path}: holds no manifest: *.json, *.yaml and *.yml are read{deeper}")
    yield from map(str, found)


def _files(directory: Path, recursive: bool) -> Iterator[Path]:
    for parent, children, names in os.walk(directory):
        yield from (Path(parent, name) for name in names if name.endswith(_SUFFIXES))
        if not recursive:
            children.clear()


def read_text(source: str) -> str:
    """Return the text of a file as it is. Raises ManifestError, and UnreadableError for what is no text."""
    try:
        data = sys.stdin.buffer.read() if source == STDIN else Path(source).read_bytes()
        return data.decode()
    except OSError as error:
        raise ManifestError(f"{source}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnreadableError(line, "is not text in UTF-8; save it as UTF-8") from error


def manifests_in(source: str, text: str) -> Iterator[Manifest]:
    """Yield the objects of our API group in the text of a file. Raises UnreadableError."""
    for value, line in documents(text.removeprefix(BYTE_ORDER_MARK)):
        if not isinstance(value, dict):
            raise UnreadableError(line, "is no Kubernetes object; write apiVersion, kind and metadata")
        if Path(source).name in _KUSTOMIZATIONS and "kind" not in value:
            continue
        yield from filter(_is_ours, objects_of(Manifest(value, source, line)))


def _manifests(source: str) -> Iterator[Manifest]:
    try:
        yield from manifests_in(source, read_text(source))
    except UnreadableError as error:
        raise ManifestError(f"{source}:{error.line}: {error}") from error


def _is_ours(manifest: Manifest) -> bool:
    return str(manifest.obj["apiVersion"]).split("/")[0] == GROUP


def objects_of(manifest: Manifest) -> Iterator[Manifest]:
    """Yield the object itself, or the entries of a list; theirs is the type that the list's name tells.

    Raises UnreadableError.
    """
    obj = manifest.obj
    missing = [part for part in ("apiVersion", "kind") if not obj.get(part)]
    if missing:
        raise UnreadableError(manifest.line, f"{' and '.join(missing)} not set; write what the object is")
    items = obj.get("items")
    if not isinstance(items, list) or not str(obj["kind"]).endswith("List"):
        yield manifest
        return
    kind = str(obj["kind"]).removesuffix("List")
    of_list = {"apiVersion": obj["apiVersion"], "kind": kind} if kind else {}
    for index, item in enumerate(items):
        if not isinstance(item, dict):
            raise UnreadableError(manifest.line, f"items[{index}] is no Kubernetes object; take it out")
        path = f"{manifest.path}.items[{index}]".removeprefix(".")
        yield from objects_of(Manifest(of_list | item, manifest.source, manifest.line, path))

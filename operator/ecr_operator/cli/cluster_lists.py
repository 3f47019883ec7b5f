"""What plans have to see of a cluster: lists, and no credential in them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ecr_operator.controllers.observed_namespace import observed_secret
from ecr_operator.controllers.pull_subject import PullSubject
from ecr_operator.kube.client import KubeClient
from ecr_operator.kube.errors import KubeError
from ecr_operator.kube.resources import NAMESPACES, PULL_SECRETS, SECRETS, SERVICE_ACCOUNTS, Resource
from ecr_operator.planning.secret_data import SecretContent
from ecr_operator.planning.secret_outline import outline, outlined_content

Json = dict[str, Any]

_FORBIDDEN = 403
_NOT_FOUND = 404
_SECRET_METADATA = ("name", "namespace", "uid", "resourceVersion", "labels", "ownerReferences")


class LookError(Exception):
    """The API server did not show what has to be seen. `reason` and message are for the user."""

    def __init__(self, reason: str, message: str) -> None:
        self.reason = reason
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Lists:
    """All of one moment, nearly. Secrets are outlined."""

    pull_secrets: Mapping[str, Json]
    namespaces: tuple[Json, ...]
    secrets: tuple[Json, ...]
    """With our label."""
    named: Mapping[tuple[str, str], Json]
    """By namespace and name those with the names that were asked for, whosever they are."""
    accounts: tuple[Json, ...]


class Cluster:
    """Lists only. `namespaces` are those that the operator watches; () is all."""

    def __init__(self, client: KubeClient, namespaces: tuple[str, ...]) -> None:
        self._client = client
        self._namespaces = namespaces

    async def pull_secrets(self) -> dict[str, Json]:
        """All EcrPullSecrets by name; none where the kind is not installed. Raises `LookError`."""
        return {obj["metadata"]["name"]: obj for obj in await self.installed(PULL_SECRETS)}

    async def installed(self, resource: Resource, namespaces: tuple[str, ...] = ()) -> list[Json]:
        """The objects of a kind of ours, of these namespaces alone or of all that are watched.

        None where the kind is not installed. Raises `LookError`.
        """
        try:
            return [obj async for obj in self._items(resource, resource.params, namespaces)]
        except KubeError as error:
            if error.status == _NOT_FOUND:
                return []
            raise _look_error(resource, error) from error

    async def lists(
        self,
        live: Mapping[str, Json],
        subjects: Mapping[str, PullSubject],
        names: Iterable[str],
        accounts: bool,
    ) -> Lists:
        """The rest; `subjects` are those of `live` that can be understood, `names` of Secrets.

        Raises `LookError`.
        """
        handed_out = {name: content for name, one in subjects.items() if (content := recorded_content(one))}

        def outlined(obj: Json) -> Json:
            return _outlined(obj, subjects, handed_out)

        watched = self._namespaces
        secrets = [outlined(obj) async for obj in self._listed(SECRETS, SECRETS.params)]
        named = [
            outlined(obj)
            for name in sorted(set(names))
            async for obj in self._listed(SECRETS, {"fieldSelector": f"metadata.name={name}"})
        ]
        return Lists(
            live,
            () if watched else tuple([obj async for obj in self._listed(NAMESPACES, {})]),
            tuple(secrets),
            {(obj["metadata"]["namespace"], obj["metadata"]["name"]): obj for obj in named},
            tuple([obj async for obj in self._listed(SERVICE_ACCOUNTS, {})]) if accounts else (),
        )

    async def _listed(self, resource: Resource, params: Mapping[str, str]) -> Any:
        try:
            async for obj in self._items(resource, params):
                yield obj
        except KubeError as error:
            raise _look_error(resource, error) from error

    async def _items(
        self, resource: Resource, params: Mapping[str, str], namespaces: tuple[str, ...] = ()
    ) -> Any:
        for path in resource.paths(namespaces or self._namespaces).values():
            async for page in self._client.pages(path, params=params):
                # Only custom resources name their kind and version within a list.
                named = {"apiVersion": page["apiVersion"], "kind": page["kind"].removesuffix("List")}
                for item in page["items"]:
                    yield {**named, **item}


def recorded_content(subject: PullSubject) -> SecretContent | None:
    """What its Secrets hold, as its status records it, without the tokens; None: nothing is recorded."""
    status = subject.status
    hosts = tuple(registry.host for registry in status.registries or ())
    if not status.content_hash or not hosts:
        return None
    return outlined_content(subject.format, hosts, status.content_hash)


def _outlined(
    obj: Json, subjects: Mapping[str, PullSubject], handed_out: Mapping[str, SecretContent]
) -> Json:
    """A Secret with the members that planning looks at, and an outline of its data."""
    metadata = {name: obj["metadata"][name] for name in _SECRET_METADATA if name in obj["metadata"]}
    owner = observed_secret(obj).owner or ""
    data = obj.get("data") or {}
    if owner in handed_out:
        subject = subjects[owner]
        data = outline(data, subject.format, handed_out[owner], subject.status.content_hash or "")
    else:
        data = outline(data)
    kept: Json = {name: obj[name] for name in ("apiVersion", "kind", "type", "immutable") if name in obj}
    return {**kept, "metadata": metadata, "data": data}


def _look_error(resource: Resource, error: KubeError) -> LookError:
    reason = error.reason or "Error"
    if error.status == _FORBIDDEN:
        return LookError(reason, f"the right to `list` {resource.plural} is missing: {error.message}")
    return LookError(reason, f"{resource.plural} cannot be listed: {error.message or error}")

"""Live reads of EcrLifecyclePolicies: nothing is put on a repository, or taken off it, on the store's word.

One read serves all repositories for `PROOF_SECONDS`: a change of one policy is written to a thousand of them.
"""

import asyncio

from ecr_operator.controllers.context import Context
from ecr_operator.controllers.lifecycle_policies import what_counts
from ecr_operator.controllers.subject import Json, Subject, is_deleting
from ecr_operator.kube.errors import KubeError, Stale, says_absent
from ecr_operator.kube.paths import resource_path
from ecr_operator.kube.resources import LIFECYCLE_POLICIES, NAMESPACES
from ecr_operator.planning.changes import DeleteLifecyclePolicy, PutLifecyclePolicy
from ecr_operator.planning.lifecycle_choice import INLINE
from ecr_operator.planning.ownership import ObjectKey
from ecr_operator.planning.plan import Plan

PROOF_SECONDS = 10.0
_FORBIDDEN, _NOT_FOUND = 403, 404


class LifecycleProof:
    """What live reads have shown lately."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._read: dict[ObjectKey, tuple[float, Json | None]] = {}
        self._reading: dict[ObjectKey, asyncio.Lock] = {}

    async def check(self, subject: Subject, plan: Plan) -> None:
        """Raises `Stale` where the policy that the plan goes by is not as the store held it; now it is."""
        for change in plan.changes:
            match change:
                case PutLifecyclePolicy():
                    source = subject.desired.lifecycle_source
                    if source not in (None, INLINE):
                        await self._unchanged((subject.key[0], str(source)))
                case DeleteLifecyclePolicy(withdrawn=False):
                    before = subject.status.lifecycle_policy
                    if before is None or before.source != INLINE:
                        await self._taken_back(subject, before.source if before else None)

    async def _unchanged(self, key: ObjectKey) -> None:
        held = self._context.store.get(LIFECYCLE_POLICIES.plural, *key)
        found = await self._live(key)
        if (found and what_counts(found)) != (held and what_counts(held)):
            raise Stale(409, "Conflict", f"EcrLifecyclePolicy {'/'.join(key)} has changed since it was read")

    async def _taken_back(self, subject: Subject, source: str | None) -> None:
        """The policy is gone or does not select the repository; its namespace is not being deleted."""
        namespace = subject.key[0]
        found = None if source is None else await self._live((namespace, source))
        if self._context.subject(subject.obj).desired.lifecycle_source is not None:
            raise Stale(409, "Conflict", f"EcrLifecyclePolicy {namespace}/{source} is there after all")
        if found is None and await self._is_terminating(namespace):
            raise Stale(409, "Conflict", f"Namespace {namespace} is being deleted")

    async def _is_terminating(self, name: str) -> bool:
        try:
            namespace = await self._context.client.get(resource_path("v1", "namespaces", name=name))
        except KubeError as error:
            if error.status == _NOT_FOUND:
                return True
            if error.status == _FORBIDDEN and self._context.settings.watch_namespaces:
                # With Roles for some namespaces only, Namespaces are not ours to read.
                return False
            raise
        # Planned again, it is found there.
        self._context.store.put(NAMESPACES.plural, {"apiVersion": "v1", "kind": "Namespace", **namespace})
        return is_deleting(namespace)

    async def _live(self, key: ObjectKey) -> Json | None:
        """One read for all that ask at the same time; the store holds what it shows."""
        async with self._reading.setdefault(key, asyncio.Lock()):
            known = self._read.get(key)
            held = self._context.store.get(LIFECYCLE_POLICIES.plural, *key)
            if known is not None and self._context.monotonic() - known[0] < PROOF_SECONDS:
                shown = known[1]
                # What has changed since was told by the watch, and is not proved by an older read.
                if (shown and what_counts(shown)) == (held and what_counts(held)):
                    return shown
            began = self._context.monotonic()
            found = await self._get(key)
            if found is not None:
                self._context.store.put(LIFECYCLE_POLICIES.plural, found)
            elif held is not None:
                self._context.store.remove(LIFECYCLE_POLICIES.plural, *key, held["metadata"]["uid"])
            self._prune(began)
            self._read[key] = (began, found)
            return found

    def _prune(self, now: float) -> None:
        self._read = {key: read for key, read in self._read.items() if now - read[0] < PROOF_SECONDS}
        self._reading = {
            key: lock for key, lock in self._reading.items() if lock.locked() or key in self._read
        }

    async def _get(self, key: ObjectKey) -> Json | None:
        path = resource_path(LIFECYCLE_POLICIES.api_version, LIFECYCLE_POLICIES.plural, *key)
        try:
            return await self._context.client.get(path)
        except KubeError as error:
            # A refused read proves nothing.
            if says_absent(error, key[1]):
                return None
            raise

"""One namespace and its controller, with an API server that answers each Secret's creation as a test says."""

from types import SimpleNamespace
from typing import Any, cast

from ecr_operator.controllers.handouts import Handouts
from ecr_operator.controllers.namespace import NamespaceController
from ecr_operator.controllers.observed_namespace import BY_NAMESPACE, namespaces
from ecr_operator.kube.errors import KubeError
from ecr_operator.kube.resources import NAMESPACES, PULL_SECRETS, SECRETS, SERVICE_ACCOUNTS
from ecr_operator.kube.store import Store
from ecr_operator.planning.pull_secret import Failure
from ecr_operator.planning.secret_data import Format, content_hash, secret_content
from ecr_operator.settings import Settings
from tests.fake_aws.client import REGION
from tests.planning.pull_samples import HOST, MONDAY, NAMESPACE, token

Json = dict[str, Any]


class Api:
    """Takes every Secret that `refusals` does not name, and holds the namespace while `is_there`."""

    def __init__(self) -> None:
        self.refusals: dict[str, KubeError] = {}
        self.is_there = True
        self.posts: list[str] = []
        self.applies: list[str] = []
        self.secrets: dict[str, Json] = {}

    async def post(self, path: str, body: Json) -> Json:
        """Create a Secret."""
        name = body["metadata"]["name"]
        self.posts.append(name)
        if name in self.refusals:
            raise self.refusals[name]
        self.secrets[name] = {
            **body,
            "metadata": {**body["metadata"], "uid": f"uid-of-{name}", "resourceVersion": "7"},
        }
        return self.secrets[name]

    async def apply(self, path: str, body: Json) -> Json:
        """Update a Secret, which is refused to all of `refusals`."""
        name = body["metadata"]["name"]
        self.applies.append(name)
        if name in self.refusals:
            raise self.refusals[name]
        self.secrets[name] = {**body, "metadata": {**body["metadata"], "resourceVersion": "9"}}
        return self.secrets[name]

    async def get(self, path: str) -> Json:
        """Read the namespace, or a Secret."""
        name = path.rpartition("/")[2]
        if "/secrets/" in path and name in self.secrets:
            return self.secrets[name]
        if self.is_there and path.endswith(f"/namespaces/{NAMESPACE}"):
            return named(NAMESPACE)
        raise KubeError(404, "NotFound", f'"{path.rpartition("/")[2]}" not found')


class World:
    """EcrPullSecrets of the given names select the namespace and want a Secret of their own name."""

    def __init__(self, *owners: str) -> None:
        self.api = Api()
        self.store = Store([one.plural for one in (NAMESPACES, PULL_SECRETS, SECRETS, SERVICE_ACCOUNTS)])
        for resource in (SECRETS, SERVICE_ACCOUNTS):
            self.store.add_index(resource.plural, BY_NAMESPACE, namespaces)
        self.store.put(NAMESPACES.plural, named(NAMESPACE))
        settings = Settings(stalled_recheck_seconds=1200.0, backoff_max_seconds=300.0)
        context: Any = SimpleNamespace(
            registry=SimpleNamespace(region=REGION),
            client=self.api,
            store=self.store,
            settings=settings,
            monotonic=lambda: 0.0,
            jittered=lambda seconds: seconds,
        )
        self.handouts = Handouts(context)
        for owner in owners:
            spec = {"registries": [{}], "namespaces": {"include": ["*"]}}
            self.store.put(PULL_SECRETS.plural, {**named(owner), "spec": spec})
            self.hand_out(owner, token())
        self._controller = NamespaceController(context, self.handouts, cast("Any", Proven()), lambda _: None)

    def hand_out(self, owner: str, authorization: str) -> None:
        """From now on its Secrets should hold this."""
        subject = self.handouts.subject(owner)
        assert subject is not None
        handout = self.handouts.of(subject)
        handout.content = secret_content(Format.DOCKER_CONFIG_JSON, {HOST: authorization})
        handout.hash = content_hash(handout.content.data)
        handout.spec = subject.credentials_hash(REGION)

    async def look(self) -> float | None:
        """One reconcile of the namespace; -1: the queue is to try again soon."""
        try:
            return await self._controller.reconcile(NAMESPACE)
        except KubeError:
            return -1.0

    def failures(self) -> tuple[Failure, ...]:
        """What is reported of the namespace."""
        return self.handouts.reached(NAMESPACE).failures

    def ready(self) -> set[str]:
        """The EcrPullSecrets that the namespace is ready for."""
        return set(self.handouts.reached(NAMESPACE).ready)


class Proven:
    """Live reads of EcrPullSecrets that show no change."""

    async def unchanged(self, names: object) -> None:
        """Nothing has changed."""

    async def released(self, names: object, namespace: object) -> dict[str, Any]:
        """Nothing is released."""
        return {}


def named(name: str) -> Json:
    """An object's metadata."""
    return {
        "metadata": {
            "name": name,
            "uid": f"uid-of-{name}",
            "resourceVersion": "5",
            "generation": 1,
            "creationTimestamp": MONDAY,
        }
    }

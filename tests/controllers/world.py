"""EcrPullSecrets, an API server that is a table, and AWS that refuses: what is in between is tested alone."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from ecr_operator.api.names import API_VERSION
from ecr_operator.aws.errors import AwsError, Kind
from ecr_operator.controllers.handouts import Handout, Handouts
from ecr_operator.controllers.proof import Proof
from ecr_operator.controllers.pull_refresh import Refresh
from ecr_operator.controllers.pull_secret import PullSecretController
from ecr_operator.controllers.pull_sources import PullSources
from ecr_operator.controllers.pull_subject import PullSubject
from ecr_operator.engine.queue import WorkQueue
from ecr_operator.kube.errors import KubeError
from ecr_operator.kube.resources import NAMESPACES, PULL_SECRETS, SECRETS, SERVICE_ACCOUNTS
from ecr_operator.kube.store import Store
from ecr_operator.metrics import Metrics
from ecr_operator.planning.secret_data import Format, secret_content
from ecr_operator.planning.token_life import Life
from ecr_operator.reasons import Reason
from ecr_operator.settings import Settings

Json = dict[str, Any]
NAME = "pull"
REGION = "eu-central-1"
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
BEGIN = 1000.0
NOT_SERVED = KubeError(404, "NotFound", "the server could not find the requested resource")
KINDS = tuple(resource.plural for resource in (PULL_SECRETS, NAMESPACES, SECRETS, SERVICE_ACCOUNTS))


def absent(name: str) -> KubeError:
    """What the API server answers where it has looked."""
    return KubeError(404, "NotFound", f'ecrpullsecrets.ecr-operator.dev "{name}" not found')


def pull_secret(version: int = 1, *, uid: str = "first", generation: int = 1, **spec: Any) -> Json:
    """An EcrPullSecret for all namespaces."""
    return {
        "apiVersion": API_VERSION,
        "kind": "EcrPullSecret",
        "metadata": {
            "name": NAME,
            "uid": uid,
            "resourceVersion": str(version),
            "generation": generation,
            "creationTimestamp": "2026-11-23T08:00:00Z",
        },
        "spec": {"registries": [{}], "namespaces": {"include": ["*"]}, **spec},
        "status": {"observedGeneration": -1},
    }


class ApiServer:
    """What `KubeClient` would talk to: EcrPullSecrets by name."""

    def __init__(self) -> None:
        self.objects: dict[str, Json] = {}
        self.refusal: KubeError | None = None
        self.reads = 0
        self.asked = asyncio.Event()
        self.answers = asyncio.Event()
        self.answers.set()

    async def get(self, path: str, *_: Any) -> Json:
        """As it is when the question comes, however long the answer takes."""
        name = path.rpartition("/")[2]
        self.reads += 1
        found = self.objects.get(name)
        self.asked.set()
        await self.answers.wait()
        if self.refusal is not None or found is None:
            raise self.refusal or absent(name)
        return found

    async def apply(self, path: str, body: Json, *_: Any) -> Json:
        """The write of a status."""
        if self.refusal is not None:
            raise self.refusal
        name = path.split("/")[-2]
        if name not in self.objects:
            raise absent(name)
        now = self.objects[name]
        version = int(now["metadata"]["resourceVersion"])
        if body["metadata"]["resourceVersion"] != str(version):
            raise KubeError(409, "Conflict", "the object has been modified")
        metadata = {**now["metadata"], "resourceVersion": str(version + 1)}
        self.objects[name] = {**now, "metadata": metadata, "status": body["status"]}
        return self.objects[name]


class RefusingTokens:
    """Tokens that AWS does not give."""

    def __init__(self) -> None:
        self.asked = 0

    def present(self, *_: Any) -> None:
        """None was ever given."""

    async def mint(self, *_: Any, **__: Any) -> Any:
        """Refused."""
        self.asked += 1
        raise AwsError(Kind.STALLED, Reason.ACCESS_DENIED, "AccessDenied", "GetAuthorizationToken", "no")

    def keep(self, *_: Any) -> None:
        """There is none to forget."""


class World:
    """To be made while an event loop runs. `seconds` is the monotonic clock; the time of day goes with it."""

    def __init__(self, **settings: Any) -> None:
        self.seconds = BEGIN
        self.server = ApiServer()
        self.store = Store(KINDS, selected=[SECRETS.plural])
        self.tokens = RefusingTokens()
        self.told: list[str] = []
        self.context: Any = SimpleNamespace(
            settings=Settings(**settings),
            client=self.server,
            store=self.store,
            tokens=self.tokens,
            registry=SimpleNamespace(region=REGION),
            clock=SimpleNamespace(now=lambda: NOW + timedelta(seconds=self.seconds - BEGIN)),
            monotonic=lambda: self.seconds,
            chance=random.Random(1),
            metrics=Metrics(),
            events=SimpleNamespace(record=lambda *_, **__: None),
        )
        self.handouts = Handouts(self.context)
        self.proof = Proof(self.context, self.handouts)
        self.queue = WorkQueue[str](maximum=1.0)
        PullSources(self.store, self.handouts, self.proof, WorkQueue[str](maximum=1.0), self.queue)
        self.refresh = Refresh(self.context, self.handouts)
        self.controller = PullSecretController(
            self.context,
            self.handouts,
            self.proof,
            self.refresh,
            lambda namespace, fresh: self.told.append(namespace),
        )

    def have(self, obj: Json) -> PullSubject:
        """The object is there, and the store knows."""
        self.server.objects[obj["metadata"]["name"]] = obj
        self.store.put(PULL_SECRETS.plural, obj)
        return PullSubject.of(obj)

    def have_namespace(self, name: str) -> None:
        """A namespace that nobody works on."""
        metadata = {"name": name, "uid": f"uid of {name}", "resourceVersion": "1"}
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
        self.store.put(NAMESPACES.plural, {**namespace, "status": {"phase": "Active"}})

    def held(self) -> Json | None:
        """What the store holds."""
        return self.store.get(PULL_SECRETS.plural, None, NAME)

    def hand_out(self, subject: PullSubject, lasts: float = 6 * 3600.0) -> Handout:
        """Credentials for the subject's spec, that end after so many seconds."""
        handout = self.handouts.of(subject)
        life = Life.of_token(NOW, NOW + timedelta(seconds=lasts), 0.5)
        content = secret_content(Format.DOCKER_CONFIG_JSON, {"host": "token"})
        handout.hand_out(content, life, None, subject.credentials_hash(REGION), ("host",))
        return handout

    def listed(self, *objects: Json) -> None:
        """A list that begins now shows these."""
        self.store.replace(PULL_SECRETS.plural, objects, self.store.begin(PULL_SECRETS.plural))

"""What others do in the namespaces of an EcrPullSecret."""

from typing import Any

from ecr_operator.api.names import PULL_SECRET_LABEL
from tests.cluster import Cluster
from tests.pull_secrets import DOCKER_KEY, DOCKER_TYPE, docker_data
from tests.sequences.pull.model import Model, Place
from tests.sequences.pull.steps import (
    CASE,
    LABEL,
    Delist,
    DropForeign,
    DropNamespace,
    Edit,
    Enlist,
    Foreign,
    Label,
    Step,
)
from tests.sequences.world import SETTLE_SECONDS

KEYS = {"DockerConfigJson": DOCKER_KEY, "DockerConfigFile": "config.json", "ArgoCDRepoCreds": "password"}
"""Where the credentials are; a key that others add would stay."""
CONTESTED = 2
"""More often nobody changes the same thing: the third time within minutes it is contested."""


class Others:
    """The model learns what they have done; what comes of it is for others to say."""

    def __init__(self, cluster: Cluster, model: Model) -> None:
        self.cluster = cluster
        self.model = model
        self._meddled: dict[tuple[str, ...], int] = {}

    def add_namespace(self, letter: str, labels: dict[str, str]) -> None:
        """Create a namespace."""
        cluster, name = self.cluster, f"{self.model.name}-{letter}"
        labels = {label: value.replace(CASE, self.model.name) for label, value in labels.items()}
        metadata: dict[str, Any] = {"name": name, "labels": labels}
        cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
        builder = {
            "metadata": {"name": "builder", "namespace": name},
            "imagePullSecrets": [{"name": "theirs"}],
        }
        cluster.create({"apiVersion": "v1", "kind": "ServiceAccount", **builder})
        # The API server's own controller makes it.
        cluster.wait_for("ServiceAccount", name, "default", bool)
        self.model.places[letter] = Place(labels, {"default": [], "builder": ["theirs"]})

    def take(self, step: Step) -> None:
        """What is done in a namespace that is there."""
        cluster, model = self.cluster, self.model
        place = model.places[step.letter]  # type: ignore[union-attr]
        namespace = f"{model.name}-{step.letter}"  # type: ignore[union-attr]
        match step:
            case Label(_, value):
                labels = {LABEL: value and value.replace(CASE, self.model.name)}
                cluster.merge_patch("Namespace", None, namespace, {"metadata": {"labels": labels}})
                place.labels = {label: value for label, value in labels.items() if value is not None}
            case DropNamespace(letter):
                cluster.delete("Namespace", None, namespace, wait=True, timeout=SETTLE_SECONDS)
                del model.places[letter]
            case Foreign(letter, ours) if self._is_free(letter, place):
                hosts = sorted(model.hosts) if ours else ["docker.io"]
                place.foreign_hosts = frozenset(hosts)
                metadata = {"name": model.secret, "namespace": namespace}
                secret = {"apiVersion": "v1", "kind": "Secret", "type": DOCKER_TYPE, "metadata": metadata}
                place.foreign = cluster.create(secret | {"data": docker_data(*hosts)})
            case DropForeign() if place.foreign is not None:
                cluster.delete("Secret", namespace, model.secret)
                place.foreign = None
            case Edit(_, "label") if model.retained:
                # Without an owner it would be nobody's.
                return
            case Edit(letter, what) if place.ours and model.is_active and self._may(letter):
                if what == "gone":
                    cluster.delete("Secret", namespace, model.secret)
                    place.uid = None
                else:
                    edits: dict[str, Any] = {
                        "data": {"data": {KEYS[model.format]: "e30="}},
                        "label": {"metadata": {"labels": {PULL_SECRET_LABEL: None}}},
                        "owner": {"metadata": {"ownerReferences": None}},
                    }
                    cluster.merge_patch("Secret", namespace, model.secret, edits[what])
            case Enlist(_, account, name):
                self._enlist(place, namespace, account, name.replace(CASE, model.secret))
            case Delist(_, account, name):
                self._delist(place, namespace, account, name.replace(CASE, model.secret))

    def _is_free(self, letter: str, place: Place) -> bool:
        """Whether the object neither has a Secret there nor would write one meanwhile."""
        if self.model.spec is None or place.ours or place.foreign is not None or place.unsure:
            return False
        return not self.model.is_active or not self.model.selects(letter)

    def _may(self, *what: str) -> bool:
        self._meddled[what] = self._meddled.get(what, 0) + 1
        return self._meddled[what] <= CONTESTED

    def _enlist(self, place: Place, namespace: str, account: str, name: str) -> None:
        names = place.accounts[account]
        if name not in names and name and not place.unsure:
            names.append(name)
            self._write_entries(namespace, account, names)

    def _delist(self, place: Place, namespace: str, account: str, name: str) -> None:
        names = place.accounts[account]
        ours = name == self.model.secret and account in place.recorded
        if name not in names or place.unsure or (ours and not self.model.is_active):
            return
        if ours and not self._may(namespace, account):
            return
        del names[len(names) - 1 - names[::-1].index(name)]
        self._write_entries(namespace, account, names)

    def _write_entries(self, namespace: str, account: str, names: list[str]) -> None:
        entries = [{"name": name} for name in names]
        self.cluster.merge_patch("ServiceAccount", namespace, account, {"imagePullSecrets": entries})

"""What the cluster holds of an EcrPullSecret, and what of it is not as the model says."""

import base64
import hashlib
import json
from datetime import datetime
from typing import Any

from ecr_operator.api.names import (
    FINALIZER,
    MANAGED_BY,
    MANAGED_BY_LABEL,
    PULL_SECRET_LABEL,
    PULL_SECRETS_ANNOTATION,
)
from tests.cluster import Object
from tests.pull_secrets import KIND
from tests.repositories import condition
from tests.sequences.pull.model import FORMATS, Model, Place
from tests.sequences.pull.world import PullWorld

CLOSE = 5.0
"""Seconds that two tellings of one moment may be apart."""


class Look:
    """At one moment. `obj` None: the object is gone."""

    def __init__(self, world: PullWorld, model: Model) -> None:
        self._aws = world.aws
        self._model = model
        cluster = world.cluster
        self.obj = cluster.find(KIND, None, model.name)
        self.secrets: dict[str, Object | None] = {}
        self.accounts: dict[tuple[str, str], Object | None] = {}
        for letter, place in model.places.items():
            namespace = f"{model.name}-{letter}"
            self.secrets[letter] = cluster.find("Secret", namespace, model.secret) if model.secret else None
            for account in place.accounts:
                self.accounts[letter, account] = cluster.find("ServiceAccount", namespace, account)

    def problems(self) -> list[str]:
        """What is not as it should be; the first of them say enough."""
        found = [
            problem
            for letter, place in self._model.places.items()
            if not place.unsure
            for problem in [*self._secret(letter, place), *self._entries(letter, place)]
        ]
        if self._model.is_active and not found:
            found = self._credentials()
        return found + self._object()

    # In the namespaces

    def _secret(self, letter: str, place: Place) -> list[str]:
        secret = self.secrets[letter]
        if place.foreign is not None:
            return [] if secret == place.foreign else [f"{letter}: somebody else's Secret was touched"]
        if secret is None or not place.ours:
            expected = "a Secret" if place.ours else "none"
            return [] if (secret is not None) == place.ours else [f"{letter}: expected {expected}: {secret}"]
        metadata = secret["metadata"]
        if place.uid not in (None, metadata["uid"]):
            return [f"{letter}: the Secret was made anew"]
        if not self._model.is_active:
            return []
        assert self.obj is not None
        type, keys = FORMATS[self._model.format]
        owner = [] if self._model.retained else [self.obj["metadata"]["uid"]]
        labels = metadata.get("labels", {})
        seen = {
            "type": secret["type"],
            "keys": set(secret.get("data", ())),
            "owner": [one["uid"] for one in metadata.get("ownerReferences", ())],
            "label": labels.get(PULL_SECRET_LABEL),
            "managed": labels.get(MANAGED_BY_LABEL),
        }
        wanted = {
            "type": type,
            "keys": keys,
            "owner": owner,
            "label": self._model.name,
            "managed": MANAGED_BY,
        }
        return [] if seen == wanted else [f"{letter}: the Secret is {seen}, expected {wanted}"]

    def _entries(self, letter: str, place: Place) -> list[str]:
        found = []
        for account, names in place.accounts.items():
            there = self.accounts[letter, account]
            entries = [entry["name"] for entry in (there or {}).get("imagePullSecrets") or ()]
            annotations = (there or {"metadata": {}})["metadata"].get("annotations", {})
            record = annotations.get(PULL_SECRETS_ANNOTATION)
            recorded = f"{self._model.secret}={self._model.name}" if account in place.recorded else None
            if (entries, record) != (names, recorded):
                found.append(f"{letter}/{account} has {entries} ({record}), expected {names} ({recorded})")
        return found

    def _credentials(self) -> list[str]:
        """Each Secret holds the same, for all hosts, and it is good."""
        data = [self.data(letter) for letter, place in self._model.places.items() if place.ours]
        if not data:
            return []
        if any(other != data[0] for other in data):
            return ["the Secrets hold different data"]
        passwords = passwords_of(data[0])
        if set(passwords) != self._model.hosts:
            return [f"hosts {sorted(passwords)}, expected {sorted(self._model.hosts)}"]
        tokens = [self._aws.token(password) for password in passwords.values()]
        found = [f"a token is no good: {token}" for token in tokens if not token["valid"]]
        strangers = {token["account"] for token in tokens} - {self._model.account}
        found += [f"credentials of {strangers}"] if strangers else []
        return found or self._life(data[0], tokens)

    def _life(self, data: dict[str, str], tokens: list[dict[str, Any]]) -> list[str]:
        status = (self.obj or {}).get("status", {})
        text = json.dumps(data, sort_keys=True, separators=(",", ":"))
        found = []
        if status.get("contentHash") != hashlib.sha256(text.encode()).hexdigest():
            found.append("contentHash is of other data")
        end = min(float(token["ends"]) for token in tokens)
        told = status.get("expiresAt")
        if told is None or abs(datetime.fromisoformat(told).timestamp() - end) > CLOSE:
            found.append(f"expiresAt {told}, expected {end}")
        return found

    def data(self, letter: str) -> dict[str, str]:
        """Of the Secret there."""
        return dict((self.secrets[letter] or {}).get("data") or {})

    # The object

    def _object(self) -> list[str]:
        model, obj = self._model, self.obj
        if (obj is None) != (model.spec is None):
            return ["the object is gone" if obj is None else f"the object is still there: {obj['metadata']}"]
        if obj is None:
            return []
        assert model.spec is not None
        seen = told(obj)
        finalizers = [FINALIZER] if model.finalizer else []
        wanted: dict[str, Any] = {"finalizers": finalizers, "generation": obj["metadata"]["generation"]}
        if not model.is_active:
            wanted |= {"Ready": ((seen["Ready"] or ("", ""))[0], "Suspended")}
            wanted |= {"Stalled": None, "Reconciling": None}
            seen = {name: seen[name] for name in wanted}
            return [] if seen == wanted else [f"suspended, the object says {seen}, expected {wanted}"]
        matched = model.matched
        wanted |= {
            "Ready": ("True", "InSync" if matched else "NoNamespaceMatched"),
            "Stalled": None,
            "Reconciling": None,
            "NamespacesFailed": ("True", "SecretNotOurs") if model.failing else None,
            "ExpiringSoon": None,
            "LeastPrivilege": ("True", "SessionNarrowed")
            if model.spec.get("auth")
            else ("Unknown", "OperatorIdentityUsed"),
            "counts": {
                "matched": len(matched),
                "ready": len(matched - model.failing),
                "failed": len(model.failing),
            },
            "failures": sorted((f"{model.name}-{letter}", "SecretNotOurs") for letter in model.failing),
            "secretName": model.secret,
            "hosts": sorted(model.hosts),
        }
        return [] if seen == wanted else [f"the object says {seen}, expected {wanted}"]


def told(obj: Object) -> dict[str, Any]:
    """What an object says, without what is different each time."""
    status = obj.get("status", {})
    names = ("Ready", "Stalled", "Reconciling", "NamespacesFailed", "ExpiringSoon", "LeastPrivilege")
    conditions = {name: condition(obj, name) for name in names}
    return {
        **{name: found and (found["status"], found["reason"]) for name, found in conditions.items()},
        "finalizers": obj["metadata"].get("finalizers", []),
        "generation": status.get("observedGeneration"),
        "counts": status.get("namespaces"),
        "failures": sorted((one["namespace"], one["reason"]) for one in status.get("failures", ())),
        "secretName": status.get("secretName"),
        "hosts": sorted(one["host"] for one in status.get("registries", ())),
    }


def passwords_of(data: dict[str, str]) -> dict[str, str]:
    """{host: what AWS gave for it} of a Secret's data, whatever its format."""
    texts = {key: base64.b64decode(value).decode() for key, value in data.items()}
    if "url" in texts:
        return {texts["url"]: texts["password"]}
    (text,) = texts.values()
    return {host: entry["auth"] for host, entry in json.loads(text).get("auths", {}).items()}

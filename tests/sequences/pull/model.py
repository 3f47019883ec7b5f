"""What should be there of an EcrPullSecret, after all that has happened. Written from API.md alone."""

from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from tests.cluster import Object
from tests.fake_aws.client import ACCOUNT, REGION
from tests.sequences.pull.steps import Spec

FORMATS = {
    "DockerConfigJson": ("kubernetes.io/dockerconfigjson", {".dockerconfigjson"}),
    "DockerConfigFile": ("Opaque", {"config.json"}),
    "ArgoCDRepoCreds": ("Opaque", {"type", "enableOCI", "url", "username", "password"}),
}
"""Type and keys of the Secret."""
PUBLIC_HOSTS = {"public.ecr.aws", "ecr-public.aws.com"}
HOSTS = {
    "Standard": "{}.dkr.ecr.{}.amazonaws.com",
    "DualStack": "{}.dkr-ecr.{}.on.aws",
    "Fips": "{}.dkr.ecr-fips.{}.amazonaws.com",
    "DualStackFips": "{}.dkr-ecr-fips.{}.on.aws",
}


@dataclass
class Place:
    """A namespace."""

    labels: dict[str, str]
    accounts: dict[str, list[str]]
    """The names in `imagePullSecrets`, by service account."""
    foreign: Object | None = None
    """Somebody else's Secret, to the last byte."""
    foreign_hosts: frozenset[str] = frozenset()
    """The hosts that it holds."""
    ours: bool = False
    """The object's Secret is there."""
    uid: str | None = None
    """Its uid, once seen: the operator keeps it."""
    recorded: set[str] = field(default_factory=set)
    """The service accounts in which the entry is the operator's."""
    unsure: bool = False
    """What was left there belongs to nobody any more, or to a new object that has nothing to do with it."""


class Model:
    """Of one object and its namespaces, by their letter. Each method is something that happens."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.spec: Spec | None = None
        self.places: dict[str, Place] = {}
        self.failing: set[str] = set()
        """The namespaces in which somebody else's Secret stands in the way."""
        self.retained = False
        """The Secrets have no owner."""
        self.finalizer = False
        self.secret = ""

    @property
    def is_active(self) -> bool:
        """The object is there, and works."""
        return self.spec is not None and not self.spec.get("suspend")

    def apply(self, spec: Spec) -> None:
        """A spec comes into force."""
        if self.spec is None:
            self.finalizer = False
        self.spec, self.secret = spec, spec.get("secretName", self.name)
        self.happened()

    def delete(self) -> None:
        """The object goes."""
        assert self.spec is not None
        for place in self.places.values():
            stays = self.retained and place.ours
            if not stays:
                place.ours, place.uid = False, None
            if self.is_active and not self.retained:
                self._take_back(place)
            place.unsure = stays or bool(place.recorded)
        self.spec, self.finalizer, self.failing = None, False, set()

    def happened(self) -> None:
        """Something has changed around the object."""
        if not self.is_active:
            return
        assert self.spec is not None
        policy = self.spec.get("deletionPolicy", "Delete")
        names = self.spec.get("serviceAccounts", {}).get("names", ())
        self.retained = policy == "Retain"
        self.finalizer = bool(names) and not self.retained
        self.failing = set()
        for letter, place in self.places.items():
            if not self.selects(letter):
                place.ours, place.uid = False, None
                self._take_back(place)
                continue
            if place.foreign is not None and not self._adopts(place):
                self.failing.add(letter)
                continue
            if place.foreign is not None:
                place.uid, place.foreign = place.foreign["metadata"]["uid"], None
            place.ours, place.unsure = True, False
            self._take_back(place, but=names)
            for account in names:
                if account in place.accounts and self.secret not in place.accounts[account]:
                    place.accounts[account].append(self.secret)
                    place.recorded.add(account)

    def selects(self, letter: str) -> bool:
        """Whether the spec selects a namespace."""
        assert self.spec is not None
        wanted, name = self.spec["namespaces"], f"{self.name}-{letter}"
        if any(fnmatchcase(name, glob) for glob in wanted.get("exclude", ())):
            return False
        if "include" in wanted and not any(fnmatchcase(name, glob) for glob in wanted["include"]):
            return False
        labels = {"kubernetes.io/metadata.name": name, **self.places[letter].labels}
        selector = wanted.get("selector", {})
        return all(
            labels.get(key) == value for key, value in selector.get("matchLabels", {}).items()
        ) and all(_satisfies(labels, one) for one in selector.get("matchExpressions", ()))

    @property
    def matched(self) -> set[str]:
        """The namespaces that the spec selects."""
        return {letter for letter in self.places if self.selects(letter)}

    @property
    def account(self) -> str:
        """The AWS account that the credentials are of."""
        assert self.spec is not None
        role = self.spec.get("auth", {}).get("roleArn")
        return str(role.split(":")[4]) if role else ACCOUNT

    @property
    def hosts(self) -> set[str]:
        """The hosts that the credentials are for."""
        assert self.spec is not None
        found: set[str] = set()
        for registry in self.spec["registries"]:
            if registry.get("public"):
                found |= PUBLIC_HOSTS
                continue
            region = registry.get("region", REGION)
            for account in registry.get("accounts", [self.account]):
                found |= {HOSTS[form].format(account, region) for form in registry.get("hosts", ["Standard"])}
        return found

    @property
    def format(self) -> str:
        """How the Secret looks."""
        assert self.spec is not None
        return str(self.spec.get("format", "DockerConfigJson"))

    def _adopts(self, place: Place) -> bool:
        assert self.spec is not None
        adopts = self.spec.get("adoptionPolicy") == "Adopt" and self.format == "DockerConfigJson"
        return adopts and place.foreign_hosts <= self.hosts

    def _take_back(self, place: Place, but: tuple[str, ...] | list[str] = ()) -> None:
        for account in place.recorded - set(but):
            names = place.accounts[account]
            if self.secret in names:
                # Ours was added at the end.
                del names[len(names) - 1 - names[::-1].index(self.secret)]
        place.recorded &= set(but)


def _satisfies(labels: dict[str, str], expression: Object) -> bool:
    value, values = labels.get(expression["key"]), expression.get("values", ())
    match expression["operator"]:
        case "In":
            return value in values
        case "NotIn":
            return value not in values
        case "Exists":
            return value is not None
        case _:
            return value is None

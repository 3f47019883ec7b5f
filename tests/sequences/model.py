"""What a repository is to hold after a history: what the last spec gives a fresh one, and what is others'.

It knows nothing of how the operator plans. What is `ours` are the tags, statements and lifecycle policy of
the last spec that was in sync; `theirs` is what others have put there. Where a spec met something of theirs
and did not get to its end, either may be; that is `disputed` and not judged until a spec settles it.
"""

from dataclasses import dataclass, field

from tests.sequences.holdings import Holdings, Texts
from tests.sequences.specs import Spec
from tests.sequences.world import Fresh

RESERVED = "EcrOperator"
LIFECYCLE = "lifecycle"


@dataclass
class Share:
    """Who has what of one map of parts: tags, or statements, or the lifecycle policy as a map of one."""

    ours: set[str] = field(default_factory=set)
    theirs: Texts = field(default_factory=dict)
    disputed: set[str] = field(default_factory=set)

    def left_by_another(self, there: Texts) -> None:
        """What is there now belongs to nobody alive."""
        self.ours, self.theirs, self.disputed = set(), dict(there), set()

    def put_by_hand(self, key: str, value: str | None, asked: set[str], in_sync: bool) -> None:
        """Somebody has set a part, or with None has removed it; `asked` are those of the present spec."""
        if key in self.ours or key in asked:
            if not in_sync:
                self.dispute({key})
            return
        self.theirs.pop(key, None)
        if value is not None:
            self.theirs[key] = value

    def dispute(self, keys: set[str]) -> None:
        """Whose these are can not be told."""
        self.disputed |= keys
        for key in keys:
            self.theirs.pop(key, None)

    def taken(self, wanted: Texts) -> None:
        """A spec that asks for these is in sync."""
        self.ours = set(wanted)
        self.disputed -= self.ours
        for key in wanted:
            self.theirs.pop(key, None)

    def differences(self, what: str, there: Texts, wanted: Texts) -> list[str]:
        """What differs from what is wanted and what is theirs."""
        expected = {**self.theirs, **wanted}
        keys = (there.keys() | expected.keys()) - self.disputed
        return [
            f"{what} {key}: {there.get(key)}, expected {expected.get(key)}"
            for key in sorted(keys)
            if there.get(key) != expected.get(key)
        ]


@dataclass
class Model:
    """The shares of one repository."""

    tags: Share = field(default_factory=Share)
    statements: Share = field(default_factory=Share)
    lifecycle: Share = field(default_factory=Share)

    def left_by_another(self, there: Holdings | None) -> None:
        """The object that managed the repository is gone, or it is only being taken."""
        self.tags.left_by_another(there.tags if there else {})
        statements = there.statements if there else {}
        # Ours by their name, recorded or not.
        foreign = {sid: text for sid, text in statements.items() if not sid.startswith(RESERVED)}
        self.statements.left_by_another(foreign)
        self.lifecycle.left_by_another(rules_of(there))

    def unsettled(self, spec: Spec) -> None:
        """A spec was applied and did not, or may not, get to its end."""
        asked = asked_of(spec)
        self.tags.dispute(asked.tags & self.tags.theirs.keys())
        sids = asked.statements & self.statements.theirs.keys()
        if spec.get("foreignStatements") == "Remove":
            sids = set(self.statements.theirs)
        self.statements.dispute(sids)
        self.lifecycle.dispute(asked.lifecycle & self.lifecycle.theirs.keys())

    def in_sync(self, spec: Spec, there: Holdings, fresh: Holdings) -> list[str]:
        """A spec has settled: what differs from what it gives a fresh repository."""
        if spec.get("foreignStatements") == "Remove":
            self.statements.theirs.clear()
            self.statements.disputed.clear()
        found = self.tags.differences("tag", there.tags, fresh.tags)
        # Until they are recorded, statements of a predecessor are known by their name alone.
        found += self.statements.differences("statement", there.statements, fresh.statements)
        found += self.lifecycle.differences("policy", rules_of(there), rules_of(fresh))
        self.tags.taken(fresh.tags)
        self.statements.taken(fresh.statements)
        self.lifecycle.taken(rules_of(fresh))
        return found


@dataclass(frozen=True)
class Asked:
    """The names of the parts that a spec asks for."""

    tags: set[str]
    statements: set[str]
    lifecycle: set[str]


def asked_of(spec: Spec) -> Asked:
    """The names of the parts that a spec asks for, but those of grants, which nobody else uses."""
    statements = spec.get("repositoryPolicy", {}).get("statements", ())
    return Asked(
        set(spec.get("tags", ())),
        {statement["Sid"] for statement in statements},
        {LIFECYCLE} if "lifecyclePolicy" in spec else set(),
    )


def rules_of(held: Holdings | None) -> Texts:
    """The lifecycle policy as a map of one."""
    return {LIFECYCLE: held.lifecycle} if held and held.lifecycle else {}


def expected_managed(spec: Spec, fresh: Fresh) -> set[str]:
    """What `status.managed` lists of an object in sync."""
    parts = {"repository"} | {f"tags/{key}" for key in spec.get("tags", ())}
    parts |= {f"statements/{sid}" for sid in fresh.held.statements} if fresh.held else set()
    if "imageTagMutability" in spec:
        parts.add("imageTagMutability")
    if "scanOnPush" in spec.get("imageScanningConfiguration", {}):
        parts.add("imageScanningConfiguration")
    if "lifecyclePolicy" in spec:
        parts.add("lifecyclePolicy")
    return parts

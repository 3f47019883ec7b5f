"""The Secrets that a namespace should hold: what is done, what is refused, and what is left alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest

from ecr_operator.planning.namespace_state import ObservedNamespace, Released, WantedSecret
from ecr_operator.planning.pull_secret import (
    Contested,
    Failure,
    NamespacePlan,
    owners_to_look_up,
    plan_namespace,
)
from ecr_operator.planning.secret_data import Format
from ecr_operator.reasons import Reason
from tests.planning.pull_samples import (
    FOREIGN_CONTROLLER,
    HOST,
    MONDAY,
    NAMESPACE,
    OTHER_HOST,
    TUESDAY,
    account,
    deleting,
    deselected,
    docker_config,
    docker_data,
    encoded,
    foreign,
    gone,
    namespace,
    reference,
    wanted,
    written,
)

ECR = wanted()
RETAINED = replace(ECR, retain=True)
ADOPTING = replace(ECR, adopt=True)
PENDING = replace(ECR, data=None)
OLDER = wanted("older", created=MONDAY)
YOUNGER = wanted("younger", created=TUESDAY)
ARGO = wanted(format=Format.ARGO_CD_REPO_CREDS)
REBORN = replace(ECR, uid="uid-of-another-ecr")
LABELLED = {"owners": ()}

CREATE, UPDATE = f"create Secret {NAMESPACE}/pull", f"update Secret {NAMESPACE}/pull"
ADOPT, DELETE = f"adopt Secret {NAMESPACE}/pull", f"delete Secret {NAMESPACE}/pull"
UNOWN = f"remove the owner reference of Secret {NAMESPACE}/pull"


@dataclass(frozen=True)
class Case:
    wanted: tuple[WantedSecret, ...]
    observed: ObservedNamespace
    changes: tuple[str, ...] = ()
    failures: Mapping[str, Reason] = field(default_factory=dict)
    ready: tuple[str, ...] = ()
    released: Mapping[str, Released] = field(default_factory=dict)
    contested: Contested | None = None


def planned(case: Case) -> NamespacePlan:
    return plan_namespace(case.wanted, case.observed, released=case.released, contested=case.contested)


OTHER_BYTES = {"data": docker_data(HOST, password="edited")}

CASES = {
    # Create and mend
    "a new namespace": Case((ECR,), namespace(), (CREATE,), ready=("ecr",)),
    "a namespace in sync": Case((ECR,), namespace(written(ECR)), ready=("ecr",)),
    "a refreshed token": Case(
        (ECR,), namespace(written(ECR, **OTHER_BYTES)), (f"{UPDATE} (data)",), ready=("ecr",)
    ),
    "a Secret without its key": Case(
        (ECR,), namespace(written(ECR, data={})), (f"{UPDATE} (data)",), ready=("ecr",)
    ),
    "a key that somebody added stays": Case(
        (ECR,), namespace(written(ECR, data={**(ECR.data or {}), "x": "eA=="})), ready=("ecr",)
    ),
    "a label that somebody added stays": Case(
        (ECR,), namespace(written(ECR, labels={**ECR.labels, "x": "y"})), ready=("ecr",)
    ),
    "labels that somebody removed": Case(
        (ECR,), namespace(written(ECR, labels={})), (f"{UPDATE} (labels)",), ready=("ecr",)
    ),
    "an owner reference that somebody removed": Case(
        (ECR,), namespace(written(ECR, owners=())), (f"{UPDATE} (owner)",), ready=("ecr",)
    ),
    "an owner reference that controls no more": Case(
        (ECR,),
        namespace(written(ECR, owners=(reference(ECR, controller=False),))),
        (f"{UPDATE} (owner)",),
        ready=("ecr",),
    ),
    "a reference to another object that controls nothing stays": Case(
        (ECR,),
        namespace(written(ECR, owners=(replace(FOREIGN_CONTROLLER, controller=False), reference(ECR)))),
        ready=("ecr",),
    ),
    "all at once": Case(
        (ECR,),
        namespace(written(ECR, owners=(), labels=ECR.labels | {"argocd.argoproj.io/x": "y"}, **OTHER_BYTES)),
        (f"{UPDATE} (data, owner)",),
        ready=("ecr",),
    ),
    "two EcrPullSecrets with names of their own": Case(
        (OLDER, replace(YOUNGER, name="push")),
        namespace(),
        (CREATE, f"create Secret {NAMESPACE}/push"),
        ready=("older", "younger"),
    ),
    "no EcrPullSecret and a stranger's Secret": Case((), namespace(foreign(HOST))),
    # Without a token
    "no token yet, and nothing there": Case((PENDING,), namespace()),
    "no token yet, and ours there stays": Case(
        (PENDING,), namespace(written(ECR, **OTHER_BYTES)), ready=("ecr",)
    ),
    "no token yet, and a stranger's there": Case(
        (PENDING,), namespace(foreign(HOST)), failures={"ecr": Reason.SECRET_NOT_OURS}
    ),
    "no token yet, and a stranger's to be adopted": Case(
        (replace(PENDING, adopt=True),), namespace(foreign())
    ),
    # Retain
    "Retain writes no owner reference": Case((RETAINED,), namespace(written(RETAINED)), ready=("ecr",)),
    "a change to Retain takes the owner reference out": Case(
        (RETAINED,), namespace(written(ECR)), (UNOWN,), ready=("ecr",)
    ),
    "a change to Retain, with a new token": Case(
        (RETAINED,),
        namespace(written(ECR, **OTHER_BYTES)),
        (UNOWN, f"{UPDATE} (data)"),
        ready=("ecr",),
    ),
    "a change to Delete puts it in": Case(
        (ECR,), namespace(written(RETAINED)), (f"{UPDATE} (owner)",), ready=("ecr",)
    ),
    # Foreign Secrets
    "a stranger's Secret with other data": Case(
        (ECR,), namespace(foreign(OTHER_HOST)), failures={"ecr": Reason.SECRET_NOT_OURS}
    ),
    "a stranger's Secret with equal data": Case(
        (ECR,), namespace(foreign(data=ECR.data)), failures={"ecr": Reason.SECRET_NOT_OURS}
    ),
    "a stranger's Secret does not stop others": Case(
        (OLDER, replace(YOUNGER, name="push")),
        namespace(foreign(HOST)),
        (f"create Secret {NAMESPACE}/push",),
        {"older": Reason.SECRET_NOT_OURS},
        ("younger",),
    ),
    "adopted with our hosts": Case(
        (ADOPTING,), namespace(foreign(HOST)), (f"{ADOPT} (data, labels, owner)",), ready=("ecr",)
    ),
    "adopted with our hosts as Docker writes them": Case(
        (ADOPTING,),
        namespace(foreign(data=docker_config(auths={f"https://{HOST}/v2/": {"auth": "x"}}))),
        (f"{ADOPT} (data, labels, owner)",),
        ready=("ecr",),
    ),
    "adopted without hosts": Case(
        (ADOPTING,), namespace(foreign()), (f"{ADOPT} (data, labels, owner)",), ready=("ecr",)
    ),
    "not adopted with another host": Case(
        (ADOPTING,), namespace(foreign(HOST, OTHER_HOST)), failures={"ecr": Reason.SECRET_NOT_OURS}
    ),
    "not adopted with another type": Case(
        (ADOPTING,), namespace(foreign(HOST, type="Opaque")), failures={"ecr": Reason.SECRET_NOT_OURS}
    ),
    "not adopted with other keys": Case(
        (ADOPTING,),
        namespace(foreign(data={**docker_data(HOST), "password": "eA=="})),
        failures={"ecr": Reason.SECRET_NOT_OURS},
    ),
    "not adopted with helpers": Case(
        (ADOPTING,),
        namespace(foreign(data=docker_config(auths={}, credHelpers={"a.example": "x"}))),
        failures={"ecr": Reason.SECRET_NOT_OURS},
    ),
    "not adopted if it cannot be read": Case(
        (ADOPTING,),
        namespace(foreign(data={".dockerconfigjson": encoded("{")})),
        failures={"ecr": Reason.SECRET_NOT_OURS},
    ),
    "not adopted from another controller": Case(
        (ADOPTING,),
        namespace(foreign(HOST, owners=(FOREIGN_CONTROLLER,))),
        failures={"ecr": Reason.SECRET_NOT_OURS},
    ),
    "our labels on a Secret of another controller": Case(
        (ADOPTING,),
        namespace(written(ECR, owners=(FOREIGN_CONTROLLER,))),
        failures={"ecr": Reason.SECRET_NOT_OURS},
    ),
    "our label without managed-by": Case(
        (ECR,),
        namespace(foreign(HOST, labels={"ecr-operator.dev/pull-secret": "ecr"})),
        failures={"ecr": Reason.SECRET_NOT_OURS},
    ),
    "a controller of our name and another group": Case(
        (ECR,),
        namespace(foreign(HOST, owners=(reference(ECR, api_version="example.com/v1"),))),
        failures={"ecr": Reason.SECRET_NOT_OURS},
    ),
    # Conflicts
    "two want one name, the older wins": Case(
        (YOUNGER, OLDER), namespace(), (CREATE,), {"younger": Reason.CONFLICT}, ("older",)
    ),
    "the older wins whatever its name": Case(
        (wanted("a", created=TUESDAY), wanted("z", created=MONDAY)),
        namespace(),
        (CREATE,),
        {"a": Reason.CONFLICT},
        ("z",),
    ),
    "of two of the same age the first name wins": Case(
        (wanted("b"), wanted("a")), namespace(), (CREATE,), {"b": Reason.CONFLICT}, ("a",)
    ),
    "the older takes the younger's Secret over in place": Case(
        (YOUNGER, OLDER),
        namespace(written(YOUNGER)),
        (UNOWN, f"{UPDATE} (labels, owner)"),
        {"younger": Reason.CONFLICT},
        ("older",),
    ),
    "the older takes over a Secret of another format": Case(
        (YOUNGER, wanted("older", format=Format.ARGO_CD_REPO_CREDS)),
        namespace(written(YOUNGER)),
        (DELETE, CREATE),
        {"younger": Reason.CONFLICT},
        ("older",),
    ),
    "the Secret of an EcrPullSecret that is not known to be gone": Case(
        (YOUNGER,), namespace(written(OLDER)), failures={"younger": Reason.CONFLICT}
    ),
    "the Secret of one that no longer selects the namespace is taken over": Case(
        (YOUNGER,),
        namespace(written(OLDER)),
        (UNOWN, f"{UPDATE} (labels, owner)"),
        ready=("younger",),
        released=deselected(OLDER),
    ),
    "the Secret of one that is gone is taken over": Case(
        (YOUNGER,),
        namespace(written(OLDER)),
        (UNOWN, f"{UPDATE} (labels, owner)"),
        ready=("younger",),
        released=gone(OLDER),
    ),
    "the Secret that one kept with Retain is adopted only": Case(
        (YOUNGER,),
        namespace(written(replace(OLDER, retain=True))),
        failures={"younger": Reason.SECRET_NOT_OURS},
        released=gone(OLDER),
    ),
    "and is, with Adopt": Case(
        (replace(YOUNGER, adopt=True),),
        namespace(written(replace(OLDER, retain=True))),
        (f"{ADOPT} (labels, owner)",),
        ready=("younger",),
        released=gone(OLDER),
    ),
    # Born again under the same name
    "an EcrPullSecret born again finds its labels": Case(
        (REBORN,), namespace(written(ECR, owners=())), (f"{UPDATE} (owner)",), ready=("ecr",)
    ),
    "an EcrPullSecret born again replaces its predecessor": Case(
        (REBORN,), namespace(written(ECR)), (UNOWN, f"{UPDATE} (owner)"), ready=("ecr",)
    ),
    "an EcrPullSecret born again with another format": Case(
        (ARGO,), namespace(written(RETAINED)), (DELETE, CREATE), ready=("ecr",)
    ),
    # Deletion
    "a namespace that is no longer selected": Case(
        (), namespace(written(ECR)), (DELETE,), released=deselected(ECR)
    ),
    "a namespace that is no longer selected, with Retain": Case(
        (), namespace(written(RETAINED)), (DELETE,), released=deselected(ECR)
    ),
    "no proof, no deletion": Case((), namespace(written(ECR), written(RETAINED, name="x"))),
    "proof of another, no deletion": Case((), namespace(written(ECR)), released=deselected(OLDER)),
    "the garbage collector takes those of one that is gone": Case(
        (), namespace(written(ECR)), released=gone(ECR)
    ),
    "the garbage collector takes those of one that is being deleted": Case(
        (), namespace(written(ECR)), released=deleting(ECR)
    ),
    "Retain keeps those of one that is gone": Case((), namespace(written(RETAINED)), released=gone(ECR)),
    "somebody's copy with our labels and another name": Case(
        (), namespace(written(ECR, name="copy", owners=())), released=deselected(ECR)
    ),
    "somebody's copy beside ours": Case(
        (ECR,), namespace(written(ECR), written(ECR, name="copy", owners=())), ready=("ecr",)
    ),
    "our labels on another controller's Secret": Case(
        (), namespace(written(ECR, owners=(FOREIGN_CONTROLLER,))), released=deselected(ECR)
    ),
    "our labels on the Secret of another controller with our name": Case(
        (),
        namespace(written(ECR, owners=(replace(FOREIGN_CONTROLLER, name="ecr"),))),
        released=deselected(ECR),
    ),
    "a stranger's Secret of the name": Case((), namespace(foreign(HOST)), released=deselected(ECR)),
    # Contention
    "a contested Secret is restored after its delay": Case(
        (ECR,),
        namespace(written(ECR, **OTHER_BYTES)),
        (f"{UPDATE} (data)",),
        {"ecr": Reason.SECRET_CONTESTED},
        contested=Contested(secrets={"pull": "helm"}),
    ),
    "a contested Secret is not restored before": Case(
        (ECR,),
        namespace(written(ECR, **OTHER_BYTES)),
        (),
        {"ecr": Reason.SECRET_CONTESTED},
        contested=Contested(secrets={"pull": "helm"}, held={"pull"}),
    ),
    "a contested Secret that is gone is not restored before": Case(
        (ECR,),
        namespace(),
        (),
        {"ecr": Reason.SECRET_CONTESTED},
        contested=Contested(secrets={"pull": "somebody"}, held={"pull"}),
    ),
    "another Secret's contention": Case(
        (ECR,), namespace(), (CREATE,), ready=("ecr",), contested=Contested({"other": "helm"}, {"other"})
    ),
    # Terminating
    "a namespace that is being deleted": Case(
        (ECR, OLDER),
        namespace(written(ECR, **OTHER_BYTES), terminating=True),
        failures={"ecr": Reason.NAMESPACE_TERMINATING, "older": Reason.NAMESPACE_TERMINATING},
    ),
    "a namespace that is being deleted, and not selected": Case(
        (), namespace(written(ECR), terminating=True), released=deselected(ECR)
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_namespace(case: Case) -> None:
    plan = planned(case)
    assert tuple(change.describe() for change in plan.changes) == case.changes
    assert {failure.owner: failure.reason for failure in plan.failures} == case.failures
    assert plan.ready == set(case.ready)
    assert all(failure.namespace == NAMESPACE for failure in plan.failures)


MESSAGES = {
    "a stranger's": ("a stranger's Secret with equal data", r"Adopt` to take it over, or choose another"),
    "a stranger's with hosts": (
        "a stranger's Secret with other data",
        rf"Adopt` to take it over \(it would lose the host {OTHER_HOST}\)",
    ),
    "hosts that would be lost": ("not adopted with another host", f"would lose the host {OTHER_HOST};"),
    "keys that would be lost": ("not adopted with other keys", "would lose the key password;"),
    "helpers that would be lost": ("not adopted with helpers", "would lose the key credHelpers;"),
    "what cannot be read": ("not adopted if it cannot be read", "would lose what cannot be read in it;"),
    "types": ("not adopted with another type", "has the type Opaque, not kubernetes.io/dockerconfigjson"),
    "a controller": ("not adopted from another controller", "controlled by ExternalSecret db"),
    "a conflict": ("two want one name, the older wins", "EcrPullSecret older is older"),
    "a conflict with one unseen": (
        "the Secret of an EcrPullSecret that is not known to be gone",
        "is that of EcrPullSecret older",
    ),
    "a contention": ("a contested Secret is not restored before", "helm keeps changing or deleting"),
}


@pytest.mark.parametrize(("case", "message"), MESSAGES.values(), ids=MESSAGES)
def test_a_failure_says_what_to_do(case: str, message: str) -> None:
    (failure,) = planned(CASES[case]).failures
    with pytest.raises(AssertionError, match=message):
        raise AssertionError(failure.message)


def test_many_and_long_hosts_are_cut() -> None:
    hosts = [f"{number}.example" for number in range(8)] + ["0" * 300]
    (failure,) = plan_namespace((ADOPTING,), namespace(foreign(*hosts))).failures
    assert f"the hosts 0.example, {'0' * 79}…, 1.example, 2.example, 3.example and 4 more" in failure.message
    assert len(failure.message) < 512


def test_the_same_plan_whatever_the_order() -> None:
    there = [written(OLDER, name=name) for name in ("a", "b")]
    wants = [OLDER, YOUNGER, wanted("third", name="c", created=TUESDAY)]
    one = plan_namespace(wants, namespace(*there))
    other = plan_namespace(wants[::-1], namespace(*there[::-1]))
    assert one == other


def test_a_plan_is_read_in_its_order() -> None:
    plan = planned(CASES["the older takes over a Secret of another format"])
    assert plan.describe() == f"{DELETE}; {CREATE}"
    assert plan_namespace((), namespace()).describe() == ""


def test_secrets_are_changed_in_the_order_of_their_names() -> None:
    plan = plan_namespace((replace(OLDER, name="b"), replace(YOUNGER, name="a")), namespace())
    assert plan.describe() == f"create Secret {NAMESPACE}/a; create Secret {NAMESPACE}/b"


def test_failures_are_sorted() -> None:
    plan = planned(CASES["a namespace that is being deleted"])
    message = f"The namespace {NAMESPACE} is being deleted"
    assert plan.failures == (
        Failure(NAMESPACE, "ecr", Reason.NAMESPACE_TERMINATING, message),
        Failure(NAMESPACE, "older", Reason.NAMESPACE_TERMINATING, message),
    )


def test_those_that_nobody_speaks_of_are_looked_up() -> None:
    there = namespace(
        written(ECR),
        written(OLDER, name="x"),
        written(replace(YOUNGER, retain=True), name="y"),
        foreign(HOST, name="z"),
        account(record="a=gone,b=ecr"),
    )
    assert owners_to_look_up((ECR,), there) == {"older", "younger", "gone"}
    assert owners_to_look_up((), namespace()) == frozenset()

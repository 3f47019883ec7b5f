"""Entries of service accounts: ours are added and taken back, others keep content and order."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest

from ecr_operator.api.names import PULL_SECRETS_ANNOTATION
from ecr_operator.planning.namespace_state import ObservedNamespace, Released, WantedSecret
from ecr_operator.planning.pull_secret import Contested, plan_namespace
from ecr_operator.planning.secret_changes import PatchServiceAccount
from ecr_operator.planning.service_accounts import RECORDS_MAX, read_record, record_text
from ecr_operator.reasons import Reason
from tests.planning.pull_samples import (
    HOST,
    TUESDAY,
    account,
    deleting,
    deselected,
    foreign,
    gone,
    namespace,
    wanted,
    written,
)
from tests.planning.pull_world import performed

ECR = wanted(service_accounts=("default",))
NONE = replace(ECR, service_accounts=())
BUILD = replace(ECR, service_accounts=("build", "default"))
PUSH = wanted("push", name="push", service_accounts=("default",))
YOUNGER = wanted("younger", created=TUESDAY, service_accounts=("default",))
THERE = written(ECR)
KEPT = written(replace(ECR, retain=True))


@dataclass(frozen=True)
class Case:
    """`entries` and `record` are those of the service account `default` afterwards."""

    wanted: tuple[WantedSecret, ...]
    observed: ObservedNamespace
    entries: tuple[str, ...]
    record: str | None = None
    writes: int = 0
    released: Mapping[str, Released] = field(default_factory=dict)
    contested: Contested | None = None
    failures: tuple[Reason, ...] = ()


CASES = {
    # Add
    "the first entry of a service account": Case(
        (ECR,), namespace(THERE, account()), ("pull",), "pull=ecr", 1
    ),
    "an entry after those of others": Case(
        (ECR,), namespace(THERE, account("argo", "helm")), ("argo", "helm", "pull"), "pull=ecr", 1
    ),
    "an entry together with its Secret": Case((ECR,), namespace(account()), ("pull",), "pull=ecr", 1),
    "an entry that is there": Case(
        (ECR,), namespace(THERE, account("pull", "helm", record="pull=ecr")), ("pull", "helm"), "pull=ecr"
    ),
    "an entry that somebody had made is not ours": Case(
        (ECR,), namespace(THERE, account("pull", "helm")), ("pull", "helm")
    ),
    "an entry that somebody took out": Case(
        (ECR,), namespace(THERE, account("helm", record="pull=ecr")), ("helm", "pull"), "pull=ecr", 1
    ),
    "a list that somebody replaced": Case(
        (ECR,), namespace(THERE, account(record="pull=ecr")), ("pull",), "pull=ecr", 1
    ),
    "two EcrPullSecrets on one service account, one write": Case(
        (ECR, PUSH), namespace(THERE, account("helm")), ("helm", "pull", "push"), "pull=ecr,push=push", 1
    ),
    "no service account is asked for": Case((NONE,), namespace(THERE, account("helm")), ("helm",)),
    "another service account is asked for": Case(
        (replace(ECR, service_accounts=("build",)),), namespace(THERE, account("helm")), ("helm",)
    ),
    "an annotation of others stays": Case(
        (ECR,),
        namespace(THERE, account("helm", annotations={"x": "y"})),
        ("helm", "pull"),
        "pull=ecr",
        1,
    ),
    # Not yet, or not at all
    "no entry for a Secret that has no token yet": Case(
        (replace(ECR, data=None),), namespace(account("helm")), ("helm",)
    ),
    "an entry stays while there is no token": Case(
        (replace(ECR, data=None),), namespace(account("pull", record="pull=ecr")), ("pull",), "pull=ecr"
    ),
    "no entry for a stranger's Secret": Case(
        (ECR,), namespace(foreign(HOST), account("helm")), ("helm",), failures=(Reason.SECRET_NOT_OURS,)
    ),
    "an entry stays while a stranger's Secret is in the way": Case(
        (NONE,),
        namespace(foreign(HOST), account("pull", record="pull=ecr")),
        ("pull",),
        "pull=ecr",
        failures=(Reason.SECRET_NOT_OURS,),
    ),
    "whose entry it is stays while a stranger's Secret is in the way": Case(
        (YOUNGER,),
        namespace(foreign(HOST), account("pull", record="pull=ecr")),
        ("pull",),
        "pull=ecr",
        released=gone(ECR),
        failures=(Reason.SECRET_NOT_OURS,),
    ),
    "no entry for the loser of a conflict": Case(
        (NONE, YOUNGER), namespace(THERE, account("helm")), ("helm",), failures=(Reason.CONFLICT,)
    ),
    "the entry of a loser goes": Case(
        (NONE, YOUNGER),
        namespace(THERE, account("pull", record="pull=younger")),
        (),
        None,
        1,
        failures=(Reason.CONFLICT,),
    ),
    "nothing in a namespace that is being deleted": Case(
        (ECR,),
        namespace(THERE, account("helm"), terminating=True),
        ("helm",),
        failures=(Reason.NAMESPACE_TERMINATING,),
    ),
    # Take back
    "a service account that is no longer asked for": Case(
        (NONE,),
        namespace(THERE, account("argo", "pull", "helm", record="pull=ecr")),
        ("argo", "helm"),
        None,
        1,
    ),
    "an entry of the same name that somebody made before": Case(
        (NONE,),
        namespace(THERE, account("pull", "helm", "pull", record="pull=ecr")),
        ("pull", "helm"),
        None,
        1,
    ),
    "an entry that is not recorded stays": Case(
        (NONE,), namespace(THERE, account("pull", "helm")), ("pull", "helm")
    ),
    "a namespace that is no longer selected": Case(
        (), namespace(THERE, account("pull", "helm", record="pull=ecr")), ("helm",), None, 1, deselected(ECR)
    ),
    "an EcrPullSecret that is being deleted": Case(
        (), namespace(THERE, account("helm", "pull", record="pull=ecr")), ("helm",), None, 1, deleting(ECR)
    ),
    "an EcrPullSecret that is gone": Case(
        (), namespace(account("helm", "pull", record="pull=ecr")), ("helm",), None, 1, gone(ECR)
    ),
    "one of two goes, the other's entry stays": Case(
        (PUSH,),
        namespace(written(PUSH), account("pull", "helm", "push", record="pull=ecr,push=push")),
        ("helm", "push"),
        "push=push",
        1,
        gone(ECR),
    ),
    "two that are gone, one write": Case(
        (),
        namespace(account("pull", "helm", "push", record="pull=ecr,push=push")),
        ("helm",),
        None,
        1,
        gone(ECR) | gone(PUSH),
    ),
    "an EcrPullSecret that is gone, before the garbage collector has come": Case(
        (), namespace(THERE, account("pull", record="pull=ecr")), (), None, 1, gone(ECR)
    ),
    "an EcrPullSecret that is gone, and a stranger's Secret has its name": Case(
        (), namespace(foreign(HOST), account("pull", record="pull=ecr")), (), None, 1, gone(ECR)
    ),
    "an EcrPullSecret that is gone and kept its Secret": Case(
        (), namespace(KEPT, account("pull", record="pull=ecr")), ("pull",), "pull=ecr", 0, gone(ECR)
    ),
    "a namespace that is no longer selected, with Retain": Case(
        (), namespace(KEPT, account("pull", record="pull=ecr")), (), None, 1, deselected(ECR)
    ),
    "no proof, nothing is taken back": Case(
        (), namespace(THERE, account("pull", record="pull=ecr")), ("pull",), "pull=ecr"
    ),
    "proof of another, nothing is taken back": Case(
        (), namespace(THERE, account("pull", record="pull=ecr")), ("pull",), "pull=ecr", 0, gone(PUSH)
    ),
    "a record of an entry that is gone already": Case(
        (), namespace(account("helm", record="pull=ecr")), ("helm",), None, 1, gone(ECR)
    ),
    "another secretName than before": Case(
        (replace(ECR, name="new"),),
        namespace(account("helm", "pull", record="pull=ecr")),
        ("helm", "new"),
        "new=ecr",
        1,
    ),
    "an entry that another EcrPullSecret takes over": Case(
        (YOUNGER,),
        namespace(THERE, account("pull", "helm", record="pull=ecr")),
        ("pull", "helm"),
        "pull=younger",
        1,
        gone(ECR),
    ),
    # The record
    "rubbish in the annotation": Case(
        (ECR,), namespace(THERE, account("pull", record="pull, =x,a=,,")), ("pull",), "pull, =x,a=,,"
    ),
    "rubbish beside our record": Case(
        (ECR,), namespace(THERE, account("pull", record=" pull=ecr ,x")), ("pull",), " pull=ecr ,x"
    ),
    # Contention
    "a contested entry is left alone": Case(
        (ECR,),
        namespace(THERE, account("helm", record="pull=ecr")),
        ("helm",),
        "pull=ecr",
        contested=Contested(entries={("default", "pull"): "argocd"}),
        failures=(Reason.SERVICE_ACCOUNT_CONTESTED,),
    ),
    "a contested entry that is there is no failure": Case(
        (ECR,),
        namespace(THERE, account("pull", record="pull=ecr")),
        ("pull",),
        "pull=ecr",
        contested=Contested(entries={("default", "pull"): "argocd"}),
    ),
    "a contested entry of another service account": Case(
        (ECR,),
        namespace(THERE, account("helm")),
        ("helm", "pull"),
        "pull=ecr",
        1,
        contested=Contested(entries={("build", "pull"): "argocd"}),
    ),
    "a contested entry beside another that is added": Case(
        (ECR, PUSH),
        namespace(THERE, written(PUSH), account("helm", record="pull=ecr")),
        ("helm", "push"),
        "pull=ecr,push=push",
        1,
        contested=Contested(entries={("default", "pull"): "argocd"}),
        failures=(Reason.SERVICE_ACCOUNT_CONTESTED,),
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_service_account(case: Case) -> None:
    plan = plan_namespace(case.wanted, case.observed, released=case.released, contested=case.contested)
    patches = [change for change in plan.changes if isinstance(change, PatchServiceAccount)]
    assert len(patches) == case.writes
    (after,) = performed(plan.changes, case.observed).service_accounts
    assert (after.image_pull_secrets or ()) == case.entries
    assert (after.annotations or {}).get(PULL_SECRETS_ANNOTATION) == case.record
    assert tuple(failure.reason for failure in plan.failures) == case.failures


def test_annotations_of_others_stay() -> None:
    case = CASES["an annotation of others stays"]
    after = performed(plan_namespace(case.wanted, case.observed).changes, case.observed)
    assert after.service_accounts[0].annotations == {"x": "y", PULL_SECRETS_ANNOTATION: "pull=ecr"}


def test_an_absent_service_account_is_never_created() -> None:
    plan = plan_namespace((BUILD,), namespace(THERE))
    assert plan.changes == ()
    assert plan.ready == {"ecr"}


def test_a_late_service_account_gets_its_entry() -> None:
    late = account(name="build")
    plan = plan_namespace((BUILD,), namespace(THERE, account("pull", record="pull=ecr"), late))
    assert plan.describe() == "service account team-a/build: add pull"


def test_a_secret_is_there_before_it_is_named_and_goes_after() -> None:
    plan = plan_namespace((ECR,), namespace(account()))
    assert plan.describe() == "create Secret team-a/pull; service account team-a/default: add pull"
    plan = plan_namespace((), namespace(THERE, account("pull", record="pull=ecr")), released=deselected(ECR))
    assert plan.describe() == "service account team-a/default: remove pull; delete Secret team-a/pull"


def patch_of(*there: WantedSecret, observed: ObservedNamespace) -> PatchServiceAccount:
    (change,) = plan_namespace(there, observed).changes
    assert isinstance(change, PatchServiceAccount)
    return change


def test_an_entry_that_somebody_took_out_is_known() -> None:
    assert patch_of(ECR, observed=namespace(THERE, account(record="pull=ecr"))).restored == ("pull",)
    assert patch_of(ECR, observed=namespace(THERE, account())).restored == ()


def test_a_patch_names_whom_it_is_done_for() -> None:
    assert patch_of(ECR, observed=namespace(THERE, account())).owners == {"ecr"}
    there = namespace(THERE, written(PUSH), account("push", record="push=push"))
    assert patch_of(ECR, replace(PUSH, service_accounts=()), observed=there).owners == {"ecr", "push"}


def test_a_contention_names_who_does_it() -> None:
    case = CASES["a contested entry is left alone"]
    (failure,) = plan_namespace(case.wanted, case.observed, contested=case.contested).failures
    assert (
        "argocd keeps removing pull from `imagePullSecrets` of the service account default" in failure.message
    )


RECORDS: dict[str, tuple[str | None, dict[str, str]]] = {
    "no annotation": (None, {}),
    "an empty one": ("", {}),
    "one entry": ("pull=ecr", {"pull": "ecr"}),
    "two entries": ("pull=ecr,push=other", {"pull": "ecr", "push": "other"}),
    "blanks": (" pull=ecr , push=other ", {"pull": "ecr", "push": "other"}),
    "a name without an owner": ("pull,push=", {}),
    "an owner without a name": ("=ecr", {}),
}


@pytest.mark.parametrize(("annotation", "expected"), RECORDS.values(), ids=RECORDS)
def test_a_record_is_read(annotation: str | None, expected: dict[str, str]) -> None:
    assert read_record(annotation) == expected


@pytest.mark.parametrize(
    "item",
    ["x=?limit=1", "x=../../secrets/y", "?=pull", "x=UPPER", "x=-a", "x=" + "a" * 254, "x y=pull"],
)
def test_what_is_no_name_records_nothing(item: str) -> None:
    assert read_record(f"{item},ecr=pull") == {"ecr": "pull"}


def test_no_more_is_read_than_there_may_be() -> None:
    items = [f"s{number}=o{number}" for number in range(RECORDS_MAX + 1)]
    assert len(read_record(",".join(items))) == RECORDS_MAX


def test_a_record_is_written_sorted() -> None:
    assert record_text({"push": "b", "pull": "a"}) == "pull=a,push=b"
    assert read_record(record_text({"push": "b", "pull": "a"})) == {"push": "b", "pull": "a"}
    assert record_text({}) == ""

"""What holds for the plan of every namespace: it converges, spares what is not ours, and shows no token."""

from collections import Counter
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ecr_operator.planning.namespace_state import (
    ObservedNamespace,
    ObservedServiceAccount,
    Release,
    Released,
    WantedSecret,
)
from ecr_operator.planning.pull_secret import Contested, plan_namespace
from ecr_operator.planning.secret_changes import DeleteSecret, PatchServiceAccount
from ecr_operator.planning.secret_data import Format
from ecr_operator.planning.service_accounts import read_record
from tests.planning.bounds import bounded
from tests.planning.pull_samples import (
    FOREIGN_CONTROLLER,
    HOST,
    MONDAY,
    OTHER_HOST,
    PASSWORD,
    TUESDAY,
    account,
    docker_data,
    foreign,
    namespace,
    token,
    wanted,
    written,
)
from tests.planning.pull_world import performed

EXAMPLES = 100
OWNERS, NAMES, ACCOUNTS = ("ecr", "push", "third"), ("pull", "push"), ("default", "build")
SECRET_TEXTS = (PASSWORD, token(), docker_data(HOST)[".dockerconfigjson"])

WANTED = st.builds(
    lambda owner, format, pending, **fields: wanted(
        owner, format=format, **fields, **({"data": None} if pending else {})
    ),
    owner=st.sampled_from(OWNERS),
    format=st.sampled_from(Format),
    pending=st.sampled_from([False, False, False, True]),
    name=st.sampled_from(NAMES),
    created=st.sampled_from([MONDAY, TUESDAY]),
    adopt=st.booleans(),
    retain=st.booleans(),
    service_accounts=st.lists(st.sampled_from(ACCOUNTS), unique=True).map(tuple),
)
WANTS = st.lists(WANTED, max_size=3, unique_by=lambda one: one.owner).map(tuple)
ORIGINALS = WANTED.filter(lambda one: one.data is not None)
OURS = st.builds(
    lambda one, changes: written(one, **changes),
    ORIGINALS,
    st.sampled_from(
        [
            {},
            {"data": docker_data(HOST, password="edited")},
            {"data": {}},
            {"labels": {}},
            {"owners": ()},
            {"owners": (FOREIGN_CONTROLLER,)},
        ]
    ),
)
FOREIGN = st.builds(
    lambda hosts, name, changes: foreign(*hosts, name=name, **changes),
    st.lists(st.sampled_from([HOST, OTHER_HOST])),
    st.sampled_from(NAMES),
    st.sampled_from([{}, {"type": "Opaque"}, {"data": {"x": "eA=="}}, {"owners": (FOREIGN_CONTROLLER,)}]),
)
SECRETS = st.lists(OURS | FOREIGN, max_size=3, unique_by=lambda one: one.name)
ENTRIES = st.lists(st.sampled_from([*NAMES, "argo", "helm", ""]), max_size=5)
RECORDS = st.none() | st.lists(
    st.builds("{}={}".format, st.sampled_from(NAMES), st.sampled_from(OWNERS)), max_size=3
).map(",".join)
SERVICE_ACCOUNTS = st.lists(
    st.builds(
        lambda name, entries, record: account(*entries, name=name, record=record),
        st.sampled_from(ACCOUNTS),
        ENTRIES,
        RECORDS,
    ),
    max_size=2,
    unique_by=lambda one: one.name,
)
NAMESPACES = st.builds(lambda secrets, accounts: namespace(*secrets, *accounts), SECRETS, SERVICE_ACCOUNTS)
PROOFS = st.dictionaries(
    st.sampled_from(OWNERS),
    st.builds(
        lambda release, name: Released(release, "" if release == Release.GONE else "uid", name),
        st.sampled_from(Release),
        st.sampled_from(NAMES),
    ),
)
CONTENTIONS = st.builds(
    Contested,
    secrets=st.dictionaries(st.sampled_from(NAMES), st.just("helm")),
    held=st.lists(st.sampled_from(NAMES)),
    entries=st.dictionaries(st.tuples(st.sampled_from(ACCOUNTS), st.sampled_from(NAMES)), st.just("argo")),
)


def proofs_for(wants: tuple[WantedSecret, ...], proofs: dict[str, Released]) -> dict[str, Released]:
    """Those that can be: who wants a Secret here is not released."""
    present = {one.owner for one in wants}
    return {owner: proof for owner, proof in proofs.items() if owner not in present}


@bounded(EXAMPLES)
@given(WANTS, NAMESPACES, PROOFS, CONTENTIONS)
def test_a_performed_plan_leaves_nothing_to_do(
    wants: tuple[WantedSecret, ...],
    there: ObservedNamespace,
    proofs: dict[str, Released],
    contested: Contested,
) -> None:
    proofs = proofs_for(wants, proofs)
    first = plan_namespace(wants, there, released=proofs, contested=contested)
    after = performed(first.changes, there)
    again = plan_namespace(wants, after, released=proofs, contested=contested)
    assert again.changes == ()
    assert again.ready == first.ready
    assert again.failures == first.failures


@bounded(EXAMPLES)
@given(WANTS, NAMESPACES, PROOFS)
def test_a_crash_between_two_changes_is_made_good(
    wants: tuple[WantedSecret, ...], there: ObservedNamespace, proofs: dict[str, Released]
) -> None:
    proofs = proofs_for(wants, proofs)
    first = plan_namespace(wants, there, released=proofs)
    end = performed(first.changes, there)
    for count in range(len(first.changes)):
        stopped = performed(first.changes[:count], there)
        rest = plan_namespace(wants, stopped, released=proofs)
        assert meaning(performed(rest.changes, stopped)) == meaning(end)


def meaning(there: ObservedNamespace) -> Any:
    """Without what the API server counts."""
    secrets = {
        one.name: (one.type, dict(one.data), dict(one.labels), frozenset(one.owners)) for one in there.secrets
    }
    return secrets, {one.name: (one.image_pull_secrets, one.annotations) for one in there.service_accounts}


@bounded(EXAMPLES)
@given(WANTS, NAMESPACES, PROOFS, CONTENTIONS)
def test_foreign_entries_keep_content_and_order(
    wants: tuple[WantedSecret, ...],
    there: ObservedNamespace,
    proofs: dict[str, Released],
    contested: Contested,
) -> None:
    plan = plan_namespace(wants, there, released=proofs_for(wants, proofs), contested=contested)
    after = {one.name: one for one in performed(plan.changes, there).service_accounts}
    for before in there.service_accounts:
        assert foreign_entries(before) == foreign_entries(after[before.name])
        # Of a recorded name at most one entry goes, and others do not move.
        recorded = read_record((before.annotations or {}).get("ecr-operator.dev/pull-secrets"))
        lost = Counter(before.image_pull_secrets or ()) - Counter(after[before.name].image_pull_secrets or ())
        assert all(name in recorded and count == 1 for name, count in lost.items())


def foreign_entries(one: ObservedServiceAccount) -> list[str]:
    return [name for name in one.image_pull_secrets or () if name not in NAMES]


@bounded(EXAMPLES)
@given(WANTS, NAMESPACES)
def test_nothing_is_taken_away_without_proof(
    wants: tuple[WantedSecret, ...], there: ObservedNamespace
) -> None:
    plan = plan_namespace(wants, there)
    owners = {one.owner for one in wants}
    kept = {secret.name for secret in performed(plan.changes, there).secrets}
    assert {secret.name for secret in there.secrets} <= kept
    for change in plan.changes:
        if isinstance(change, PatchServiceAccount):
            record = next(one for one in there.service_accounts if one.name == change.name).annotations or {}
            recorded = read_record(record["ecr-operator.dev/pull-secrets"]) if change.remove else {}
            assert all(recorded[name] in owners for _, name in change.remove)


@bounded(EXAMPLES)
@given(WANTS, NAMESPACES, PROOFS, CONTENTIONS)
def test_a_strangers_secret_stays_byte_for_byte(
    wants: tuple[WantedSecret, ...],
    there: ObservedNamespace,
    proofs: dict[str, Released],
    contested: Contested,
) -> None:
    refusing = tuple(replace(one, adopt=False) for one in wants)
    plan = plan_namespace(refusing, there, released=proofs_for(wants, proofs), contested=contested)
    after = performed(plan.changes, there)
    for secret in there.secrets:
        if secret.owner is None:
            assert after.secret(secret.name) == secret


@bounded(EXAMPLES)
@given(WANTS, NAMESPACES, PROOFS)
def test_the_uid_of_a_secret_stays(
    wants: tuple[WantedSecret, ...], there: ObservedNamespace, proofs: dict[str, Released]
) -> None:
    plan = plan_namespace(wants, there, released=proofs_for(wants, proofs))
    after = performed(plan.changes, there)
    deleted = {change.uid for change in plan.changes if isinstance(change, DeleteSecret)}
    for secret in there.secrets:
        if secret.uid not in deleted:
            found = after.secret(secret.name)
            assert found is not None
            assert found.uid == secret.uid


@bounded(EXAMPLES)
@given(WANTS, NAMESPACES, PROOFS, CONTENTIONS)
def test_no_token_is_shown(
    wants: tuple[WantedSecret, ...],
    there: ObservedNamespace,
    proofs: dict[str, Released],
    contested: Contested,
) -> None:
    plan = plan_namespace(wants, there, released=proofs, contested=contested)
    shown = f"{plan!r} {plan.describe()} {wants!r} {there!r}"
    assert not any(text in shown for text in SECRET_TEXTS)


@bounded(EXAMPLES)
@given(WANTS, NAMESPACES, PROOFS)
def test_each_owner_is_ready_or_failed_or_waits_for_a_token(
    wants: tuple[WantedSecret, ...], there: ObservedNamespace, proofs: dict[str, Released]
) -> None:
    plan = plan_namespace(wants, there, released=proofs_for(wants, proofs))
    failed = {failure.owner for failure in plan.failures}
    assert not failed & plan.ready
    for one in wants:
        if one.data is not None:
            assert one.owner in failed | plan.ready


@bounded(EXAMPLES)
@given(WANTS, NAMESPACES, PROOFS)
def test_a_namespace_that_is_being_deleted_is_left_alone(
    wants: tuple[WantedSecret, ...], there: ObservedNamespace, proofs: dict[str, Released]
) -> None:
    plan = plan_namespace(wants, replace(there, terminating=True), released=proofs)
    assert plan.changes == ()
    assert len(plan.failures) == len(wants)

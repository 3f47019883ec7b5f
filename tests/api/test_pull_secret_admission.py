"""What the API server says to who writes an EcrPullSecret: the CRD on a real one."""

from typing import Any

import pytest

from tests.api.pull_secrets import MINIMAL, admitted, assert_accepted, assert_refused, pull_secret
from tests.cluster import ApiError, Cluster

ROLE = "arn:aws:iam::123456789012:role/ecr-pull"

SECRET_WORDS = "`secretName` must be the name of a Secret: lower-case letters and digits"
NAMES_WORDS = "`names` must hold names of service accounts: lower-case letters and digits"
ROLE_WORDS = "`roleArn` must be the ARN of an IAM role; for example 'arn:aws:iam::123456789012:role/ecr-pull'"
NO_ROLE_WORDS = (
    "`roleArn` must be specified: `externalId`, `sessionName` and `access` are about the session of a role; "
    "without `auth` the operator's own identity is handed out"
)
NOWHERE_WORDS = (
    "at least one of `include` and `selector` must be specified; '*' in `include` stands for every namespace"
)
FORMAT_WORDS = "`serviceAccounts` may be specified only when `format` is 'DockerConfigJson'"

Refused = dict[str, tuple[dict[str, Any], str, str]]


def auth(**fields: Any) -> dict[str, Any]:
    return {"auth": {"roleArn": ROLE} | fields}


def accounts(*names: str) -> dict[str, Any]:
    return {"serviceAccounts": {"names": list(names)}}


def wrong_globs(field: str) -> Refused:
    """What neither `include` nor `exclude` takes."""
    words = f"`{field}` must hold names of namespaces: lower-case letters, digits and '-', with '*'"
    others = {} if field == "include" else {"include": ["*"]}
    where = f"spec.namespaces.{field}"
    found: Refused = {
        f"{field}: the glob {glob!r}": (
            {"namespaces": others | {field: ["ok", glob]}},
            f"{where}[1]",
            words,
        )
        for glob in ("Team-a", "team_a", "-team", "team-", "team/*", "a.b", "[ab]", "{a,b}", "!team", "*, b")
    }
    return found | {
        f"{field}: nothing": ({"namespaces": others | {field: [""]}}, f"{where}[0]", "at least 1 chars"),
        f"{field}: an empty list": ({"namespaces": others | {field: []}}, where, "at least 1 items"),
        f"{field}: 64 characters": (
            {"namespaces": others | {field: ["n" * 64]}},
            f"{where}[0]",
            "more than 63",
        ),
        f"{field}: an entry twice": (
            {"namespaces": others | {field: ["a-*", "b", "a-*"]}},
            where,
            f"`{field}` may not hold the same entry twice: 'a-*'",
        ),
        f"{field}: 101 entries": (
            {"namespaces": others | {field: [f"ns-{n}" for n in range(101)]}},
            where,
            "at most 100 items",
        ),
    }


REFUSED: Refused = {
    **{
        f"the Secret {name!r}": ({"secretName": name}, "spec.secretName", SECRET_WORDS)
        for name in ("Pull", "ecr_pull", "-ecr", "ecr-", "a..b", "a.-b", "a/b", "*")
    },
    "a Secret without a name": ({"secretName": ""}, "spec.secretName", "at least 1 chars"),
    "a Secret of 254 characters": ({"secretName": "s" * 254}, "spec.secretName", "more than 253"),
    "an unknown format": (
        {"format": "Opaque"},
        "spec.format",
        '"DockerConfigJson", "DockerConfigFile", "ArgoCDRepoCreds"',
    ),
    "an unknown adoption policy": ({"adoptionPolicy": "Yes"}, "spec.adoptionPolicy", '"Refuse", "Adopt"'),
    "an unknown deletion policy": (
        {"deletionPolicy": "Orphan"},
        "spec.deletionPolicy",
        '"Delete", "Retain"',
    ),
    "suspend in words": ({"suspend": "yes"}, "spec.suspend", "boolean"),
    # namespaces
    "no choice of namespaces": ({"namespaces": {}}, "spec.namespaces", NOWHERE_WORDS),
    "only namespaces to leave out": (
        {"namespaces": {"exclude": ["kube-*"]}},
        "spec.namespaces",
        NOWHERE_WORDS,
    ),
    **wrong_globs("include"),
    **wrong_globs("exclude"),
    # serviceAccounts
    "service accounts without names": (
        {"serviceAccounts": {}},
        "spec.serviceAccounts.names",
        "Required value",
    ),
    "no service account in the list": (accounts(), "spec.serviceAccounts.names", "at least 1 items"),
    "51 service accounts": (
        accounts(*(f"sa-{n}" for n in range(51))),
        "spec.serviceAccounts.names",
        "at most 50 items",
    ),
    "a service account twice": (
        accounts("default", "ci", "default"),
        "spec.serviceAccounts.names",
        "`names` may not hold the same entry twice: 'default'",
    ),
    **{
        f"the service account {name!r}": (accounts("ok", name), "spec.serviceAccounts.names[1]", NAMES_WORDS)
        for name in ("Default", "*", "a_b", "-a", "ci/builder")
    },
    **{
        f"service accounts with {format}": (
            accounts("default") | {"format": format},
            "spec.serviceAccounts",
            FORMAT_WORDS,
        )
        for format in ("DockerConfigFile", "ArgoCDRepoCreds")
    },
    # auth
    "auth without anything": ({"auth": {}}, "spec.auth.roleArn", NO_ROLE_WORDS),
    "an external id without a role": ({"auth": {"externalId": "abc"}}, "spec.auth.roleArn", NO_ROLE_WORDS),
    "a session's name without a role": (
        {"auth": {"sessionName": "abc"}},
        "spec.auth.roleArn",
        NO_ROLE_WORDS,
    ),
    "pushing without a role": ({"auth": {"access": "PullPush"}}, "spec.auth.roleArn", NO_ROLE_WORDS),
    "pulling without a role": ({"auth": {"access": "Pull"}}, "spec.auth.roleArn", NO_ROLE_WORDS),
    "an unknown access": (auth(access="Push"), "spec.auth.access", '"Pull", "PullPush"'),
    **{
        f"the role {arn!r}": ({"auth": {"roleArn": arn}}, "spec.auth.roleArn", ROLE_WORDS)
        for arn in (
            "",
            "ecr-pull",
            "arn:aws:iam::123456789012:user/x",
            "arn:aws:iam::123456789012:root",
            "arn:aws:iam::123456789012:role/",
            "arn:aws:iam::123456789012:role/a*",
            "arn:aws:iam::12345678901:role/x",
            "arn:aws:sts::123456789012:assumed-role/x/y",
            "arn:AWS:iam::123456789012:role/x",
            f"{ROLE} ",
        )
    },
    "a role of 641 characters": (
        {"auth": {"roleArn": f"{ROLE}{'x' * (641 - len(ROLE))}"}},
        "spec.auth.roleArn",
        "more than 640",
    ),
    "an external id of one character": (auth(externalId="a"), "spec.auth.externalId", "at least 2 chars"),
    "an external id of 1225 characters": (
        auth(externalId="a" * 1225),
        "spec.auth.externalId",
        "more than 1224",
    ),
    "an external id with a space": (
        auth(externalId="a b"),
        "spec.auth.externalId",
        "`externalId` must consist of letters, digits and the characters _ + = , . @ : / -",
    ),
    "a session's name of one character": (auth(sessionName="a"), "spec.auth.sessionName", "at least 2 chars"),
    "a session's name of 65 characters": (
        auth(sessionName="a" * 65),
        "spec.auth.sessionName",
        "more than 64",
    ),
    "a session's name with a slash": (
        auth(sessionName="a/b"),
        "spec.auth.sessionName",
        "`sessionName` must consist of letters, digits and the characters _ + = , . @ -",
    ),
}


@pytest.mark.parametrize(("spec", "field", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_refused_with_the_field_and_what_to_write(
    cluster: Cluster, spec: dict[str, Any], field: str, words: str
) -> None:
    assert_refused(cluster, spec, field, words)


@pytest.mark.parametrize("field", MINIMAL)
def test_registries_and_namespaces_are_required(cluster: Cluster, field: str) -> None:
    manifest = pull_secret("web", {})
    del manifest["spec"][field]
    with pytest.raises(ApiError) as error:
        admitted(cluster, manifest)
    assert f"spec.{field}: Required value" in error.value.message


def test_spec_is_required(cluster: Cluster) -> None:
    manifest = pull_secret("web", {})
    del manifest["spec"]
    with pytest.raises(ApiError) as error:
        admitted(cluster, manifest)
    assert "spec: Required value" in error.value.message


ACCEPTED: dict[str, dict[str, Any]] = {
    "what is required": {},
    "everything": {
        "suspend": True,
        "secretName": "ecr-pull.example.com",
        "registries": [{"region": "eu-west-1", "accounts": ["123456789012"]}, {"public": True}],
        **auth(externalId="a/b:c@d+e=f,g.h_i-1", sessionName="a@b+c=d,e.f_g-1", access="PullPush"),
        "namespaces": {
            "include": ["team-*", "ci-?", "default"],
            "exclude": ["team-z"],
            "selector": {"matchLabels": {"pulls": "ecr"}},
        },
        **accounts("default", "ci.builder-1"),
        "format": "DockerConfigJson",
        "adoptionPolicy": "Adopt",
        "deletionPolicy": "Retain",
    },
    "a Secret of 1 character": {"secretName": "1"},
    "a Secret of 253 characters": {"secretName": "s" * 253},
    "a file for builders": {"format": "DockerConfigFile"},
    "every namespace but some": {"namespaces": {"include": ["*"], "exclude": ["kube-*", "?"]}},
    "globs of all forms": {"namespaces": {"include": ["*-prod", "?eam", "a*b?c", "1", "n" * 63]}},
    "every namespace, by an empty selector": {"namespaces": {"selector": {}}},
    "a selector, and namespaces to leave out": {
        "namespaces": {"selector": {"matchLabels": {"a": "b"}}, "exclude": ["x"]}
    },
    "100 namespaces": {
        "namespaces": {
            "include": [f"{n:063}" for n in range(100)],
            "exclude": [f"{n:063}" for n in range(100)],
        }
    },
    "50 service accounts": accounts(*(f"{n:0253}" for n in range(50))),
    "only a role": auth(),
    "a role that may pull": auth(access="Pull"),
    **{
        f"the role {arn[:48]!r}": {"auth": {"roleArn": arn}}
        for arn in (
            "arn:aws-cn:iam::123456789012:role/team/a.b+c=d,e@f_g-h",
            "arn:aws-us-gov:iam::123456789012:role/x",
            "arn:aws-eusc:iam::123456789012:role/x",
            f"arn:aws:iam::123456789012:role/{'p' * 510}/{'r' * 64}",
        )
    },
    "the longest that STS takes": auth(externalId="e" * 1224, sessionName="s" * 64),
    "the shortest that STS takes": auth(externalId="ee", sessionName="ss"),
}


@pytest.mark.parametrize("spec", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_accepted_and_kept_as_written(cluster: Cluster, spec: dict[str, Any]) -> None:
    assert_accepted(cluster, spec)


def test_an_object_name_has_at_most_63_characters(cluster: Cluster) -> None:
    admitted(cluster, pull_secret("a" * 63, {}))
    with pytest.raises(ApiError) as error:
        admitted(cluster, pull_secret("a" * 64, {"secretName": "pull"}))
    assert (
        "`metadata.name` must have at most 63 characters; a longer name goes into `secretName`"
        in error.value.message
    )


def test_it_belongs_to_no_namespace(cluster: Cluster) -> None:
    """A namespace in the manifest, as kustomize may put it there, does not count."""
    manifest = pull_secret("web", {})
    manifest["metadata"]["namespace"] = "team-a"
    assert "namespace" not in admitted(cluster, manifest)["metadata"]

"""`ecr-operator iam-policy`: print the IAM policy that the operator needs."""

import json
import re
from typing import Annotated

import typer

ACCOUNT = re.compile(r"\d{12}")
REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+-\d+")
PARTITION = re.compile(r"aws(-[a-z]+)*")
NAMES = re.compile(r"[a-z0-9._/*?-]+")
KEY_ARN = re.compile(r"arn:[a-z-]+:kms:[a-z0-9*-]+:(\d{12}|\*):key/[A-Za-z0-9*-]+")
ROLE_ARN = re.compile(r"arn:[a-z-]+:iam::\d{12}:role/[A-Za-z0-9+=,.@_/-]+")
ROLE_ARNS = re.compile(r"arn:[a-z-]+:iam::(\d{12}|\*):role/[A-Za-z0-9+=,.@_/*-]+")


def iam_policy(
    account: Annotated[
        str | None, typer.Option(help="The account of the repositories. Defaults to any account.")
    ] = None,
    region: Annotated[
        str | None, typer.Option(help="The Region of the repositories. Defaults to any Region.")
    ] = None,
    partition: Annotated[
        str | None, typer.Option(help="`aws-cn` and so on. Defaults to that of the Region, else to `aws`.")
    ] = None,
    repository_names: Annotated[
        list[str] | None,
        typer.Option(
            metavar="GLOBS",
            help="The repositories that may be read, created and changed: a comma list of globs as in "
            "ECR_OPERATOR_REPOSITORY_NAMES, where `{namespace}` counts as `*`. May be given several times. "
            "Defaults to all.",
        ),
    ] = None,
    kms_key_arn: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ARN",
            help="A KMS key of your own that repositories may be encrypted with; `*` may stand for Region, "
            "account and id. May be given several times.",
        ),
    ] = None,
    owned_only: Annotated[
        bool,
        typer.Option(
            "--owned-only",
            help="Let AWS refuse any change of a repository that has no tag `ecr-operator.dev/owner`.",
        ),
    ] = False,
    own_tokens: Annotated[
        bool,
        typer.Option(
            "--own-tokens",
            help="Let EcrPullSecrets without `auth.roleArn` hand out the operator's own identity, and pull "
            "with it.",
        ),
    ] = False,
    public_tokens: Annotated[
        bool,
        typer.Option(
            "--public-tokens",
            help="Let EcrPullSecrets without `auth.roleArn` hand out tokens of Amazon ECR Public.",
        ),
    ] = False,
    pull_role_arn: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ARN",
            help="A role that EcrPullSecrets name in `auth.roleArn`; `*` may stand for parts of it. May be "
            "given several times.",
        ),
    ] = None,
    assume_role: Annotated[
        str | None,
        typer.Option(
            metavar="ARN",
            help="Print instead what the Pod's own identity needs where ECR_OPERATOR_ROLE_ARN is this role.",
        ),
    ] = None,
    pod_identity: Annotated[
        bool,
        typer.Option(
            "--pod-identity",
            help="With --assume-role or --pull-role-arn: the Pod has its identity from EKS Pod Identity, "
            "whose session tags go on to the role (sts:TagSession).",
        ),
    ] = False,
) -> None:
    """Print the IAM policy that the operator needs, for `aws iam create-policy --policy-document`.

    It allows the actions that the operator calls, and no other. The options narrow what they reach.
    """
    # Here, because the command line is imported for every command.
    from ecr_operator.cli.iam_document import Scope, assume_role_policy, operator_policy, partition_of

    options = (account, region, partition, repository_names, kms_key_arn)
    narrowing = (*options, owned_only or None, own_tokens or None, public_tokens or None)
    pull_roles = pull_role_arn or ()
    for arn in pull_roles:
        _check("--pull-role-arn", arn, ROLE_ARNS, "arn:aws:iam::<account>:role/<name>")
    if assume_role is not None:
        if any(option is not None for option in narrowing):
            raise typer.BadParameter(
                "takes only --pull-role-arn and --pod-identity beside it", param_hint="--assume-role"
            )
        _check("--assume-role", assume_role, ROLE_ARN, "arn:aws:iam::<account>:role/<name>")
        _print(assume_role_policy(assume_role, session_tags=pod_identity, pull_role_arns=pull_roles))
        return
    if pod_identity and not pull_roles:
        raise typer.BadParameter("needs --assume-role or --pull-role-arn", param_hint="--pod-identity")
    _check("--account", account, ACCOUNT, "12 digits")
    _check("--region", region, REGION, "a Region's name, such as eu-west-1")
    _check("--partition", partition, PARTITION, "aws, aws-cn, aws-us-gov or another partition's name")
    for arn in kms_key_arn or ():
        _check("--kms-key-arn", arn, KEY_ARN, "arn:aws:kms:<region>:<account>:key/<id>; IAM knows no alias")
    scope = Scope(
        partition=partition or partition_of(region or ""),
        region=region or "*",
        account=account or "*",
        repository_names=["*"] if repository_names is None else _globs(repository_names),
        kms_key_arns=kms_key_arn or (),
        owned_only=owned_only,
        own_tokens=own_tokens,
        public_tokens=public_tokens,
        pull_role_arns=pull_roles,
        session_tags=pod_identity,
    )
    _print(operator_policy(scope))


def _globs(given: list[str]) -> list[str]:
    """The globs of all options, in their order, each once."""
    globs = [glob.strip() for option in given for glob in option.split(",")]
    found = [glob.replace("{namespace}", "*") for glob in globs if glob]
    # Nothing must not come to mean everything.
    for glob in found or [""]:
        _check("--repository-names", glob, NAMES, "globs of a-z 0-9 . _ - / with * and ?; IAM has no [...]")
    return list(dict.fromkeys(found))


def _check(option: str, value: str | None, pattern: re.Pattern[str], expected: str) -> None:
    if value is not None and not pattern.fullmatch(value):
        raise typer.BadParameter(f"{value!r} must be {expected}", param_hint=option)


def _print(document: dict[str, object]) -> None:
    from ecr_operator.cli.iam_document import LONGEST, size_of

    if (size := size_of(document)) > LONGEST:
        raise typer.BadParameter(
            f"the policy would have {size} characters, and IAM takes {LONGEST}: "
            "give fewer and wider --repository-names or --kms-key-arn"
        )
    typer.echo(json.dumps(document, indent=2))

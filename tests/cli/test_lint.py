"""`ecr-operator lint`: what is told, in which words, at which place, and the exit code."""

import io
import json
import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml

from ecr_operator.api.crd import root_schema
from ecr_operator.api.kind import Kind
from ecr_operator.api.kinds import KINDS
from ecr_operator.api.schema import Schema
from ecr_operator.cli.linted_rules import POLICY_OF
from ecr_operator.planning.lifecycle_lint import Check
from tests.api import lifecycle_mistakes
from tests.api.lifecycle_examples import ARCHIVE, EXAMPLES, Rule, days_since, more_than, rule
from tests.api.lifecycle_policies import lifecycle_policy, of_inline
from tests.api.repositories import repository
from tests.api.test_offline_admission import answer, assert_same
from tests.cluster import Cluster

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "deploy" / "samples"
Lint = Callable[..., tuple[int, str, str]]

CLEAN: Rule = rule(1, days_since("Pushed", 14, "untagged"))
WARNED: Rule = rule(7, days_since("Pushed", 14, "any"))
HEAD = "apiVersion: ecr-operator.dev/v1alpha1\nkind: EcrRepository\n"
WEB = f"{HEAD}metadata: {{name: web, namespace: team-a}}\n"


@pytest.fixture(autouse=True)
def no_network(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """No cluster, no AWS: whoever connects fails, but for tests that compare with an API server."""
    if "cluster" not in request.fixturenames:
        monkeypatch.setattr(socket.socket, "connect", None)


def policy(*rules: Any, **members: Any) -> str:
    return json.dumps({"rules": list(rules)} | members, indent=2)


def written(text: str, name: str) -> str:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text, encoding="utf-8")
    return name


def lines(lint: Lint, text: str, name: str = "policy.json", *options: str) -> list[str]:
    """The findings about a file, without its name."""
    code, output, errors = lint(*options, written(text, name))
    *found, numbers = output.splitlines()
    assert errors == ""
    assert all(line.startswith(f"{name}:") for line in found)
    count = sum(": error: " in line for line in found)
    assert code == (1 if count else 0)
    assert numbers.startswith(f"{count} error{'s' * (count != 1)}, {len(found) - count} warning")
    return [line.removeprefix(f"{name}:") for line in found]


# Lifecycle policies in AWS's JSON


def test_a_policy_that_is_right(lint: Lint) -> None:
    assert lint(written(policy(CLEAN), "policy.json")) == (
        0,
        "0 errors, 0 warnings (1 object checked).\n",
        "",
    )


@pytest.mark.parametrize("rules", EXAMPLES.values(), ids=EXAMPLES.keys())
def test_the_policies_of_awss_documentation_have_no_errors(lint: Lint, rules: list[Rule]) -> None:
    assert not [line for line in lines(lint, policy(*rules)) if ": error: " in line]


SELECTION = '"selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 5}'
RULE = f'{{"rulePriority": 1, {SELECTION}, "action": {{"type": "expire"}}}}'

JSON: dict[str, tuple[str, str]] = {
    "a comment": (
        f'{{\n  // for web\n  "rules": [{RULE}]\n}}',
        "2:3: error: is not JSON: it holds a comment",
    ),
    "a comment after a value": (
        f'{{\n  "rules": [{RULE}] /* all */\n}}',
        f"2:{15 + len(RULE)}: error: is not JSON: it holds a comment",
    ),
    "a comment at the top": (f'\n# for web\n{{"rules": [{RULE}]}}', "2:1: error: is not JSON: it holds a c"),
    "a comment at the top, as in JavaScript": (
        f'// for web\n{{"rules": [{RULE}]}}',
        "1:1: error: is not JSON: it holds a comment",
    ),
    "a comment at the end": (
        f'{{"rules": [{RULE}]}}\n// for web\n',
        "2:1: error: is not JSON: it holds a comment",
    ),
    "a comma before a brace": (
        f'{{"rules": [{RULE}],\n}}',
        f"1:{13 + len(RULE)}: error: is not JSON: a comma stands before a closing bracket",
    ),
    "a comma before a bracket": (
        f'{{"rules": [\n{RULE},\n\n]}}',
        f"2:{1 + len(RULE)}: error: is not JSON: a comma stands before a closing bracket",
    ),
    "a comma that is missing": (
        f'{{"rules": [\n{RULE}\n{RULE}]}}',
        "3:1: error: is not JSON: Expecting ',' delimiter",
    ),
    "single quotes": ("{\n'rules': []}", "2:1: error: is not JSON: text stands in single quotes"),
    "an end that is missing": (f'{{"rules": [\n{RULE}\n', "3:1: error: is not JSON: it ends too early"),
    "a key twice": (
        f'{{"rules": [\n{RULE},\n{{"rulePriority": 2,\n {SELECTION},\n "rulePriority": 3}}]}}',
        '5:2: error: key "rulePriority" already set in map; keep one of the two',
    ),
    "a key twice, once with an escape": (
        f'{{"rules": [],\n"\\u0072ules": [{RULE}]}}',
        '2:1: error: key "rules" already set in map',
    ),
    "a number in quotes": (
        policy(CLEAN).replace("14", '"14"'),
        '9:9: error: rule 1: rules[0].selection.countNumber: Invalid value: "string": '
        'rules[0].selection.countNumber in body must be of type integer: "string"',
    ),
    "a priority in quotes": (
        policy(CLEAN | {"rulePriority": "1"}),
        '4:7: error: rules[0].rulePriority: Invalid value: "string": rules[0].rulePriority in body must be',
    ),
    "a null": (
        policy(CLEAN | {"description": None}),
        "14:7: error: rule 1: rules[0].description: null is no value for AWS; leave the member out",
    ),
    "a null in a list": (
        policy(CLEAN, None),
        "15:5: error: rules[1]: null is no value for AWS; leave the member out",
    ),
    "an unknown member of a rule": (
        policy(CLEAN | {"descripton": "x"}),
        '14:7: error: rule 1: unknown field "rules[0].descripton"',
    ),
    "an unknown member of a selection": (
        policy(rule(9, days_since("Pushed", 14, "untagged", tagStatuses=1))),
        '7:9: error: rule 9: unknown field "rules[0].selection.tagStatuses"',
    ),
    "an unknown member beside the rules": (
        policy(CLEAN, version=1),
        '16:3: error: unknown field "version"',
    ),
    "a byte order mark": (
        "\ufeff" + policy(CLEAN),
        "1:1: error: begins with a byte order mark; save it as UTF-8 without one",
    ),
    "nested too deeply": (
        f'{{"rules":\n{"[" * 5000}',
        "2:20: error: is nested too deeply; a policy needs 5 levels",
    ),
    "an empty file": ("", '1:1: error: is empty; write a policy: {"rules": [...]}'),
    "only space": (" \n\n", "1:1: error: is empty"),
    "no rules": (policy(), "2:3: error: rules: Invalid value: 0: rules in body should have at least 1 items"),
    "null for rules": ('{\n"rules": null}', "2:1: error: rules: null is no value for AWS"),
    "neither a policy nor a manifest": (
        '{"name": "web"}',
        "1:1: error: is neither a manifest (`apiVersion`, `kind`) nor a lifecycle policy (`rules`)",
    ),
    "the rules alone": (f"[{RULE}]", "1:1: error: is neither a manifest"),
    "two policies": (
        f'{{"rules": [{RULE}]}}\n{{"rules": [{RULE}]}}',
        "2:1: error: holds a second document; write one policy in a file",
    ),
    "no number": (policy(CLEAN).replace("14", "NaN"), "1:1: error: is not JSON: NaN is no number in JSON"),
    "a number of 5,000 digits": (policy(CLEAN).replace("14", "1" * 5000), "1:1: error: is not JSON: "),
    "a line break in a text": ('{"rules": "a\n"}', "1:13: error: is not JSON: Invalid control character"),
    "30,721 characters": (
        policy(CLEAN) + " " * (30_721 - len(policy(CLEAN))),
        "1:1: error: has 30,721 characters, AWS allows 30,720; shorten descriptions or leave out spaces",
    ),
}


@pytest.mark.parametrize(("text", "told"), JSON.values(), ids=JSON.keys())
def test_what_awss_json_may_not_be(lint: Lint, text: str, told: str) -> None:
    found = lines(lint, text)
    assert any(line.startswith(told) for line in found), found


def test_a_policy_of_30720_characters_is_taken(lint: Lint) -> None:
    assert lines(lint, policy(CLEAN).ljust(30_720)) == []


def test_text_that_is_not_in_utf_8(lint: Lint) -> None:
    Path("policy.json").write_bytes(b'{\n"rules": "\xff"}')
    assert lint("policy.json")[1].startswith("policy.json:2:1: error: is not text in UTF-8; save it as UTF-8")


def test_a_policy_may_have_tabs_and_any_line_ends(lint: Lint) -> None:
    text = policy(CLEAN | {"x": 1}).replace("  ", "\t").replace("\n", "\r\n")
    assert lines(lint, text) == ['14:4: error: rule 1: unknown field "rules[0].x"']


def lifecycle_rules(spec: dict[str, Any]) -> Any:
    return spec["lifecyclePolicy"].get("rules")


GRAMMAR = {name: spec for name, (spec, *_) in lifecycle_mistakes.REFUSED.items() if lifecycle_rules(spec)}


@pytest.mark.parametrize("spec", GRAMMAR.values(), ids=GRAMMAR.keys())
def test_the_grammar_is_told_in_the_api_servers_words(
    lint: Lint, cluster: Cluster, spec: dict[str, Any]
) -> None:
    """Of a manifest of either kind, and of the same rules in AWS's JSON, where paths are shorter."""
    message = answer(cluster, repository("web", spec))
    manifest = sentences(lint, yaml.safe_dump(repository("web", spec)), "web.yaml")
    assert_same(message, manifest)
    short = sorted(sentence.replace("spec.lifecyclePolicy.", "") for sentence in manifest)
    assert sorted(sentences(lint, policy(*lifecycle_rules(spec)), "policy.json")) == short
    object_of_its_own = sentences(lint, yaml.safe_dump(of_inline(spec)), "policy.yaml")
    assert sorted(sentence.replace("spec.", "") for sentence in object_of_its_own) == short


def sentences(lint: Lint, text: str, name: str) -> tuple[str, ...]:
    return tuple(re.sub(r"^\d+:\d+: error: (rule \d+: )?", "", line) for line in lines(lint, text, name))


@pytest.mark.parametrize("name", GRAMMAR)
def test_a_mistake_is_at_the_rule_that_the_sentence_is_about(lint: Lint, name: str) -> None:
    rules = lifecycle_rules(GRAMMAR[name])
    text = policy(*rules)
    begins = [number for number, line in enumerate(text.splitlines(), 1) if line == "    {"]
    for found in lines(lint, text):
        line, priority = re.findall(r"^(\d+):\d+: error: (?:rule (\d+): )?", found)[0]
        if priority:
            within = max(index for index, begin in enumerate(begins) if begin <= int(line))
            assert str(rules[within]["rulePriority"]) == priority
        else:
            assert "rules: " in found or "rulePriority" in found or "not checked" in found


def test_of_two_rules_with_one_priority_the_second_is_named(lint: Lint) -> None:
    rules = [rule(7, more_than(1, "tagged", tagPrefixList=[prefix])) for prefix in "ab"]
    (found,) = lines(lint, policy(*rules))
    assert found.startswith("17:5: error: rule 7: rules: Invalid value: `rulePriority` must be unique")


# Manifests


def test_errors_have_the_place_of_the_field(lint: Lint) -> None:
    text = f"""# The web shop.
{WEB}spec:
  deletionpolicy: Delete
  tags:
    "aws:x": z
  lifecyclePolicy:
    rules:
      - rulePriority: 3
        selection: {{tagStatus: any, countType: imageCountMoreThan, countNumber: 5, countUnit: days}}
        action:
          type: expire
"""
    found = lines(lint, text, "web.yaml")
    assert [line.split(": ", 3)[0] for line in found] == ["6:3", "7:3", "12:84"]
    assert found[0].endswith(': error: unknown field "spec.deletionpolicy"')
    assert found[2].startswith(
        "12:84: error: rule 3: spec.lifecyclePolicy.rules[0].selection.countUnit: Forbidden: `countUnit` may"
    )


def test_errors_of_a_lifecycle_policy_have_the_place_and_the_rule(lint: Lint) -> None:
    text = """apiVersion: ecr-operator.dev/v1alpha1
kind: EcrLifecyclePolicy
metadata: {name: weekly, namespace: team-a}
spec:
  protection:
    protectedTags: [prod-*, team/prod]
  rules:
    - rulePriority: 3
      selection: {tagStatus: any, countType: imageCountMoreThan, countNumber: 5}
      action: {type: expire}
    - rulePriority: 7
      selection: {tagStatus: untagged, countType: imageCountMoreThan, countNumber: 5, countUnit: days}
      action: {type: expire}
"""
    found = lines(lint, text, "weekly.yaml")
    assert [line.split(": Invalid value: ")[0].split(": Forbidden: ")[0] for line in found] == [
        "6:29: error: spec.protection.protectedTags[1]",
        "11:7: error: rule 7: spec.rules",
        "12:87: error: rule 7: spec.rules[1].selection.countUnit",
    ]


def test_a_policy_that_is_referred_to_may_be_anywhere(lint: Lint) -> None:
    """In the same files, or in the cluster already."""
    one, other = (repository(name, {"lifecyclePolicyRef": {"name": name}}) for name in ("web", "elsewhere"))
    text = yaml.safe_dump_all([lifecycle_policy("web"), one, other])
    code, output, _ = lint("--strict", written(text, "web.yaml"))
    assert (code, output) == (0, "0 errors, 0 warnings (3 objects checked).\n")


PLACES: dict[str, tuple[str, str]] = {
    "the parent of what is missing": (f"{WEB}spec:\n  lifecyclePolicy:\n    {{}}\n", "5:3"),
    "a document that begins later": (f"{WEB}---\n\n{HEAD}metadata: {{name: Web}}\n", "8:12"),
    "an object without metadata": (f"---\n{HEAD}", "2:1"),
    "what was merged": (f"{WEB}spec:\n  tags: {{<<: {{a: 5}}, b: x}}\n", "5:15"),
    "after a character that YAML takes for a line break": (
        f"{HEAD}metadata: {{name: web, annotations: {{a: '\u2028'}}}}\n---\n{WEB}spec: {{foo: 1}}\n",
        "8:8",
    ),
    "what an alias stands for": (f"{WEB}metadata2: &x {{foo: 1}}\nspec: *x\n", "4:1"),
    "a key with dots": (f"{WEB}spec:\n  tags:\n    a: b\n    a.b: 5\n", "7:5"),
    "a kind that is not there": (f"{HEAD.replace('Repository', 'Repo')}metadata: {{name: web}}\n", "2:1"),
    "a version that is not there": (f"{HEAD.replace('v1alpha1', 'v1')}metadata: {{name: web}}\n", "1:1"),
}


@pytest.mark.parametrize(("text", "place"), PLACES.values(), ids=PLACES.keys())
def test_the_first_error_is_at(lint: Lint, text: str, place: str) -> None:
    assert lines(lint, text, "web.yaml")[0].startswith(f"{place}: error: ")


@pytest.mark.parametrize("name", ["list.json", "list.yaml"])
def test_entries_of_lists_have_places_of_their_own(lint: Lint, name: str) -> None:
    items = [repository("web"), {"apiVersion": "v1", "kind": "Secret"}, repository("api", {"foo": 1})]
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": items}, indent=1)
    place = next(number for number, line in enumerate(text.splitlines(), 1) if '"foo"' in line)
    assert lines(lint, text, name) == [f'{place}:5: error: unknown field "spec.foo"']


def test_findings_are_in_the_order_of_their_lines(lint: Lint) -> None:
    text = f"{WEB}spec:\n  repositoryName: X\n  foo: 1\n  adoptFrom: x\n"
    places = [line[:4] for line in lines(lint, text, "web.yaml")]
    assert places == sorted(places)
    assert set(places) == {"5:3:", "6:3:", "7:3:"}


def test_all_that_can_be_read_is_told(lint: Lint) -> None:
    text = f"{WEB}spec: {{foo: 1}}\n---\n{WEB}spec: [\n"
    found = lines(lint, text, "web.yaml")
    assert found[0] == '4:8: error: unknown field "spec.foo"'
    assert "is not YAML" in found[-1]
    assert int(found[-1].split(":")[0]) > 8


def test_that_errors_hide_others_is_told_last(lint: Lint) -> None:
    text = f"{WEB}spec:\n  suspend: 5\n---\n{HEAD}metadata: {{name: api}}\nspec:\n  foo: 1\n"
    assert [re.sub(r".*error: ", "", line)[:28] for line in lines(lint, text, "web.yaml")] == [
        "spec.suspend: Invalid value:",
        "some validation rules were n",
        'unknown field "spec.foo"',
    ]


def test_every_kind_of_ours_is_checked_and_no_other(lint: Lint) -> None:
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: web}\nfoo: 1\n"
    pull = f"{HEAD.replace('EcrRepository', 'EcrPullSecret')}metadata: {{name: ecr}}\nspec: {{}}\n"
    found = lines(lint, f"{secret}---\n{pull}", "all.yaml")
    assert [line.split(" error: ")[1] for line in found] == [
        "spec.registries: Required value",
        "spec.namespaces: Required value",
        "some validation rules were not checked because the object was invalid; "
        "correct the existing errors to complete validation",
    ]


def statement(**members: Any) -> dict[str, Any]:
    return {"Sid": "Pull", "Effect": "Allow", "Principal": "*", "Action": "ecr:BatchGetImage"} | members


OPERATOR: dict[str, tuple[dict[str, Any], str]] = {
    "a misspelt member of a statement": (
        statement(Actions="x"),
        "error: InvalidPolicy: Statement Pull of `repositoryPolicy`: `Actions` is no member",
    ),
    "another repository": (
        statement(Resource="arn:aws:ecr:eu-west-1:123456789012:repository/api"),
        "`Resource` holds arn:aws:ecr:eu-west-1:123456789012:repository/api; leave it out",
    ),
    "an account in another partition": (
        statement(Principal={"AWS": ["arn:aws:iam::123456789012:root", "arn:aws-cn:iam::123456789012:root"]}),
        "is of the partition aws-cn",
    ),
}


@pytest.mark.parametrize(("second", "told"), OPERATOR.values(), ids=OPERATOR.keys())
def test_what_the_operator_would_refuse(lint: Lint, second: dict[str, Any], told: str) -> None:
    statements = [statement(Sid="First"), second]
    obj = repository("web", {"repositoryPolicy": {"statements": statements}})
    text = yaml.safe_dump(obj, sort_keys=False)
    line = next(number for number, line in enumerate(text.splitlines(), 1) if "Sid: Pull" in line)
    (found,) = lines(lint, text, "web.yaml")
    assert found.startswith(f"{line}:")
    assert told in found
    suspended = obj | {"spec": obj["spec"] | {"suspend": True}}
    assert lines(lint, yaml.safe_dump(suspended), "web.yaml") == []


@pytest.mark.parametrize(
    "members", [{}, {"Resource": "arn:aws-cn:ecr:cn-north-1:123456789012:repository/web"}]
)
def test_arns_say_which_registry_the_manifest_is_for(lint: Lint, members: dict[str, Any]) -> None:
    china = statement(Principal={"AWS": "arn:aws-cn:iam::123456789012:root"}, **members)
    spec = {"repositoryPolicy": {"statements": [china]}}
    assert lines(lint, yaml.safe_dump(repository("web", spec)), "web.yaml") == []


def test_a_policy_that_is_too_long_in_a_manifest(lint: Lint) -> None:
    rules = [
        rule(n, more_than(1, "tagged", tagPrefixList=[f"p{n}"]), description="x" * 1000) for n in range(1, 41)
    ]
    text = yaml.safe_dump(repository("web", {"lifecyclePolicy": {"rules": rules}}), sort_keys=False)
    (found,) = lines(lint, text, "web.yaml")
    assert "error: PolicyTooLarge: The lifecycle policy has " in found
    own = yaml.safe_dump(lifecycle_policy("web", {"rules": rules}), sort_keys=False)
    (same,) = lines(lint, own, "policy.yaml")
    assert same == found
    suspended = lifecycle_policy("web", {"rules": rules, "suspend": True})
    assert not [line for line in lines(lint, yaml.safe_dump(suspended), "policy.yaml") if "error" in line]


# Warnings


def test_warnings_have_the_rule_the_field_and_a_name(lint: Lint) -> None:
    (found,) = lines(lint, policy(WARNED))
    assert found.startswith("7:9: warning: rule 7: when nothing is pushed for 14 days, ")
    assert found.endswith(" [NothingKept]")
    manifest = repository("web", {"lifecyclePolicy": {"rules": [CLEAN, WARNED]}})
    text = yaml.safe_dump(manifest, sort_keys=False)
    number = [n for n, line in enumerate(text.splitlines(), 1) if "countType" in line][1]
    assert lines(lint, text, "web.yaml") == [f"{number}:9: {found.removeprefix('7:9: ')}"]
    text = yaml.safe_dump(lifecycle_policy("web", {"rules": [WARNED]}), sort_keys=False)
    number = next(n for n, line in enumerate(text.splitlines(), 1) if "countType" in line)
    assert lines(lint, text, "policy.yaml") == [f"{number}:7: {found.removeprefix('7:9: ')}"]


def test_warnings_fail_the_check_only_when_it_is_strict(lint: Lint) -> None:
    file = written(policy(WARNED), "policy.json")
    assert lint(file)[0] == 0
    code, output, _ = lint("--strict", file)
    assert code == 1
    assert output.splitlines()[-1] == "0 errors, 1 warning (1 object checked)."
    assert lint("--strict", written(policy(CLEAN), "policy.json"))[0] == 0


def test_warnings_can_be_ignored_by_name(lint: Lint) -> None:
    archive = rule(1, days_since("Pulled", 90, "any"), ARCHIVE)
    file = written(policy(archive), "policy.json")
    _, output, _ = lint("--ignore", "PullTimeMisleads", file)
    assert "[ArchiveSavesNothing]" in output
    assert "PullTimeMisleads" not in output
    both = ["--ignore", "PullTimeMisleads", "--ignore", "ArchiveSavesNothing"]
    assert lint("--strict", *both, file)[0] == 0


def test_a_policy_with_errors_gets_no_warnings(lint: Lint) -> None:
    assert not [line for line in lines(lint, policy(WARNED, version=1)) if "warning" in line]


def rules_within(schema: Schema, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The paths of the objects that hold lifecycle rules."""
    for name, inner in schema.get("properties", {}).items():
        if "rulePriority" in inner.get("items", {}).get("properties", {}):
            yield path
        yield from rules_within(inner, (*path, name))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
def test_the_rules_of_every_kind_are_looked_at(kind: Kind) -> None:
    found = list(rules_within(root_schema(kind)["properties"]["spec"], ("spec",)))
    assert found == [POLICY_OF[one] for one in POLICY_OF if one == kind.kind]


# Files


def test_the_samples_are_clean(lint: Lint) -> None:
    code, output, errors = lint("--strict", str(SAMPLES))
    assert code == 0, output
    assert re.fullmatch(r"0 errors, 0 warnings \(\d\d objects checked\)\.\n", output)
    assert errors == ""


def test_files_directories_and_standard_input(lint: Lint, monkeypatch: pytest.MonkeyPatch) -> None:
    written(policy(WARNED), "a/policy.json")
    written(f"{WEB}spec: {{foo: 1}}\n", "a/web.yaml")
    written(f"{WEB}spec: {{bar: 1}}\n", "a/b/web.yaml")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(policy(WARNED).encode())))
    code, output, _ = lint("-", "a")
    assert code == 1
    starts = [line.split(" ")[0] for line in output.splitlines()]
    assert starts == ["-:7:9:", "a/policy.json:7:9:", "a/web.yaml:4:8:", "1"]
    assert "a/b/web.yaml:4:8: error: " in lint("-R", "a")[1]


def test_what_cannot_be_read_keeps_nothing_else_from_being_told(lint: Lint) -> None:
    Path("empty").mkdir()
    code, output, _ = lint("nowhere.yaml", "empty", written(policy(WARNED), "policy.json"))
    assert code == 1
    assert output.splitlines()[:2] == [
        "error: the path 'nowhere.yaml' does not exist",
        "error: empty: holds no manifest: *.json, *.yaml and *.yml are read, of subdirectories only with "
        "--recursive",
    ]
    assert "policy.json:7:9: warning" in output


def test_files_with_nothing_of_ours_pass_and_that_is_said(lint: Lint) -> None:
    written("apiVersion: v1\nkind: Secret\n", "a.yaml")
    written("resources: [a.yaml]\n", "kustomization.yaml")
    code, output, errors = lint("a.yaml", "kustomization.yaml")
    assert code == 0
    assert output.startswith("0 errors, 0 warnings (no object ")
    assert errors == (
        "Note: no object of ecr-operator.dev and no lifecycle policy in a.yaml, kustomization.yaml.\n"
    )


def test_a_template_is_named_as_one(lint: Lint) -> None:
    (found,) = lines(lint, "{{- if .Values.x }}\n", "web.yaml")
    assert "helm template" in found


@pytest.mark.parametrize("arguments", [(), ("--ignore", "Foo", "a.yaml"), ("-o", "xml", "a.yaml")])
def test_wrong_usage_is_64(lint: Lint, arguments: tuple[str, ...]) -> None:
    code, output, errors = lint(*arguments)
    assert (code, output) == (64, "")
    assert errors


def test_any_text_gets_an_answer(lint: Lint) -> None:
    """Texts with mistakes of the keyboard: each is judged, and what is told is at a place in the text."""
    chance = Random(3)
    manifest = repository("web", {"lifecyclePolicy": {"rules": [CLEAN]}, "tags": {"a": "b"}})
    texts = [policy(WARNED, CLEAN), json.dumps(manifest, indent=1), yaml.safe_dump(manifest)]
    for number in range(400):
        text = chance.choice(texts)
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(text))
            keys = chance.choice([*"{}[]\",:'#/*\\ \n\t-&!|>%@`~0a", "", "\ufeff", "\u2028", "\x00"])
            text = text[:at] + keys + text[at + chance.randint(0, 3) :]
        name = written(text, f"{number}.{chance.choice(['json', 'yaml'])}")
        code, output, _ = lint("-o", "json", name)
        document = json.loads(output)
        assert code == (1 if document["summary"]["errors"] else 0)
        for finding in document["findings"]:
            assert finding["source"] == name
            assert 1 <= finding["line"] <= len(re.split("[\n\u2028]", text)) + 1


# For programs


def test_json(lint: Lint) -> None:
    written(f"{WEB}spec:\n  foo: 1\n", "web.yaml")
    written(policy(WARNED), "policy.json")
    code, output, errors = lint("-o", "json", "nowhere", "web.yaml", "policy.json")
    assert (code, errors) == (1, "")
    document = json.loads(output)
    assert document["summary"] == {"checked": 2, "errors": 2, "warnings": 1}
    message = document["findings"][2].pop("message")
    assert message.startswith("when nothing is pushed")
    assert document["findings"] == [
        {"severity": "error", "message": "the path 'nowhere' does not exist"},
        {
            "severity": "error",
            "source": "web.yaml",
            "line": 5,
            "column": 3,
            "object": "EcrRepository team-a/web",
            "field": "spec.foo",
            "message": 'unknown field "spec.foo"',
        },
        {
            "severity": "warning",
            "source": "policy.json",
            "line": 7,
            "column": 9,
            "field": "rules[0].selection.countType",
            "rulePriority": 7,
            "check": "NothingKept",
        },
    ]


def test_json_of_what_is_clean(lint: Lint) -> None:
    code, output, _ = lint("-o", "json", written(policy(CLEAN), "policy.json"))
    assert code == 0
    assert json.loads(output) == {"findings": [], "summary": {"checked": 1, "errors": 0, "warnings": 0}}


def test_a_finding_is_one_line(lint: Lint) -> None:
    (found,) = lines(lint, json.dumps(repository("web", {"a\nb": 1})), "web.json")
    assert found.endswith('unknown field "spec.a b"')


# The documentation


def test_every_warning_has_a_heading_and_every_heading_a_warning() -> None:
    page = (ROOT / "docs" / "lint.md").read_text()
    assert re.findall(r"^### (\w+)$", page, re.MULTILINE) == list(Check)

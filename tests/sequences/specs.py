"""Random specs of EcrRepository, from the schema in `crds/`: enums, bounds, what is optional.

A new field is drawn as soon as the schema has it. Where the schema does not say what a text may be,
`vocabulary` does, and a field that neither knows is an error.
"""

import copy
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import yaml

from ecr_operator.api.admission import problems
from ecr_operator.api.names import API_VERSION
from tests.sequences.mending import mend
from tests.sequences.vocabulary import VALUES

Spec = dict[str, Any]
Schema = dict[str, Any]

CRD = Path(__file__).parent.parent.parent / "crds" / "ecr-operator.dev_ecrrepositories.yaml"
OPTIONAL = 0.35
"""How often an optional field is there."""
FIXED = frozenset(
    {"repositoryName", "encryptionConfiguration", "suspend", "managementPolicy", "lifecyclePolicyRef"}
)
"""Drawn for a whole sequence, or by its steps; references by the sequences of lifecycle policies."""
NUMBERS = (1, 2, 7, 90, 365)
LONGEST = 3
TRIES = 200


@cache
def spec_schema() -> Schema:
    """The schema of `spec`, as the API server has it."""
    crd = yaml.safe_load(CRD.read_text())
    schema: Schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    return schema


def valid_spec(random: Random) -> Spec:
    """A spec that the API server takes; AWS may refuse it."""
    for _ in range(TRIES):
        drawn = {
            name: value
            for name, schema in spec_schema()["properties"].items()
            if name not in FIXED and random.random() < OPTIONAL
            for value in [_value(schema, name, random)]
        }
        spec = mend(drawn, random)
        if not refused(spec):
            return spec
    raise AssertionError(f"no valid spec in {TRIES} tries: mend what the CRD's rules ask for")


def refused(spec: Spec) -> tuple[str, ...]:
    """What the API server would say against the spec of a new object."""
    metadata = {"name": "web", "namespace": "team"}
    return problems({"apiVersion": API_VERSION, "kind": "EcrRepository", "metadata": metadata, "spec": spec})


def _value(schema: Schema, path: str, random: Random) -> Any:
    name = path.rpartition(".")[2]
    if name in VALUES:
        return copy.deepcopy(random.choice(VALUES[name]))
    if "enum" in schema:
        return random.choice(schema["enum"])
    match schema.get("type"):
        case "boolean":
            return random.random() < 0.5
        case "integer":
            least, most = schema["minimum"], schema["maximum"]
            return min(max(random.choice(NUMBERS), least), most)
        case "array":
            count = random.randint(schema["minItems"], min(schema["maxItems"], LONGEST))
            return [_value(schema["items"], f"{path}[]", random) for _ in range(count)]
        case "object" if "additionalProperties" in schema:
            keys = VALUES[f"{name}{{key}}"]
            chosen = random.sample(keys, random.randint(0, min(LONGEST, len(keys))))
            return {key: _value(schema["additionalProperties"], f"{path}{{}}", random) for key in chosen}
        case "object":
            return _object(schema, path, random)
    raise LookupError(f"neither the schema nor the vocabulary says what `{path}` may be")


def _object(schema: Schema, path: str, random: Random) -> dict[str, Any]:
    required = schema.get("required", ())
    found = {
        name: _value(child, f"{path}.{name}", random)
        for name, child in schema["properties"].items()
        if name in required or random.random() < 0.5
    }
    if schema.get("x-kubernetes-preserve-unknown-fields") and random.random() < 0.03:
        # The API server keeps it; planning must not.
        found["Conditon"] = {}
    return found

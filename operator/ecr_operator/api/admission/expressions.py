"""CEL, by Google's implementation for Python, with what Kubernetes adds and our rules may use."""

from functools import cache
from typing import Any, Final

from cel_expr_python import cel
from cel_expr_python.ext import ext_strings


class EvaluationError(Exception):
    """An expression has no value. The message says why in CEL's words."""


class BudgetError(EvaluationError):
    """An expression needs more than the 10,000 iterations of one evaluation.

    The Python package (0.1.3) has no option for them. 100 entries, each compared with all, need 10,100.
    """


def evaluate(expression: str, value: Any, part: Any = None, old: Any = None) -> Any:
    """Return what an expression says about ``self``, a JSON value.

    ``part`` is some of it, ``old`` its former state, `oldSelf` in the expression. Raises EvaluationError.
    """
    return _evaluate(expression, {"self": value, "part": part, "oldSelf": old})


def found(pattern: str, text: str) -> bool:
    """Whether a regular expression (RE2) matches somewhere in the text."""
    return bool(_evaluate("text.matches(pattern)", {"text": text, "pattern": pattern}))


def _evaluate(expression: str, data: dict[str, Any]) -> Any:
    try:
        result = compiled(expression).eval(data=data)
    except RuntimeError as error:
        message = str(error).splitlines()[0]
        raise (BudgetError if "Iteration budget exceeded" in message else EvaluationError)(message) from error
    if result.type() == cel.Type.ERROR:
        raise EvaluationError(str(result.plain_value()))
    return result.plain_value()


@cache
def compiled(expression: str) -> Any:
    """Return an expression in the form that can be evaluated. Raises RuntimeError."""
    return _environment().compile(expression)


@cache
def _environment() -> Any:
    """The types of `self` are left to the evaluation: the API server checks them when it takes a CRD."""
    names = ("self", "part", "oldSelf", "text", "pattern")
    extensions = [ext_strings.ExtStrings(), cel.CelExtension("sets", _SETS)]
    return cel.NewEnv(variables=dict.fromkeys(names, cel.Type.DYN), extensions=extensions)


def _contains(whole: list[Any], part: list[Any]) -> bool:
    return all(entry in whole for entry in part)


def _equivalent(one: list[Any], other: list[Any]) -> bool:
    return _contains(one, other) and _contains(other, one)


def _intersects(one: list[Any], other: list[Any]) -> bool:
    return any(entry in other for entry in one)


# The C++ runtime has them too, but its Python package does not (0.1.3).
_SETS: Final = [
    cel.FunctionDecl(
        f"sets.{name}",
        [
            cel.Overload(
                f"list_sets_{name}_list",
                return_type=cel.Type.BOOL,
                parameters=[cel.Type.LIST, cel.Type.LIST],
                impl=function,
            )
        ],
    )
    for name, function in (
        ("contains", _contains),
        ("equivalent", _equivalent),
        ("intersects", _intersects),
    )
]

"""Parameters of registered things, read from signatures, and the choices that users write.

A registered thing is an ordinary function or class; those of its arguments that the simulator does not supply are its
parameters. Names, kinds, limits and defaults are in the signature and nowhere else.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache, partial
from types import SimpleNamespace
from typing import Annotated, Any, ClassVar, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model, model_serializer, model_validator

from neurosim.errors import InputError, Problem, nearest

NonNegative = Annotated[float, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]
Fraction = Annotated[float, Field(ge=0, le=1)]
LARGEST_COUNT = 1_000_000_000_000
"""No run counts further: a million trials a second for eleven days."""
Count = Annotated[int, Field(ge=1, le=LARGEST_COUNT)]

STRICT = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)

_EXPECTED = {
    "extra_forbidden": "unknown key",
    "missing": "is missing",
    "finite_number": "expected a finite number",
    "string_pattern_mismatch": "expected letters, digits and _, beginning with a letter",
    "model_type": "expected a name or a table",
    "model_attributes_type": "expected a name or a table",
    "int_type": "expected a whole number",
    "int_from_float": "expected a whole number",
    "float_type": "expected a number",
    "bool_type": "expected true or false",
    "string_type": "expected a text",
    "list_type": "expected a list",
    "dict_type": "expected a table",
}
_LIMITS = {
    "greater_than_equal": ("expected at least {}", "ge"),
    "less_than_equal": ("expected at most {}", "le"),
    "greater_than": ("expected a number above {}", "gt"),
    "less_than": ("expected a number below {}", "lt"),
    "too_short": ("expected at least {} entries", "min_length"),
    "too_long": ("expected at most {} entries", "max_length"),
}
_BRANCHES = frozenset({"str", "int", "float", "bool", "FamilyChoice"})
"""What pydantic puts into a place for the kinds of a union, beside those with brackets in their names."""


def problems_of(error: ValidationError, address: str, known: Iterable[str] = ()) -> list[Problem]:
    """A pydantic error as problems with our addresses and suggestions."""
    known = list(known)
    found = []
    for item in _without_other_branches(error.errors(include_url=False)):
        place = ".".join(str(part) for part in item["loc"] if not _is_branch(part))
        full = f"{address}.{place}" if address and place else address or place
        text, suggestion = _expected(item), None
        if item["type"] not in ("missing", "extra_forbidden") and not isinstance(item["input"], dict | BaseModel):
            text += f", found {_shown(item['input'])}"
        if item["type"] == "literal_error" and isinstance(item["input"], str):
            suggestion = nearest(item["input"], re.findall("'(.*?)'", item["ctx"]["expected"]))
        if item["type"] == "extra_forbidden":
            suggestion = nearest(str(item["loc"][-1]), known)
            text += f"; known keys are {', '.join(known)}" if known else ""
        found.append(Problem(full, text, suggestion))
    return found


def _expected(item: Mapping[str, Any]) -> str:
    """What was expected, in words that need no knowledge of Python."""
    if item["type"] in _LIMITS:
        text, limit = _LIMITS[item["type"]]
        number = item["ctx"][limit]
        shown = text.format(f"{number:,}" if isinstance(number, int) else f"{number:g}")
        return shown.replace("1 entries", "1 entry") if number == 1 else shown
    return _EXPECTED.get(item["type"], item["msg"].replace("Input should be", "expected").removeprefix("Value error, "))


def _is_branch(part: object) -> bool:
    return isinstance(part, str) and ("[" in part or part in _BRANCHES)


def _without_other_branches(items: Sequence[Any]) -> Iterator[Any]:
    """The errors without those of the kinds of a union that were meant less: that got less far into the value, or came first."""
    reached: dict[tuple[Any, ...], tuple[int, Any]] = {}
    for item in items:
        for depth, part in enumerate(item["loc"]):
            if _is_branch(part):
                union = item["loc"][:depth]
                if union not in reached or len(item["loc"]) >= reached[union][0]:
                    reached[union] = len(item["loc"]), part
    for item in items:
        chosen = (part == reached[item["loc"][:depth]][1] for depth, part in enumerate(item["loc"]) if _is_branch(part))
        if all(chosen):
            yield item


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


class Parameters:
    """The parameters of a function or class: those arguments that are not among the `supplied` ones.

    Args:
        function: whose signature is read; annotations give kinds and limits, plain `float` where there is none.
        supplied: names (or prefixes that end in `_`) of the arguments that the simulator fills in.
        extra: further parameters that every thing of the kind has, name → (kind, default).

    >>> def drawn(random, shape, bound: NonNegative): ...
    >>> [problem.address for problem in Parameters(drawn, supplied=("random", "shape")).problems({"bund": 1.0}, "w")]
    ['w.bound', 'w.bund']
    """

    def __init__(
        self,
        function: Callable[..., Any],
        supplied: Iterable[str] = (),
        extra: Mapping[str, tuple[Any, Any]] | None = None,
    ) -> None:
        self._function = function
        self._supplied = tuple(supplied)
        self._extra = dict(extra or {})

    def _is_supplied(self, name: str) -> bool:
        return any(name == known or (known.endswith("_") and name.startswith(known)) for known in self._supplied)

    @cached_property
    def fields(self) -> dict[str, tuple[Any, Any]]:
        """name → (kind, default); the default of a required parameter is `...`."""
        if not callable(self._function):
            raise InputError(f"expected a function or a class, found one {type(self._function).__name__}")
        own = {}
        for argument in inspect.signature(self._function).parameters.values():
            if self._is_supplied(argument.name) or argument.kind in (argument.VAR_POSITIONAL, argument.VAR_KEYWORD):
                continue
            own[argument.name] = (self._kind(argument), ... if argument.default is argument.empty else argument.default)
        return own | self._extra

    def _kind(self, argument: inspect.Parameter) -> Any:
        """What the annotation of a parameter means. Others are not looked at: those of a figure name what is not imported yet."""
        if argument.annotation is argument.empty:
            return float
        if not isinstance(argument.annotation, str):
            return argument.annotation
        given: Any = self._function
        while isinstance(given, partial):
            given = given.func
        made = given.__init__ if inspect.isclass(given) else given if inspect.isroutine(given) else type(given).__call__
        alone = SimpleNamespace(__annotations__={argument.name: argument.annotation})
        return get_type_hints(alone, inspect.unwrap(made).__globals__, include_extras=True)[argument.name]

    @cached_property
    def model(self) -> type[BaseModel]:
        """The pydantic model of these parameters."""
        fields: dict[str, Any] = dict(self.fields)
        return create_model("Parameters", __config__=STRICT, **fields)

    def problems(self, given: Mapping[str, Any], address: str) -> list[Problem]:
        """What is wrong with the parameters given, all of it."""
        try:
            self.model.model_validate(dict(given))
        except ValidationError as error:
            return problems_of(error, address, self.fields)
        return []

    def complete(self, given: Mapping[str, Any], address: str = "") -> dict[str, Any]:
        """The given parameters with defaults filled in; raises InputError when they are wrong."""
        try:
            checked = self.model.model_validate(dict(given))
        except ValidationError as error:
            raise InputError(problems_of(error, address, self.fields)) from None
        return {name: getattr(checked, name) for name in self.fields}

    def bind(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Positional and keyword arguments as a mapping from parameter names, in the order of the signature."""
        names = list(self.fields)
        if len(args) > len(names):
            raise InputError(f"takes {len(names)} parameters ({', '.join(names)}), found {len(args)}")
        twice = [name for name, _ in zip(names, args, strict=False) if name in kwargs]
        if twice:
            raise InputError([Problem(twice[0], "given twice, by its place and by its name")])
        return dict(zip(names, args, strict=False)) | kwargs


@lru_cache(maxsize=256)
def parameters_of(function: Callable[..., Any], *supplied: str) -> Parameters:
    """The parameters of a function that is asked for often, made once: a pydantic model takes milliseconds to make.

    >>> parameters_of(max) is parameters_of(max)
    True
    """
    return Parameters(function, supplied)


class Choice(BaseModel):
    """A registered thing chosen by name, with its parameters: `{ kind = "uniform", bound = 0.5 }`, or just `"zeros"`.

    A subclass says under which key the name stands.
    """

    model_config = STRICT
    key: ClassVar[str] = "kind"

    name: str
    parameters: dict[str, Any] = {}

    @model_validator(mode="before")
    @classmethod
    def _from_text_or_table(cls, given: Any) -> Any:
        if isinstance(given, str):
            return {"name": given, "parameters": {}}
        if isinstance(given, Mapping) and not ("name" in given and set(given) <= {"name", "parameters"}):
            if cls.key not in given:
                raise ValueError(f"expected a name, or a table with the key {cls.key!r}")
            return {"name": given[cls.key], "parameters": {k: v for k, v in given.items() if k != cls.key}}
        return given

    @model_serializer
    def _as_table(self) -> dict[str, Any]:
        return {self.key: self.name, **self.parameters}

    def __hash__(self) -> int:
        return hash((self.name, repr(sorted(self.parameters.items()))))

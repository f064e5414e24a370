"""A registered thing that, when called with its parameters, is a choice: `uniform(0.5)`, `delta(eta=0.01)`."""

from __future__ import annotations

from typing import Any, ClassVar

from neurosim.errors import Problem
from neurosim.parameters import Choice, Parameters


class Chooser:
    """A named thing of a registry with the parameters that its formula declares."""

    choice: ClassVar[type[Choice]] = Choice

    def __init__(self, name: str, parameters: Parameters, doc: str) -> None:
        self.name = name
        self.parameters = parameters
        self.doc = doc
        self.__doc__ = doc

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """This thing with the parameters given, as a population or a projection takes it."""
        return self.choice(name=self.name, parameters=self.parameters.bind(*args, **kwargs))

    def problems(self, choice: Choice, address: str) -> list[Problem]:
        """What is wrong with the parameters of a choice of this thing."""
        return self.parameters.problems(choice.parameters, address)

    def __repr__(self) -> str:
        return f"<{type(self).__name__.lower()} {self.name}>"

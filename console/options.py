"""Options that every verb knows: accepted before the verb, after it and after a sub-verb; the innermost wins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from console import settings
from console.errors import SettingsError
from console.settings import Settings

if TYPE_CHECKING:
    from console.run.runs import Access

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Options:
    """What was said on the way to a verb. None: not said."""

    kubeconfig: str | None = None
    context: str | None = None
    config: Path | None = None
    state_dir: Path | None = None
    output: str | None = None

    @property
    def json(self) -> bool:
        """Whether stdout is to be one JSON document."""
        return self.output == "json"

    def access(self) -> Access:
        """How a run reaches the same Fleet, settings and journal again."""
        from console.run.runs import Access

        return Access(kubeconfig=self.kubeconfig, context=self.context, config=self.config, state_dir=self.state_dir)

    def load(self) -> Settings:
        """The settings file that was named, or the default one. Raises `SettingsError`."""
        return settings.load(self.config)


def common(function: F) -> F:
    """Add the common options to a verb; the verb gets `options: Options` as its first argument."""

    def innermost(click_context: click.Context, /, **said: Any) -> Any:
        outer = click_context.find_object(Options) or Options()
        names = ("kubeconfig", "context", "config", "state_dir", "output")
        own = {name: value for name in names if (value := said.pop(name, None)) is not None}
        click_context.obj = replace(outer, **own)
        return click_context.invoke(function, click_context.obj, **said)

    innermost.__name__ = function.__name__
    innermost.__doc__ = function.__doc__
    innermost.__click_params__ = getattr(function, "__click_params__", [])  # type: ignore[attr-defined]
    decorated: Any = click.pass_context(innermost)
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated  # type: ignore[no-any-return]


_OPTIONS = (
    click.option("--kubeconfig", metavar="FILE", help="Kubeconfig of the Fleet."),
    click.option("--context", metavar="NAME", help="Context in the kubeconfig."),
    click.option("--config", type=click.Path(path_type=Path), metavar="FILE", help="Settings file."),
    click.option("--state-dir", type=click.Path(path_type=Path), metavar="DIR", help="Where runs are journaled."),
    click.option("-o", "--output", type=click.Choice(["table", "json"]), help="How to answer; json is one document."),
)


class DurationType(click.ParamType[float]):
    """A duration with its unit, as seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Raises click's usage error, exit 2, where the unit is missing."""
        if isinstance(value, float):
            return value
        try:
            return float(settings.Duration.parse(str(value)))
        except SettingsError as error:
            self.fail(str(error), param, ctx)


DURATION = DurationType()

"""Options that every verb knows: accepted before the verb, after it and after a sub-verb; the innermost wins."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeVar

import click
from msgspec import structs

from console import settings
from console.errors import FleetConsoleError, SettingsError, UsageError
from console.run.access import Access
from console.settings import Settings

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Options:
    """What was said on the way to a verb. None: not said."""

    kubeconfig: str | None = None
    context: str | None = None
    config: Path | None = None
    state_dir: Path | None = None
    output: str | None = None
    log_file: Path | None = None
    theme: Literal["default", "mono"] | None = None
    fleet: str | None = None

    @property
    def json(self) -> bool:
        """Whether stdout is to be one JSON document."""
        return self.output == "json"

    def access(self) -> Access:
        """How a run reaches the same Fleet, settings and journal again."""
        return Access(self.kubeconfig, self.context, self.config, self.state_dir, self.log_file, self.fleet)

    def load(self) -> Settings:
        """The settings file that was named, or the default one, with the Fleet and the theme that were said.

        Raises `SettingsError`.
        """
        found = settings.load(self.config).opening(self.fleet)
        return found if self.theme is None else structs.replace(found, theme=self.theme)


def common(function: F) -> F:
    """Add the common options to a verb; the verb gets `options: Options` as its first argument."""

    def innermost(click_context: click.Context, /, **said: Any) -> Any:
        outer = click_context.find_object(Options) or Options()
        own = {name: value for name in _NAMES if (value := said.pop(name, None)) is not None}
        options = click_context.obj = replace(outer, **own)
        if options.log_file is None or click_context.invoked_subcommand is not None:
            return click_context.invoke(function, options, **said)
        with logged(options.log_file, click_context.command_path):
            return click_context.invoke(function, options, **said)

    innermost.__name__ = function.__name__
    innermost.__doc__ = function.__doc__
    innermost.__click_params__ = getattr(function, "__click_params__", [])  # type: ignore[attr-defined]
    decorated: Any = click.pass_context(innermost)
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated  # type: ignore[no-any-return]


@contextmanager
def logged(file: Path, words: str) -> Iterator[None]:
    """Log to `file` that a verb began, and how it ended."""
    from console import log

    log.open_log(file)
    log.note("begin", words)
    try:
        yield
    except click.exceptions.Exit as leaving:
        log.note("end", words, "exit", leaving.exit_code)
        raise
    except FleetConsoleError as error:
        log.note("failed", words, "exit", error.exit_code, error, *getattr(error, "reasons", ()))
        raise
    except BaseException as error:
        log.note("failed", words, f"{type(error).__name__}:", error)
        raise
    log.note("end", words, "exit", 0)


_NAMES = ("kubeconfig", "context", "config", "state_dir", "output", "log_file", "theme", "fleet")
_OPTIONS = (
    click.option("--kubeconfig", metavar="FILE", help="Kubeconfig of the Fleet."),
    click.option("--context", metavar="NAME", help="Context in the kubeconfig."),
    click.option("--fleet", metavar="NAME", help="Which Fleet of the settings file; the first one otherwise."),
    click.option("--config", type=click.Path(path_type=Path), metavar="FILE", help="Settings file."),
    click.option("--state-dir", type=click.Path(path_type=Path), metavar="DIR", help="Where runs are journaled."),
    click.option(
        "--log-file", type=click.Path(path_type=Path), metavar="FILE", help="Log requests and failures there."
    ),
    click.option("--theme", type=click.Choice(["default", "mono"]), help="How the screen looks; mono has no colours."),
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


class LastingType(DurationType):
    """A duration that a plan may have."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Raises click's usage error, exit 2, also where it is too long."""
        from console.decide.plan import lasting

        seconds = super().convert(value, param, ctx)
        try:
            return lasting(seconds, str(value))
        except UsageError as error:
            self.fail(str(error), param, ctx)


class NeverType(LastingType):
    """A duration that a plan may have, or `never` as infinity."""

    name = "duration or never"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Raises click's usage error, exit 2."""
        from console.decide.plan import expiring

        seconds = math.inf if value == "never" else super().convert(value, param, ctx)
        try:
            return seconds if math.isinf(seconds) else expiring(seconds, str(value))
        except UsageError as error:
            self.fail(str(error), param, ctx)


LASTING = LastingType()
NEVER = NeverType()
DURATION = DurationType()

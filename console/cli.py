"""The front door: `fleet-console` opens the screen, `fleet-console VERB` does the same things without one.

Every failure leaves here as one sentence with the next step on stderr and an exit code of the table in `--help`.
"""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING

import click

from console import __version__, collector
from console.errors import EXIT_DONE, FleetConsoleError, Refused, UsageError
from console.options import Options, common

if TYPE_CHECKING:
    from console.settings import Settings

EPILOG = """\b
Exit codes
  0  done; for status: every configured source answered
  2  usage, bad weights, not confirmed
  3  refused by a rule
  4  held, partial, detached; for status: some sources did not answer; for doctor: something is bad
  5  not verified in time
  6  superseded or reverted
  7  unreachable or denied; for status: nothing answered
"""


VERBS = {
    "status": "see", "route": "see", "applicationset": "see", "shift": "shift", "drain": "shift", "run": "shift",
    "app": "apps", "plan": "plans", "runs": "runs", "attach": "runs", "stop": "runs", "rollback": "runs",
    "finish": "runs", "extend": "runs", "touch": "runs", "resume": "runs", "wait": "guards", "freeze": "guards",
    "unfreeze": "guards", "rules": "guards", "restore-sync": "reverters", "evidence": "evidence", "verify": "evidence",
    "policy": "policy", "topology": "setups", "doctor": "doctor", "config": "config", "demo": "simulate",
    "drill": "drill", "sim": "simulate",
}  # fmt: skip
"""Verb -> the module of `console.verbs` that has it."""


class Verbs(click.Group):
    """All verbs, each imported once it is asked for: the screen needs none of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In alphabetical order."""
        return sorted(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb of that name."""
        if cmd_name not in VERBS:
            return None
        found = getattr(import_module(f"console.verbs.{VERBS[cmd_name]}"), cmd_name.replace("-", "_"))
        assert isinstance(found, click.Command)
        return found


@click.group(
    cls=Verbs,
    invoke_without_command=True,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="fleet-console")
@common
def console(options: Options) -> None:
    """Operations console for an ACK One Fleet; without a verb it opens the screen.

    \b
    Example: fleet-console --kubeconfig ~/.kube/fleet --context hub
    """
    context = click.get_current_context()
    if context.invoked_subcommand is None:
        context.exit(open_screen(options))


def open_screen(options: Options, *, offers: bool = False) -> int:
    """The screen on the Fleet that the options name; returns its exit code. `offers`: it opens on what can be done
    where no Fleet is known yet, as it does by itself where neither settings nor a kubeconfig are found.

    Raises `UsageError` where there is no terminal to draw on and to take keys from.
    """
    settings = options.load()
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(
            "the screen needs a terminal on stdin and stderr", fix="In scripts: fleet-console status -o json."
        )
    from console import opening

    with opening.first_words(settings):
        from console.session import run_screen

        code = run_screen(settings, options.access(), offers=offers or _nothing(settings, options))
    if code is not None:
        return code
    from console.verbs import simulate

    return simulate.show(options, "calm")


def _nothing(settings: Settings, options: Options) -> bool:
    """Whether nobody said which Fleet, and none can be found."""
    if settings.fleets or options.kubeconfig is not None:
        return False
    from console.errors import KubeconfigError
    from console.kube.kubeconfig import files

    try:
        return not files(None)
    except KubeconfigError:
        return True


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave the process with its exit code."""
    collector.wait()
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        code = console.main(args=arguments, prog_name="fleet-console", standalone_mode=False)
    except FleetConsoleError as error:
        code = fail(error, arguments)
    except click.ClickException as error:
        error.show()
        if _wants_json(arguments):
            _document(UsageError(error.format_message()))
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt) as error:
        said = str(error.__cause__ or error)  # click has an Abort of its own for a Ctrl-C
        click.echo(f"stopped{f': {said}' if said else ''}", err=True)
        code = 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 141
    sys.exit(code if isinstance(code, int) else EXIT_DONE)


def fail(error: FleetConsoleError, arguments: list[str]) -> int:
    """Say a failure: the sentence on stderr, and with `-o json` one document on stdout as well."""
    click.echo(f"fleet-console: {error}", err=True)
    if isinstance(error, Refused) or _wants_json(arguments):
        from console.present import failures

        for line in failures.lines(error):
            click.echo(line, err=True)
        if _wants_json(arguments):
            _document(error)
    return error.exit_code


def _document(error: FleetConsoleError) -> None:
    from console.present import failures

    click.echo(json.dumps(failures.document(error), ensure_ascii=False))


def _wants_json(arguments: list[str]) -> bool:
    joined = " ".join(arguments)
    return any(form in f" {joined} " for form in (" -o json ", " -ojson ", " --output json ", " --output=json "))

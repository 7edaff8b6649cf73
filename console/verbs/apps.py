"""The verbs on one Application: `app refresh` and `app sync`, each a run of one step."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from console.errors import EXIT_DONE, EXIT_REFUSED
from console.options import DURATION, Options, common
from console.verbs.see import planning
from console.verbs.telling import confirm, follow, say, warm

if TYPE_CHECKING:
    from console.model.run import Reason

F = TypeVar("F", bound=Callable[..., Any])
_NAME = click.argument("name", metavar="[NAMESPACE/]NAME")
_STARTING = (
    click.option("--within", type=DURATION, metavar="S", help="Time for it to take effect.  [run.verify_timeout]"),
    click.option("--reason", default="", metavar="TEXT", help="Why; it is kept in the run's record."),
    click.option("--plan-only", is_flag=True, help="Say what would be written and what speaks against it; no write."),
    click.option("--yes", is_flag=True, help="Do not ask for a typed confirmation."),
    click.option("--detach", is_flag=True, help="Start the run and leave; exit 4."),
    click.option("--timeout", type=DURATION, default="20s", metavar="S", help="Time for the sources to answer.  [20s]"),
)


def _starting(function: F) -> F:
    for option in reversed(_STARTING):
        function = option(function)
    return function


@click.group()
@common
def app(options: Options) -> None:
    """Refresh or sync an Application of ArgoCD, each as a run of one step.

    \b
    Example: fleet-console app sync argocd/ack-prod-api --prune
    """


@app.command()
@_NAME
@click.option("--hard", is_flag=True, help="Have manifests made anew, past ArgoCD's cache.")
@_starting
@common
def refresh(options: Options, name: str, hard: bool, **said: Any) -> None:
    """Have ArgoCD compare an Application with git now; done once it has.

    \b
    Example: fleet-console app refresh ack-prod-api --hard --yes
    """
    _go(options, name, "refresh", said, hard=hard)


@app.command()
@_NAME
@click.option("--revision", default="", metavar="R", help="A commit, tag or branch.  [the one that its spec wants]")
@click.option("--prune", is_flag=True, help="Delete in the member what git does not name any more.")
@click.option("--dry-run", is_flag=True, help="Have ArgoCD try it and change nothing in the member.")
@_starting
@common
def sync(options: Options, name: str, revision: str, prune: bool, dry_run: bool, **said: Any) -> None:
    """Have ArgoCD sync an Application; done once its operation has succeeded, failed with the operation's message.

    \b
    Example: fleet-console app sync ack-prod-api --revision v1.4.2 --reason OPS-12
    """
    _go(options, name, "sync", said, revision=revision, prune=prune, dry_run=dry_run)


def _go(options: Options, name: str, kind: str, said: dict[str, Any], **asked: Any) -> None:
    """Decide, show, ask, start, follow."""
    from console.decide import onestep
    from console.decide.plan import short
    from console.present import onesteps
    from console.run import runs as engine
    from console.run import trial
    from console.settings import Duration

    settings = options.load()
    within = said["within"] or Duration.parse(settings.run.verify_timeout)
    with planning(options, settings, said["timeout"]) as (observer, fleet):
        application = onestep.find(fleet, name)
        around = engine.around(options.access(), settings, fleet)
        decision = onestep.decide(fleet, application, around, kind=kind, within=within, **asked)
        step = decision.step
        objections: tuple[Reason, ...] = ()
        if step is not None and not decision.refused:
            objections = trial.reasons(observer, step)
    reasons = (*decision.reasons, *objections)
    refused = decision.refused or any(one.severity == "blocks" for one in objections)
    text = onesteps.decision_text(fleet, application, kind, decision, reasons)
    if step is None or refused or said["plan_only"]:
        report = onesteps.planned(fleet, application, kind, decision, reasons, said["reason"], refused=refused)
        say(options, text, report)
        click.get_current_context().exit(EXIT_REFUSED if refused else EXIT_DONE)
    click.echo(text, err=True)
    warm()
    if not said["yes"]:
        confirm(fleet, f"{step.sentence} (plan {short(step.hash)})")
    started = engine.start(options.access(), settings, step, reason=said["reason"], reasons=reasons)
    follow(options, started, () if said["detach"] else engine.follow(options.access(), started.run))

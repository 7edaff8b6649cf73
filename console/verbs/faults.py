"""`sim fault NAME` and `sim storm`: what may be done to a simulator that runs, one command each; it is found by its
--dir."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from console.errors import UsageError
from console.options import DURATION, Options, common

F = TypeVar("F", bound=Callable[..., Any])
DIRECTORY = click.option(
    "--dir", "directory", type=click.Path(path_type=Path), metavar="D", help="The --dir of the simulator."
)
LASTING = click.option(
    "--for", "lasting", type=DURATION, metavar="S", help="End by itself after so long, for example 30s."
)
_BROKEN = ("unavailable", "accepted-but-timeout", "accepted-but-unavailable")
CLOUD_KINDS = ("quota", "permission", "throttling", "task-failed", "name-taken", *_BROKEN)
WRITE_KINDS = ("quota", "permission", "throttling", "webhook", "conflict", *_BROKEN)


class _Seconds(click.ParamType[float]):
    """A duration with its unit, or a bare number of seconds; with a minus before it, backwards."""

    name = "seconds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Raises click's usage error, exit 2."""
        said = str(value)
        with suppress(ValueError):
            return float(said)
        seconds = DURATION.convert(said.removeprefix("-"), param, ctx)
        return -seconds if said.startswith("-") else seconds


_SECONDS = _Seconds()


class _Faults(click.Group):
    """Answers a word that is off with one sentence."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click's own, with the names there are."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError:
            raise UsageError(f"no fault is called '{args[0]}'", fix=f"There are: {', '.join(self.commands)}.") from None

    def invoke(self, ctx: click.Context) -> Any:
        """As click's own; the command's words are read in here."""
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            words = error.format_message().rstrip(".")
            where = error.ctx.command_path if error.ctx is not None else ctx.command_path
            raise UsageError(words[:1].lower() + words[1:], fix=f"See: {where} --help.") from None

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which they stand here."""
        return list(self.commands)


@click.group(cls=_Faults, invoke_without_command=True)
@click.option("--list", "listing", is_flag=True, help="Say which faults there are, and with --dir which hold.")
@DIRECTORY
@common
def fault(options: Options, listing: bool, directory: Path | None) -> None:
    """Make something go wrong in a simulator that runs, or right again.

    \b
    Example: fleet-console sim fault member-lost idc-prod --dir /var/tmp/fleet
    """
    context = click.get_current_context()
    if listing:
        _list(options, _directory())
        context.exit(0)
    if context.invoked_subcommand is None:
        raise UsageError("no fault is named", fix=f"There are: {', '.join(fault.commands)}.")


def _named(name: str) -> Callable[[F], click.Command]:
    """A command of the group, with the options that all of them take."""

    def decorated(function: F) -> click.Command:
        return fault.command(name)(DIRECTORY(LASTING(common(function))))

    return decorated


@_named("api-partition")
@click.option("--how", type=click.Choice(["hang", "reset"]), default="hang", help="What connections meet.  [hang]")
def api_partition(options: Options, how: str, **said: Any) -> None:
    """Cut the hub's API off from everybody but its own controllers.

    \b
    Example: fleet-console sim fault api-partition --for 30s --dir /var/tmp/fleet
    """
    _begin(options, "api-partition", how=how, **said)


@_named("slow-controller")
@click.argument("seconds", type=_SECONDS, metavar="S")
def slow_controller(options: Options, **said: Any) -> None:
    """Let the ALB ingress controller wait before it acts on a change.

    \b
    Example: fleet-console sim fault slow-controller 45 --dir /var/tmp/fleet
    """
    _begin(options, "slow-controller", **said)


@_named("poison")
@click.argument("route", metavar="NS/NAME")
def poison(options: Options, **said: Any) -> None:
    """Break an Ingress, which keeps every change of its ALB back.

    \b
    Example: fleet-console sim fault poison shop/checkout --dir /var/tmp/fleet
    """
    _begin(options, "poison", **said)


@_named("throttle")
@click.option("--of-ten", type=click.IntRange(1, 10), default=10, metavar="N", help="So many of every ten calls.  [10]")
def throttle(options: Options, **said: Any) -> None:
    """Let the ALB OpenAPI answer Throttling.User to the console and the controller.

    \b
    Example: fleet-console sim fault throttle --of-ten 9 --for 30s --dir /var/tmp/fleet
    """
    _begin(options, "throttle", **said)


@_named("rule-stuck")
@click.argument("route", metavar="NS/NAME")
def rule_stuck(options: Options, **said: Any) -> None:
    """Let changes of a route's ALB rules stay Configuring.

    \b
    Example: fleet-console sim fault rule-stuck shop/checkout --dir /var/tmp/fleet
    """
    _begin(options, "rule-stuck", **said)


@_named("rule-edited")
@click.argument("route", metavar="NS/NAME")
def rule_edited(options: Options, **said: Any) -> None:
    """Let somebody set a route's ALB rules back after each change.

    \b
    Example: fleet-console sim fault rule-edited shop/checkout --dir /var/tmp/fleet
    """
    _begin(options, "rule-edited", **said)


@_named("stale-split")
@click.argument("route", metavar="NS/NAME")
def stale_split(options: Options, **said: Any) -> None:
    """Let the ALB split a route's requests as it does now, whatever its rules say.

    \b
    Example: fleet-console sim fault stale-split shop/checkout --dir /var/tmp/fleet
    """
    _begin(options, "stale-split", **said)


# A minus before a number is no option here.
@fault.command("clock-skew", context_settings={"ignore_unknown_options": True})
@click.argument("seconds", type=_SECONDS, metavar="S")
@LASTING
@DIRECTORY
@common
def clock_skew(options: Options, **said: Any) -> None:
    """Set the hub's clock ahead, or behind with a minus.

    \b
    Example: fleet-console sim fault clock-skew -10m --dir /var/tmp/fleet
    """
    _begin(options, "clock-skew", **said)


@_named("credential-expiry")
@click.option("--of", type=click.Choice(["hub", "cloud", "both"]), default="hub", help="Whose.  [hub]")
def credential_expiry(options: Options, of: str, **said: Any) -> None:
    """Let the kubeconfig's tokens, or the cloud's key, be valid no more.

    \b
    Example: fleet-console sim fault credential-expiry --of both --dir /var/tmp/fleet
    """
    _begin(options, "credential-expiry", of=of, **said)


@_named("member-lost")
@click.argument("member")
@click.option("--how", type=click.Choice(["refuse", "hang"]), default="refuse", help="What requests meet.  [refuse]")
def member_lost(options: Options, how: str, **said: Any) -> None:
    """Lose a whole member: its servers dead, its agent silent.

    \b
    Example: fleet-console sim fault member-lost idc-prod --how hang --dir /var/tmp/fleet
    """
    _begin(options, "member-lost", how=how, **said)


@_named("servers-dead")
@click.argument("member")
@click.option("--how", type=click.Choice(["refuse", "hang"]), default="refuse", help="What requests meet.  [refuse]")
def servers_dead(options: Options, how: str, **said: Any) -> None:
    """Kill a member's servers while its agent goes on.

    \b
    Example: fleet-console sim fault servers-dead ack-prod-j --dir /var/tmp/fleet
    """
    _begin(options, "servers-dead", how=how, **said)


@_named("agent-lost")
@click.argument("member")
def agent_lost(options: Options, **said: Any) -> None:
    """Silence a member's agent while its servers go on.

    \b
    Example: fleet-console sim fault agent-lost idc-prod --dir /var/tmp/fleet
    """
    _begin(options, "agent-lost", **said)


@_named("self-heal")
@click.argument("route", metavar="NS/NAME")
@click.option(
    "--after", type=DURATION, metavar="S", default="2s", help="Time until the weights are written back.  [2s]"
)
@click.option("--owner", metavar="NAME", help="Be an ArgoCD Application, which heals while its policy says so.")
def self_heal(options: Options, after: float, **said: Any) -> None:
    """Let somebody write a route's present weights back after every change.

    \b
    Example: fleet-console sim fault self-heal gateway-demo/web-demo --after 2s --dir /var/tmp/fleet
    """
    said = {name: value for name, value in said.items() if name != "owner" or value is not None}
    _begin(options, "self-heal", after=_duration(after), **said)


@_named("webhook")
@click.argument("route", metavar="NS/NAME")
def webhook(options: Options, **said: Any) -> None:
    """Let an admission webhook refuse every change of a route's weights.

    \b
    Example: fleet-console sim fault webhook shop/checkout --dir /var/tmp/fleet
    """
    _begin(options, "webhook", **said)


@_named("denied")
@click.option("--permission", "permissions", multiple=True, metavar="P", help="As 'list events'; may be repeated.")
@click.option("--action", "actions", multiple=True, metavar="A", help="As ListRules; may be repeated.")
def denied(options: Options, permissions: tuple[str, ...], actions: tuple[str, ...], **said: Any) -> None:
    """Take permissions from the kubeconfig's first context and from the cloud's key.

    \b
    Example: fleet-console sim fault denied --permission 'list events' --action ListRules --dir /var/tmp/fleet
    """
    _begin(options, "denied", permissions=permissions, actions=dict.fromkeys(actions, "NoPermission"), **said)


@_named("cloud-refusal")
@click.argument("operation")
@click.argument("kind", type=click.Choice(list(CLOUD_KINDS)), metavar="KIND")
@click.option("--times", type=click.IntRange(1), metavar="N", help="End by itself after so many calls.")
def cloud_refusal(options: Options, **said: Any) -> None:
    """Let the cloud refuse an operation, lose its answer, or fail its task.

    KIND is quota, permission, throttling, task-failed, name-taken, unavailable (answered 503), or accepted-but-timeout
    and accepted-but-unavailable: carried out, and not answered, or answered 500.

    \b
    Example: fleet-console sim fault cloud-refusal CreateHubCluster quota --times 1 --dir /var/tmp/fleet
    """
    _begin(options, "cloud-refusal", **said)


@_named("write-refusal")
@click.argument("resource")
@click.argument("kind", type=click.Choice(list(WRITE_KINDS)), metavar="KIND")
@click.option("--times", type=click.IntRange(1), metavar="N", help="End by itself after so many writes.")
def write_refusal(options: Options, **said: Any) -> None:
    """Let Kubernetes APIs refuse writes of a resource, or lose their answers.

    KIND is quota, permission, throttling, webhook, conflict, unavailable (answered 503), or accepted-but-timeout and
    accepted-but-unavailable: carried out, and not answered, or answered 500.

    \b
    Example: fleet-console sim fault write-refusal albconfigs webhook --dir /var/tmp/fleet
    """
    _begin(options, "write-refusal", **said)


@fault.command("clear")
@click.argument("name", required=False)
@DIRECTORY
@common
def clear(options: Options, name: str | None, directory: Path | None) -> None:
    """End the faults of a name, or all of them.

    \b
    Example: fleet-console sim fault clear poison --dir /var/tmp/fleet
    """
    from console.sim.faults import remote

    if name is not None and name not in fault.commands:
        raise UsageError(f"no fault is called '{name}'", fix=f"There are: {', '.join(fault.commands)}.")
    _say(options, remote.clear(_needed(), name))


@click.command()
@click.option("--rate", type=click.FloatRange(1, 5000), default=500.0, metavar="R", help="Changes a second.  [500]")
@click.option("--for", "lasting", type=DURATION, default="10s", metavar="S", help="How long.  [10s]")
@DIRECTORY
@common
def storm(options: Options, rate: float, lasting: float, directory: Path | None) -> None:
    """Change objects of a simulator that runs at a rate, and say when it is over.

    \b
    Example: fleet-console sim storm --rate 500 --for 10s --dir /var/tmp/fleet
    """
    from console.sim.faults import remote

    done = remote.storm(_needed(), rate=rate, lasting=_duration(lasting))
    ended = datetime.fromtimestamp(done["ended"], UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    said = f"{done['changes']:,} changes in {done['seconds']:.1f} s, over at {ended}"
    click.echo(json.dumps({**done, "done": said}) if options.json else said)


def _begin(options: Options, name: str, *, directory: Path | None, lasting: float | None, **said: Any) -> None:
    from console.sim.faults import remote

    document = {"fault": name, **said, **({"for": _duration(lasting)} if lasting is not None else {})}
    _say(options, f"{name}: {remote.begin(_needed(), document)}")


def _duration(seconds: float) -> str:
    return f"{seconds:f}".rstrip("0").rstrip(".") + "s"


def _list(options: Options, directory: Path | None) -> None:
    from console.sim.faults import remote

    held = remote.held(directory) if directory is not None else []
    context = click.get_current_context()
    there = {name: fault.commands[name].get_short_help_str(90) for name in fault.list_commands(context)}
    if options.json:
        click.echo(json.dumps({"faults": there, "held": held}, ensure_ascii=False))
        return
    for name, words in there.items():
        click.echo(f"{name:<18} {words}")
    for each in held:
        click.echo(f"holds for {each['seconds']:.0f} s: {each['fault']}: {each['said']}")


def _say(options: Options, sentence: str) -> None:
    click.echo(json.dumps({"done": sentence}, ensure_ascii=False) if options.json else sentence)


def _directory() -> Path | None:
    """The innermost --dir that was said."""
    context: click.Context | None = click.get_current_context()
    while context is not None:
        if context.params.get("directory") is not None:
            return Path(context.params["directory"])
        context = context.parent
    return None


def _needed() -> Path:
    directory = _directory()
    if directory is None:
        raise UsageError("no --dir is named", fix="Name the --dir of the simulator that runs.")
    return directory

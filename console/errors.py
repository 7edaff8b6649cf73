"""The failures a person can meet, as one tree; each carries its exit code and the next step.

FleetConsoleError
├── UsageError            2  the words of the command are off
│   ├── SettingsError        a settings file is off, with the path inside it
│   ├── TopologyError        a topology file is off, with each line and column
│   ├── WeightsError         weights do not make a split
│   └── NotConfirmed         nobody said yes
├── Refused               3  a rule says no, with every reason
├── Superseded            6  the world no longer holds what the plan replaces
└── Unreachable           7  no answer, or not the one that means yes
    ├── KubeconfigError      no kubeconfig, or one that names nothing usable
    ├── Denied               answered, and said no
    ├── Lost                 did not answer
    │   └── Unsent           was not reached: nothing can have been done
    ├── Throttled            answered that it is asked too often: nothing was done
    └── Answered             answered with something that is no Kubernetes API
"""

from __future__ import annotations

from typing import ClassVar

EXIT_DONE = 0
EXIT_USAGE = 2
EXIT_REFUSED = 3
EXIT_HELD = 4
EXIT_UNVERIFIED = 5
EXIT_SUPERSEDED = 6
EXIT_UNREACHABLE = 7


def closed(sentence: str) -> str:
    """`sentence` with one full stop at its end, or with the `…`, `!` or `?` that ends it already; text from outside may
    bring its own."""
    bare = sentence.rstrip()
    if bare.endswith(("…", "!", "?")):
        return bare
    return f"{bare.rstrip('.')}."


class FleetConsoleError(Exception):
    """A failure that is told to a person: `str(error)` is one inert sentence, `fix` is the next step."""

    exit_code: ClassVar[int] = 1

    def __init__(self, sentence: str, *, fix: str = "") -> None:
        super().__init__(sentence)
        self.fix = fix

    def __str__(self) -> str:
        sentence = str(self.args[0])
        return f"{closed(sentence)} {self.fix}" if self.fix else sentence


class UsageError(FleetConsoleError):
    """The words of a command or of a file cannot be understood."""

    exit_code = EXIT_USAGE


class SettingsError(UsageError):
    """A settings file cannot be used; the sentence names the file and the place in it."""


class TopologyError(UsageError):
    """A topology file cannot be used; one line for each thing that is wrong, with file, line and column."""


class WeightsError(UsageError):
    """Weights that make no split: negative, over 100, not summing to 100, all zero."""


class NotConfirmed(UsageError):
    """A write that needs a word of confirmation did not get it."""


class Refused(FleetConsoleError):
    """A rule speaks against the plan. `reasons` holds all of them, never only the first."""

    exit_code = EXIT_REFUSED

    def __init__(self, sentence: str, reasons: tuple[object, ...] = (), *, fix: str = "") -> None:
        super().__init__(sentence, fix=fix)
        self.reasons = reasons


class Superseded(FleetConsoleError):
    """Somebody changed what the plan was about to replace."""

    exit_code = EXIT_SUPERSEDED


class Unreachable(FleetConsoleError):
    """A source did not answer, or did not let us in."""

    exit_code = EXIT_UNREACHABLE


class KubeconfigError(Unreachable):
    """No kubeconfig, an unreadable one, or a context that it does not hold."""


class Denied(Unreachable):
    """The server knows us too little: 401, or 403 with the permission that is missing."""

    def __init__(self, sentence: str, *, permission: str = "", fix: str = "") -> None:
        super().__init__(sentence, fix=fix)
        self.permission = permission


class Lost(Unreachable):
    """No connection, no answer in time, or a certificate that is not trusted."""


class Unsent(Lost):
    """The request never arrived: whatever it asks for was not done."""


class Throttled(Unreachable):
    """The far side is asked too often and did nothing; `retry_after`: seconds to wait, None where it does not say."""

    def __init__(self, sentence: str, *, retry_after: float | None = None, fix: str = "") -> None:
        super().__init__(sentence, fix=fix)
        self.retry_after = retry_after


class Answered(Unreachable):
    """The far side answered with a status that is neither yes nor a known no."""

    def __init__(self, sentence: str, *, status: int = 0, reason: str = "", fix: str = "") -> None:
        super().__init__(sentence, fix=fix)
        self.status = status
        self.reason = reason

"""How long ago something was, in the words of `kubectl get`."""

from __future__ import annotations

from datetime import UTC, datetime


def since(timestamp: object, now: datetime) -> str:
    """How long ago, in kubectl's words: `5s`, `3m20s`, `5h`, `12d`; `<unknown>` for what is no time.

    Source: apimachinery, pkg/util/duration.HumanDuration.
    """
    moment = _moment(timestamp)
    return "<unknown>" if moment is None else human(int((now - moment).total_seconds()))


def human(seconds: int) -> str:
    """HumanDuration of whole seconds."""
    if seconds < -1:
        return "<invalid>"
    seconds = max(seconds, 0)
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if seconds < 120:
        return f"{seconds}s"
    if minutes < 10:
        return f"{minutes}m{seconds % 60}s" if seconds % 60 else f"{minutes}m"
    if minutes < 180:
        return f"{minutes}m"
    if hours < 8:
        return f"{hours}h{minutes % 60}m" if minutes % 60 else f"{hours}h"
    if hours < 48:
        return f"{hours}h"
    if days < 8:
        return f"{days}d{hours % 24}h" if hours % 24 else f"{days}d"
    if days < 730:
        return f"{days}d"
    years = days // 365
    return f"{years}y{days % 365}d" if years < 8 and days % 365 else f"{years}y"


def _moment(timestamp: object) -> datetime | None:
    if not isinstance(timestamp, str):
        return None
    try:
        moment = datetime.fromisoformat(timestamp)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

"""Lists one kind in pages, the next one fetched while one is decoded, and decodes each object alone; a list that
expires half-way is begun again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import msgspec

from console.errors import Answered
from console.kube.connect import Answer, Hub, failure
from console.kube.decode import Decoded, decode
from console.kube.kinds import METADATA, Kind


class _ListMeta(msgspec.Struct):
    resourceVersion: str = ""  # noqa: N815 - the wire's name
    next: str | None = msgspec.field(default=None, name="continue")


class _Page(msgspec.Struct):
    metadata: _ListMeta = msgspec.field(default_factory=_ListMeta)
    items: list[msgspec.Raw] | None = None
    kind: str = ""


_PAGE = msgspec.json.Decoder(_Page)


class _Ahead(threading.Thread):
    """The next page, fetched while the one before it is being decoded."""

    def __init__(self, fetch: Callable[[], _Page | None]) -> None:
        super().__init__(name="page", daemon=True)
        self._fetch = fetch
        self._page: _Page | None = None
        self._error: Exception | None = None
        self.start()

    def run(self) -> None:
        """Fetch it, and keep what went wrong for whoever waits."""
        try:
            self._page = self._fetch()
        except Exception as error:
            self._error = error

    def page(self) -> _Page | None:
        """Wait for it. Raises what fetching it raised."""
        self.join()
        if self._error is not None:
            raise self._error
        return self._page


class Lister:
    """Lists one kind. `selector` is what the server is asked to leave out, as long as it can."""

    def __init__(self, hub: Hub, kind: Kind) -> None:
        self.selector = kind.selector
        self._hub = hub
        self._kind = kind
        self._pause = 0.0

    def read(self, check: Callable[[], None]) -> tuple[str, dict[str, Decoded]]:
        """The list's resourceVersion and its objects by key; `check` may raise between two pages to end it.

        Raises what `failure` makes of an answer that is no list.
        """
        for limit in (self._kind.page, self._kind.page, 0):
            found: dict[str, Decoded] = {}
            page = self._page(limit, None)
            while page is not None:
                check()
                token = page.metadata.next
                ahead = _Ahead(partial(self._page, limit, token)) if token else None
                self._collect(page, found)
                if ahead is None:
                    return page.metadata.resourceVersion, found
                page = ahead.page()
        raise Answered(f"the list of {self._kind.full_name} expires faster than it can be read", status=410)

    def decode(self, raw: bytes | msgspec.Raw) -> Decoded:
        """One object of the kind."""
        return decode(raw, self._kind.name, self._kind.shape, self._kind.key)

    def pause(self) -> float:
        """Seconds that the server asked us to wait when it last refused; asked once."""
        pause, self._pause = self._pause, 0.0
        return pause

    def _page(self, limit: int, token: str | None) -> _Page | None:
        """One page; None where the list that it continues has expired."""
        query = [*self._kind.query, *self.selector]
        if limit:
            query.append(("limit", str(limit)))
        if token:
            query.append(("continue", token))
        answer = self._hub.call("GET", self._kind.path, query=query, accept=self._kind.accept, timeout=(5, 20))
        if answer.status == 410:
            return None
        if answer.status == 400 and self.selector:
            self.selector = ()
            return self._page(limit, token)
        if not answer.ok:
            self._pause = _retry_after(answer)
            raise failure(answer, f"list {self._kind.full_name}", self._kind.permission("list"), self._hub.called)
        try:
            page = _PAGE.decode(answer.body)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            raise Answered(
                f"{self._hub.called} answered with no list of {self._kind.full_name}",
                status=answer.status,
                fix="Check that the kubeconfig's server is a Kubernetes API.",
            ) from None
        if self._kind.accept == METADATA and page.kind != "PartialObjectMetadataList":
            words = f"{self._hub.called} answered with whole {self._kind.resource} where their metadata was asked for"
            raise Answered(f"{words}: dropped unread", status=answer.status)
        return page

    def _collect(self, page: _Page, found: dict[str, Decoded]) -> None:
        for raw in page.items or ():
            one = self.decode(raw)
            if one.key is not None:
                found[f"?{len(found)}" if one.key == "?" else one.key] = one


def _retry_after(answer: Answer) -> float:
    """Seconds, at most a minute."""
    text = answer.headers.get("Retry-After") or ""
    return min(60.0, float(text)) if text.isascii() and text.isdigit() else 0.0

"""What a hub answers: a whole answer, or a stream of lines that does not end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import msgspec

from console.errors import Answered, FleetConsoleError, Lost
from console.kube.trouble import lost
from console.model.text import inert

LARGEST = 256 << 20
"""Bytes of one answer, or of one line, that are read; a page of 100 objects of etcd's greatest size stays below."""


@dataclass(frozen=True)
class Answer:
    """What the server said, whatever it said. `headers` ignore case; `hint`: what we know of a 401 on our own side."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    hint: str = ""

    @property
    def ok(self) -> bool:
        """Whether it is a yes."""
        return 200 <= self.status < 300

    def json(self) -> Any:
        """The body decoded. Raises `Answered` where it is no JSON."""
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            raise Answered(
                f"the server answered {self.status} with something that is no JSON",
                status=self.status,
                fix="Check that the kubeconfig's server is a Kubernetes API, and what stands before it.",
            ) from None


class Stream:
    """Raw lines of an answer that does not end; `close` may be called from another thread and ends the iteration."""

    def __init__(self, response: Any, server: str, timeout: tuple[float, float]) -> None:
        self._response = response
        self._server = server
        self._timeout = timeout
        self._closed = False

    def __iter__(self) -> Iterator[bytes]:
        """Lines one by one; as `batches`."""
        for lines in self.batches():
            yield from lines

    def batches(self) -> Iterator[list[bytes]]:
        """Lines that arrived together, without their ends; an empty list would say nothing and is not given.

        Raises `Lost` where the link breaks or stays silent too long; ends after `close`.
        """
        rest = bytearray()
        try:
            while not self._closed:
                piece = self._response.read1(1 << 16)
                if not piece:
                    break
                rest += piece
                if b"\n" in piece:
                    *lines, tail = bytes(rest).split(b"\n")
                    rest = bytearray(tail)
                    if lines := [line for line in lines if line.strip()]:
                        yield lines
                elif len(rest) > LARGEST:
                    raise Lost(f"{inert(self._server, 120)} sent an endless line")
        except Exception as error:
            if not self._closed:
                raise (
                    error if isinstance(error, FleetConsoleError) else lost(error, self._server, self._timeout)
                ) from error
        finally:
            self._response.close()
        if rest.strip() and not self._closed:
            yield [bytes(rest)]

    def close(self) -> None:
        """End the stream at once; harmless when it has ended."""
        self._closed = True
        with suppress(Exception):
            self._response.shutdown()

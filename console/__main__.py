"""The front door as a process: `python -m console`, and `fleet-console`."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import suppress

from console.cli import main


def run() -> None:
    """`main`, and then the end of the process.

    Readers are daemon threads in the middle of TLS, parsing, or a wait. Where only those are left, the interpreter is
    not taken down under them: it may crash then, and the exit code would be that of the crash, not what was said.
    """
    code: object = 0
    try:
        main()
    except SystemExit as left:
        code = left.code
    others = [one for one in threading.enumerate() if one is not threading.main_thread()]
    if others and all(one.daemon for one in others) and (code is None or isinstance(code, int)):
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError, AttributeError):
                stream.flush()
        os._exit(int(code or 0))
    sys.exit(code)  # type: ignore[arg-type]


if __name__ == "__main__":
    run()

"""The one lock under which clients of other people are imported late."""

from __future__ import annotations

import threading

IMPORTING = threading.RLock()
"""Held around each late import of the official client, the clouds' SDKs and what they share (requests, urllib3). Their
modules import one another in circles; where two threads enter a circle at different places, Python lets one of them
go on with a half-made module rather than have both wait for ever."""

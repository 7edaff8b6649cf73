"""Who acts: the Fleet's name for us, this host's user, and where the session came from; all three in every record."""

from __future__ import annotations

import getpass
import os
import socket

from console.model.text import inert


def login() -> str:
    """This host's user."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def actor(fleet_user: str | None) -> str:
    """`FLEET-USER, OS-USER@HOST, from ADDRESS`; what is not known is left out."""
    parts = [fleet_user or "", f"{login()}@{socket.gethostname()}"]
    connection = os.environ.get("SSH_CONNECTION", "").split()
    if connection:
        parts.append(f"from {connection[0]}")
    return inert(", ".join(part for part in parts if part), 300)

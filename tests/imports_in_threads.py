"""Readers of several sources start at once, each in its thread, and each with a client that is imported late."""

from __future__ import annotations

import subprocess
import sys

_READERS = """
import sys, threading
from console.cloud.credentials import client
from console.imports import IMPORTING
from console.kube.credential import Granted
from console.kube.kubeconfig import Entry
from console.kube.tls import pool_of
from console.settings import CloudSettings, CredentialSettings

class Watchman:
    "Sees every module of the clients before it is found."

    def find_spec(self, name, path, target=None):
        foreign = name.split(".")[0] in ("kubernetes", "requests", "urllib3", "darabonba", "Tea")
        if (foreign or name.startswith("alibabacloud")) and not IMPORTING._is_owned():
            failed.append(f"{name} is imported by a thread that does not hold the lock")

sys.setswitchinterval(1e-5)
keys = CredentialSettings(access_key_id="id", access_key_secret="secret")
cloud = CloudSettings(
    region="cn-hangzhou", protocol="http", credentials=keys,
    endpoints={product: "127.0.0.1:1" for product in ("alb", "cs", "adcp", "vpc", "ecs")},
)
hub = Entry(context="hub", server="http://127.0.0.1:1")
starts = [lambda: pool_of(hub, Granted())]
starts += [lambda product=product: client(cloud, product) for product in cloud.endpoints]
together, failed = threading.Barrier(len(starts)), []
sys.meta_path.insert(0, Watchman())

def start(opening):
    together.wait()
    try:
        opening()
    except BaseException as error:
        failed.append(f"{type(error).__name__}: {error}")

threads = [threading.Thread(target=start, args=(opening,)) for opening in starts]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
sys.exit("\\n".join(failed) or 0)
"""


def test_clients_imported_at_the_same_moment_are_whole() -> None:
    done = subprocess.run([sys.executable, "-c", _READERS], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr

"""From settings to a client of an OpenAPI: which credential, which endpoint; loaded in a worker, printing nothing.

The SDK's default chain is never used: it would try, and wait for, places that nobody named.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from console.errors import Denied, SettingsError
from console.imports import IMPORTING
from console.model.text import inert
from console.settings import CloudSettings, CredentialSettings, is_loopback

_NO_METADATA = "ALIBABA_CLOUD_ECS_METADATA_DISABLED"
_LOGGERS = ("credentials", "alibabacloud-tea", "darabonba-core", "apscheduler", "alibabacloud_credentials")
CONNECT_TIMEOUT = 3_000
READ_TIMEOUT = 6_000
"""Milliseconds."""


_ENDPOINTS = {
    "adcp": "adcp.{region}.aliyuncs.com",
    "vpc": "vpc.{region}.aliyuncs.com",
    "ecs": "ecs.{region}.aliyuncs.com",
}
_OTHERS = {
    ("adcp", "cn-chengdu"): "adcp-vpc.cn-chengdu.aliyuncs.com",
    ("adcp", "cn-shanghai-finance-1"): "adcp-vpc.cn-shanghai-finance-1.aliyuncs.com",
    ("adcp", "eu-west-1"): "adcp-vpc.eu-west-1.aliyuncs.com",
    **{
        ("vpc", region): "vpc.aliyuncs.com"
        for region in (
            "cn-qingdao", "cn-beijing", "cn-hangzhou", "cn-shanghai", "cn-shenzhen", "cn-hongkong", "ap-southeast-1",
            "us-east-1", "us-west-1", "cn-shanghai-finance-1", "cn-shenzhen-finance-1", "cn-north-2-gov-1",
        )
    },
}  # fmt: skip
"""Where products without a client of their own here are, by region, as the vendor's clients have it."""


def alb_client(settings: CloudSettings) -> Any:
    """A client of ALB 2020-06-16; see `client`."""
    return client(settings, "alb")


def client(settings: CloudSettings, product: str) -> Any:
    """A client of `alb` or `cs`, or the generic one for `adcp`, `vpc` or `ecs`; blocks for imports and for the
    credential's provider.

    Raises `SettingsError` where no region or endpoint is set, `Denied` where the credential cannot be had.
    """
    named = settings.credentials
    if named is None:
        raise SettingsError("no cloud credentials", fix="Name some under fleets.cloud.credentials in the settings.")
    endpoint = settings.endpoints.get(product)
    if endpoint is None and settings.region is None:
        raise SettingsError("no region", fix="Set fleets.cloud.region.")
    local = endpoint is not None and is_loopback(endpoint)
    if (named.access_key_id or named.access_key_secret) and not local:
        raise SettingsError(
            f"fleets.cloud.endpoints names no {product} on this machine, and the credential is a key",
            fix="Keys are used for endpoints on this machine only; name a profile, a role or the environment.",
        )
    with IMPORTING, _quiet_import(metadata=named.role is not None or named.profile is not None):
        maker = _client_of(product)
        from alibabacloud_tea_openapi.utils_models import Config
    if local:
        _no_proxy_before_loopback()
    return maker(
        Config(
            region_id=settings.region,
            endpoint=endpoint or _endpoint(product, settings.region or ""),
            protocol="http" if settings.protocol == "http" and local else "https",
            connect_timeout=CONNECT_TIMEOUT,
            read_timeout=READ_TIMEOUT,
            user_agent="fleet-console",
            **_identity(named, local=local),
        )
    )


def _client_of(product: str) -> Any:
    if product == "alb":
        from alibabacloud_alb20200616.client import Client
    elif product == "cs":
        from alibabacloud_cs20151215.client import Client
    else:
        from alibabacloud_tea_openapi.client import Client
    return Client


def _endpoint(product: str, region: str) -> str | None:
    """None for a product whose client knows it."""
    pattern = _OTHERS.get((product, region), _ENDPOINTS.get(product))
    return pattern.format(region=region) if pattern else None


def _identity(named: CredentialSettings, *, local: bool) -> dict[str, Any]:
    """The credential's part of the SDK's Config."""
    if local and named.access_key_id and named.access_key_secret:
        return {"access_key_id": named.access_key_id, "access_key_secret": named.access_key_secret}
    if named.environment:
        return _from_environment()
    try:
        provider = _provider(named)
        provider.get_credentials()
    except SettingsError:
        raise
    except Exception as error:
        which = f"profile '{inert(named.profile, 60)}'" if named.profile else f"role '{inert(named.role, 60)}'"
        raise Denied(
            f"no cloud credential from {which}: {_why(error)}", fix="Log in again, or name another in the settings."
        ) from None
    with IMPORTING:
        from alibabacloud_credentials.client import Client as Credential

    return {"credential": Credential(provider=provider)}


def _provider(named: CredentialSettings) -> Any:
    if named.profile is not None:
        with IMPORTING:
            from alibabacloud_credentials.provider.cli_profile import CLIProfileCredentialsProvider

        file = Path("~/.aliyun/config.json").expanduser()
        return CLIProfileCredentialsProvider(profile_name=named.profile, profile_file=str(file))
    if named.role is not None:
        with IMPORTING:
            from alibabacloud_credentials.provider import EcsRamRoleCredentialsProvider

        return EcsRamRoleCredentialsProvider(role_name=named.role)
    raise SettingsError(
        "cloud credentials name neither a profile, a role nor the environment",
        fix="Set one of profile, role, environment: true under fleets.cloud.credentials.",
    )


def _from_environment() -> dict[str, Any]:
    key, secret = (os.environ.get(f"ALIBABA_CLOUD_ACCESS_KEY_{part}") for part in ("ID", "SECRET"))
    if not key or not secret:
        raise Denied(
            "no cloud credential in the environment",
            fix="Set ALIBABA_CLOUD_ACCESS_KEY_ID and its companions, or name a profile in the settings.",
        )
    token = os.environ.get("ALIBABA_CLOUD_SECURITY_TOKEN")
    return {"access_key_id": key, "access_key_secret": secret, **({"security_token": token} if token else {})}


def _why(error: Exception) -> str:
    """The SDK's words without the stack and the response that it may carry."""
    words = str(getattr(error, "message", None) or error).splitlines()
    return inert(words[0] if words else type(error).__name__, 160)


def _no_proxy_before_loopback() -> None:
    """The SDK sends even loopback requests through HTTP_PROXY and knows no exception, so the variable goes."""
    for name in ("HTTP_PROXY", "http_proxy"):
        os.environ.pop(name, None)


@contextmanager
def _quiet_import(*, metadata: bool) -> Iterator[None]:
    """Import the SDK: it reads the environment while it is imported, and gives its loggers handlers to the terminal."""
    before = os.environ.get(_NO_METADATA)
    if not metadata:
        os.environ[_NO_METADATA] = "true"
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(_NO_METADATA, None)
        else:
            os.environ[_NO_METADATA] = before
        for name in _LOGGERS:
            logger = logging.getLogger(name)
            logger.handlers = [logging.NullHandler()]
            logger.propagate = False

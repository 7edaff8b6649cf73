"""Looks at the cloud for `doctor`: whether the named credential can be had, and whether one call is answered."""

from __future__ import annotations

import time

from console.cloud.alb import Alb
from console.cloud.budget import CallBudget
from console.cloud.credentials import alb_client
from console.cloud.trouble import Trouble
from console.errors import FleetConsoleError
from console.model.checkup import CloudFacts, Failure
from console.model.text import inert
from console.settings import CloudSettings, CredentialSettings

ACTION = "ListLoadBalancers"
"""Cheap, changes nothing, and needs no id."""


def look(settings: CloudSettings) -> CloudFacts:
    """Blocks for imports, the credential and one call; a failure is a fact, never raised. Nothing secret is in it."""
    named = settings.credentials
    if named is None:
        return CloudFacts()
    which = _which(named)
    try:
        alb = Alb(alb_client(settings), CallBudget())
    except FleetConsoleError as error:
        return CloudFacts(which, ACTION, credential=Failure(str(error.args[0]), error.fix))
    except Exception as error:  # the SDK raises what it likes
        sentence = f"the cloud's client cannot be made: {inert(type(error).__name__)}"
        return CloudFacts(which, ACTION, credential=Failure(sentence, "Name another credential."))
    began = time.monotonic()
    try:
        alb.greet()
    except Trouble as error:
        fix = (
            f"Have {error.permission} allowed for the RAM user or role."
            if error.permission
            else "Check region, endpoint and credential under fleets.cloud."
        )
        return CloudFacts(which, ACTION, call=Failure(str(error), fix), skew=alb.skew)
    return CloudFacts(which, ACTION, seconds=time.monotonic() - began, skew=alb.skew)


def _which(named: CredentialSettings) -> str:
    """The credential's name, in the order in which it is looked for."""
    if named.access_key_id or named.access_key_secret:
        return "the key in the settings"
    if named.environment:
        return "the environment"
    if named.profile is not None:
        return f"profile {inert(named.profile, 60)}"
    return f"role {inert(named.role, 60)}" if named.role is not None else "nothing that is named"

"""The internet, as far as a client of a gateway needs it: a plain HTTP forward proxy that knows the ALBs' DNS names and
ports. A request in absolute form reaches the listener that its address names, whatever host its header asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.sim.alb.dataplane import DataPlane
from console.sim.alb.state import Alb
from console.sim.servers import HOST

if TYPE_CHECKING:
    from aiohttp import web


class Internet:
    """The way from outside to every listener."""

    def __init__(self, alb: Alb, data_plane: DataPlane) -> None:
        self._alb = alb
        self._data_plane = data_plane

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """One request."""
        from aiohttp import web

        host, port = request.url.host or "", request.url.port or 80
        listener = self._listener(host.lower(), port)
        if listener is None:
            words = f"no way to {host}:{port}: no ALB has this name and a listener on this port"
            return web.Response(status=502, text=words + "\n")
        return await self._data_plane.forward(listener, request)

    def _listener(self, host: str, port: int) -> str | None:
        """By a public ALB's name and its own port, or by the loopback address where the listener really is."""
        for listener in self._alb.listeners.values():
            if host == HOST and port == self._data_plane.port_of(listener.id):
                return listener.id
            balancer = self._alb.load_balancers.get(listener.load_balancer)
            if balancer is None or balancer.address_type == "Intranet":
                continue
            if balancer.dns.lower() == host and listener.port == port:
                return listener.id
        return None

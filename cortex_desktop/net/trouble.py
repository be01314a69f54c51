"""Why a request got no answer, read from the errors of httpx2 and what is below them."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator

import httpx2

from ..domain.request import Trouble

_NO_WAY = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN, errno.EADDRNOTAVAIL}


def trouble_of(error: Exception, *, through_proxy: bool) -> Trouble:
    """The trouble that this error means. through_proxy: a proxy was asked to pass the request on."""
    causes = list(_causes(error))
    if isinstance(error, httpx2.ProxyError):
        return Trouble.PROXY_ASKS if "407" in str(error) else Trouble.PROXY
    if isinstance(error, httpx2.ConnectTimeout):
        return Trouble.PROXY if through_proxy else Trouble.CONNECT_TIME
    if isinstance(error, httpx2.TimeoutException):
        return Trouble.READ_TIME
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return Trouble.CERTIFICATE
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return Trouble.TLS if isinstance(error, httpx2.ConnectError) else Trouble.CUT_OFF
    if isinstance(error, httpx2.ConnectError):
        return Trouble.PROXY if through_proxy else _not_connected(causes)
    if isinstance(error, (httpx2.RemoteProtocolError, httpx2.DecodingError)):
        return Trouble.CUT_OFF if _ended_early(error) else Trouble.NOT_HTTP
    return Trouble.CUT_OFF


def _not_connected(causes: list[BaseException]) -> Trouble:
    for cause in causes:
        if isinstance(cause, socket.gaierror):
            return Trouble.OFFLINE if cause.errno == socket.EAI_AGAIN else Trouble.NO_HOST
        if isinstance(cause, ConnectionRefusedError):
            return Trouble.REFUSED
        if isinstance(cause, OSError) and cause.errno in _NO_WAY:
            return Trouble.OFFLINE
    return Trouble.TLS if any(isinstance(cause, EOFError) for cause in causes) else Trouble.REFUSED


def _ended_early(error: Exception) -> bool:
    # h11 has no kinds of its own for "closed in the middle"; its sentences begin alike.
    return any(start in str(error) for start in ("Server disconnected", "peer closed", "incomplete"))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__

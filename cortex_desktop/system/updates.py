"""Looks for a newer version: one small file, read from an address over HTTPS, only when somebody asked.

Nothing is downloaded but that file, and nothing is sent but the request for it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from PySide6.QtCore import QObject, QUrl, QVersionNumber, Signal, Slot
from PySide6.QtNetwork import (
    QNetworkAccessManager,
    QNetworkProxy,
    QNetworkProxyFactory,
    QNetworkProxyQuery,
    QNetworkReply,
    QNetworkRequest,
    QSslConfiguration,
)

from ..domain.errors import UpdateError, UpdateProblem

SECONDS = 15
MOST_BYTES = 65_536
_VERSION = re.compile(r"\d{1,6}(\.\d{1,6}){1,3}")


@dataclass(frozen=True)
class Release:
    """The newest release. version: like "1.2.0"; page: the https address where a person gets it."""

    version: str
    page: str

    def newer_than(self, version: str) -> bool:
        """True if it comes after this version."""
        return QVersionNumber.fromString(self.version) > QVersionNumber.fromString(version)


def release_of(data: bytes) -> Release:
    """What the feed says: JSON with "version" and "page". Raises ValueError for anything else."""
    found = json.loads(data)
    if not isinstance(found, dict):
        raise ValueError("not an object")
    version, page = found.get("version"), found.get("page")
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        raise ValueError("no version")
    if not isinstance(page, str) or not is_safe(page):
        raise ValueError("no https page")
    return Release(version, page)


def is_safe(address: str) -> bool:
    """True if this is the address of something on an https server, without a name and password in it."""
    url = QUrl(address, QUrl.ParsingMode.StrictMode)
    return url.isValid() and url.scheme() == "https" and bool(url.host()) and not url.userInfo()


def proxies_for(address: str) -> list[QNetworkProxy]:
    """The system's proxies for this address. May take seconds where a network configures them by a script."""
    return QNetworkProxyFactory.systemProxyForQuery(QNetworkProxyQuery(QUrl(address)))


class UpdateCheck(QObject):
    """Reads a feed once. Exactly one of the signals follows `start`, unless this object is deleted first.

    found(Release): what the feed says; failed(UpdateError): why there is nothing to say.
    """

    found = Signal(Release)
    failed = Signal(UpdateError)

    def __init__(self, address: str, parent: QObject | None = None, tls: QSslConfiguration | None = None) -> None:
        """tls: whom to trust, instead of the system's authorities; for tests."""
        super().__init__(parent)
        self._address = address
        self._tls = tls
        self._manager = QNetworkAccessManager(self)
        self._manager.setTransferTimeout(SECONDS * 1000)
        self._reply: QNetworkReply | None = None

    def start(self, proxies: list[QNetworkProxy]) -> None:
        """Ask, through the first of these proxies."""
        if proxies:
            self._manager.setProxy(proxies[0])
        request = QNetworkRequest(QUrl(self._address))
        request.setAttribute(
            QNetworkRequest.Attribute.RedirectPolicyAttribute, QNetworkRequest.RedirectPolicy.NoLessSafeRedirectPolicy
        )
        request.setAttribute(
            QNetworkRequest.Attribute.CacheLoadControlAttribute, QNetworkRequest.CacheLoadControl.AlwaysNetwork
        )
        # No cookies, and no name and version of ours: nobody needs to know who asks.
        request.setAttribute(QNetworkRequest.Attribute.CookieLoadControlAttribute, QNetworkRequest.LoadControl.Manual)
        request.setHeader(QNetworkRequest.KnownHeaders.UserAgentHeader, "Mozilla/5.0")
        if self._tls is not None:
            request.setSslConfiguration(self._tls)
        self._reply = self._manager.get(request)
        self._reply.downloadProgress.connect(self._look_at_size)
        self._reply.finished.connect(self._finished)

    @Slot("qint64", "qint64")
    def _look_at_size(self, received: int, _total: int) -> None:
        if received > MOST_BYTES and self._reply is not None:
            self._reply.abort()

    @Slot()
    def _finished(self) -> None:
        reply = self._reply
        assert reply is not None
        host = reply.url().host()
        size, error = reply.bytesAvailable(), reply.error()
        if size > MOST_BYTES:
            self.failed.emit(UpdateError(UpdateProblem.STRANGE, host))
        elif error is QNetworkReply.NetworkError.NoError:
            try:
                release = release_of(bytes(reply.readAll().data()))
            except (ValueError, RecursionError):
                self.failed.emit(UpdateError(UpdateProblem.STRANGE, host))
            else:
                self.found.emit(release)
        else:
            self.failed.emit(UpdateError(_PROBLEMS.get(error, _other(reply)), host))
        reply.deleteLater()
        self._reply = None


_Error = QNetworkReply.NetworkError
_PROBLEMS = {
    _Error.SslHandshakeFailedError: UpdateProblem.NOT_SAFE,
    _Error.InsecureRedirectError: UpdateProblem.NOT_SAFE,
    _Error.ProtocolUnknownError: UpdateProblem.NO_TLS,
    _Error.ContentNotFoundError: UpdateProblem.STRANGE,
    _Error.ProxyAuthenticationRequiredError: UpdateProblem.PROXY,
    _Error.ProxyConnectionRefusedError: UpdateProblem.PROXY,
    _Error.ProxyNotFoundError: UpdateProblem.PROXY,
}


def _other(reply: QNetworkReply) -> UpdateProblem:
    """An answer that is none, or no answer."""
    answered = reply.attribute(QNetworkRequest.Attribute.HttpStatusCodeAttribute)
    return UpdateProblem.STRANGE if answered else UpdateProblem.UNREACHABLE

"""A release feed on this machine, over HTTPS, that answers as it is told."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtNetwork import QHostAddress, QSsl, QSslCertificate, QSslConfiguration, QSslKey, QSslServer, QTcpSocket

from tests.support.certificates import self_signed


class Feed(QObject):
    """answer: the whole answer that is sent; asked: the requests; address: where it is."""

    def __init__(self) -> None:
        super().__init__()
        certificate, key = self_signed()
        self.answer = b""
        self.asked: list[bytes] = []
        self.trust = QSslConfiguration.defaultConfiguration()
        self.trust.setCaCertificates([QSslCertificate(certificate)])
        own = QSslConfiguration.defaultConfiguration()
        own.setLocalCertificate(QSslCertificate(certificate))
        own.setPrivateKey(QSslKey(key, QSsl.KeyAlgorithm.Ec))
        self._server = QSslServer(self)
        self._server.setSslConfiguration(own)
        self._server.pendingConnectionAvailable.connect(self._connected)
        assert self._server.listen(QHostAddress.SpecialAddress.LocalHost)
        self.address = f"https://127.0.0.1:{self._server.serverPort()}/release.json"

    def say(self, body: bytes, status: str = "200 OK", *more: str) -> None:
        """Answer with this from now on."""
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *more, "", ""]
        self.answer = "\r\n".join(lines).encode() + body

    def close(self) -> None:
        self._server.close()
        self._server.deleteLater()

    def _connected(self) -> None:
        socket = self._server.nextPendingConnection()
        socket.setParent(self)
        socket.readyRead.connect(lambda: self._serve(socket))

    def _serve(self, socket: QTcpSocket) -> None:
        self.asked.append(socket.readAll().data())
        if self.answer:
            socket.write(self.answer)
            socket.disconnectFromHost()

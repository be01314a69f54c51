"""A release feed on this machine, over HTTPS, that answers as it is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from PySide6.QtCore import QObject
from PySide6.QtNetwork import QHostAddress, QSsl, QSslCertificate, QSslConfiguration, QSslKey, QSslServer, QTcpSocket


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


def self_signed() -> tuple[bytes, bytes]:
    """A certificate for 127.0.0.1 and its key, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a test's feed")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption())
    return certificate.public_bytes(pem), private

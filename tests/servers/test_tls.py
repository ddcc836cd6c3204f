"""TLS for real: a server with a certificate of its own, and who may talk to it how."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import subprocess
import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from commandline import COMMAND, environment
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from servers.processes import free_port

pytestmark = [pytest.mark.server, pytest.mark.slow]
_LIMIT_S = 60.0


def write_certificate(folder):
    """Make a key and a certificate of its own for this machine; give their files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    cert, secret = folder / "cert.pem", folder / "key.pem"
    cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return cert, secret


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """Ports of https and of the redirect, and what trusts the certificate."""
    folder = tmp_path_factory.mktemp("tls")
    cert, key = write_certificate(folder)
    port, redirect = free_port(), free_port()
    options = ["--port", str(port), "--tls-cert", cert, "--tls-key", key, "--redirect-port", str(redirect)]
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            [*COMMAND, "serve", *map(str, options)],
            env=environment(folder / "home", workers="0"),
            stdout=log,
            stderr=log,
        )
    trusts = ssl.create_default_context(cafile=str(cert))
    deadline_s = time.monotonic() + _LIMIT_S
    try:
        while True:
            assert process.poll() is None, (folder / "log.txt").read_text()
            assert time.monotonic() < deadline_s, "the server does not answer"
            try:
                httpx.get(f"https://localhost:{port}/livez", verify=trusts)
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield port, redirect, trusts
    finally:
        process.terminate()
        process.wait(30)


def test_whoever_trusts_the_certificate_is_answered_and_told_to_stay_with_https(served):
    port, _, trusts = served
    answer = httpx.get(f"https://localhost:{port}/health", verify=trusts)
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
    assert int(answer.headers["strict-transport-security"].removeprefix("max-age=").partition(";")[0]) > 0


def test_whoever_does_not_trust_it_hangs_up(served):
    port, *_ = served
    with pytest.raises(httpx.ConnectError, match=r"(?i)certificate"):
        httpx.get(f"https://localhost:{port}/health")


def test_plain_http_is_sent_to_https_with_path_and_query(served):
    port, redirect, _ = served
    answer = httpx.get(f"http://localhost:{redirect}/api/v1/apps?a=1&b=2")
    assert answer.status_code == 308
    assert answer.headers["location"] == f"https://localhost:{port}/api/v1/apps?a=1&b=2"
    posted = httpx.post(f"http://127.0.0.1:{redirect}/api/v1/auth/login", json={})
    assert (posted.status_code, posted.headers["location"]) == (
        308,
        f"https://127.0.0.1:{port}/api/v1/auth/login",
    )


def test_the_port_of_https_speaks_nothing_else(served):
    port, *_ = served
    with pytest.raises(httpx.TransportError):
        httpx.get(f"http://localhost:{port}/health")


@pytest.mark.parametrize(
    ("version", "speaks"),
    [(ssl.TLSVersion.TLSv1_2, True), (ssl.TLSVersion.TLSv1_3, True), (ssl.TLSVersion.TLSv1_1, False)],
)
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1")
def test_old_versions_of_tls_are_refused(served, version, speaks):
    port, *_ = served
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("DEFAULT:@SECLEVEL=0")  # or this side would refuse before that one can
    context.minimum_version = context.maximum_version = version
    with socket.create_connection(("localhost", port), timeout=10) as plain:
        if speaks:
            with context.wrap_socket(plain) as secure:
                assert secure.version() == version.name.replace("_", ".")
        else:
            with pytest.raises((ssl.SSLError, ConnectionError)):
                context.wrap_socket(plain)

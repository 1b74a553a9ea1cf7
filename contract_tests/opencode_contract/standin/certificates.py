"""The certificates of the edge: good ones, and those that nobody should accept."""

from __future__ import annotations

import datetime as dt
import ssl
from pathlib import Path

import trustme

from opencode_contract.standin.troubles import Trouble

HOST = "localhost"
_EXPIRY = dt.datetime(2001, 1, 1, tzinfo=dt.UTC)


class Certificates:
    """A test authority, and what the edge shows of it."""

    def __init__(self, folder: Path) -> None:
        self.authority = folder / "authority.pem"
        """The certificate that a client has to trust (``SSL_CERT_FILE``)."""
        trusted = trustme.CA()
        trusted.cert_pem.write_to_path(str(self.authority))
        self._good = trusted.issue_cert(HOST)
        self._bad = {
            Trouble.UNKNOWN_AUTHORITY: lambda: trustme.CA().issue_cert(HOST),
            Trouble.EXPIRED_CERTIFICATE: lambda: trusted.issue_cert(HOST, not_after=_EXPIRY),
            Trouble.WRONG_HOST: lambda: trusted.issue_cert("another.example"),
        }

    def context(self, trouble: Trouble | None) -> ssl.SSLContext:
        """How the edge speaks TLS while it suffers ``trouble``."""
        make = self._bad.get(trouble) if trouble else None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        (make() if make else self._good).configure_cert(context)
        return context

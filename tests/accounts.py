"""What tests of accounts share."""

from __future__ import annotations

from sightline.service.accounts.authenticate import Credentials

CAME = Credentials(address="192.0.2.7", request_id="req-1")
PASSWORD = "correct horse battery staple"

"""Certificates that lie open in objects: whom an API server trusts, and until when."""

import base64
import binascii
from datetime import datetime

from sreagent.diagnose.objects.shapes import word

LARGEST = 262_144
"""Characters of a bundle that are read."""


def trusted_until(item: object, *path: str) -> datetime | None:
    """When the last certificate of the bundle below a path expires; None for none that is read."""
    text = word(item, *path, limit=LARGEST)
    if not text:
        return None
    # Loaded late: 80 ms that only a cluster with such a bundle has to pay.
    from cryptography import x509  # noqa: PLC0415 - see above

    try:
        found = x509.load_pem_x509_certificates(base64.b64decode(text, validate=True))
    except (ValueError, binascii.Error):
        return None
    return max((one.not_valid_after_utc for one in found), default=None)

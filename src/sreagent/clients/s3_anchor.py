"""Checkpoints kept in S3 under Object Lock: until their day nobody deletes or replaces them."""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

from sreagent.domain.errors import BadSettings
from sreagent.domain.ports import Clock, Cloud

DAYS = 365
"""How long an object is locked where nothing else is said."""
MOST_DAYS = 36_500
_HOW = "try: s3://BUCKET/PREFIX, or s3://BUCKET/PREFIX?days=730"


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Place:
    """A bucket that was made with Object Lock."""

    cloud: Cloud
    clock: Clock
    bucket: str
    prefix: str = ""
    days: int = DAYS

    @property
    def name(self) -> str:
        """`s3://` with bucket and prefix."""
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")

    def keep(self, name: str, line: bytes) -> str:
        """Write one object, locked in compliance mode; the receipt is its key and version.

        Raises:
            Refused: The bucket has no Object Lock, or AWS says no otherwise.
            SreError: AWS did not answer, or does not allow it.
        """
        key = f"{self.prefix}/{name}.json" if self.prefix else f"{name}.json"
        answer = self.cloud.call(
            "s3",
            "PutObject",
            {
                "Bucket": self.bucket,
                "Key": key,
                "Body": line + b"\n",
                "ContentType": "application/json",
                "ChecksumAlgorithm": "SHA256",
                "ObjectLockMode": "COMPLIANCE",
                "ObjectLockRetainUntilDate": self.clock.now() + timedelta(days=self.days),
            },
        )
        return f"{key} version {answer.get('VersionId', 'none')}"


def s3_place(address: str, cloud: Cloud, clock: Clock) -> S3Place:
    """The place that `s3://BUCKET/PREFIX?days=N` names.

    Raises:
        BadSettings: It names none.
    """
    parts = urlsplit(address)
    asked = parse_qs(parts.query, keep_blank_values=True)
    days = asked.pop("days", [str(DAYS)])[-1]
    if parts.scheme != "s3" or not parts.netloc or asked or parts.fragment:
        msg = f"{address!r} is no place in S3"
        raise BadSettings(msg, hint=_HOW)
    if not days.isascii() or not days.isdecimal() or not 1 <= int(days) <= MOST_DAYS:
        msg = f"{days!r} is no number of days to lock an object"
        raise BadSettings(msg, why=f"allowed: 1 to {MOST_DAYS}", hint=_HOW)
    return S3Place(
        cloud=cloud,
        clock=clock,
        bucket=parts.netloc,
        prefix=parts.path.strip("/"),
        days=int(days),
    )

"""States in S3, with the lock that stands beside them or in a table of DynamoDB."""

import hashlib
from collections.abc import Callable, Container, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from sreagent.clients.aws import AwsCloud, assumed
from sreagent.clients.state_many import check_size, held_from, states_of, trouble
from sreagent.domain.drift import Trouble
from sreagent.domain.errors import BadInput, Forbidden, NotFound, SreError
from sreagent.domain.state_spec import parts
from sreagent.domain.terraform import Held, StateSpec, StateText

Enter = Callable[[str, str], AwsCloud]
"""The way in by profile and region; empty for the usual ones."""
_ENDPOINTS = ("endpoint", "endpoints.s3", "endpoints.dynamodb", "dynamodb_endpoint")
_LOCK = ".tflock"
_CHUNK = 1024 * 1024
_ASKED = ("profile", "region", "role_arn", "external_id", "session_name")


class S3States:
    """States in buckets.

    Options: region, profile, dynamodb_table, use_lockfile, role_arn, external_id, session_name.
    """

    def __init__(self, enter: Enter, *, own_endpoint: bool = False) -> None:
        """`own_endpoint`: the person chose what stands in for AWS, so code need not name it."""
        self._enter = enter
        self._own_endpoint = own_endpoint
        self._in_role: dict[tuple[str, ...], AwsCloud] = {}
        """By what was asked for: a role is taken on once, not for each state."""

    def fetch(self, spec: StateSpec) -> Iterator[StateText | Trouble]:
        """Each state that a key, a folder (`prod/`) or a pattern means.

        Raises:
            BadInput: The spec cannot be used.
            SreError: AWS did not answer, does not allow it, or knows no such bucket or key.
        """
        bucket, key = parts(spec)
        yield from states_of(spec, self._shelf(spec, bucket), key)

    def _shelf(self, spec: StateSpec, bucket: str) -> "_Shelf":
        options = spec.options
        if (told := [name for name in _ENDPOINTS if options.get(name)]) and not self._own_endpoint:
            msg = f"{spec.address} is kept by another service than AWS ({options[told[0]]})"
            raise BadInput(
                msg,
                why="code does not choose where our credentials are sent",
                hint="try: SRE_AWS_ENDPOINT=ADDRESS, if you trust it; or terraform state pull | "
                "sre drift --state -",
            )
        cloud = self._enter(options.get("profile", ""), options.get("region", ""))
        if not options.get("role_arn"):
            return _Shelf(cloud=cloud, bucket=bucket, options=options)
        try:
            return _Shelf(cloud=self._taken_on(cloud, options), bucket=bucket, options=options)
        except SreError as error:
            # Who may read the state as they are need no role.
            return _Shelf(cloud=cloud, bucket=bucket, options=options, no_role=error.message)

    def _taken_on(self, usual: AwsCloud, options: Mapping[str, str]) -> AwsCloud:
        """The role that the backend names."""
        asked = tuple(options.get(name, "") for name in _ASKED)
        if asked not in self._in_role:
            self._in_role[asked] = assumed(usual, *asked[2:])
        return self._in_role[asked]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lock:
    held: Held | None = None
    unknown: str = ""
    digest: str = ""
    """MD5 that the lock table remembers of the state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shelf:
    """One bucket."""

    cloud: AwsCloud
    bucket: str
    options: Mapping[str, str]
    no_role: str = ""
    """Why the role that the code asks for was not taken on."""

    def address(self, key: str, /) -> str:
        return f"s3://{self.bucket}/{key}"

    def list(self, prefix: str, /) -> Iterator[tuple[str, int]]:
        asked = {"Bucket": self.bucket, "Prefix": prefix}
        for page in self._pages("s3", "ListObjectsV2", asked):
            for entry in page.get("Contents") or ():
                yield str(entry["Key"]), int(entry["Size"])

    def read(self, key: str, beside: Container[str] | None, /) -> StateText:
        lock = self._lock(key, is_there=beside is None or f"{key}{_LOCK}" in beside)
        body = self._object(key)
        doubts: tuple[str, ...] = ()
        if lock.digest and lock.digest != hashlib.md5(body, usedforsecurity=False).hexdigest():
            doubts = (
                f"{self.address(key)} is not what Terraform wrote last (its digest in "
                f"{self.options['dynamodb_table']} is another): it is being written, or was "
                "changed by hand",
            )
        return StateText(
            source=self.address(key),
            body=body,
            held=lock.held,
            lock_unknown=lock.unknown,
            region=self.options.get("region", "") or self.cloud.region,
            profile=self.options.get("profile", ""),
            doubts=doubts,
            spec=StateSpec(scheme="s3", address=self.address(key), options=self.options),
        )

    def _lock(self, key: str, *, is_there: bool) -> _Lock:
        """Who holds the lock. `is_there`: whether its file may be there."""
        table = self.options.get("dynamodb_table", "")
        try:
            held = self._lock_file(key) if is_there else None
            if held or not table:
                return _Lock(held=held, unknown="" if held else self._no_table())
            return self._table(table, key)
        except SreError as error:
            return _Lock(unknown=trouble(self.address(key), error).message)

    def _no_table(self) -> str:
        if self.options.get("use_lockfile") == "true" or "dynamodb_table" in self.options:
            return ""
        return "there is no lock file; a lock table was not named (?dynamodb_table=NAME)"

    def _lock_file(self, key: str) -> Held | None:
        try:
            return held_from(self._object(f"{key}{_LOCK}"))
        except NotFound:
            return None

    def _table(self, table: str, key: str) -> _Lock:
        name = f"{self.bucket}/{key}"
        lock, digest = self._item(table, name), self._item(table, f"{name}-md5")
        held = held_from(str(lock.get("Info", {}).get("S", ""))) if lock else None
        return _Lock(held=held, digest=str(digest.get("Digest", {}).get("S", "")))

    def _item(self, table: str, name: str) -> Mapping[str, Any]:
        asked = {"TableName": table, "Key": {"LockID": {"S": name}}, "ConsistentRead": True}
        answer = next(iter(self._pages("dynamodb", "GetItem", asked)))
        item: Mapping[str, Any] = answer.get("Item") or {}
        return item

    def _object(self, key: str) -> bytes:
        answer = next(iter(self._pages("s3", "GetObject", {"Bucket": self.bucket, "Key": key})))
        check_size(self.address(key), int(answer.get("ContentLength") or 0))
        with self.cloud.told("s3", "GetObject"), closing(answer["Body"]) as stream:
            # The SDK tells that a body broke off at the read behind its end.
            return b"".join(iter(lambda: stream.read(_CHUNK), b""))

    def _pages(
        self, service: str, operation: str, asked: Mapping[str, Any]
    ) -> Iterator[Mapping[str, Any]]:
        try:
            yield from self.cloud.pages(
                service, operation, asked, region=self.options.get("region", "")
            )
        except Forbidden as error:
            if not self.no_role:
                raise
            raise Forbidden(
                error.message,
                why=f"the role {self.options['role_arn']} was not taken on: {self.no_role}",
                hint="try: SRE_AWS_PROFILE=NAME, a profile that takes it on",
            ) from error

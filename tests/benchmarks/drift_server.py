"""A thin pretend AWS on loopback: canned answers, each after a delay.

    python -m tests.benchmarks.drift_server RESOURCES SECONDS

Prints its address; what is asked for nothing is answered with nothing.
"""

import asyncio
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import parse_qs, unquote

from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model
from tests.benchmarks.drift_estate import Estate, Json, drifted, estate
from tests.drift.worlds.world import ACCOUNT

SERVICES = {"monitoring": "cloudwatch", "elasticloadbalancing": "elbv2",
            "tagging": "resourcegroupstaggingapi"}  # fmt: skip
"""Services that sign with another name."""
PATHS = {
    ("ec2", "DescribeInstances"): "Reservations",
    ("ec2", "DescribeVolumes"): "Volumes",
    ("ec2", "DescribeSubnets"): "Subnets",
    ("ec2", "DescribeRouteTables"): "RouteTables",
    ("ec2", "DescribeSecurityGroups"): "SecurityGroups",
    ("ec2", "DescribeSecurityGroupRules"): "SecurityGroupRules",
    ("iam", "ListRoles"): "Roles",
    ("logs", "DescribeLogGroups"): "logGroups",
    ("cloudwatch", "DescribeAlarms"): "MetricAlarms",
    ("lambda", "ListFunctions"): "Functions",
    ("ecr", "DescribeRepositories"): "repositories",
    ("sqs", "ListQueues"): "QueueUrls",
    ("dynamodb", "ListTables"): "TableNames",
}
"""Where each list stands in its answer."""
PAGES = {"logGroups": 50, "MetricAlarms": 100, "Functions": 50, "RouteTables": 100,
         "TableNames": 100, "Volumes": 500}  # fmt: skip
"""Items that a page has at most; a thousand for all others."""
TOKENS = {"iam": "Marker", "lambda": "NextMarker", "logs": "nextToken", "ecr": "nextToken",
          "dynamodb": "LastEvaluatedTableName"}  # fmt: skip
"""What each service calls the key to the next page; most say NextToken."""
_SCOPE = re.compile(rb"Credential=[^/]+/\d+/[\w-]+/([\w-]+)/")
_TOKEN = re.compile(rb"page-(\d+)")
_NAMES = ("QueueUrl", "TableName", "InstanceId", "FunctionName")
"""By which a thing is asked for."""


class Pretend:
    """All answers, as the bytes that are sent."""

    def __init__(self, whole: Estate) -> None:
        self._tags = whole.tags
        self._pages: dict[tuple[str, str], list[bytes]] = {}
        for (service, operation), name in PATHS.items():
            items = whole.listed.get((service, operation), [])
            parts = list(_parts({name: items}, PAGES.get(name, 1000)))
            self._pages[service, operation] = list(_chained(service, operation, parts))
        accounts = {
            name: whole.listed.get(("iam", name), []) for name in ("RoleDetailList", "Policies")
        }
        operation = "GetAccountAuthorizationDetails"
        self._pages["iam", operation] = list(
            _chained("iam", operation, list(_parts(accounts, 1000)))
        )
        self._told = {key: _sent(key[0], key[1], answer) for key, answer in whole.told.items()}
        self._told["sts", "GetCallerIdentity", ""] = _sent(
            "sts", "GetCallerIdentity", {"Account": ACCOUNT, "Arn": "arn", "UserId": "AIDA"}
        )

    def answer(self, head: bytes, body: bytes) -> tuple[str, bytes]:
        """What is asked, and what is said to it."""
        scope = _SCOPE.search(head)
        signed = scope[1].decode() if scope else ""
        service = SERVICES.get(signed, signed)
        operation = _operation(service, head, body)
        if operation == "GetResources":
            return operation, self._resources(json.loads(body))
        said = self._told.get((service, operation, _name(head, body)))
        if said is None and (pages := self._pages.get((service, operation))):
            token = _TOKEN.search(head + body)
            said = pages[int(token[1]) if token else 0]
        return f"{service} {operation}", said or nothing(service, operation)

    def _resources(self, asked: Json) -> bytes:
        found = [
            {"ResourceARN": arn, "Tags": self._tags[arn]}
            for arn in asked["ResourceARNList"]
            if arn in self._tags
        ]
        return _sent("resourcegroupstaggingapi", "GetResources", {"ResourceTagMappingList": found})


def _parts(lists: dict[str, list[Any]], most: int) -> Iterator[Json]:
    """Lists that share their pages, one after the other."""
    every = [(name, item) for name, items in lists.items() for item in items]
    for start in range(0, max(len(every), 1), most):
        page: Json = {name: [] for name in lists}
        for name, item in every[start : start + most]:
            page[name].append(item)
        yield page


def _chained(service: str, operation: str, pages: list[Json]) -> Iterator[bytes]:
    for number, page in enumerate(pages, start=1):
        if number < len(pages):
            page[TOKENS.get(service, "NextToken")] = f"page-{number}"
            page |= {"IsTruncated": True} if service == "iam" else {}
        yield _sent(service, operation, page)


@cache
def nothing(service: str, operation: str) -> bytes:
    """An answer whose lists are empty."""
    shape = get_service_model(service).operation_model(operation).output_shape
    members = shape.members if shape else {}
    return _sent(
        service, operation, {name: [] for name, each in members.items() if each.type_name == "list"}
    )


@cache
def _serializer(service: str, operation: str) -> Any:
    model = get_service_model(service)
    made = get_serializer_class(service, model.resolved_protocol)
    return made(model.operation_model(operation))


def _sent(service: str, operation: str, answer: Json) -> bytes:
    made = _serializer(service, operation).serialize(answer)
    body = made["body"]
    body = body.encode() if isinstance(body, str) else body
    kind = made["headers"].get("Content-Type", "text/xml")
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _operation(service: str, head: bytes, body: bytes) -> str:
    """Queries name it, JSON has a header for it; for REST it is the path."""
    if target := re.search(rb"(?i)x-amz-target: *\S+\.(\w+)", head):
        return target[1].decode()
    if action := re.search(rb"(?:^|&)Action=(\w+)", body):
        return action[1].decode()
    method, address, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
    path = address.partition("?")[0].rstrip("/") or "/"
    found = [
        name for verb, known, name in _routes(service) if verb == method and known.fullmatch(path)
    ]
    return found[0]


@cache
def _routes(service: str) -> list[tuple[str, re.Pattern[str], str]]:
    model = get_service_model(service)
    found = []
    for name in model.operation_names:
        http = model.operation_model(name).http
        path = http["requestUri"].partition("?")[0].rstrip("/") or "/"
        known = re.sub(r"\\\{\w+\\?\+?\\\}", "[^/]+", re.escape(path))
        found.append((http["method"], re.compile(known), name))
    return found


def _name(head: bytes, body: bytes) -> str:
    if body.startswith(b"{"):
        said = json.loads(body)
        return str(next((said[name] for name in _NAMES if name in said), ""))
    if found := re.search(rb"/functions/([^/ ?]+)", head.split(b"\r\n", 1)[0]):
        return unquote(found[1].decode())
    query = parse_qs(body.decode())
    return next((query[name][0] for name in _NAMES if name in query), "")


async def serve(pretend: Pretend, seconds: float) -> None:
    """Answer until somebody asks for `/calls`, which is how the count is read."""
    counted: Counter[str] = Counter()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = re.search(rb"(?i)content-length: *(\d+)", head)
                body = await reader.readexactly(int(length[1])) if length else b""
                if head.startswith(b"GET /calls "):
                    said = json.dumps(counted).encode()
                    counted.clear()
                    writer.write(
                        b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(said), said)
                    )
                    continue
                what, said = pretend.answer(head, body)
                counted[what] += 1
                await asyncio.sleep(seconds)
                writer.write(said)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


def main() -> None:
    whole = estate(int(sys.argv[1]))
    drifted(whole)
    asyncio.run(serve(Pretend(whole), float(sys.argv[2])))


if __name__ == "__main__":
    main()

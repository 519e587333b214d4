"""The real terraform keeps its state somewhere and holds its lock; both are found by its code."""

import json
import os
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer
from tests.drift.state.terraform import Terraform

from sreagent.clients.aws import connect
from sreagent.clients.state_code import read_folder
from sreagent.clients.state_s3 import S3States
from sreagent.clients.state_web import WebStates
from sreagent.domain.ports import StateSource
from sreagent.domain.terraform import StateText
from sreagent.drift.code.backend import state_spec
from sreagent.drift.state.reading import read

REGION = "eu-central-1"
SLOW = """
resource "terraform_data" "slow" {
  triggers_replace = timestamp()
  provisioner "local-exec" {
    command = "touch started; while [ ! -e go ]; do sleep 0.05; done; rm go started"
  }
}
"""


@pytest.fixture
def terraform(tmp_path: Path) -> Terraform:
    return Terraform(tmp_path)


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, secrets.token_hex(10))
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@contextmanager
def applying(terraform: Terraform) -> Iterator[None]:
    """An apply that has begun and does not end."""
    program = terraform.start("apply", "-auto-approve")
    try:
        while not (terraform.folder / "started").exists():
            assert program.poll() is None
            time.sleep(0.05)
        yield
    finally:
        terraform.write("go", "")
        program.wait(60)
    assert program.returncode == 0


def found(terraform: Terraform, source: StateSource) -> StateText:
    (text,) = source.fetch(state_spec(read_folder(str(terraform.folder))))
    assert isinstance(text, StateText)
    return text


def addresses(text: StateText) -> list[str]:
    return [each.address for each in read(text).resources]


def s3_code(endpoint: str, lock: str) -> str:
    return f"""
terraform {{
  backend "s3" {{
    key                         = "prod/net.tfstate"
    region                      = "{REGION}"
    endpoints                   = {{ s3 = "{endpoint}", dynamodb = "{endpoint}" }}
    use_path_style              = true
    skip_credentials_validation = true
    skip_requesting_account_id  = true
    skip_metadata_api_check     = true
    {lock}
  }}
}}
"""


@pytest.mark.parametrize(
    "lock", ['dynamodb_table = "locks-%s"', "use_lockfile = true"], ids=["table", "file"]
)
def test_a_state_in_s3_is_found_by_its_code_with_who_holds_its_lock(
    terraform: Terraform, endpoint: str, lock: str
) -> None:
    bucket = f"tf-{secrets.token_hex(4)}"
    lock = lock.replace("%s", bucket)
    s3 = boto3.client("s3", endpoint_url=endpoint, region_name=REGION)
    place: Any = {"LocationConstraint": REGION}
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=place)
    boto3.client("dynamodb", endpoint_url=endpoint, region_name=REGION).create_table(
        TableName=f"locks-{bucket}",
        KeySchema=[{"AttributeName": "LockID", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "LockID", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        terraform.environment[name] = os.environ[name]  # noqa: TID251 - what the test was given
    source = S3States(
        lambda _, region: connect(profile="", region=region, endpoint=endpoint, timeout=10),
        own_endpoint=True,
    )
    terraform.write("main.tf", f'{s3_code(endpoint, lock)}\nresource "terraform_data" "a" {{}}\n')
    # The bucket is not in the code: only what init left tells it.
    terraform.run("init", f"-backend-config=bucket={bucket}")
    terraform.run("apply", "-auto-approve")
    first = found(terraform, source)
    assert first.source == f"s3://{bucket}/prod/net.tfstate"
    assert addresses(first) == ["terraform_data.a"]
    assert (first.held, first.lock_unknown, first.doubts) == (None, "", ())

    terraform.run("workspace", "new", "stage")
    terraform.write("main.tf", s3_code(endpoint, lock) + SLOW)
    with applying(terraform):
        held = found(terraform, source)
    assert held.source == f"s3://{bucket}/env:/stage/prod/net.tfstate"
    assert held.held
    assert held.held.operation == "OperationTypeApply"
    assert "@" in held.held.who
    assert held.held.since
    last = found(terraform, source)
    assert last.held is None
    assert addresses(last) == ["terraform_data.slow"]


class _StateServer(BaseHTTPRequestHandler):
    """The least that Terraform's HTTP backend needs."""

    kept: dict[str, bytes]

    def _send(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        body = self.kept.get(self.path)
        self._send(200 if body else 404, body or b"")

    def do_POST(self) -> None:
        self.kept[self.path.partition("?")[0]] = self.rfile.read(
            int(self.headers["Content-Length"])
        )
        self._send(200)

    def log_message(self, *_: object) -> None:
        pass


def test_a_state_behind_http_is_found_by_its_code(terraform: Terraform) -> None:
    handler = type("Handler", (_StateServer,), {"kept": {}})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/state/prod"
    code = f'terraform {{\n  backend "http" {{\n    address = {json.dumps(address)}\n  }}\n}}\n'
    terraform.write("main.tf", f'{code}\nresource "terraform_data" "a" {{}}\n')
    try:
        terraform.run("init")
        terraform.run("apply", "-auto-approve")
        text = found(terraform, WebStates(timeout=5))
    finally:
        server.shutdown()
        server.server_close()
    assert text.source == address
    assert addresses(text) == ["terraform_data.a"]

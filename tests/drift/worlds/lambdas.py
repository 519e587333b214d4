"""Functions: one with an environment, tags and a limit, one plain.

Moto gives no dead letter queue, no logging configuration and no file systems.
"""

import io
import secrets
import zipfile
from typing import Any

from tests.drift.worlds.world import (
    ACCOUNT,
    REGION,
    Aws,
    Mutation,
    Thing,
    World,
    arn,
    reports,
    world,
)


def _code(text: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(zipfile.ZipInfo("app.py"), text)
    return packed.getvalue()


def _role(aws: Aws, name: str) -> Thing:
    trust = '{"Version": "2012-10-17", "Statement": []}'
    made = aws.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]
    return Thing(
        type="aws_iam_role",
        name=name.replace("-", "_"),
        attributes={"arn": made["Arn"], "id": name, "name": name, "unique_id": made["RoleId"]},
    )


def _function(name: str, made: dict[str, Any], role: Thing, **said: Any) -> Thing:
    whole = arn("lambda", f"function:{name}")
    invoke = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{whole}"
    return Thing(
        type="aws_lambda_function",
        name=name.replace("-", "_"),
        attributes={
            "architectures": ["x86_64"],
            "arn": whole,
            "code_sha256": made["CodeSha256"],
            "code_signing_config_arn": "",
            "dead_letter_config": [],
            "description": "",
            "environment": [],
            "ephemeral_storage": [{"size": 512}],
            "file_system_config": [],
            "filename": "app.zip",
            "function_name": name,
            "handler": "app.run",
            "id": name,
            "image_config": [],
            "image_uri": "",
            "invoke_arn": f"{invoke}/invocations",
            "kms_key_arn": "",
            "last_modified": "2026-10-01T08:00:00.000+0000",
            "layers": None,
            "logging_config": [
                {
                    "application_log_level": "",
                    "log_format": "Text",
                    "log_group": f"/aws/lambda/{name}",
                    "system_log_level": "",
                }
            ],
            "memory_size": 128,
            "package_type": "Zip",
            "publish": False,
            "qualified_arn": f"{whole}:$LATEST",
            "qualified_invoke_arn": f"{invoke}:$LATEST/invocations",
            "replace_security_groups_on_destroy": None,
            "replacement_security_group_ids": None,
            "reserved_concurrent_executions": -1,
            "role": role.attributes["arn"],
            "runtime": "python3.12",
            "s3_bucket": None,
            "s3_key": None,
            "s3_object_version": None,
            "signing_job_arn": "",
            "signing_profile_version_arn": "",
            "skip_destroy": False,
            "snap_start": [],
            "source_code_hash": "bm90IHRoZSBoYXNo",
            "source_code_size": made["CodeSize"],
            "tags": {},
            "tags_all": {},
            "timeout": 3,
            "timeouts": None,
            "tracing_config": [{"mode": "PassThrough"}],
            "version": "$LATEST",
            "vpc_config": [],
            **said,
        },
        dependencies=(role.address,),
    )


@world("lambdas")
def functions(aws: Aws, word: str) -> World:
    lambdas, role = aws.client("lambda"), _role(aws, f"lambda-{word}")
    key, name, other, beside = secrets.token_hex(8), f"mail-{word}", f"tick-{word}", f"test-{word}"

    def create(called: str, **more: Any) -> dict[str, Any]:
        made: dict[str, Any] = lambdas.create_function(
            FunctionName=called,
            Role=role.attributes["arn"],
            Runtime="python3.12",
            Handler="app.run",
            Code={"ZipFile": _code("1")},
            **more,
        )
        return made

    made = create(
        name,
        Environment={"Variables": {"STAGE": "prod", "API_KEY": key}},
        Tags={"team": "shop", "env": "prod"},
        MemorySize=256,
        Timeout=30,
        TracingConfig={"Mode": "Active"},
    )
    lambdas.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=5)
    mail = _function(
        name,
        made,
        role,
        environment=[{"variables": {"STAGE": "prod", "API_KEY": key}}],
        memory_size=256,
        timeout=30,
        tracing_config=[{"mode": "Active"}],
        reserved_concurrent_executions=5,
        tags={"team": "shop"},
        tags_all={"team": "shop", "env": "prod"},
    )
    tick = _function(other, create(other), role)
    create(beside)
    return World(
        things=(role, mail, tick),
        strangers=(("aws_lambda_function", beside),),
        mutations=_mutations(aws, mail, tick, key),
    )


def _mutations(aws: Aws, mail: Thing, tick: Thing, key: str) -> tuple[Mutation, ...]:
    lambdas, name = aws.client("lambda"), mail.attributes["function_name"]

    def configure(function: Thing, **settings: Any) -> None:
        lambdas.update_function_configuration(
            FunctionName=function.attributes["function_name"], **settings
        )

    def retag() -> None:
        lambdas.tag_resource(Resource=mail.attributes["arn"], Tags={"team": "payments", "new": "x"})
        lambdas.tag_resource(Resource=tick.attributes["arn"], Tags={"new": "x"})

    variables = {"STAGE": "test", "API_KEY": key, "DEBUG": "1"}
    said = "environment[0].variables"
    return (
        Mutation(
            title="another environment",
            do=lambda: configure(mail, Environment={"Variables": variables}),
            reports=reports((mail.address, f"{said}.STAGE"), (mail.address, f"{said}.DEBUG")),
        ),
        Mutation(
            title="another role, longer",
            do=lambda: configure(tick, Role=f"arn:aws:iam::{ACCOUNT}:role/admin", Timeout=900),
            reports=reports((tick.address, "role"), (tick.address, "timeout")),
        ),
        Mutation(
            title="an environment at all",
            do=lambda: configure(tick, Environment={"Variables": {"DEBUG": "1"}}),
            reports=reports((tick.address, "environment[0]")),
        ),
        Mutation(
            title="switched off",
            do=lambda: lambdas.put_function_concurrency(
                FunctionName=name, ReservedConcurrentExecutions=0
            ),
            reports=reports((mail.address, "reserved_concurrent_executions")),
        ),
        Mutation(
            title="other code",
            do=lambda: lambdas.update_function_code(FunctionName=name, ZipFile=_code("22")),
            reports=reports((mail.address, "code_sha256"), (mail.address, "source_code_size")),
            controlled=True,
        ),
        Mutation(
            title="tags",
            do=retag,
            reports=reports(
                (mail.address, "tags.team"), (mail.address, "tags.new"), (tick.address, "tags.new")
            ),
        ),
        Mutation(
            title="deleted",
            do=lambda: lambdas.delete_function(FunctionName=name),
            reports=reports((mail.address, "")),
        ),
    )

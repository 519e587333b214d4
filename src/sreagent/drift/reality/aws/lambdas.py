"""Functions of Lambda."""

from collections.abc import Iterator, Mapping
from typing import Any

from sreagent.drift.compare.compare import Difference
from sreagent.drift.compare.shape import Shape
from sreagent.drift.reality.aws.said import taken
from sreagent.drift.reality.aws.tagged import tags_for
from sreagent.drift.reality.kinds import Attributes, Kind, by, reader
from sreagent.drift.reality.look import Look, Wanted
from sreagent.drift.reality.real import Real

Answer = Mapping[str, Any]

_PAGE = 50
_UNLIMITED = -1
_CODE = ("code_sha256", "source_code_size", "image_uri")
_LOGS = {
    "application_log_level": "ApplicationLogLevel",
    "log_format": "LogFormat",
    "log_group": "LogGroup",
    "system_log_level": "SystemLogLevel",
}
_FUNCTION = Shape(
    sets=frozenset({"architectures", "vpc_config.security_group_ids", "vpc_config.subnet_ids"}),
    maps=frozenset({"environment.variables"}),
    skipped=frozenset(
        {
            *("version", "invoke_arn", "qualified_arn", "qualified_invoke_arn"),
            *("snap_start.optimization_status", "signing_job_arn", "vpc_config.vpc_id"),
        }
    ),
    defaults={
        "architectures": ["x86_64"],
        "ephemeral_storage.size": 512,
        "logging_config.log_format": "Text",
        "memory_size": 128,
        "package_type": "Zip",
        "snap_start.apply_on": "None",
        "timeout": 3,
        "tracing_config.mode": "PassThrough",
    },
    strict=frozenset({"reserved_concurrent_executions"}),
    equal={"reserved_concurrent_executions": lambda value: _UNLIMITED if value is None else value},
)
_OF_FUNCTION = {
    "architectures": "Architectures",
    "code_sha256": "CodeSha256",
    "function_name": "FunctionName",
    "handler": "Handler",
    "memory_size": "MemorySize",
    "package_type": "PackageType",
    "role": "Role",
    "runtime": "Runtime",
    "source_code_size": "CodeSize",
    "timeout": "Timeout",
}
_BLOCKS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "ephemeral_storage": ("EphemeralStorage", {"size": "Size"}),
    "image_config": (
        "ImageConfigResponse.ImageConfig",
        {
            "command": "Command",
            "entry_point": "EntryPoint",
            "working_directory": "WorkingDirectory",
        },
    ),
    "logging_config": ("LoggingConfig", _LOGS),
    "snap_start": ("SnapStart", {"apply_on": "ApplyOn"}),
    "tracing_config": ("TracingConfig", {"mode": "Mode"}),
}


def settled(before: Attributes, real: Real, _around: Wanted) -> tuple[Attributes, Attributes]:
    """States of older providers know nothing of where a function logs to."""
    after = dict(real.attributes)
    usual = f"/aws/lambda/{after.get('function_name')}"
    if not before.get("logging_config") and after.get("logging_config"):
        block = after["logging_config"][0]
        after["logging_config"] = [
            {name: value for name, value in block.items() if (name, value) != ("log_group", usual)}
        ]
    return before, after


def owner(difference: Difference, _before: Attributes, _real: Real) -> str:
    """Code comes by deployments, from the same repository where it is an image."""
    if difference.path not in _CODE:
        return ""
    if difference.path == "image_uri":
        was, is_ = (_repository(each) for each in (difference.before, difference.after))
        return "deployments of its image" if was == is_ else ""
    return "deployments of its code"


def _repository(uri: object) -> str:
    return str(uri).partition("@")[0].rpartition(":")[0] or str(uri).partition("@")[0]


_FUNCTIONS = Kind(
    type="aws_lambda_function",
    identity=lambda attributes: str(attributes.get("function_name") or "").rpartition(":")[2],
    import_id=by("function_name"),
    shape=_FUNCTION,
    settle=settled,
    owner=owner,
)


@reader("lambda", _FUNCTIONS)
def functions(look: Look) -> Iterator[Real]:
    """All functions; tags, and of some in the state what the list does not say."""
    listed = list(look.listed("ListFunctions", "Functions", MaxItems=_PAGE))
    held = {
        item["FunctionName"]: look.in_state(_FUNCTIONS.type, item["FunctionName"])
        for item in listed
    }
    ids = {item["FunctionArn"]: item["FunctionName"] for item in listed}
    tags = tags_for(look, _FUNCTIONS.type, ids, lambda arn: look.asked("ListTags", Resource=arn))
    asked = [name for name, said in held.items() if said is not None and _needs_more(said)]
    more = dict(look.each(asked, lambda name: _more(look, name)))
    for item in listed:
        name, arn = item["FunctionName"], item["FunctionArn"]
        yield Real(
            type="aws_lambda_function",
            id=name,
            name=name,
            arn=arn,
            attributes={**_function(item), **more.get(name, {}), **tags.get(arn, {})},
        )


def _function(item: Answer) -> dict[str, Any]:
    target = (item.get("DeadLetterConfig") or {}).get("TargetArn")
    environment = item.get("Environment") or {}
    variables = environment.get("Variables")
    shown = "Error" not in environment
    return {
        **taken(item, _OF_FUNCTION),
        "description": item.get("Description", ""),
        "kms_key_arn": item.get("KMSKeyArn", ""),
        "layers": [each["Arn"] for each in item.get("Layers") or ()],
        "dead_letter_config": [{"target_arn": target}] if target else [],
        **({"environment": [{"variables": variables}] if variables else []} if shown else {}),
        "file_system_config": [
            {"arn": each["Arn"], "local_mount_path": each["LocalMountPath"]}
            for each in item.get("FileSystemConfigs") or ()
        ],
        "vpc_config": _network(item.get("VpcConfig") or {}),
        **{name: [taken(item, names)] for name, names in _paths(item)},
    }


def _paths(item: Answer) -> Iterator[tuple[str, dict[str, str]]]:
    """Blocks that the answer has, each with where it says what."""
    for name, (path, members) in _BLOCKS.items():
        whole = {member: f"{path}.{key}" for member, key in members.items()}
        if taken(item, whole):
            yield name, whole


def _network(config: Answer) -> list[dict[str, Any]]:
    if not config.get("SubnetIds"):
        return []
    return [
        {
            "ipv6_allowed_for_dual_stack": config.get("Ipv6AllowedForDualStack", False),
            "security_group_ids": config.get("SecurityGroupIds") or [],
            "subnet_ids": config["SubnetIds"],
            "vpc_id": config.get("VpcId", ""),
        }
    ]


def _needs_more(said: Attributes) -> bool:
    """Whether the state has something that no list gives."""
    limited = said.get("reserved_concurrent_executions") not in (None, _UNLIMITED)
    return limited or bool(said.get("image_uri") or said.get("code_signing_config_arn"))


def _more(look: Look, name: str) -> dict[str, Any]:
    answer = look.asked("GetFunction", FunctionName=name)
    if not answer:
        return {}
    reserved = (answer.get("Concurrency") or {}).get("ReservedConcurrentExecutions", _UNLIMITED)
    uri = (answer.get("Code") or {}).get("ImageUri")
    return {"reserved_concurrent_executions": reserved, **({"image_uri": uri} if uri else {})}

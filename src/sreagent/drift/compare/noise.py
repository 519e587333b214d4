"""What every type has that changes by itself, or that only Terraform knows."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from sreagent.drift.compare.shape import Shape

_VOLATILE = re.compile(
    r"id|arn|unique_id|owner_id|created?(?:_at|_date|_time|_on)?|creation_.*|create_date"
    r"|last_.*|.*_time|.*_timestamp|status|state|etag|version_id|latest_version|default_version"
    r"|.*_version_id|timeouts|.*_prefix|tags_all|region"
)
_ARGUMENTS = frozenset(
    {
        *("force_destroy", "force_delete", "skip_final_snapshot", "final_snapshot_identifier"),
        *("apply_immediately", "allow_major_version_upgrade", "publish", "filename"),
        *("source_code_hash", "revoke_rules_on_delete", "deletion_window_in_days"),
        *("recovery_window_in_days", "force_overwrite_replica_secret", "force_detach_policies"),
        *("bypass_policy_lockout_safety_check", "delete_automated_backups", "force_new_deployment"),
        *("allow_overwrite", "overwrite", "skip_destroy", "password", "master_password"),
    }
)
"""What a person tells Terraform to do, which no service keeps or gives back."""
_WAITS = "wait_for_"
_OWN_TAGS = "aws:"


def is_volatile(name: str, shape: Shape) -> bool:
    """Whether an attribute says nothing about drift, for any type but those that say so."""
    return name not in shape.compared and _is_volatile(name)


@lru_cache(maxsize=8192)
def _is_volatile(name: str) -> bool:
    return name in _ARGUMENTS or name.startswith(_WAITS) or _VOLATILE.fullmatch(name) is not None


def tags_that_count(tags: Any) -> dict[str, str]:  # noqa: ANN401 - any JSON value
    """Tags that people give; those that AWS gives itself are left out."""
    if not isinstance(tags, Mapping):
        return {}
    return {
        str(key): str(value)
        for key, value in tags.items()
        if not str(key).startswith(_OWN_TAGS) and value is not None
    }

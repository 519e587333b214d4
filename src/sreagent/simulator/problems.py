"""What the API server says when it will not do something, as Kubernetes `Status` objects."""

from sreagent.simulator.kinds import Kind
from sreagent.simulator.objects import Json

Cause = tuple[str, str]


class ApiError(Exception):
    """A refusal with an HTTP code and the reason word clients switch on."""

    def __init__(
        self, code: int, reason: str, message: str, *, details: Json | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.details = details or {}

    def status(self) -> Json:
        """The `Status` body."""
        return {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": str(self),
            "reason": self.reason,
            "details": self.details,
            "code": self.code,
        }


def _details(kind: Kind, name: str) -> Json:
    return {"name": name, "group": kind.group, "kind": kind.plural}


def not_found(kind: Kind, name: str) -> ApiError:
    """No object of that name."""
    message = f'{kind.resource} "{name}" not found'
    return ApiError(404, "NotFound", message, details=_details(kind, name))


def no_such_path() -> ApiError:
    """No resource at that path."""
    message = "the server could not find the requested resource"
    return ApiError(404, "NotFound", message)


def already_exists(kind: Kind, name: str) -> ApiError:
    """The name is taken."""
    message = f'{kind.resource} "{name}" already exists'
    return ApiError(409, "AlreadyExists", message, details=_details(kind, name))


def conflict(kind: Kind, name: str) -> ApiError:
    """The object moved on since the caller read it."""
    message = (
        f'Operation cannot be fulfilled on {kind.resource} "{name}": the object has been '
        "modified; please apply your changes to the latest version and try again"
    )
    return ApiError(409, "Conflict", message, details=_details(kind, name))


def wrong_precondition(kind: Kind, name: str, why: str) -> ApiError:
    """A delete named a uid or resourceVersion that is not the live one."""
    message = f'Operation cannot be fulfilled on {kind.resource} "{name}": {why}'
    return ApiError(409, "Conflict", message, details=_details(kind, name))


def invalid(kind: Kind, name: str, causes: list[Cause]) -> ApiError:
    """The object breaks a rule; each cause is a field and what is wrong with it."""
    told = [f"{field}: {problem}" for field, problem in causes]
    joined = told[0] if len(told) == 1 else f"[{', '.join(told)}]"
    details: Json = {"name": name, "group": kind.group, "kind": kind.name}
    details["causes"] = [
        {"reason": "FieldValueInvalid", "message": problem, "field": field}
        for field, problem in causes
    ]
    message = f'{kind.qualified} "{name}" is invalid: {joined}'
    return ApiError(422, "Invalid", message, details=details)


def bad_request(message: str) -> ApiError:
    """The request cannot be understood."""
    return ApiError(400, "BadRequest", message)


def unauthorized() -> ApiError:
    """No identity, or a wrong one."""
    return ApiError(401, "Unauthorized", "Unauthorized")


def forbidden(user: str, verb: str, kind: Kind, namespace: str, name: str) -> ApiError:
    """The identity is known and may not do this."""
    subject = f'{kind.resource} "{name}"' if name else kind.resource
    where = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
    message = (
        f'{subject} is forbidden: User "{user}" cannot {verb} resource "{kind.plural}" '
        f'in API group "{kind.group}" {where}'
    )
    return ApiError(403, "Forbidden", message, details=_details(kind, name))


def wrong_method() -> ApiError:
    """The path exists and does not do this."""
    message = "the server does not allow this method on the requested resource"
    return ApiError(405, "MethodNotAllowed", message)


def wrong_media(media: str) -> ApiError:
    """The body is of a kind the server does not read."""
    message = f"the body of the request was in an unknown format: {media!r} is not accepted"
    return ApiError(415, "UnsupportedMediaType", message)


def expired() -> ApiError:
    """A watch or a page starts before what is still remembered."""
    message = "The resourceVersion for the provided watch is too old."
    return ApiError(410, "Expired", message)


def too_many(message: str) -> ApiError:
    """Not now; a disruption budget or a rate limit holds it back."""
    return ApiError(429, "TooManyRequests", message)

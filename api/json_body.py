"""The JSON body of a request, read after its key was checked."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from api.body import small_body
from errors.requests import InvalidRequestError

Model = TypeVar("Model", bound=BaseModel)


def body_of(model: type[Model]) -> Callable[[Request], Awaitable[Model]]:
    """A dependency: FastAPI itself would read, and refuse, before it looks at the key.

    No body at all counts as an empty object. Raises InvalidRequestError, which names the field.
    """

    async def read(request: Request) -> Model:
        try:
            return model.model_validate_json(await small_body(request) or b"{}")
        except ValidationError as error:
            raise InvalidRequestError(_first_fault(error)) from None

    return read


def described(model: type[BaseModel], *, required: bool = True) -> dict[str, Any]:
    """The same for OpenAPI, which cannot see it."""
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    content = {"application/json": {"schema": schema}}
    return {"requestBody": {"required": required, "content": content}}


def _first_fault(error: ValidationError) -> str:
    fault = error.errors(include_input=False, include_context=False, include_url=False)[0]
    place = ".".join(str(part) for part in fault["loc"]) or "the body"
    return f"{place}: {fault['msg']}"

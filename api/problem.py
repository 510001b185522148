"""Every error leaves as application/problem+json (RFC 9457) with a stable `code`."""

import logging
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from fastapi_problem.handler import (
    ExceptionHandler,
    add_exception_handler,
    new_exception_handler,
)
from rfc9457 import Problem, StatusProblem
from starlette.exceptions import HTTPException

from api.schema import COMPONENT, ERROR_CODE
from errors import LimitSizeError, MediaProcessorError, UnsupportedMediaError
from errors.requests import InvalidRequestError, UnknownPathError, WrongMethodError

log = logging.getLogger("mediaprocessor")
PROBLEM = "Problem"  # the name of its schema
# RFC 9457, with our code.
PROBLEM_SCHEMA: dict[str, Any] = {
    "title": PROBLEM,
    "description": "Why a request was refused, or what is wrong here.",
    "type": "object",
    "required": ["type", "title", "status", "code"],
    "properties": {
        "type": {"type": "string", "description": "The code, as a word for addresses."},
        "title": {"type": "string", "description": "What is wrong in all cases of its kind."},
        "detail": {"type": "string", "description": "What is wrong in this case."},
        "status": {"type": "integer", "description": "The HTTP status of this answer."},
        "code": {
            "type": "string",
            "description": "The same for programs; it never changes.",
            COMPONENT: ERROR_CODE,
        },
    },
    "examples": [
        {
            "type": "unknown-job",
            "title": "There is no job for this upload.",
            "status": 404,
            "detail": "There is no job for this upload.",
            "code": "UNKNOWN_JOB",
        }
    ],
}


# What the framework refuses by itself; all else that it refuses is INVALID_REQUEST.
OF_FRAMEWORK: dict[int, type[MediaProcessorError]] = {
    404: UnknownPathError,
    405: WrongMethodError,
    413: LimitSizeError,
    415: UnsupportedMediaError,
}
# Of every route that needs a key.
GUARDED = {
    401: "No valid key was given.",
    403: "The key is not meant for that.",
    503: "Storage did not answer.",
}
NOT_STORED = {"Cache-Control": "no-store"}


class InternalProblem(StatusProblem):
    """What a client learns of a failure nobody foresaw: nothing; the log has the traceback."""

    title = MediaProcessorError.default_message()
    status = 500

    def __init__(self, _text_of_the_exception: str) -> None:
        super().__init__(code=MediaProcessorError.code, headers=NOT_STORED)


def problems(descriptions: dict[int, str]) -> dict[int | str, dict[str, Any]]:
    """The refusals of one operation, as OpenAPI describes them; any operation may also answer 500.

    Naming a default keeps FastAPI from adding its own 422, which nothing here answers with.
    """
    schema = {"$ref": f"#/components/schemas/{PROBLEM}"}
    content = {"application/problem+json": {"schema": schema}}
    every = descriptions | {"default": "Something went wrong on our side."}
    return {status: {"description": text, "content": content} for status, text in every.items()}


def answer_errors_with_problems(app: FastAPI) -> None:
    """Installs the handlers; must be called once, before the first request."""
    handler = new_exception_handler(
        logger=log,
        unhandled_wrappers={"default": InternalProblem},
        handlers={MediaProcessorError: _known},
        http_exception_handler=_of_framework,
        request_validation_handler=_of_validation,
    )
    add_exception_handler(app, handler, generic_swagger_defaults=False)
    # By its own class, or Starlette would treat every refusal as a crash of the application.
    app.add_exception_handler(MediaProcessorError, handler)


def problem_of(error: MediaProcessorError, status: int | None = None) -> Problem:
    """What a client reads of an error; `status` stands in for the error's own."""
    status = status or error.http_status
    headers = dict(NOT_STORED)
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if error.retry_after_s is not None:
        headers["Retry-After"] = str(error.retry_after_s)
    return Problem(
        title=error.default_message(),
        type_=error.code.lower().replace("_", "-"),
        detail=error.message,
        status=status,
        headers=headers,
        code=error.code,
    )


def problem_response(error: MediaProcessorError, headers: Mapping[str, str]) -> Response:
    """The same as an answer, for what is refused before the application sees it."""
    problem = problem_of(error)
    return JSONResponse(
        problem.marshal(),
        problem.status,
        {**(problem.headers or {}), **headers},
        media_type="application/problem+json",
    )


def _known(_handler: ExceptionHandler, _request: Request, error: MediaProcessorError) -> Problem:
    return problem_of(error)


def _of_framework(_handler: ExceptionHandler, _request: Request, error: HTTPException) -> Problem:
    kind = OF_FRAMEWORK.get(error.status_code)
    if kind is None:
        kind = InvalidRequestError if error.status_code < 500 else MediaProcessorError
    problem = problem_of(kind(), error.status_code)
    problem.headers = {**(error.headers or {}), **(problem.headers or {})}
    return problem


def _of_validation(_handler: ExceptionHandler, _request: Request, _error: Exception) -> Problem:
    return problem_of(InvalidRequestError())

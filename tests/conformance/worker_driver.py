"""The host's end of Microsoft's worker library: loads the app of this folder, runs its functions.

A program for Python 3.13. Its first line of output says what was indexed. After that, each line of
input asks for one invocation, and a line of output says how that ended; all lines are JSON. The
app's own output and log go to stderr.
"""

import asyncio
import json
import logging
import os
import sys
from pathlib import Path
from typing import Any, TextIO

import azure_functions_runtime as library
import protocol


async def main() -> None:
    answers = take_stdout()
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    library.start_threadpool_executor()
    functions = await load(answers)
    loop = asyncio.get_running_loop()
    running = set()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        task = loop.create_task(invoke(functions, json.loads(line), answers))
        running.add(task)
        task.add_done_callback(running.discard)
    # The library offers no way to stop its web server.
    os._exit(0)


def take_stdout() -> TextIO:
    """Keeps the real stdout for us; what the app prints cannot mix with the answers."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    return answers


async def load(answers: TextIO) -> dict[str, str]:
    """Indexes the app, says how that went, returns the functions' ids by their names."""
    request = protocol.WorkerInitRequest(function_app_directory=str(Path.cwd()))
    started = await library.worker_init_request(
        protocol.WorkerRequest(
            protocol.StreamingMessage(worker_init_request=request),
            {"host": "127.0.0.1", "protos": protocol},
        )
    )
    described = await library.functions_metadata_request(None)
    functions = described.function_metadata_results or []
    say(
        answers,
        fault=fault(started.result),
        capabilities=started.capabilities,
        functions={each.name: [json.loads(raw) for raw in each.raw_bindings] for each in functions},
    )
    return {each.name: each.function_id for each in functions}


async def invoke(functions: dict[str, str], call: dict[str, Any], answers: TextIO) -> None:
    """Runs one function to its end and says how it ended."""
    request = protocol.InvocationRequest(
        invocation_id=call["id"],
        # An unknown function has no id, and fails as it does on the real host.
        function_id=functions.get(call["function"], ""),
        input_data=[
            protocol.ParameterBinding(name, value(each)) for name, each in call["inputs"].items()
        ],
        trigger_metadata={name: value(each) for name, each in call["metadata"].items()},
    )
    response = await library.invocation_request(
        protocol.WorkerRequest(protocol.StreamingMessage(invocation_request=request))
    )
    say(answers, id=response.invocation_id, fault=fault(response.result))


def value(described: dict[str, Any]) -> protocol.TypedData:
    """`{"string": ...}` and so on, as a message."""
    ((kind, content),) = described.items()
    if kind == "http":
        content = protocol.RpcHttp(**content)
    elif kind == "model_binding_data":
        content = protocol.ModelBindingData(**content | {"content": content["content"].encode()})
    return protocol.TypedData(**{kind: content})


def fault(result: protocol.StatusResult) -> str | None:
    """Why it failed, or None."""
    if result.status == protocol.StatusResult.Success:
        return None
    exception = result.exception or protocol.RpcException("no reason was given")
    return f"{exception.message}\n{exception.stack_trace}"


def say(answers: TextIO, **line: Any) -> None:
    print(json.dumps(line), file=answers)


if __name__ == "__main__":
    # As the genuine worker does: the app's own modules come first.
    sys.path.insert(0, str(Path.cwd()))
    asyncio.run(main())

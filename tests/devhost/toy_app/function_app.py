"""A small app in the style of the real one: SDK blob types, queues, timers and HTTP streams."""

import asyncio
import hashlib
import json
import logging
import os
import time
from pathlib import Path

import azure.functions as func
from azurefunctions.extensions.bindings import blob
from azurefunctions.extensions.http.fastapi import (
    JSONResponse,
    Request,
    Response,
    StreamingResponse,
)

STORAGE = "AzureWebJobsStorage"
JOURNAL = Path(os.environ["JOURNAL"])

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


def note(**entry):
    with JOURNAL.open("a") as journal:
        journal.write(json.dumps({"pid": os.getpid(), **entry}) + "\n")


@app.blob_trigger(arg_name="upload", path="uploads/{name}", connection=STORAGE)
def on_upload(upload: blob.BlobClient, context: func.Context) -> None:
    size = upload.get_blob_properties().size
    note(function=context.function_name, blob=upload.blob_name, size=size)
    if upload.blob_name.startswith("broken"):
        raise ValueError("this blob is broken")


@app.queue_trigger(arg_name="msg", queue_name="%WORK_QUEUE%", connection=STORAGE)
@app.queue_output(arg_name="reply", queue_name="replies", connection=STORAGE)
def on_work(msg: func.QueueMessage, reply: func.Out[bytes]) -> None:
    body = msg.get_body().decode()
    note(function="on_work", body=body, id=msg.id, count=msg.dequeue_count, state="begin")
    task = json.loads(body) if body.startswith("{") else {}
    time.sleep(task.get("sleep", 0))
    if task.get("fail", 0) >= msg.dequeue_count:
        raise RuntimeError("asked to fail")
    logging.getLogger(__name__).info("worked on %s", body)
    note(function="on_work", body=body, id=msg.id, count=msg.dequeue_count, state="end")
    reply.set(f"did {body}".encode())


@app.timer_trigger(arg_name="timer", schedule="0 0 0 1 1 *")
def on_new_year(timer: func.TimerRequest) -> None:
    note(function="on_new_year", past_due=timer.past_due)


@app.timer_trigger(arg_name="timer", schedule="*/1 * * * * *")
def on_tick(timer: func.TimerRequest) -> None:
    note(function="on_tick", begin=time.time())
    time.sleep(1.3)
    note(function="on_tick", end=time.time())


@app.route(route="hello/{name?}", methods=["GET"])
async def hello(req: Request) -> JSONResponse:
    return JSONResponse({"name": req.path_params.get("name"), "query": dict(req.query_params)})


@app.route(route="digest", methods=["POST"])
async def digest(req: Request) -> JSONResponse:
    sha, size = hashlib.sha256(), 0
    async for chunk in req.stream():
        sha.update(chunk)
        size += len(chunk)
    return JSONResponse({"sha256": sha.hexdigest(), "size": size})


@app.route(route="refuse", methods=["POST"])
async def refuse(req: Request) -> Response:
    return Response("too much", status_code=413)


@app.route(route="count", methods=["GET"])
async def count(req: Request) -> StreamingResponse:
    async def lines():
        for number in range(int(req.query_params.get("to", 3))):
            yield f"{number}\n".encode()
            await asyncio.sleep(float(req.query_params.get("pause", 0)))

    return StreamingResponse(lines(), media_type="text/plain")


@app.route(route="headers", methods=["GET"])
async def headers(req: Request) -> JSONResponse:
    return JSONResponse({"url": str(req.url), "headers": dict(req.headers)})


@app.route(route="broken", methods=["GET"])
async def broken(req: Request) -> Response:
    raise ValueError("a secret detail")


@app.route(route="slow", methods=["GET"])
def slow(req: Request) -> Response:
    note(function="slow", state="begin")
    time.sleep(float(req.query_params.get("seconds", "1")))
    return Response("done")

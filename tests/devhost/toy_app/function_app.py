"""A small app in the style of the real one: SDK blob types, queues, timers and HTTP streams."""

import asyncio
import hashlib
import json
import logging
import os
import subprocess
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

app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)


def note(**entry):
    with JOURNAL.open("a") as journal:
        journal.write(json.dumps({"pid": os.getpid(), **entry}) + "\n")


def wait_for(file):
    while not file.exists():
        time.sleep(0.01)


@app.blob_trigger(arg_name="upload", path="%UPLOADS%/{name}", connection=STORAGE)
def on_upload(upload: blob.BlobClient, context: func.Context) -> None:
    size = upload.get_blob_properties().size
    note(function=context.function_name, blob=upload.blob_name, size=size)
    if upload.blob_name.startswith("broken"):
        raise ValueError("this blob is broken")
    if upload.blob_name.startswith("slow"):
        time.sleep(1)
        note(function=context.function_name, done=upload.blob_name)


@app.blob_trigger(arg_name="text", path="%TEXTS%/{base}.{ext}", connection=STORAGE)
def on_text(text: blob.BlobClient) -> None:
    note(function="on_text", blob=text.blob_name)


@app.blob_trigger(
    arg_name="event",
    path="%EVENTS%/{name}",
    connection=STORAGE,
    source=func.BlobSource.EVENT_GRID,
)
def on_event(event: blob.BlobClient) -> None:
    note(function="on_event", blob=event.blob_name, text=event.download_blob().readall().decode())


@app.queue_trigger(arg_name="msg", queue_name="%WORK%", connection=STORAGE)
def on_work(msg: func.QueueMessage) -> None:
    body = msg.get_body().decode()
    entry = {"function": "on_work", "body": body, "id": msg.id, "count": msg.dequeue_count}
    note(**entry, state="begin", now=time.time(), expires=str(msg.expiration_time))
    task = json.loads(body) if body.startswith("{") else {}
    if task.get("child"):
        child = subprocess.Popen(["sleep", "60"], start_new_session=True)
        note(function="on_work", child=child.pid)
    time.sleep(task.get("sleep", 0))
    if msg.dequeue_count == 1:
        time.sleep(task.get("sleep_first", 0))
    if task.get("fail", 0) >= msg.dequeue_count:
        raise RuntimeError("asked to fail")
    logging.getLogger(__name__).info("worked on %s", body)
    note(**entry, state="end", now=time.time())


@app.queue_trigger(arg_name="msg", queue_name="%WORK%-poison", connection=STORAGE)
def on_poison(msg: func.QueueMessage) -> None:
    note(function="on_poison", body=msg.get_body().decode(), count=msg.dequeue_count)
    if b"worse" in msg.get_body():
        raise RuntimeError("even this one fails")


@app.timer_trigger(arg_name="timer", schedule="0 0 0 1 1 *")
def on_new_year(timer: func.TimerRequest) -> None:
    status = timer.schedule_status
    note(function="on_new_year", past_due=timer.past_due, next=status.get("Next"))


@app.timer_trigger(arg_name="timer", schedule="*/1 * * * * *")
def on_tick(timer: func.TimerRequest) -> None:
    note(function="on_tick", begin=time.time(), past_due=timer.past_due)
    time.sleep(1.2)
    note(function="on_tick", end=time.time())


@app.timer_trigger(arg_name="timer", schedule="0 0 0 1 1 *", run_on_startup=True)
async def on_startup(timer: func.TimerRequest) -> None:
    note(function="on_startup", past_due=timer.past_due)


@app.route(route="hello/{name?}", methods=["GET"], auth_level="anonymous")
async def hello(req: Request) -> JSONResponse:
    return JSONResponse({"route": req.path_params, "query": dict(req.query_params)})


@app.route(route="hello/world", methods=["GET"])
async def never_reached(req: Request) -> Response:
    return Response("its name comes after hello")


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
            yield f"{number}\n".encode() * int(req.query_params.get("repeat", 1))
            await asyncio.sleep(float(req.query_params.get("pause", 0)))
            if "go_on" in req.query_params:
                await asyncio.to_thread(wait_for, Path(req.query_params["go_on"]))

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


@app.route(route="off", methods=["GET"])
async def switched_off(req: Request) -> Response:
    return Response("on")


@app.route()
async def unnamed(req: Request) -> Response:
    return Response(req.method)


@app.route(route="environment", methods=["GET"])
async def environment(req: Request) -> JSONResponse:
    return JSONResponse({"environment": dict(os.environ), "cwd": str(Path.cwd())})

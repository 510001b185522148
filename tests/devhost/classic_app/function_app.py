"""A small app in the older style: whole requests, whole blobs, output bindings."""

import json
import os
import time
from pathlib import Path

import azure.functions as func

STORAGE = "AzureWebJobsStorage"
JOURNAL = Path(os.environ["JOURNAL"])

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


def note(**entry):
    with JOURNAL.open("a") as journal:
        journal.write(json.dumps({"pid": os.getpid(), **entry}) + "\n")


@app.blob_trigger(arg_name="text", path="%TEXTS%/{base}.{ext}", connection=STORAGE)
def on_text(text: func.InputStream) -> None:
    content = text.read().hex()
    note(function="on_text", name=text.name, length=text.length, content=content)
    note(function="on_text", metadata=text.metadata, properties=text.blob_properties)


@app.blob_trigger(arg_name="media", path="%MEDIA%/{name}", connection=STORAGE, data_type="BINARY")
@app.blob_output(arg_name="copy", path="%COPIES%/copy-of-{name}", connection=STORAGE)
def on_media(media: func.InputStream, copy: func.Out[bytes]) -> None:
    copy.set(media.read())


@app.queue_trigger(arg_name="order", queue_name="%ORDERS%", connection=STORAGE)
@app.blob_input(arg_name="item", path="%MEDIA%/{item}", connection=STORAGE, data_type="BINARY")
@app.queue_output(arg_name="$return", queue_name="%REPLIES%", connection=STORAGE)
def on_order(order: func.QueueMessage, item: func.InputStream) -> str:
    note(function="on_order", id=order.id, count=order.dequeue_count, now=time.time())
    content = order.get_json()
    if content["reply"] == "nothing to convert":
        return 42
    note(function="on_order", item=item and item.read().decode())
    return content["reply"]


@app.queue_trigger(arg_name="raw", queue_name="%WORK%", connection=STORAGE, data_type="BINARY")
def on_bytes(raw: bytes) -> None:
    note(function="on_bytes", content=raw.hex())


@app.queue_trigger(arg_name="msg", queue_name="%UPLOADS%", connection=STORAGE)
def on_talk(msg: str, context: func.Context) -> None:
    note(function="on_talk", text=msg, trace=context.trace_context.Traceparent)
    return "nobody asked"


@app.route(route="echo/{item?}", methods=["GET", "POST", "PUT"])
def echo(req: func.HttpRequest) -> func.HttpResponse:
    answer = {
        "method": req.method,
        "url": req.url,
        "params": dict(req.params),
        "route": dict(req.route_params),
        "body": req.get_body().hex(),
        "header": req.headers.get("X-Mixed-Case"),
    }
    return func.HttpResponse(json.dumps(answer), mimetype="application/json")


@app.route(route="whole", methods=["GET"])
def whole(req: func.HttpRequest) -> str:
    return json.dumps({"statusCode": 418, "body": "short and stout", "headers": {"X-Pot": "tea"}})


@app.route(route="plain", methods=["GET"])
def plain(req: func.HttpRequest) -> str:
    return "just text"


@app.route(route="nothing", methods=["GET"])
def nothing(req: func.HttpRequest) -> func.HttpResponse:
    return None


@app.route(route="broken", methods=["GET"])
def broken(req: func.HttpRequest) -> func.HttpResponse:
    raise ValueError("a secret detail")


@app.route(route="off", methods=["GET"])
def switched_off(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("on")


@app.route()
def unnamed(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(req.method)

"""Wires the triggers to the verbs; every decision is taken elsewhere."""

import azure.functions as func
from azurefunctions.extensions.bindings import blob
from azurefunctions.extensions.http.fastapi import Request, Response

from api.answer import answer
from api.app import create_api
from api.http_route import HttpRoute, http_routes
from lifecycle.attempt import run_attempt
from lifecycle.dispatcher import dispatch
from lifecycle.intake import accept_blob
from lifecycle.message import drop_endpoints, read_endpoints, read_message
from lifecycle.poison import examine_poison
from lifecycle.rescue import rescue
from lifecycle.services import connect
from lifecycle.sweep import sweep
from lifecycle.transfer import transfer
from settings import load_settings
from worker.log import quiet_libraries
from worker.sigterm import hand_back_on_sigterm
from worker.work_folder import clear_at_start

DATA = "AzureWebJobsStorage"
quiet_libraries()

settings = load_settings()
services = connect(settings)
hand_back_on_sigterm(services.shutdown)
clear_at_start(settings.work_dir)
api = create_api(services)
app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


@app.blob_trigger(
    arg_name="client",
    path="uploads/{name}",
    connection=DATA,
    source=func.BlobSource(settings.blob_trigger_source),
)
def on_upload(client: blob.BlobClient) -> None:
    """A blob appeared in `uploads`; none of its bytes pass through the host."""
    accept_blob(services, client.blob_name)


@app.queue_trigger(arg_name="msg", queue_name="media-processing-queue", connection=DATA)
def on_job_message(msg: func.QueueMessage) -> None:
    """The job of a large upload wants an attempt."""
    if message := read_message(msg.get_body()):
        run_attempt(services, message)


@app.queue_trigger(arg_name="msg", queue_name="media-processing-queue-high", connection=DATA)
def on_small_job_message(msg: func.QueueMessage) -> None:
    """The same of a small upload; the host fetches from each queue by itself."""
    if message := read_message(msg.get_body()):
        run_attempt(services, message)


@app.queue_trigger(arg_name="msg", queue_name="media-processing-queue-poison", connection=DATA)
def on_poison(msg: func.QueueMessage) -> None:
    """The host gave up on a message of a large upload."""
    if message := read_message(msg.get_body()):
        examine_poison(services, message)


@app.queue_trigger(arg_name="msg", queue_name="media-processing-queue-high-poison", connection=DATA)
def on_small_poison(msg: func.QueueMessage) -> None:
    """The same of a small upload."""
    if message := read_message(msg.get_body()):
        examine_poison(services, message)


@app.queue_trigger(arg_name="msg", queue_name="media-delivery-queue", connection=DATA)
def on_delivery(msg: func.QueueMessage) -> None:
    """Events are due to be delivered."""
    dispatch(services, read_endpoints(msg.get_body()))


@app.queue_trigger(arg_name="msg", queue_name="media-delivery-queue-poison", connection=DATA)
def on_delivery_poison(msg: func.QueueMessage) -> None:
    """The host gave up on such a message."""
    drop_endpoints(msg.get_body())


@app.queue_trigger(arg_name="msg", queue_name="media-transfer-queue", connection=DATA)
def on_transfer(msg: func.QueueMessage) -> None:
    """Files are due to be brought to their owners."""
    transfer(services, read_endpoints(msg.get_body()))


@app.queue_trigger(arg_name="msg", queue_name="media-transfer-queue-poison", connection=DATA)
def on_transfer_poison(msg: func.QueueMessage) -> None:
    """The host gave up on such a message."""
    drop_endpoints(msg.get_body())


@app.timer_trigger(arg_name="timer", schedule=settings.sweep_schedule, run_on_startup=True)
def on_sweep(timer: func.TimerRequest) -> None:  # noqa: ARG001 -- the binding needs the name
    """Time to expire and clear."""
    sweep(services)


@app.timer_trigger(arg_name="timer", schedule=settings.rescue_schedule, run_on_startup=True)
def on_rescue(timer: func.TimerRequest) -> None:  # noqa: ARG001 -- the binding needs the name
    """Time to wake what died."""
    rescue(services)


def register(route: HttpRoute) -> None:
    """Makes one route of the API an HTTP trigger of its own, so that the host lists it."""

    @app.function_name(route.name)
    @app.route(route=route.path.removeprefix("/"), methods=list(route.methods))
    async def endpoint(req: Request) -> Response:
        return await answer(api, req)


for each in http_routes(api):
    register(each)

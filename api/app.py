"""The HTTP doors: one FastAPI application, one router for each noun."""

from fastapi import FastAPI

from api.contracts.lms import lms_router
from api.contracts.video import video_router
from api.deliveries import deliveries_router
from api.docs_page import docs_router
from api.events import events_router
from api.form_door import FormDoor
from api.health import health_router
from api.http_route import OPENAPI_PATH, Spellings
from api.job_list import job_list_router
from api.jobs import jobs_router
from api.keys import keys_router
from api.limits import limits_router
from api.openapi import describe
from api.problem import answer_errors_with_problems
from api.snapshot import snapshot_of
from api.status_route import status_router
from api.statuses import statuses_router
from api.tenants import tenants_router
from api.test_process import test_process_router
from api.timeline import timeline_router
from api.uploads import uploads_router
from api.webhooks import webhooks_router
from lifecycle.services import Services
from lifecycle.watch import watches_of
from version import VERSION


def create_api(services: Services) -> FastAPI:
    """The application with every route that the settings enable; makes no call to storage."""
    api = FastAPI(
        title="mediaprocessor",
        description="Send a photo or a video; poll here; fetch the smaller one.",
        version=VERSION,
        openapi_url=OPENAPI_PATH if services.settings.enable_api_docs else None,
        docs_url=None,
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )
    api.include_router(health_router(services))
    watches = watches_of(services, snapshot_of)
    api.include_router(status_router(services, watches))
    api.include_router(statuses_router(services))
    api.include_router(events_router(services, watches))
    api.include_router(timeline_router(services))
    api.include_router(jobs_router(services))
    api.include_router(job_list_router(services))
    api.include_router(uploads_router(services))
    api.include_router(limits_router(services))
    door = FormDoor(services)
    api.include_router(lms_router(services, door))
    api.include_router(video_router(services, door))
    api.include_router(webhooks_router(services))
    api.include_router(deliveries_router(services))
    if services.settings.managed_keys:
        api.include_router(keys_router(services))
        api.include_router(tenants_router(services))
    if services.settings.enable_test_endpoint:
        api.include_router(test_process_router(services))
    if services.settings.enable_api_docs:
        api.include_router(docs_router(api))
    answer_errors_with_problems(api)
    describe(api)
    api.add_middleware(Spellings, api=api)
    return api

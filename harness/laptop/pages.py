"""Lets web pages upload to the emulator and fetch results from it."""

from azure.core.exceptions import AzureError
from azure.storage.blob import BlobServiceClient, CorsRule

# As scripts/build-and-deploy.sh has them; the emulator listens on loopback, so any page may ask.
RULE = CorsRule(
    allowed_origins=["*"],
    allowed_methods=["GET", "HEAD", "PUT", "OPTIONS"],
    allowed_headers=[
        "content-type",
        "content-length",
        "range",
        "if-match",
        "if-none-match",
        "x-ms-*",
    ],
    exposed_headers=[
        "content-length",
        "content-type",
        "content-range",
        "content-disposition",
        "etag",
        "x-ms-*",
    ],
    max_age_in_seconds=3600,
)


def let_pages_reach(connection_string: str) -> None:
    """Sets the rule of an emulator's blob service; an uploading page is refused without one."""
    with BlobServiceClient.from_connection_string(connection_string, retry_total=3) as service:
        service.set_service_properties(cors=[RULE])


def may_pages_reach(connection_string: str) -> bool | None:
    """Whether an account has any rule; None when it does not say."""
    try:
        with BlobServiceClient.from_connection_string(connection_string, retry_total=0) as service:
            return bool(service.get_service_properties()["cors"])
    except AzureError:
        return None

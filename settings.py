"""The only reader of the environment: every setting, its range, and what is wrong with it."""

import re
import tempfile
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Literal

from pydantic import (
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from compression_config import LIMITS, MEGABYTE
from errors import PermanentError
from option_values import Address
from order import MOST_RETENTION_MINUTES, OPTION, Order
from setting_faults import (
    ACCOUNT_NAME,
    connection_fault,
    key_fault,
    lease_faults,
    storage_faults,
    target_faults,
)
from setting_texts import schedule_fault, text_faults

HOST_BODY_LIMIT_BYTES = 100 * MEGABYTE  # where nothing else is set


class SettingsError(PermanentError):
    """The settings are not usable."""

    code = "SETTINGS"

    def __init__(self, faults: list[str]) -> None:
        self.faults = tuple(faults)  # a line for each setting that is wrong
        super().__init__("The settings are not usable:\n" + "\n".join(f"- {f}" for f in faults))


class Settings(BaseSettings):
    """What an operator may choose. Each field is an app setting of the alias's name."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True
    )

    api_key: SecretStr = Field(alias="API_KEY")
    # Accepted beside it while clients change over.
    api_key_previous: SecretStr | None = Field(None, alias="API_KEY_PREVIOUS")
    # A second key, that may only send files, ask for their jobs and confirm.
    internal_service_key: SecretStr | None = Field(None, alias="INTERNAL_SERVICE_KEY")
    storage_connection: SecretStr | None = Field(None, alias="AzureWebJobsStorage")
    # The identity form of the same connection: an account name, or one address for each service.
    storage_account_name: str | None = Field(None, alias="AzureWebJobsStorage__accountName")
    blob_service_url: str | None = Field(None, alias="AzureWebJobsStorage__blobServiceUri")
    queue_service_url: str | None = Field(None, alias="AzureWebJobsStorage__queueServiceUri")
    table_service_url: str | None = Field(None, alias="AzureWebJobsStorage__tableServiceUri")
    identity_client_id: str | None = Field(None, alias="AzureWebJobsStorage__clientId")
    # Only needed where the account's address does not begin with its name (a custom domain).
    blob_account_name: str | None = Field(None, alias="BLOB_ACCOUNT_NAME")

    processed_retention_minutes: int = Field(
        10, alias="PROCESSED_RETENTION_MINUTES", ge=1, le=MOST_RETENTION_MINUTES
    )
    failed_retention_hours: int = Field(24, alias="FAILED_RETENTION_HOURS", ge=1, le=720)
    history_retention_days: int = Field(30, alias="HISTORY_RETENTION_DAYS", ge=1, le=365)
    sweep_schedule: str = Field("0 */5 * * * *", alias="SWEEP_SCHEDULE")
    rescue_schedule: str = Field("*/30 * * * * *", alias="RESCUE_SCHEDULE")
    # A user delegation key ends after seven days (10,080 minutes) by the service's own clock.
    link_lifetime_minutes: int = Field(60, alias="LINK_LIFETIME_MINUTES", ge=1, le=10_000)
    # Of encoding alone, and for long videos as long as they play, up to 1200: what the limit of an
    # attempt (25 minutes, jobs/deadline.py) leaves is for the transfers.
    max_processing_time_s: int = Field(300, alias="MAX_PROCESSING_TIME", ge=5, le=1200)
    max_retry_attempts: int = Field(3, alias="MAX_RETRY_ATTEMPTS", ge=0, le=10)
    max_upload_megabytes: int = Field(
        LIMITS.max_file_bytes // MEGABYTE,
        alias="MAX_UPLOAD_MEGABYTES",
        ge=1,
        le=LIMITS.max_file_bytes // MEGABYTE,
    )
    # Of files that come in a form; others go to storage directly, and are larger.
    ingest_max_video_megabytes: int = Field(500, alias="INGEST_MAX_VIDEO_MB", ge=1, le=5120)
    ingest_max_image_megabytes: int = Field(20, alias="INGEST_MAX_IMAGE_MB", ge=1, le=512)
    # The host's own setting, in bytes: it answers 500 to larger requests before we see them.
    host_body_limit_bytes: int = Field(
        HOST_BODY_LIMIT_BYTES, alias="FUNCTIONS_REQUEST_BODY_SIZE_LIMIT", ge=1
    )
    upload_link_minutes: int = Field(60, alias="UPLOAD_LINK_MINUTES", ge=1, le=1440)
    normal_priority_delay_s: int = Field(0, alias="NORMAL_PRIORITY_DELAY_SECONDS", ge=0, le=3600)
    # What is done with an upload that asks for nothing else.
    compression_profile: str = Field(OPTION["profile"].default, alias="COMPRESSION_PROFILE")
    image_output: str = Field(OPTION["image_output"].default, alias="IMAGE_OUTPUT")
    video_output: str = Field(OPTION["video_output"].default, alias="VIDEO_OUTPUT")
    target_quality: bool = Field(OPTION["target_quality"].default, alias="TARGET_QUALITY")
    keep_copyright: bool = Field(OPTION["keep_copyright"].default, alias="KEEP_COPYRIGHT")
    blob_trigger_source: Literal["LogsAndContainerScan", "EventGrid"] = Field(
        "LogsAndContainerScan", alias="BLOB_TRIGGER_SOURCE"
    )
    # What every secret of ours is derived from; without it, from the API key.
    secrets_key: SecretStr | None = Field(None, alias="SECRETS_KEY")
    # Whether keys of the service's own making are accepted, each with a tenant and scopes.
    managed_keys: bool = Field(False, alias="MANAGED_KEYS")
    key_cache_s: int = Field(10, alias="KEY_CACHE_SECONDS", ge=0, le=30)
    # Of a managed key that has no limits of its own, for each process.
    key_rate_per_minute: int = Field(600, alias="KEY_RATE_PER_MINUTE", ge=1, le=1_000_000)
    key_burst: int = Field(100, alias="KEY_BURST", ge=1, le=1_000_000)
    # How many proxies in front of us tell the client's address; 0: none, the socket's counts.
    trusted_proxy_hops: int = Field(1, alias="TRUSTED_PROXY_HOPS", ge=0, le=10)
    audit_months: int = Field(12, alias="AUDIT_MONTHS", ge=1, le=120)
    # Beside the public internet; separated by commas. Only what the operator and owners of the API
    # key give may lead there, never what stands beside an upload.
    outbound_allowed_networks: str | None = Field(None, alias="OUTBOUND_ALLOWED_NETWORKS")
    webhook_url: str | None = Field(None, alias="WEBHOOK_URL")
    delivery_slots: int = Field(64, alias="DELIVERY_SLOTS", ge=1, le=256)
    # The schedule of attempts takes 76 hours.
    delivery_hold_hours: int = Field(80, alias="DELIVERY_HOLD_HOURS", ge=1, le=720)
    delivery_log_days: int = Field(30, alias="DELIVERY_LOG_DAYS", ge=1, le=365)
    # Where results go that came by POST /compress/, and who is told that they are there.
    sftp_host: str | None = Field(None, alias="SFTP_HOST")
    sftp_port: int = Field(22, alias="SFTP_PORT", ge=1, le=65535)
    sftp_username: str | None = Field(None, alias="SFTP_USERNAME")
    sftp_password: SecretStr | None = Field(None, alias="SFTP_PASSWORD")
    sftp_private_key: SecretStr | None = Field(None, alias="SFTP_PRIVATE_KEY")
    sftp_host_key: str | None = Field(None, alias="SFTP_HOST_KEY")
    sftp_base: str = Field("/public_html", alias="SFTP_BASE", pattern="^/$|^(/[^/]+)+$")
    client_confirm_api: str | None = Field(None, alias="CLIENT_CONFIRM_API")
    # The same of POST /video/receive, and how long the confirmation is waited for.
    lms_store_url: str | None = Field(None, alias="LMS_STORE_URL")
    confirm_ttl_s: int = Field(7200, alias="CONFIRM_TTL_SECONDS", ge=60, le=604_800)
    # An API that is told of the media of a course's steps, known by the names of the files.
    simpi_api_base_url: str | None = Field(None, alias="SIMPI_API_BASE_URL")
    simpi_api_token: SecretStr | None = Field(None, alias="SIMPI_API_TOKEN")
    enable_api_docs: bool = Field(True, alias="ENABLE_API_DOCS")
    enable_test_endpoint: bool = Field(False, alias="ENABLE_TEST_ENDPOINT")
    lease_s: int = Field(45, alias="LEASE_SECONDS", ge=3, le=600)
    heartbeat_s: int = Field(10, alias="HEARTBEAT_SECONDS", ge=1, le=200)
    # In it a folder of our own is made, worker/work_folder.py.
    work_dir: Path = Field(default_factory=lambda: Path(tempfile.gettempdir()), alias="WORK_DIR")
    # 0: a fair share of the cores for each encoder at work.
    ffmpeg_threads: int = Field(0, alias="FFMPEG_THREADS", ge=0, le=64)

    @property
    def max_upload_bytes(self) -> int:
        """The largest upload that is accepted."""
        return self.max_upload_megabytes * MEGABYTE

    @property
    def ingest_max_video_bytes(self) -> int:
        """The largest video that is accepted in a form."""
        return min(self.ingest_max_video_megabytes * MEGABYTE, self.max_upload_bytes)

    @property
    def ingest_max_image_bytes(self) -> int:
        """The largest image that is accepted in a form."""
        return min(self.ingest_max_image_megabytes * MEGABYTE, self.max_upload_bytes)

    @property
    def default_order(self) -> Order:
        """What is done with an upload that asks for nothing else."""
        return Order(
            profile=self.compression_profile,
            image_output=self.image_output,
            video_output=self.video_output,
            target_quality=self.target_quality,
            keep_copyright=self.keep_copyright,
            retention=self.processed_retention_minutes,
        )

    @property
    def connection_string(self) -> str | None:
        """The storage connection string, or None when a managed identity is used."""
        return self.storage_connection.get_secret_value() if self.storage_connection else None

    @property
    def allowed_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """Where deliveries may go beside the public internet."""
        return tuple(map(ip_network, _listed(self.outbound_allowed_networks)))

    @property
    def webhook_address(self) -> Address:
        """What an address for webhooks must look like; without TLS only behind our own walls."""
        return _webhook_address(self.outbound_allowed_networks)

    @property
    def public_webhook_address(self) -> Address:
        """What an address for webhooks of anybody else must look like."""
        return _webhook_address(None)

    @field_validator("api_key", "api_key_previous", "internal_service_key", "secrets_key")
    @classmethod
    def _key_is_a_real_one(cls, key: SecretStr | None) -> SecretStr | None:
        if key is None:
            return key
        if fault := key_fault(key.get_secret_value()):
            raise ValueError(fault)
        return key

    @field_validator("storage_connection")
    @classmethod
    def _connection_is_readable(cls, connection: SecretStr | None) -> SecretStr | None:
        if connection is not None and (fault := connection_fault(connection.get_secret_value())):
            raise ValueError(fault)
        return connection

    @field_validator("storage_account_name", "blob_account_name")
    @classmethod
    def _account_can_exist(cls, name: str | None) -> str | None:
        if name is not None and not ACCOUNT_NAME.match(name):
            raise ValueError("must be an account's name: 3 to 24 small letters and digits")
        return name

    @field_validator("blob_service_url", "queue_service_url", "table_service_url")
    @classmethod
    def _address_is_complete(cls, url: str | None) -> str | None:
        if url is not None and not re.match(r"^https?://[^/\s]+", url):
            raise ValueError("must be an address such as https://<account>.blob.core.windows.net")
        return url

    @field_validator("outbound_allowed_networks")
    @classmethod
    def _networks_are_readable(cls, text: str | None) -> str | None:
        for each in _listed(text):
            try:
                ip_network(each)
            except ValueError:
                raise ValueError("must be networks such as 10.1.0.0/16, 192.168.7.0/24") from None
        return text

    @field_validator("webhook_url", "client_confirm_api", "lms_store_url", "simpi_api_base_url")
    @classmethod
    def _url_can_be_used(cls, url: str | None, info: ValidationInfo) -> str | None:
        address = _webhook_address(info.data.get("outbound_allowed_networks"))
        try:
            return url and address.checked(url)
        except ValueError:
            raise ValueError(f"must be {address}") from None

    @field_validator("compression_profile", "image_output", "video_output")
    @classmethod
    def _option_exists(cls, word: str, info: ValidationInfo) -> str:
        values = OPTION[str(info.field_name).removeprefix("compression_")].values
        try:
            return str(values.checked(word))
        except ValueError:
            raise ValueError(f"must be {values}") from None

    @field_validator("sweep_schedule", "rescue_schedule")
    @classmethod
    def _schedule_is_ncrontab(cls, schedule: str) -> str:
        if fault := schedule_fault(schedule):
            raise ValueError(f"must be an NCRONTAB expression of five or six fields; it {fault}")
        return schedule

    @model_validator(mode="wrap")
    @classmethod
    def _name_every_fault_at_once(cls, values: Any, handler: Any) -> "Settings":
        """Faults between settings are reported beside those of single ones, not after them."""
        texts = text_faults(values)
        faults = [f"{name}: {fault}" for name, fault in texts.items()]
        faults += storage_faults(values) + lease_faults(values) + target_faults(values)
        try:
            settings: Settings = handler(values)
        except ValidationError as error:
            # What is no value at all is not told a second time as a wrong one.
            of_values = [each for each in error.errors() if each["loc"][0] not in texts]
            raise SettingsError([_line(each) for each in of_values] + faults) from None
        if faults:
            raise SettingsError(faults)
        return settings


@cache
def load_settings() -> Settings:
    """Reads the environment once; raises SettingsError that names every fault."""
    return Settings()  # type: ignore[call-arg]


def _webhook_address(allowed_networks: str | None) -> Address:
    return Address(schemes=("https", "http") if allowed_networks else ("https",))


def _listed(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(",") if part.strip()]


def _line(error: Any) -> str:
    name = ".".join(str(part) for part in error["loc"])
    if error["type"] == "missing":
        return f"{name}: is missing; make one with: openssl rand -hex 32"
    return f"{name}: {error['msg'].removeprefix('Value error, ')}"

"""What is said about uploads by link, in both directions."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from api.timestamp import Timestamp
from jobs.upload_link import LinkState, Mode

MOST_FILES = 100
LONGEST_NAME = 1024
LONGEST_FOLDER = 500


class FileToUpload(BaseModel):
    """What is known of a file before it is uploaded."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=LONGEST_NAME)
    size: int = Field(ge=0)  # bytes
    type: str = Field("", max_length=255)  # as a browser tells it
    mode: Mode | None = None
    options: dict[str, Any] = Field(default_factory=dict)


class FilesToUpload(BaseModel):
    """Up to a hundred files, in a folder of the asker's choice."""

    model_config = ConfigDict(extra="forbid")

    files: list[FileToUpload] = Field(min_length=1, max_length=MOST_FILES)
    folder: str = Field("", max_length=LONGEST_FOLDER)


class BlocksToPutTogether(BaseModel):
    """In this order; without it, all that are there in the order of their ids."""

    model_config = ConfigDict(extra="forbid")

    blocks: list[str] | None = None


class Grant(BaseModel):
    """The right to upload one file, once it is asked for."""

    blob_name: str
    mode: Mode
    upload_url: str
    method: str = "PUT"
    headers: dict[str, str]  # of the request, or of each block's
    block_size: int  # bytes, advised
    expires_at: Timestamp
    status_url: str  # of this service, as is the next
    complete_url: str


class Grants(BaseModel):
    """One for each file, in their order."""

    files: list[Grant]


class BlockThere(BaseModel):
    """A block that storage holds."""

    id: str  # base64, as in its address
    size: int  # bytes


class UploadState(BaseModel):
    """How far an upload is; with a fresh link, until it is received."""

    blob_name: str
    state: LinkState
    bytes: int  # in blocks that are there
    size: int  # as announced
    blocks: list[BlockThere]
    grant: Grant | None

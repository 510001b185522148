"""What is said about uploads by link, in both directions."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from api.schema import ALWAYS_SENT
from api.timestamp import Timestamp
from jobs.upload_link import LinkState, Mode
from lifecycle.ingest import form_options

MOST_FILES = 100
LONGEST_NAME = 1024
LONGEST_FOLDER = 500


class FileToUpload(BaseModel):
    """What is known of a file before it is uploaded."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(
        min_length=1, max_length=LONGEST_NAME, description="What the client calls the file."
    )
    size: int = Field(ge=0, description="Bytes.")
    type: str = Field("", max_length=255, description="Its content type, as a browser tells it.")
    mode: Mode | None = Field(
        None, description="In one request or in blocks; by default as its size asks for."
    )
    options: dict[str, Any] = Field(
        default_factory=dict,
        description="What is asked of the job, without mp_.",
        json_schema_extra={"properties": form_options()},
    )


class FilesToUpload(BaseModel):
    """Up to a hundred files, in a folder of the asker's choice."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"files": [{"name": "holiday.jpg", "size": 4194304}], "folder": "2026"}]
        },
    )

    files: list[FileToUpload] = Field(
        min_length=1, max_length=MOST_FILES, description="One to a hundred."
    )
    folder: str = Field(
        "", max_length=LONGEST_FOLDER, description="The folder in uploads that they go to."
    )


class BlocksToPutTogether(BaseModel):
    """In this order; without it, all that are there in the order of their ids."""

    model_config = ConfigDict(extra="forbid")

    blocks: list[str] | None = Field(
        None,
        description="Ids of blocks in their order; null: all that are there, sorted by id.",
    )


class Grant(BaseModel):
    """The right to upload one file, once it is asked for."""

    model_config = ALWAYS_SENT

    blob_name: str = Field(
        description="The name that the file will have; ask for its status by it."
    )
    mode: Mode = Field(description="How the file is to be sent.")
    upload_url: str = Field(description="Where to; whoever has it may write this blob.")
    method: str = Field(default="PUT", description="Of the request that uploads.")
    headers: dict[str, str] = Field(description="Of that request, or of each block's.")
    block_size: int = Field(description="Bytes of a block, advised.")
    expires_at: Timestamp = Field(description="When the link ends.")
    status_url: str = Field(description="Of this service: where the job stands.")
    complete_url: str = Field(description="Of this service: to say that the file is uploaded.")


class Grants(BaseModel):
    """One for each file, in their order."""

    files: list[Grant] = Field(description="One for each file, in their order.")


class BlockThere(BaseModel):
    """A block that storage holds."""

    id: str = Field(description="Base64, as in its address.")
    size: int = Field(description="Bytes.")


class UploadState(BaseModel):
    """How far an upload is; with a fresh link, until it is received."""

    blob_name: str = Field(description="The name of the upload.")
    state: LinkState = Field(description="Whether the file came.")
    bytes: int = Field(description="In blocks that are there.")
    size: int = Field(description="Bytes, as announced.")
    blocks: list[BlockThere] = Field(description="Those that storage holds.")
    grant: Grant | None = Field(description="A fresh link, until the file is received.")

"""How times stand in answers."""

from datetime import datetime
from typing import Annotated

from pydantic import PlainSerializer, WithJsonSchema

from jobs.public import in_words

Timestamp = Annotated[
    datetime,
    PlainSerializer(in_words),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]

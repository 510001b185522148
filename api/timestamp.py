"""How times stand in answers."""

from datetime import datetime
from typing import Annotated

from pydantic import PlainSerializer

from jobs.public import in_words

Timestamp = Annotated[datetime, PlainSerializer(in_words)]

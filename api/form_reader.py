"""Reads a multipart form while it comes: fields are kept, and the one file is passed on."""

import logging
import re
from typing import Any

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from errors.requests import BadFormError
from jobs.contract import MOST_BESIDE_FILE_BYTES

FILE_FIELD = "file"
LONGEST_BOUNDARY = 70  # RFC 2046
MOST_PARTS = 16
LONGEST_FIELD_BYTES = 8 * 1024
MOST_HEADERS, LONGEST_HEADER_BYTES = 8, 4 * 1024  # of each part
# RFC 7578 forbids it; clients send it for names beyond ASCII.
EXTENDED_FILE_NAME = re.compile(rb";\s*filename\*\s*=", re.IGNORECASE)

# It would write what a stranger sent into our log.
logging.getLogger("python_multipart").setLevel(logging.CRITICAL)


class FormReader:
    """Takes a form piece by piece; every method raises BadFormError for what is no such form."""

    def __init__(self, content_type: str | None) -> None:
        kind, options = parse_options_header(content_type)
        boundary = options.get(b"boundary", b"")
        if kind != b"multipart/form-data" or not 0 < len(boundary) <= LONGEST_BOUNDARY:
            raise BadFormError("Send multipart/form-data with a boundary of at most 70 letters.")
        self.fields: dict[str, str] = {}
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin_part,
                "on_header_field": self._add_header_name,
                "on_header_value": self._add_header_value,
                "on_header_end": self._end_header,
                "on_headers_finished": self._end_head,
                "on_part_data": self._add_data,
                "on_part_end": self._end_part,
                "on_end": self._end,
            },
            max_header_count=MOST_HEADERS,
            max_header_size=LONGEST_HEADER_BYTES,
        )
        self._parts = 0
        self._beside_file_bytes = 0
        self._name, self._value = b"", b""  # of the header that is being read
        self._disposition = b""
        self._field: str | None = None  # that is being read; None: the file is
        self._text = bytearray()
        self._pieces: list[bytes] = []
        self._has_file = False
        self._has_ended = False

    def feed(self, chunk: bytes) -> list[bytes]:
        """Takes the next bytes of the body; returns those of them that are the file's."""
        self._pieces = []
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise BadFormError from error
        self._beside_file_bytes += len(chunk) - sum(map(len, self._pieces))
        if self._beside_file_bytes > MOST_BESIDE_FILE_BYTES:
            raise BadFormError("The form has too much in it beside its file.")
        return self._pieces

    def end(self) -> None:
        """The body is over."""
        if not self._has_ended:
            raise BadFormError("The form ends before its last boundary.")
        if not self._has_file:
            raise BadFormError(f"The field {FILE_FIELD} with the file is missing.")

    def _begin_part(self) -> None:
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise BadFormError(f"The form has more than {MOST_PARTS} parts.")
        self._disposition = b""

    def _add_header_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _add_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        if self._name.lower() == b"content-disposition":
            self._disposition = self._value
        self._name, self._value = b"", b""

    def _end_head(self) -> None:
        kind, options = parse_options_header(self._disposition.decode("latin-1"))
        name = _text(options.get(b"name", b""))
        if kind != b"form-data" or not name:
            raise BadFormError("A part of the form has no name.")
        is_file = b"filename" in options or EXTENDED_FILE_NAME.search(self._disposition)
        if is_file:
            self._begin_file(name)
        elif name in self.fields or name == FILE_FIELD:
            raise BadFormError("A field is given twice, or the file has no file name.")
        else:
            self._field = name
        self._text.clear()

    def _begin_file(self, name: str) -> None:
        if name != FILE_FIELD or self._has_file:
            raise BadFormError(f"Send one file, in the field {FILE_FIELD}.")
        self._has_file = True
        self._field = None

    def _add_data(self, data: bytes, start: int, end: int) -> None:
        piece = data[start:end]
        if self._field is None:
            self._pieces.append(piece)
            return
        self._text += piece
        if len(self._text) > LONGEST_FIELD_BYTES:
            raise BadFormError("A field of the form is too long.")

    def _end_part(self) -> None:
        if self._field is not None:
            self.fields[self._field] = _text(self._text)

    def _end(self) -> None:
        self._has_ended = True


def _text(data: Any) -> str:
    try:
        return bytes(data).decode()
    except UnicodeDecodeError as error:
        raise BadFormError("A name or field of the form is not UTF-8.") from error

"""A form with files, read as it comes: little of it in memory, and no more of it on the disk than may be kept."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from tempfile import SpooledTemporaryFile
from urllib.parse import parse_qsl

from litestar import Request
from litestar.concurrency import sync_to_thread
from litestar.enums import RequestEncodingType
from litestar.exceptions import ClientException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from multipart import MultipartError, MultipartSegment, PushMultipartParser

# What a handler says of itself that takes files, each of up to so many bytes.
LARGEST_FILE = "largest_file"
# What is too large is read to its end and thrown away, for a browser that is cut off shows no page; up to so much.
LARGEST_BODY = 120_000_000
IN_MEMORY = 256 * 1024

Fields = dict[str, list[str]]


@dataclass
class SentFile:
    """A file as it was sent. Of one that is too large, `content` has one byte more than the limit and no more."""

    name: str
    content: SpooledTemporaryFile = field(default_factory=partial(SpooledTemporaryFile, IN_MEMORY))
    size: int = 0

    def whole(self) -> bytes:
        self.content.seek(0)
        return self.content.read()

    async def add(self, piece: bytes) -> None:
        self.size += len(piece)
        if self.size > IN_MEMORY:
            await sync_to_thread(self.content.write, piece)  # to the disk, which others need not wait for
        else:
            self.content.write(piece)


def may_come(request: Request) -> bool:
    return LARGEST_FILE in request.route_handler.opt


async def read(
    request: Request, *, most_fields: int, largest_fields: int, wanted: Callable[[Fields], bool]
) -> tuple[Fields, dict[str, list[SentFile]], bool]:
    """The fields, the files, and whether any file came. `wanted` is asked of the fields that stand before a file;
    unwanted ones are let go.

    A field with no file chosen is left out.
    """
    kind, options = request.content_type
    if kind != RequestEncodingType.MULTI_PART:
        return await fields_alone(request, most_fields, largest_fields), {}, False
    form = _Form(largest_fields, request.route_handler.opt[LARGEST_FILE], wanted)
    try:
        with PushMultipartParser(options.get("boundary", ""), max_segment_count=most_fields) as parser:
            async for chunk in request.stream():
                for event in parser.parse(chunk):
                    await form.take(event)
    except (MultipartError, UnicodeDecodeError, LookupError) as problem:
        raise ClientException("This form was cut short or damaged on its way") from problem
    return form.fields, form.files, form.file_came


async def fields_alone(request: Request, most_fields: int, largest: int) -> Fields:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > largest:
            raise RequestEntityTooLarge
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=most_fields)
    except ValueError as problem:
        raise RequestEntityTooLarge from problem
    fields: Fields = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return fields


class _Form:
    """What has come so far: a field or a file begins, goes on in pieces, and ends."""

    def __init__(self, largest_fields: int, largest_file: int, wanted: Callable[[Fields], bool]) -> None:
        self.fields: Fields = {}
        self.files: dict[str, list[SentFile]] = {}
        self.room = largest_fields
        self.file_came = False
        self.largest_file = largest_file
        self.wanted = wanted
        self.segment: MultipartSegment | None = None
        self.text = bytearray()
        self.file: SentFile | None = None

    async def take(self, event: MultipartSegment | bytes | None) -> None:
        if isinstance(event, MultipartSegment):
            self.begin(event)
        elif event is None:
            self.end()
        elif self.file is not None:
            await self.file.add(event[: self.largest_file + 1 - self.file.size])
        elif self.segment.filename is None:
            self.room -= len(event)
            if self.room < 0:
                raise RequestEntityTooLarge
            self.text += event

    def begin(self, segment: MultipartSegment) -> None:
        self.segment, self.text, self.file = segment, bytearray(), None
        self.file_came = self.file_came or bool(segment.filename)
        # Of several files in one field the first is taken: our pages send one at a time.
        if segment.filename and segment.name not in self.files and self.wanted(self.fields):
            self.file = SentFile(segment.filename)
            self.files[segment.name] = [self.file]

    def end(self) -> None:
        if self.segment.filename is None:
            self.fields.setdefault(self.segment.name, []).append(self.text.decode())

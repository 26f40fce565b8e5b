"""Session descriptions: read, change, write (RFC 8866 §5). Unknown lines and attributes stay where they were.

``session-description = v= o= s= [i= u= e= p= c= b=] t= … a=*  *media-description``; every line is
``type=value``. Descriptions are values: changes give new ones.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from hipper.telephony.sdp.codec import STATIC_CODECS, Codec, is_number, parse_rtpmap
from hipper.telephony.sdp.errors import SdpError

MAX_CHARACTERS = 65_535
CACHED_CHARACTERS = 8192
"""One call reads the same description several times (offer, hold check, comparison): short
ones are remembered."""
MAX_MEDIA = 64
"""More m= lines than any call has; RFC 8866 sets no limit."""


class Direction(StrEnum):
    """Of the one who wrote the description (RFC 8866 §6.7)."""

    SENDRECV = "sendrecv"
    SENDONLY = "sendonly"
    RECVONLY = "recvonly"
    INACTIVE = "inactive"

    @property
    def sends(self) -> bool:
        return self in (Direction.SENDRECV, Direction.SENDONLY)

    @property
    def receives(self) -> bool:
        return self in (Direction.SENDRECV, Direction.RECVONLY)

    @staticmethod
    def of(*, sends: bool, receives: bool) -> Direction:
        if sends:
            return Direction.SENDRECV if receives else Direction.SENDONLY
        return Direction.RECVONLY if receives else Direction.INACTIVE


DIRECTIONS = frozenset(Direction)


class Line(NamedTuple):
    """``type``: the one letter before ``=``. ``value``: the rest, as written."""

    type: str
    value: str


class Origin(NamedTuple):
    """RFC 8866 §5.2. ``session_id`` and ``version`` are numbers, kept as text: some peers write
    more than 64 bits."""

    username: str
    session_id: str
    version: str
    network: str
    address_type: str
    address: str

    def __str__(self) -> str:
        return " ".join(self)


class Connection(NamedTuple):
    """RFC 8866 §5.7. ``address``: without a multicast ``/ttl``. ``address_type``: ``IP4`` or ``IP6``."""

    address_type: str
    address: str

    @property
    def is_null(self) -> bool:
        """The hold of RFC 2543: nobody is to send there."""
        return self.address in ("0.0.0.0", "::")


class _Section:
    """What the session level and a media section share."""

    __slots__ = ("lines",)

    def __init__(self, lines: Iterable[Line]) -> None:
        self.lines = tuple(lines)

    def first(self, type_: str) -> str | None:
        return next((line.value for line in self.lines if line.type == type_), None)

    def attribute(self, name: str) -> str | None:
        """Value of the first ``a=name:value`` (``""`` for a plain ``a=name``), or None."""
        return next(iter(self.attributes(name)), None)

    def attributes(self, name: str) -> list[str]:
        """Values of all ``a=name…`` in order."""
        found = []
        for type_, value in self.lines:
            if type_ == "a":
                key, _, rest = value.partition(":")
                if key == name:
                    found.append(rest)
        return found

    @property
    def bandwidths(self) -> list[str]:
        """``AS:64`` and so on (RFC 8866 §5.8)."""
        return [line.value for line in self.lines if line.type == "b"]

    @property
    def connection(self) -> Connection | None:
        value = self.first("c")
        return _parse_connection(value) if value is not None else None

    @property
    def own_direction(self) -> Direction | None:
        """The direction written in this section; the last one counts when a peer wrote two."""
        written = [line.value for line in self.lines if line.type == "a" and line.value in DIRECTIONS]
        return Direction(written[-1]) if written else None

    def _lines_with_direction(self, direction: Direction | None) -> list[Line]:
        """The lines with ``direction`` in the place of the first one (or last of all), or with none."""
        lines = []
        wanted = Line("a", direction.value) if direction is not None else None
        for line in self.lines:
            if line.type == "a" and line.value in DIRECTIONS:
                if wanted is not None:
                    lines.append(wanted)
                    wanted = None
            else:
                lines.append(line)
        return lines if wanted is None else [*lines, wanted]


class MediaDescription(_Section):
    """One ``m=`` section (RFC 8866 §5.14): ``m=<kind> <port>[/<port_count>] <protocol> <formats>``
    and its ``lines``."""

    __slots__ = ("formats", "kind", "port", "port_count", "protocol")

    def __init__(
        self,
        kind: str,
        port: int,
        protocol: str,
        formats: Iterable[str],
        lines: Iterable[Line] = (),
        port_count: int | None = None,
    ) -> None:
        super().__init__(lines)
        self.kind = kind
        self.port = port
        self.port_count = port_count
        self.protocol = protocol
        self.formats = tuple(formats)

    @property
    def is_rtp(self) -> bool:
        return "RTP/" in self.protocol

    @property
    def codecs(self) -> tuple[Codec, ...]:
        """In order of preference. Empty when not RTP; formats that are neither static nor
        mapped are left out."""
        if not self.is_rtp:
            return ()
        mapped: dict[int, Codec] = {}
        for value in self.attributes("rtpmap"):
            codec = parse_rtpmap(value)
            if codec is not None:
                mapped.setdefault(codec.payload_type, codec)
        parameters = dict(self._payload_values("fmtp"))
        found = []
        for format_ in dict.fromkeys(self.formats):
            number = int(format_) if format_.isascii() and format_.isdigit() and len(format_) <= 3 else -1
            codec = mapped.get(number, STATIC_CODECS.get(number))
            if codec is not None:
                found.append(Codec(number, codec.name, codec.rate, codec.channels, parameters.get(format_)))
        return tuple(found)

    @property
    def ptime(self) -> float | None:
        """Milliseconds of media per packet (RFC 8866 §6.4), or None."""
        value = self.attribute("ptime")
        try:
            number = float(value) if value is not None and len(value) <= 16 else 0.0
        except ValueError:
            return None
        return number if 0 < number <= 1000 else None

    def replace(
        self,
        *,
        port: int | None = None,
        formats: Iterable[str] | None = None,
        lines: Iterable[Line] | None = None,
    ) -> MediaDescription:
        return MediaDescription(
            self.kind,
            self.port if port is None else port,
            self.protocol,
            self.formats if formats is None else formats,
            self.lines if lines is None else lines,
            self.port_count,
        )

    def with_direction(self, direction: Direction | None) -> MediaDescription:
        return self.replace(lines=self._lines_with_direction(direction))

    def _payload_values(self, name: str) -> list[tuple[str, str]]:
        """``a=fmtp:101 0-15`` -> (``101``, ``0-15``)."""
        pairs = []
        for value in self.attributes(name):
            number, _, rest = value.partition(" ")
            pairs.append((number, rest.strip()))
        return pairs

    def __str__(self) -> str:
        count = f"/{self.port_count}" if self.port_count is not None else ""
        first = f"m={self.kind} {self.port}{count} {self.protocol} {' '.join(self.formats)}\r\n"
        return first + _write(self.lines)


class SessionDescription(_Section):
    """A whole description: session-level ``lines`` (from ``v=`` on) and ``media`` sections.
    ``str()`` writes it."""

    __slots__ = ("media",)

    def __init__(self, lines: Iterable[Line], media: Iterable[MediaDescription] = ()) -> None:
        super().__init__(lines)
        self.media = tuple(media)

    @classmethod
    def parse(cls, text: str | bytes) -> SessionDescription:
        """Read a description with CRLF or bare LF line ends. Raises SdpError, and nothing else.

        Demanded is what a call cannot do without: ``v=0`` first, a whole ``o=``, sound ``m=`` lines and a
        ``c=`` for every stream that is not rejected. Missing ``s=`` and ``t=`` are forgiven."""
        if isinstance(text, bytes):
            text = _decode(text)
        if len(text) > MAX_CHARACTERS:
            raise SdpError(f"{len(text)} characters; at most {MAX_CHARACTERS} are read")
        return _parse_cached(text) if len(text) <= CACHED_CHARACTERS else _parse(text)

    @property
    def origin(self) -> Origin:
        return _parse_origin(self.first("o") or "")

    @property
    def audio(self) -> MediaDescription | None:
        """The first audio stream that is not rejected."""
        return next((media for media in self.media if media.kind == "audio" and media.port), None)

    def connection_of(self, media: MediaDescription) -> Connection | None:
        return media.connection or self.connection

    def direction_of(self, media: MediaDescription) -> Direction:
        """RFC 8866 §6.7: the stream's own, else the session's, else sendrecv."""
        return media.own_direction or self.own_direction or Direction.SENDRECV

    def replace(
        self, *, lines: Iterable[Line] | None = None, media: Iterable[MediaDescription] | None = None
    ) -> SessionDescription:
        return SessionDescription(
            self.lines if lines is None else lines, self.media if media is None else media
        )

    def without_session_direction(self) -> SessionDescription:
        """The same, with the session's direction written into each stream that has none."""
        if self.own_direction is None:
            return self
        media = [stream.with_direction(self.direction_of(stream)) for stream in self.media]
        return SessionDescription(self._lines_with_direction(None), media)

    def __str__(self) -> str:
        return _write(self.lines) + "".join(map(str, self.media))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SessionDescription) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))


def _write(lines: Iterable[Line]) -> str:
    return "".join([f"{type_}={value}\r\n" for type_, value in lines])


def _decode(data: bytes) -> str:
    """UTF-8; a peer that writes its session name in Latin-1 without ``a=charset`` is forgiven."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


@lru_cache(maxsize=256)
def _parse_cached(text: str) -> SessionDescription:
    return _parse(text)


def _parse(text: str) -> SessionDescription:
    sections: list[tuple[MediaDescription | None, list[Line]]] = [(None, [])]
    for number, raw in enumerate(text.rstrip("\r\n").split("\n"), start=1):
        line = _parse_line(raw.removesuffix("\r"), number)
        if line.type == "m":
            sections.append((_parse_media(line.value, number), []))
        else:
            sections[-1][1].append(line)
    if len(sections) - 1 > MAX_MEDIA:
        raise SdpError(f"{len(sections) - 1} media sections; at most {MAX_MEDIA} are read")
    media = [head.replace(lines=lines) for head, lines in sections if head is not None]
    description = SessionDescription(sections[0][1], media)
    _check(description)
    return description


def _parse_line(raw: str, number: int) -> Line:
    if len(raw) < 2 or raw[1] != "=" or not ("a" <= raw[0] <= "z"):
        raise SdpError(f"line {number} is not type=value")
    if "\r" in raw or "\0" in raw:
        raise SdpError(f"line {number} has a control character")
    return Line(raw[0], raw[2:])


def _parse_media(value: str, number: int) -> MediaDescription:
    fields = value.split()
    if len(fields) < 4:
        raise SdpError(f"line {number}: m= needs media, port, protocol and a format")
    port, slash, count = fields[1].partition("/")
    if not (is_number(port) and int(port) <= 65_535) or (slash and not is_number(count)):
        raise SdpError(f"line {number}: m= has a bad port")
    return MediaDescription(
        fields[0], int(port), fields[2], fields[3:], port_count=int(count) if slash else None
    )


def _check(description: SessionDescription) -> None:
    if not description.lines or description.lines[0] != Line("v", "0"):
        raise SdpError("line 1 is not v=0")
    if description.first("o") is None:
        raise SdpError("no o= line")
    _parse_origin(description.first("o") or "")
    for section in (description, *description.media):
        for line in section.lines:
            if line.type == "c":
                _parse_connection(line.value)
    if description.connection is None:
        for media in description.media:
            if media.port and media.connection is None:
                raise SdpError(f"no c= line for the {media.kind} stream")


def _parse_origin(value: str) -> Origin:
    fields = value.split()
    if len(fields) != 6:
        raise SdpError("o= needs six fields")
    if not (fields[1].isascii() and fields[1].isdigit() and fields[2].isascii() and fields[2].isdigit()):
        raise SdpError("o= needs a numeric session id and version")
    return Origin(*fields)


def _parse_connection(value: str) -> Connection:
    fields = value.split()
    if len(fields) != 3 or fields[0] != "IN" or fields[1] not in ("IP4", "IP6"):
        raise SdpError("c= needs IN, IP4 or IP6, and an address")
    return Connection(fields[1], fields[2].partition("/")[0])

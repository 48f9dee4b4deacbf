# SPDX-License-Identifier: Apache-2.0
"""HTTP/2 frames and header blocks as bytes, for loads that ordinary clients cannot create (RFC 9113, RFC 7541)."""

import struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, WINDOW_UPDATE = 0x0, 0x1, 0x3, 0x4, 0x8
ACK, END_STREAM, END_HEADERS = 0x1, 0x1, 0x4
INITIAL_WINDOW_SIZE = 0x4  # a setting
FIRST_WINDOW = 65_535
CANCEL = 0x8
FIRST_DYNAMIC = 62  # index of the newest entry in the dynamic table
ENTRY_OVERHEAD, TABLE_SIZE = 32, 4096  # RFC 7541 section 4.1; the default size of the dynamic table
METHOD_GET, METHOD_POST, SCHEME_HTTPS = b"\x82", b"\x83", b"\x87"  # entries of the static table
PATH, AUTHORITY = 4, 1  # names in the static table
MAX_FRAME = 16_384


def frame(kind, flags, stream, payload=b""):
    return struct.pack("!I", len(payload))[1:] + bytes([kind, flags]) + struct.pack("!I", stream) + payload


def integer(value, prefix_bits, first=0):
    """Encodes an integer of a header block; `first` has the bits before the prefix (RFC 7541 section 5.1)."""
    limit = (1 << prefix_bits) - 1
    if value < limit:
        return bytes([first | value])
    data, value = [first | limit], value - limit
    while value >= 128:
        data.append(value % 128 + 128)
        value //= 128
    return bytes([*data, value])


def text(value):
    """Encodes a string literal without Huffman coding."""
    return integer(len(value), 7) + value.encode()


def named_literal(index, value):
    """Encodes a field whose name is in the static table, without a new entry in the dynamic table."""
    return integer(index, 4) + text(value)


def indexed_literal(name, value):
    """Encodes a field that becomes the newest entry of the dynamic table."""
    return b"\x40" + text(name) + text(value)


def reference(index):
    """Encodes a field that is in a table."""
    return integer(index, 7, 0x80)


def get(host, path, method=METHOD_GET):
    """Returns the pseudo-header fields of a request, by default a GET."""
    return method + SCHEME_HTTPS + named_literal(PATH, path) + named_literal(AUTHORITY, host)


def request(stream, block, flags=END_STREAM | END_HEADERS):
    assert len(block) <= MAX_FRAME
    return frame(HEADERS, flags, stream, block)


def reset(stream):
    return frame(RST_STREAM, 0, stream, struct.pack("!I", CANCEL))


def opening():
    """Returns the connection preface of a client."""
    return PREFACE + frame(SETTINGS, 0, 0)


def large_field():
    """Returns a field that fills the dynamic table, about 4 KB."""
    name = "x-a"
    return indexed_literal(name, "a" * (TABLE_SIZE - ENTRY_OVERHEAD - len(name)))


def bomb(host, path, references):
    """Returns a header block that refers to the newest entry of the dynamic table many times."""
    return get(host, path) + reference(FIRST_DYNAMIC) * references


class Windows:
    """The flow-control windows that a server grants, read from its frames (RFC 9113 section 6.9)."""

    def __init__(self):
        self.initial = self.connection = FIRST_WINDOW
        self.streams = {}
        self.rest = b""

    def open(self, stream):
        self.streams[stream] = self.initial

    def take(self, stream, wanted):
        """Returns how many of the wanted bytes may be sent now, and subtracts them from the windows."""
        size = max(0, min(wanted, self.connection, self.streams.get(stream, 0)))
        if size:
            self.connection -= size
            self.streams[stream] -= size
        return size

    def feed(self, data):
        data = self.rest + data
        at = 0
        while len(data) >= at + 9 and len(data) >= (end := at + 9 + int.from_bytes(data[at:at + 3], "big")):
            kind, flags, stream = struct.unpack_from("!BBI", data, at + 3)
            self._apply(kind, flags, stream, data[at + 9:end])
            at = end
        self.rest = data[at:]

    def _apply(self, kind, flags, stream, payload):
        if kind == WINDOW_UPDATE:
            (more,) = struct.unpack("!I", payload)
            if stream == 0:
                self.connection += more
            elif stream in self.streams:
                self.streams[stream] += more
        elif kind == SETTINGS and not flags & ACK:
            for at in range(0, len(payload), 6):
                setting, value = struct.unpack_from("!HI", payload, at)
                if setting == INITIAL_WINDOW_SIZE:
                    self.streams = {number: size + value - self.initial for number, size in self.streams.items()}
                    self.initial = value
        elif kind == RST_STREAM:
            self.streams.pop(stream, None)

# SPDX-License-Identifier: Apache-2.0
"""Hand-written HTTP/2 frames, including frames that a correct client never sends. Source: RFC 9113, RFC 7541."""

import dataclasses
import socket
import struct

from gateway import API_NAME

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM = ACK = 0x1
END_HEADERS, PADDED, WITH_PRIORITY = 0x4, 0x8, 0x20
(NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, FLOW_CONTROL_ERROR, SETTINGS_TIMEOUT, STREAM_CLOSED, FRAME_SIZE_ERROR,
 REFUSED_STREAM, CANCEL, COMPRESSION_ERROR, CONNECT_ERROR, ENHANCE_YOUR_CALM) = range(12)


@dataclasses.dataclass
class Frame:
    kind: int
    flags: int
    stream: int
    payload: bytes

    @property
    def error(self):
        """Returns the error code of RST_STREAM and GOAWAY."""
        return struct.unpack(">I", self.payload[-4:] if self.kind == RST_STREAM else self.payload[4:8])[0]


def frame(kind, flags=0, stream=0, payload=b"", length=None):
    size = len(payload) if length is None else length
    return struct.pack(">I", size)[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def integer(value, prefix_bits, first=0):
    """Encodes an integer (RFC 7541 section 5.1)."""
    limit = (1 << prefix_bits) - 1
    if value < limit:
        return bytes([first | value])
    out, value = [first | limit], value - limit
    while value >= 128:
        out.append(value % 128 + 128)
        value //= 128
    return bytes(out + [value])


def text(value):
    data = value if isinstance(value, bytes) else value.encode()
    return integer(len(data), 7) + data


def fields(*pairs):
    """Returns a header block without Huffman coding and dynamic table."""
    return b"".join(b"\0" + text(name) + text(value) for name, value in pairs)


def call_fields(path="/v1/hello", method="GET", *more, authority=API_NAME):
    return ((":method", method), (":scheme", "https"), (":path", path), (":authority", authority), *more)


def headers(stream, *pairs, flags=END_HEADERS | END_STREAM):
    return frame(HEADERS, flags, stream, fields(*(pairs or call_fields())))


def settings(*pairs):
    return frame(SETTINGS, 0, 0, b"".join(struct.pack(">HI", *pair) for pair in pairs))


def number(value):
    return struct.pack(">I", value)


# :status in the static table, and the Huffman codes of digits. Source: RFC 7541 appendices A, B.
INDEXED_STATUS = {0x88: 200, 0x89: 204, 0x8a: 206, 0x8b: 304, 0x8c: 400, 0x8d: 404, 0x8e: 500}
DIGITS = ["00000", "00001", "00010", "011001", "011010", "011011", "011100", "011101", "011110", "011111"]


def status_of_block(block):
    """Returns the status of a response's header block, which is its first field."""
    if block[0] in INDEXED_STATUS:
        return INDEXED_STATUS[block[0]]
    data = block[2:2 + (block[1] & 0x7f)]
    if not block[1] & 0x80:
        return int(data)
    bits, digits = "".join(f"{byte:08b}" for byte in data), ""
    while len(digits) < 3:
        digit = next(i for i, code in enumerate(DIGITS) if bits.startswith(code))
        digits, bits = digits + str(digit), bits[len(DIGITS[digit]):]
    return int(digits)


class Connection:
    """An HTTP/2 connection that has sent its preface and SETTINGS."""

    def __init__(self, gateway, opening=PREFACE + settings()):
        self.tls = gateway.connect(alpn=["h2"])
        self.waiting = b""
        self.was_reset = False  # by TCP, which may lose the gateway's last frames
        self.tls.sendall(opening)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.tls.close()

    def send(self, data):
        self.tls.sendall(data)

    def send_last(self, data):
        """Sends bytes and closes the sending half of TCP: the gateway answers the complete part, and closes."""
        try:
            self.tls.sendall(data)
            with socket.socket(fileno=socket.dup(self.tls.fileno())) as tcp:
                tcp.shutdown(socket.SHUT_WR)
        except OSError:
            self.was_reset = True  # the gateway closed the connection during the write

    def read(self):
        """Returns the next frame; None at the end."""
        while True:
            size = int.from_bytes(self.waiting[:3], "big")
            if len(self.waiting) >= 9 + size and len(self.waiting) >= 9:
                piece, self.waiting = self.waiting[:9 + size], self.waiting[9 + size:]
                return Frame(piece[3], piece[4], int.from_bytes(piece[5:9], "big"), piece[9:])
            try:
                piece = self.tls.recv(65536)
            except ConnectionResetError:
                self.was_reset = True
                piece = b""
            except OSError:  # the end of TLS without close_notify
                piece = b""
            if not piece:
                return None
            self.waiting += piece

    def read_until(self, wanted):
        """Returns the first frame that matches `wanted`; None if the connection ends before it."""
        while True:
            one = self.read()
            if one is None or wanted(one):
                return one

    def read_all(self):
        return list(iter(self.read, None))

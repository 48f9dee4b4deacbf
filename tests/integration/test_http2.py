# SPDX-License-Identifier: Apache-2.0
"""HTTP/2 errors, after the cases of h2spec: a valid connection continues, an invalid one ends as RFC 9113 requires,
a flood ends with its connection, and the gateway still serves other clients."""

import pytest

from gateway import API_ID, OPEN_POLICY, Gateway, mock
from http2_frames import (ACK, CANCEL, COMPRESSION_ERROR, CONTINUATION, DATA, END_HEADERS, END_STREAM,
                          ENHANCE_YOUR_CALM, FLOW_CONTROL_ERROR, FRAME_SIZE_ERROR, GOAWAY, HEADERS, INTERNAL_ERROR,
                          NO_ERROR, PADDED, PING, PREFACE, PRIORITY, PROTOCOL_ERROR, PUSH_PROMISE, REFUSED_STREAM,
                          RST_STREAM, SETTINGS, STREAM_CLOSED, WINDOW_UPDATE, WITH_PRIORITY, Connection, call_fields,
                          fields, frame, headers, integer, number, settings, status_of_block, text)
from support import wait_until

HELLO = b'{"greeting":"hello"}'
LARGE = b"x" * 200_000

APIS = f"""
[rest_api.hello]
id = "{API_ID}"
vpc_endpoints = ["execute-api"]
policy = '''{OPEN_POLICY}'''
[rest_api.hello.stage.v1]
execution_log = "execution.log"
{mock("/hello", body=HELLO.decode())}
{mock("/hello", "POST", body=HELLO.decode())}
{mock("/large", body=LARGE.decode())}
"""

POST = headers(1, *call_fields("/v1/hello", "POST"), flags=END_HEADERS)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    running = Gateway(tmp_path_factory.mktemp("gateway"), APIS).start()
    yield running
    assert running.stop() == 0, running.messages()


def ends_stream(one, stream):
    return one.kind in (DATA, HEADERS) and one.flags & END_STREAM and one.stream == stream


def assert_answers(connection, stream):
    """Checks that a call on this connection gets its response."""
    connection.send(headers(stream))
    last = connection.read_until(lambda one: ends_stream(one, stream) or one.kind == GOAWAY
                                 or (one.kind == RST_STREAM and one.stream == stream))
    assert last is not None and last.kind == DATA and last.payload == HELLO, last


#--- Valid traffic

SOUND = {
    "nothing of note": b"",
    "an unknown frame": frame(0xfa, 0xff, 0, b"abc"),
    "an unknown setting": settings((0xfafa, 1)),
    "priorities": frame(PRIORITY, 0, 5, number(0) + b"\x10") + frame(PRIORITY, 0, 7, number(0) + b"\x10"),
    "padding": frame(HEADERS, END_HEADERS | END_STREAM | PADDED, 1, b"\x04" + fields(*call_fields()) + b"\0" * 4),
    "HEADERS with a priority": frame(HEADERS, END_HEADERS | END_STREAM | WITH_PRIORITY, 1,
                                     number(0) + b"\x10" + fields(*call_fields())),
    "a head in two frames": frame(HEADERS, END_STREAM, 1, fields(*call_fields())[:20])
    + frame(CONTINUATION, END_HEADERS, 1, fields(*call_fields())[20:]),
    "unused flags": frame(HEADERS, END_HEADERS | END_STREAM | 0x50, 1, fields(*call_fields())),
    "trailer fields": POST + frame(DATA, 0, 1, b"abc") + headers(1, ("x-sum", "1")),
    "a reset of what is answered": headers(1) + frame(RST_STREAM, 0, 1, number(CANCEL)),
    "cookies in crumbs": headers(1, *call_fields("/v1/hello", "GET", ("cookie", "a=1"), ("cookie", "b=2"))),
    "TE: trailers": headers(1, *call_fields("/v1/hello", "GET", ("te", "trailers"))),
}


@pytest.mark.parametrize("case", SOUND)
def test_valid_traffic_continues(gateway, case):
    with Connection(gateway) as connection:
        connection.send(SOUND[case])
        assert_answers(connection, 3)


def test_a_ping_is_answered(gateway):
    with Connection(gateway) as connection:
        connection.send(frame(PING, 0, 0, b"12345678"))
        pong = connection.read_until(lambda one: one.kind == PING)
        assert (pong.flags, pong.payload) == (ACK, b"12345678")


def test_settings_are_acknowledged(gateway):
    with Connection(gateway) as connection:
        first = connection.read()
        assert first.kind == SETTINGS and not first.flags & ACK
        assert connection.read_until(lambda one: one.kind == SETTINGS and one.flags & ACK)


def test_windows_delay_a_response(gateway):
    with Connection(gateway, PREFACE + settings((4, 10))) as connection:  # INITIAL_WINDOW_SIZE
        connection.send(headers(1, *call_fields("/v1/large")))
        got = b""
        for step in (10, 7, len(LARGE) - 17):
            if step > 10 or got:
                connection.send(frame(WINDOW_UPDATE, 0, 1, number(step)) +
                                frame(WINDOW_UPDATE, 0, 0, number(step)))
            wanted = len(got) + step
            while len(got) < wanted:
                one = connection.read_until(lambda one: one.kind == DATA)
                got += one.payload
            assert len(got) == wanted
        assert got == LARGE and one.flags & END_STREAM


def test_streams_over_the_limit_are_refused(gateway):
    with Connection(gateway) as connection:
        connection.send(b"".join(headers(1 + 2 * i, *call_fields("/v1/hello", "POST"), flags=END_HEADERS)
                                 for i in range(200)))
        refused = connection.read_until(lambda one: one.kind in (RST_STREAM, GOAWAY))
        assert refused.kind == RST_STREAM and refused.error == REFUSED_STREAM


#--- Connection errors

PROTOCOL = {PROTOCOL_ERROR}
CONNECTION_ERRORS = {
    "DATA on stream 0": (frame(DATA, 0, 0, b"abc"), PROTOCOL),
    "HEADERS on stream 0": (headers(0), PROTOCOL),
    "RST_STREAM on stream 0": (frame(RST_STREAM, 0, 0, number(CANCEL)), PROTOCOL),
    "SETTINGS on a stream": (frame(SETTINGS, 0, 1), PROTOCOL),
    "PING on a stream": (frame(PING, 0, 1, b"12345678"), PROTOCOL),
    "GOAWAY on a stream": (frame(GOAWAY, 0, 1, number(0) * 2), PROTOCOL),
    "an even stream": (headers(2), PROTOCOL),
    "DATA on an idle stream": (frame(DATA, 0, 1, b"abc"), PROTOCOL),
    "RST_STREAM on an idle stream": (frame(RST_STREAM, 0, 1, number(CANCEL)), PROTOCOL),
    "WINDOW_UPDATE on an idle stream": (frame(WINDOW_UPDATE, 0, 1, number(1)), PROTOCOL),
    "CONTINUATION by itself": (frame(CONTINUATION, END_HEADERS, 1, b""), PROTOCOL),
    "another frame within a head": (frame(HEADERS, END_STREAM, 1, fields(*call_fields())[:20])
                                    + frame(PING, 0, 0, b"12345678"), PROTOCOL),
    "another stream's HEADERS within a head": (frame(HEADERS, END_STREAM, 1, fields(*call_fields())[:20])
                                               + headers(3), PROTOCOL),
    "CONTINUATION of another stream": (frame(HEADERS, END_STREAM, 1, fields(*call_fields())[:20])
                                       + frame(CONTINUATION, END_HEADERS, 3, b""), PROTOCOL),
    "an unknown frame within a head": (frame(HEADERS, END_STREAM, 1, fields(*call_fields())[:20])
                                       + frame(0xfa, 0, 0, b""), PROTOCOL),
    "PUSH_PROMISE of a client": (frame(PUSH_PROMISE, END_HEADERS, 1, number(2)), PROTOCOL),
    "an oversized DATA": (POST + frame(DATA, 0, 1, b"x" * 16385), {FRAME_SIZE_ERROR}),
    "an oversized HEADERS": (frame(HEADERS, END_HEADERS, 1, b"x" * 16385), {FRAME_SIZE_ERROR}),
    "a length of 16 MiB": (frame(DATA, 0, 1, b"", length=(1 << 24) - 1), {FRAME_SIZE_ERROR}),
    "SETTINGS of a wrong length": (frame(SETTINGS, 0, 0, b"abc"), {FRAME_SIZE_ERROR}),
    "SETTINGS' acknowledgement with a payload": (frame(SETTINGS, ACK, 0, b"\0" * 6), {FRAME_SIZE_ERROR}),
    "PING of a wrong length": (frame(PING, 0, 0, b"123"), {FRAME_SIZE_ERROR}),
    "RST_STREAM of a wrong length": (headers(1) + frame(RST_STREAM, 0, 1, b"abc"), {FRAME_SIZE_ERROR}),
    "WINDOW_UPDATE of a wrong length": (frame(WINDOW_UPDATE, 0, 0, b"abc"), {FRAME_SIZE_ERROR}),
    "ENABLE_PUSH of 2": (settings((2, 2)), PROTOCOL),
    "INITIAL_WINDOW_SIZE of 2^31": (settings((4, 1 << 31)), {FLOW_CONTROL_ERROR}),
    "MAX_FRAME_SIZE of 16383": (settings((5, 16383)), PROTOCOL),
    "MAX_FRAME_SIZE of 2^24": (settings((5, 1 << 24)), PROTOCOL),
    "WINDOW_UPDATE of 0": (frame(WINDOW_UPDATE, 0, 0, number(0)), PROTOCOL),
    "a window over 2^31-1": (frame(WINDOW_UPDATE, 0, 0, number((1 << 31) - 1)), {FLOW_CONTROL_ERROR}),
    "padding longer than DATA": (POST + frame(DATA, PADDED, 1, b"\x05abc"), PROTOCOL),
    "padding longer than HEADERS": (frame(HEADERS, END_HEADERS | PADDED, 1, b"\xff" + fields(*call_fields())),
                                    PROTOCOL),
    "an index that the table does not have": (frame(HEADERS, END_HEADERS | END_STREAM, 1, integer(70, 7, 0x80)),
                                              {COMPRESSION_ERROR}),
    "index 0": (frame(HEADERS, END_HEADERS | END_STREAM, 1, b"\x80"), {COMPRESSION_ERROR}),
    "a block cut off": (frame(HEADERS, END_HEADERS | END_STREAM, 1, b"\0\x05ab"), {COMPRESSION_ERROR}),
    "a table larger than allowed": (frame(HEADERS, END_HEADERS | END_STREAM, 1, integer(1 << 20, 5, 0x20)),
                                    {COMPRESSION_ERROR}),
    "Huffman's code with bad padding": (frame(HEADERS, END_HEADERS | END_STREAM, 1, b"\0\x01a\x85\x1f\xff\xff\xff\xff"),
                                        {COMPRESSION_ERROR}),
    "DATA after the end": (headers(1) + frame(DATA, 0, 1, b"abc"), {STREAM_CLOSED, PROTOCOL_ERROR}),
}


@pytest.mark.parametrize("case", CONNECTION_ERRORS)
def test_a_connection_error_closes_the_connection(gateway, case):
    data, codes = CONNECTION_ERRORS[case]
    with Connection(gateway) as connection:
        connection.send_last(data)
        seen = connection.read_all()
        assert seen[-1].kind == GOAWAY and seen[-1].error in codes, seen[-3:]
    assert gateway.is_running()


@pytest.mark.parametrize("opening", [b"GET /v1/hello HTTP/1.1\r\nHost: a\r\n\r\n", b"\0" * 64, PREFACE[:-1] + b"x" * 20,
                                     PREFACE + headers(1), PREFACE + frame(PING, 0, 0, b"12345678")],
                         ids=["HTTP/1.1", "zeros", "a wrong preface", "no SETTINGS", "PING before SETTINGS"])
def test_an_invalid_preface_closes_the_connection(gateway, opening):
    with Connection(gateway, opening) as connection:
        connection.send_last(b"")
        seen = connection.read_all()
        assert all(one.kind not in (HEADERS, DATA) for one in seen)


#--- Stream errors

def without(name):
    return tuple(pair for pair in call_fields() if pair[0] != name)


STREAM_ERRORS = {
    "an upper-case name": headers(1, *call_fields(), ("X-A", "1")),
    "Connection": headers(1, *call_fields(), ("connection", "keep-alive")),
    "Transfer-Encoding": headers(1, *call_fields(), ("transfer-encoding", "chunked")),
    "Keep-Alive": headers(1, *call_fields(), ("keep-alive", "1")),
    "Upgrade": headers(1, *call_fields(), ("upgrade", "h2c")),
    "TE: gzip": headers(1, *call_fields(), ("te", "gzip")),
    "no :method": headers(1, *without(":method")),
    "no :scheme": headers(1, *without(":scheme")),
    "no :path": headers(1, *without(":path")),
    "an empty :path": headers(1, *call_fields("")),
    "two :path": headers(1, (":path", "/v1/hello"), *call_fields()),
    "an unknown pseudo-field": headers(1, (":frob", "1"), *call_fields()),
    "a response's pseudo-field": headers(1, (":status", "200"), *call_fields()),
    "a pseudo-field after the others": headers(1, ("x-a", "1"), *call_fields()),
    "a CR in a value": headers(1, *call_fields(), ("x-a", "1\r\nx-b: 2")),
    "a NUL in a value": headers(1, *call_fields(), ("x-a", "1\0")),
    "a space in a name": headers(1, *call_fields(), ("x a", "1")),
    "a body longer than its length": headers(1, *call_fields("/v1/hello", "POST", ("content-length", "2")),
                                             flags=END_HEADERS) + frame(DATA, END_STREAM, 1, b"abc"),
    "a body shorter than its length": headers(1, *call_fields("/v1/hello", "POST", ("content-length", "4")),
                                              flags=END_HEADERS) + frame(DATA, END_STREAM, 1, b"abc"),
    "a length and no body": headers(1, *call_fields("/v1/hello", "POST", ("content-length", "4"))),
    "two lengths": headers(1, *call_fields("/v1/hello", "POST", ("content-length", "3"), ("content-length", "4")),
                           flags=END_HEADERS) + frame(DATA, END_STREAM, 1, b"abc"),
    "a second head that does not end it": POST + headers(1, ("x-a", "1"), flags=END_HEADERS),
    "a pseudo-field in a trailer": POST + headers(1, (":path", "/")),
    "WINDOW_UPDATE of 0": POST + frame(WINDOW_UPDATE, 0, 1, number(0)),
    "a stream that depends on itself": frame(HEADERS, END_HEADERS | END_STREAM | WITH_PRIORITY, 1,
                                             number(1) + b"\x10" + fields(*call_fields())),
    "an authority that is none": headers(1, *call_fields(authority="a/b")),
    "a target with a space": headers(1, *call_fields("/v1/a b")),
    "no authority": headers(1, *without(":authority")),
    "a stream's window over 2^31-1": POST + frame(WINDOW_UPDATE, 0, 1, number((1 << 31) - 1)),
}


@pytest.mark.parametrize("case", STREAM_ERRORS)
def test_a_stream_error_resets_the_stream(gateway, case):
    with Connection(gateway) as connection:
        connection.send(STREAM_ERRORS[case])
        end = connection.read_until(lambda one: one.kind in (RST_STREAM, GOAWAY) or ends_stream(one, 1))
        assert end is not None and end.kind in (RST_STREAM, GOAWAY), end
        assert end.error in (PROTOCOL_ERROR, FLOW_CONTROL_ERROR)
        if end.kind == RST_STREAM:
            assert_answers(connection, 3)
    assert gateway.is_running()


# The status of requests that are valid in HTTP/2 and that the gateway rejects.
REFUSED = {
    "values that are too long": (headers(1, *call_fields(), ("x-a", "a" * 10240)), 431),
    "too many fields": (headers(1, *call_fields(), *[(f"x-{i}", "1") for i in range(200)]), 431),
    "a target that is too long": (headers(1, *call_fields("/v1/" + "a" * 10240)), 414),
    "a Host that says otherwise": (headers(1, *call_fields(), ("host", "elsewhere.invalid")), 400),
    "a length that is too much": (headers(1, *call_fields("/v1/hello", "POST", ("content-length", "10485761")),
                                          flags=END_HEADERS), 413),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_rejected_request_keeps_the_connection(gateway, case):
    data, status = REFUSED[case]
    with Connection(gateway) as connection:
        connection.send(data)
        head = connection.read_until(lambda one: one.kind in (HEADERS, RST_STREAM, GOAWAY))
        assert head.kind == HEADERS and status_of_block(head.payload) == status, head
        connection.read_until(lambda one: ends_stream(one, 1))
        assert_answers(connection, 3)


#--- Floods

FLOODS = {
    "WINDOW_UPDATE": (frame(WINDOW_UPDATE, 0, 0, number(1)) * 12000, {ENHANCE_YOUR_CALM}),
    "empty DATA": (POST + frame(DATA, 0, 1) * 12000, {ENHANCE_YOUR_CALM}),
    "rapid reset": (b"".join(headers(1 + 2 * i) + frame(RST_STREAM, 0, 1 + 2 * i, number(CANCEL))
                             for i in range(2000)), {ENHANCE_YOUR_CALM, INTERNAL_ERROR}),
}


@pytest.mark.parametrize("case", FLOODS)
def test_a_flood_ends_with_its_connection(gateway, case):
    data, codes = FLOODS[case]
    with Connection(gateway) as connection:
        connection.send_last(data)
        ends = [one.error for one in connection.read_all() if one.kind == GOAWAY]
        # A client that continues to send may not receive it.
        assert connection.was_reset or (ends and ends[-1] in codes), ends
    with Connection(gateway) as connection:
        assert_answers(connection, 1)


@pytest.mark.parametrize("data,kind", [(frame(PING, 0, 0, b"12345678"), PING), (settings(), SETTINGS)],
                         ids=["PING", "SETTINGS"])
def test_a_flood_gets_only_some_acknowledgements(gateway, data, kind):
    with Connection(gateway) as connection:
        connection.send_last(data * 12000)
        assert sum(one.kind == kind and one.flags == ACK for one in connection.read_all()) < 12000
    with Connection(gateway) as connection:
        assert_answers(connection, 1)


CONTAINED = {
    "resets that we are made to send": b"".join(
        headers(1 + 2 * i) + frame(WINDOW_UPDATE, 0, 1 + 2 * i, number((1 << 31) - 1)) for i in range(2000)),
    "bad fields": b"".join(headers(1 + 2 * i, *call_fields(), ("x a", "1")) for i in range(2000)),
    "CONTINUATION": frame(HEADERS, 0, 1, fields(*call_fields())) + frame(CONTINUATION, 0, 1, b"") * 5000,
    "CONTINUATION with fields": frame(HEADERS, 0, 1, fields(*call_fields()))
    + frame(CONTINUATION, 0, 1, fields(("x-a", "b" * 16000))) * 200,
    "many settings": settings(*[(3, i) for i in range(1000)]) * 10,
    "a stream below the last": headers(5) + headers(3) * 100,
    "priorities": frame(PRIORITY, 0, 0, number(1) + b"\x10") + frame(PRIORITY, 0, 5, number(0) + b"\x10") * 20000,
}


@pytest.mark.parametrize("case", CONTAINED)
def test_a_burst_does_not_affect_other_clients(gateway, case):
    """Bursts that may end the connection or be ignored."""
    with Connection(gateway) as connection:
        connection.send_last(CONTAINED[case])
        seen = connection.read_all()
        if case.startswith("CONTINUATION") or case == "a stream below the last":
            assert all(one.stream == 5 for one in seen if one.kind == HEADERS)
    with Connection(gateway) as connection:
        assert_answers(connection, 1)


def test_a_header_bomb_is_never_stored(gateway):
    bomb = fields(*call_fields()) + b"\x40" + text("x-a") + text("a" * 3000) + b"\xbe" * 8000
    before = gateway.memory()
    with Connection(gateway) as connection:
        connection.send_last(frame(HEADERS, END_HEADERS | END_STREAM, 1, bomb))  # 24 MB in 11 kB
        heads = [one for one in connection.read_all() if one.kind == HEADERS]
        assert [status_of_block(one.payload) for one in heads] in ([], [431])
    assert gateway.memory() < before + (20 << 20)


def test_streams_without_room_keep_their_initial_window(gateway):
    """Bodies have large windows as long as their client has memory for them; other streams wait with the initial
    window."""
    length = ("content-length", "1000000")
    with Connection(gateway) as connection:
        # One client has 64 MiB: 67 of these bodies, and the initial window of the 68th stream.
        connection.send(b"".join(headers(1 + 2 * i, *call_fields("/v1/hello", "POST", length), flags=END_HEADERS)
                                 for i in range(68)))
        connection.send(frame(DATA, 0, 135, b"x" * 16384) * 5)
        end = connection.read_until(lambda one: one.kind in (RST_STREAM, GOAWAY))
        assert end is not None and end.error == FLOW_CONTROL_ERROR
    with Connection(gateway) as connection:
        assert_answers(connection, 1)


def test_memory_after_all_floods(gateway):
    wait_until(lambda: gateway.call("/v1/hello").status == 200, "an answer")
    assert gateway.memory() < 600 << 20  # including sanitizers and their quarantine


def test_goaway_is_sent_at_shutdown(tmp_path):
    gateway = Gateway(tmp_path, APIS).start()
    with Connection(gateway) as connection:
        assert_answers(connection, 1)
        assert gateway.stop() == 0
        seen = connection.read_all()
        assert [one.error for one in seen if one.kind == GOAWAY] == [NO_ERROR]

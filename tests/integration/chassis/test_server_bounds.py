"""What a connection may take of a process before anybody has logged in (ADR 41)."""

import asyncio
import json

import pytest

from tests.integration.chassis.serving import Connection, Server, get, post, server
from tests.support.eventually import eventually

HEAD_BYTES = 32 * 1024
SHORT = 0.3
MEGABYTE = 1 << 20
HANDSHAKE = (
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)


def code(body: bytes) -> str:
    """The code of a refusal."""
    return str(json.loads(body)["errors"][0]["extensions"]["code"])


async def admitted(running: Server) -> bool:
    """Whether there is room; the server learns of a closed connection a moment later."""
    return await running.status("/") == 200


async def refused(connection: Connection, status: int, expected: str) -> None:
    """The connection gets one coded reply and is closed."""
    seen, headers, body = await connection.reply()
    assert (seen, code(body), headers["connection"]) == (status, expected, "close")
    assert headers["x-content-type-options"] == "nosniff"
    assert ("retry-after" in headers) == (status == 503)
    assert await connection.rest() == b""


@pytest.mark.parametrize("shape", ["many headers", "one value", "one name", "one address"])
async def test_headers_without_an_end_are_cut_off_and_cost_no_memory(shape: str) -> None:
    pieces = {
        "many headers": (b"GET / HTTP/1.1\r\n", b"x-%d: " + b"a" * 6_000 + b"\r\n"),
        "one value": (b"GET / HTTP/1.1\r\nx: ", b"a" * 6_000),
        "one name": (b"GET / HTTP/1.1\r\n", b"a" * 6_000),
        "one address": (b"GET /", b"a" * 6_000),
    }
    begin, piece = pieces[shape]

    async def flood(running: Server) -> None:
        connection = await running.connect()
        await connection.send(begin)
        for number in range(600):
            await connection.send(piece % number if b"%d" in piece else piece)
        await refused(connection, 431, "HEADERS_TOO_LARGE")

    async with server() as running:
        before = running.resident()
        await asyncio.gather(*(flood(running) for _ in range(20)))
        assert running.resident() - before < 30 * MEGABYTE, "72 MB were sent"
        assert await running.status("/") == 200


async def test_requests_without_an_end_that_wait_for_each_other_are_cut_off_and_cost_no_memory() -> None:
    async def flood(running: Server) -> None:
        connection = await running.connect()
        connection.writer.write(b"GET /wait HTTP/1.1\r\n\r\n" * 10_000)  # and nothing is read
        await connection.writer.drain()
        assert await connection.rest() == b""

    async with server() as running:
        before = running.resident()
        await asyncio.gather(*(flood(running) for _ in range(20)))
        assert running.resident() - before < 30 * MEGABYTE
        assert await running.status("/") == 200
        connection = await running.connect()
        await connection.send(get() * 17)
        assert [(await connection.reply())[0] for _ in range(17)] == [200] * 17


async def test_a_head_may_have_so_many_bytes_and_not_one_more() -> None:
    def padded(size: int) -> bytes:
        line = len("/") + len("hosttest") + len("x") + 2 * len(": \r\n")
        return get("/", f"x: {'a' * (size - line)}")

    async with server() as running:
        assert (await running.ask(padded(HEAD_BYTES)))[0] == 200
        connection = await running.connect()
        await connection.send(padded(HEAD_BYTES + 1))
        await refused(connection, 431, "HEADERS_TOO_LARGE")


async def test_a_head_may_have_a_hundred_headers_and_not_one_more() -> None:
    async with server() as running:
        assert (await running.ask(get("/", *(f"x-{number}: a" for number in range(99)))))[0] == 200
        connection = await running.connect()
        await connection.send(get("/", *(f"x-{number}: a" for number in range(100))))
        await refused(connection, 431, "HEADERS_TOO_LARGE")


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost",
        post(b"0123456789")[:-3],
        b"POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab",
    ],
    ids=["nothing", "half a head", "half a body", "half a chunk"],
)
async def test_who_does_not_go_on_is_cut_off(sent: bytes) -> None:
    async with server(head_seconds=SHORT, body_seconds=SHORT) as running:
        connection = await running.connect()
        await connection.send(sent)
        await refused(connection, 408, "REQUEST_TIMEOUT")


async def test_a_later_request_of_a_connection_has_the_same_time() -> None:
    async with server(head_seconds=SHORT, body_seconds=SHORT) as running:
        for half in (b"GET / HTTP/1.1\r\nHo", post(b"0123456789")[:-3]):
            connection = await running.connect()
            await connection.send(get() + half)
            assert (await connection.reply())[0] == 200
            await refused(connection, 408, "REQUEST_TIMEOUT")
            connection = await running.connect()
            await connection.send(get())
            assert (await connection.reply())[0] == 200
            await connection.send(half)
            await refused(connection, 408, "REQUEST_TIMEOUT")


async def test_blank_lines_do_not_keep_a_connection_open() -> None:
    async with server(head_seconds=SHORT) as running:
        connection = await running.connect()
        await connection.send(get())
        assert (await connection.reply())[0] == 200
        await connection.send(b"\r\n")
        await refused(connection, 408, "REQUEST_TIMEOUT")


async def test_a_head_that_trickles_is_cut_off_although_something_always_comes() -> None:
    async with server(head_seconds=SHORT) as running:
        connection = await running.connect()

        async def trickle() -> None:
            while not connection.reader.at_eof():
                await connection.send(b"x: a\r\n")
                await asyncio.sleep(SHORT / 10)  # the attack, not a wait

        await connection.send(b"GET / HTTP/1.1\r\n")
        trickling = asyncio.ensure_future(trickle())
        await refused(connection, 408, "REQUEST_TIMEOUT")
        await trickling


async def test_a_body_earns_time_by_what_has_come() -> None:
    async with server(body_seconds=SHORT, body_bytes_per_second=1) as running:
        connection = await running.connect()
        whole = post(b"0123456789")
        await connection.send(whole[:-3])
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5 * SHORT):
                await connection.reader.read(1)
        await connection.send(whole[-3:])
        assert (await connection.reply())[0] == 200


async def test_a_body_after_an_early_reply_is_bounded_too() -> None:
    async with server(body_seconds=SHORT) as running:
        connection = await running.connect()
        await connection.send(post(b"0123456789", "/early")[:-3])
        assert (await connection.reply())[0] == 413
        await refused(connection, 408, "REQUEST_TIMEOUT")


async def test_a_slow_answer_is_not_the_clients_fault() -> None:
    async with server(head_seconds=SHORT, body_seconds=SHORT) as running:
        connection = await running.connect()
        await connection.send(get("/wait"))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(3 * SHORT):
                await connection.reader.read(1)
        assert (await running.ask(get("/open")))[0] == 200
        assert (await connection.reply())[2] == b"waited"


async def test_there_are_so_many_connections_and_not_one_more() -> None:
    async with server(connections=5) as running:
        kept = [await running.connect() for _ in range(5)]
        await refused(await running.connect(), 503, "UNAVAILABLE")
        for connection in kept:
            await connection.send(get())
            assert (await connection.reply())[0] == 200
        kept[0].writer.close()
        kept[1].writer.transport.abort()
        await eventually(lambda: admitted(running))


async def test_an_address_has_a_share_of_them_and_a_trusted_proxy_has_not() -> None:
    async with server(address_connections=2, proxies="127.0.0.1") as running:
        for _ in range(2):
            await running.connect("127.0.0.2")
        await refused(await running.connect("127.0.0.2"), 503, "UNAVAILABLE")
        connection = await running.connect("127.0.0.3")
        await connection.send(get())
        assert (await connection.reply())[0] == 200
        proxied = [await running.connect() for _ in range(6)]
        for connection in proxied:
            await connection.send(get("/", "X-Forwarded-For: 192.0.2.7"))
            status, _, body = await connection.reply()
            assert (status, body) == (200, b"192.0.2.7 0")


@pytest.mark.parametrize("header", ["Connection: close", "Connection: keep-alive"])
async def test_who_does_not_read_his_reply_is_cut_off(header: str) -> None:
    async with server(unread_seconds=SHORT, connections=1) as running:
        connection = await running.connect()
        await connection.send(get("/large", header))
        await connection.reader.readuntil(b"\r\n\r\n")
        await eventually(lambda: admitted(running))
        async with asyncio.timeout(30):
            with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
                await connection.reader.readexactly(32 * MEGABYTE)


async def test_who_does_not_read_his_socket_is_cut_off() -> None:
    async with server(unread_seconds=SHORT, connections=1) as running:
        connection = await running.connect()
        await connection.send(get("/socket", *HANDSHAKE))
        assert (await connection.reply())[0] == 101
        await connection.send(bytes((0x81, 0x85, 0, 0, 0, 0)) + b"large")
        await eventually(lambda: admitted(running))


async def test_who_reads_slowly_is_not_cut_off() -> None:
    async with server(unread_seconds=SHORT) as running:
        connection = await running.connect()
        await connection.send(get("/large"))
        await connection.reader.readuntil(b"\r\n\r\n")
        for _ in range(32):
            await connection.reader.readexactly(MEGABYTE)
            await asyncio.sleep(SHORT / 6)  # the pace of the client, in all some five times what it has


@pytest.mark.parametrize("end", ["close", "abort"])
async def test_sockets_count_until_they_end(end: str) -> None:
    async with server(connections=2) as running:
        sockets = [await running.connect() for _ in range(2)]
        for connection in sockets:
            await connection.send(get("/socket", *HANDSHAKE))
            assert (await connection.reply())[0] == 101
        await refused(await running.connect(), 503, "UNAVAILABLE")
        for connection in sockets:
            getattr(connection.writer.transport, end)()
        await eventually(lambda: admitted(running))


async def test_an_open_socket_has_no_deadline_of_a_request() -> None:
    async with server(head_seconds=SHORT, body_seconds=SHORT, idle_seconds=1) as running:
        connection = await running.connect()
        await connection.send(get("/socket", *HANDSHAKE))
        assert (await connection.reply())[0] == 101
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.5):
                await connection.reader.read(1)
        await connection.send(bytes((0x81, 0x82, 0, 0, 0, 0)) + b"hi")
        assert await connection.reader.readexactly(4) == b"\x81\x02hi"


@pytest.mark.parametrize(
    "headers",
    [
        (f"x: {'a' * HEAD_BYTES}",),
        (f"x: {'a' * 9_000}",),  # more than the library of WebSockets takes in a line
        tuple(f"x-{number}: a" for number in range(100)),
        tuple(f"x-{number}: {'a' * 4_000}" for number in range(9)),
    ],
    ids=["one header", "one line", "a hundred headers", "large headers"],
)
async def test_a_handshake_has_the_same_bounds(headers: tuple[str, ...]) -> None:
    async with server() as running:
        connection = await running.connect()
        await connection.send(get("/socket", *HANDSHAKE, *headers))
        await refused(connection, 431, "HEADERS_TOO_LARGE")
        connection = await running.connect()
        await connection.send(get(f"/socket?{'a' * 9_000}", *HANDSHAKE))
        await refused(connection, 431, "HEADERS_TOO_LARGE")


async def test_half_a_handshake_is_cut_off() -> None:
    async with server(head_seconds=SHORT) as running:
        connection = await running.connect()
        await connection.send(get("/socket", *HANDSHAKE)[:-4])
        await refused(connection, 408, "REQUEST_TIMEOUT")


async def test_what_is_no_request_is_refused_with_a_code() -> None:
    async with server() as running:
        connection = await running.connect()
        await connection.send(b"\x16\x03\x01 hello\r\n\r\n")
        await refused(connection, 400, "BAD_REQUEST")


async def test_lawful_requests_pass_whatever_their_shape() -> None:
    large = b"b" * (8 * MEGABYTE)
    async with server() as running:
        assert (await running.ask(post(large)))[2] == b"127.0.0.1 8388608"
        chunked = b"POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
        assert (await running.ask(chunked))[2] == b"127.0.0.1 3"
        connection = await running.connect()
        await connection.send(get() * 3)
        assert [(await connection.reply())[0] for _ in range(3)] == [200] * 3
        connection = await running.connect()
        await connection.send(post(b"b" * 300_000) + get("/", f"x: {'a' * 15_000}") + post(b"abc") + get())
        bodies = [(await connection.reply())[2] for _ in range(4)]
        assert bodies == [b"127.0.0.1 300000", b"127.0.0.1 0", b"127.0.0.1 3", b"127.0.0.1 0"]


async def test_who_waits_for_the_word_to_continue_gets_it() -> None:
    async with server(body_seconds=SHORT) as running:
        connection = await running.connect()
        whole = post(b"0123456789", "/", "Expect: 100-continue")
        await connection.send(whole[:-10])
        assert (await connection.reply())[0] == 100
        await connection.send(whole[-10:])
        assert (await connection.reply())[2] == b"127.0.0.1 10"


async def test_an_idle_connection_is_closed_after_its_time() -> None:
    async with server(idle_seconds=1) as running:
        connection = await running.connect()
        await connection.send(get())
        assert (await connection.reply())[0] == 200
        assert await connection.rest() == b""


async def test_no_more_connections_are_taken_than_files_may_be_open() -> None:
    """Beyond the limit nobody could even be refused."""
    async with server(descriptors=200, connections=4_000) as running:
        (line,) = [line for line in running.lines if "fewer connections than set" in line]
        assert json.loads(line)["taken"] == 100
        held = [await running.connect() for _ in range(100)]
        await refused(await running.connect(), 503, "UNAVAILABLE")
        await held[0].send(get())
        assert (await held[0].reply())[0] == 200


async def test_a_limit_that_has_room_changes_nothing() -> None:
    async with server(descriptors=200, connections=100) as running:
        assert not [line for line in running.lines if "fewer connections than set" in line]

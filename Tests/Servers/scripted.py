"""A server on the loopback that answers by script: what a test asks for stands in the address.

Prints one line, `plain tls h2 authorities`: the three ports and the file to trust, with 0 and `-`
where openssl is not there. Ends when its standard input does, or after ten minutes.

    /hello                              a short answer; the connection is kept
    /stream?count=9&pause=5&size=20     chunks that bear their number, milliseconds apart
    /cut?sent=500&announced=1000        closes before the end; chunked without `announced`
    /silent  /stall  /close             no answer; a head and a few bytes; nothing at all
    /garbage  /binary                   no HTTP
    /head?lines=2000&width=60           a large head
    /body?bytes=100000&chunked=1        a large body
    /echo                               the request, head and body
    /hints  /trailer  /folded  /gzip    an interim answer; a trailer; a broken line; compressed
    /leave                              a short answer, after which the connection is closed
    /connections                        how many were accepted; with `live=1`, are open

Over HTTP/2 the script is the request's body, without the slash: `stream`, `silent`, `stall`,
`reset` (the stream), `drop` (the connection), `away` (a GOAWAY after it), `resets` (streams that
the client has reset), `connections`.
"""

import asyncio
import gzip
import os
import ssl
import struct
import subprocess
import sys
import tempfile
import urllib.parse

accepted = {"plain": 0, "tls": 0, "h2": 0}
live = {"plain": 0, "tls": 0, "h2": 0}
resets = 0


def number(query, name, default):
    return int(query.get(name, [default])[0])


def piece(index, size):
    return f"{index};".encode().ljust(size, b".")


def answer(body, *lines, status="200 OK"):
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *lines, "", ""]
    return "\r\n".join(head).encode() + body


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


async def run(path, query, head, body, reader, writer, name):
    """Writes an answer; False when the connection is to be closed."""
    if path == "/hello":
        writer.write(answer(b"hello", "Content-Type: text/plain"))
    elif path == "/stream":
        count, pause = number(query, "count", 10), number(query, "pause", 0) / 1000
        size = number(query, "size", 20)
        writer.write(CHUNKED)
        for index in range(count):
            writer.write(chunk(piece(index, size)))
            await writer.drain()
            if pause:
                await asyncio.sleep(pause)
        writer.write(b"0\r\n\r\n")
    elif path == "/cut":
        sent, announced = number(query, "sent", 500), number(query, "announced", 0)
        if announced:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % announced)
            writer.write(b"x" * sent)
        else:
            writer.write(CHUNKED + chunk(b"x" * sent))
        return False
    elif path == "/silent":
        await reader.read(1)
        return False
    elif path == "/stall":
        writer.write(CHUNKED + chunk(b"begun"))
        await reader.read(1)
        return False
    elif path == "/close":
        return False
    elif path == "/garbage":
        writer.write(b"SSH-2.0-OpenSSH_9.2\r\nhello hello\r\n\r\n")
        return False
    elif path == "/binary":
        writer.write(bytes(range(256)) * 4)
        return False
    elif path == "/head":
        value = "y" * number(query, "width", 60)
        lines = [f"X-{i}: {value}" for i in range(number(query, "lines", 2000))]
        writer.write(answer(b"small", *lines))
    elif path == "/body":
        size = number(query, "bytes", 100000)
        if number(query, "chunked", 0):
            writer.write(CHUNKED)
            while size > 0:
                writer.write(chunk(b"z" * min(size, 4096)))
                size -= 4096
                await writer.drain()
            writer.write(b"0\r\n\r\n")
        else:
            writer.write(answer(b"z" * size))
    elif path == "/echo":
        writer.write(answer(head + body))
    elif path == "/hints":
        writer.write(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
        writer.write(answer(b"real", "X-Real: yes"))
    elif path == "/trailer":
        writer.write(CHUNKED + chunk(b"body") + b"0\r\nX-Late: 1\r\n\r\n")
    elif path == "/folded":
        writer.write(answer(b"", "X-Long: one\r\n two", "X-Twice: a", "x-twice: b"))
    elif path == "/gzip":
        writer.write(answer(gzip.compress(b"packed" * 100), "Content-Encoding: gzip"))
    elif path == "/leave":
        writer.write(answer(b"bye"))
        return False
    elif path == "/connections":
        counts = live if number(query, "live", 0) else accepted
        writer.write(answer(str(counts[name]).encode()))
    else:
        writer.write(answer(b"", status="404 Not Found"))
    return True


def http1(name):
    async def serve(reader, writer):
        accepted[name] += 1
        live[name] += 1
        try:
            keep = True
            while keep:
                head = await reader.readuntil(b"\r\n\r\n")
                size = 0
                for line in head.split(b"\r\n"):
                    if line.lower().startswith(b"content-length:"):
                        size = int(line.split(b":")[1])
                body = await reader.readexactly(size)
                target = urllib.parse.urlsplit(head.split(b" ")[1].decode())
                query = urllib.parse.parse_qs(target.query)
                keep = await run(target.path, query, head, body, reader, writer, name)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass
        finally:
            live[name] -= 1
            writer.close()

    return serve


class HTTP2:
    """Enough of HTTP/2 for one client: no header of a request is read, windows are not passed."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        self.bodies, self.tasks = {}, {}

    def send(self, kind, flags, stream, payload=b""):
        head = struct.pack(">I", len(payload))[1:] + bytes([kind, flags])
        self.writer.write(head + struct.pack(">I", stream) + payload)

    async def serve(self):
        global resets
        accepted["h2"] += 1
        live["h2"] += 1
        try:
            await self.reader.readexactly(24)
            # At most 100 streams at a time, as providers have it.
            self.send(4, 0, 0, struct.pack(">HI", 3, 100))
            while True:
                head = await self.reader.readexactly(9)
                size, kind, flags = int.from_bytes(head[:3], "big"), head[3], head[4]
                stream = int.from_bytes(head[5:], "big") & 0x7FFFFFFF
                payload = await self.reader.readexactly(size)
                if kind == 4 and not flags & 1:
                    self.send(4, 1, 0)
                elif kind == 6 and not flags & 1:
                    self.send(6, 1, 0, payload)
                elif kind == 3:
                    # Only of streams that were not at their end.
                    if stream in self.tasks:
                        resets += 1
                        self.tasks.pop(stream).cancel()
                elif kind == 0:
                    self.bodies[stream] = self.bodies.get(stream, b"") + payload
                if kind in (0, 1) and flags & 1:
                    self.tasks[stream] = asyncio.create_task(self.answer(stream))
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass
        finally:
            live["h2"] -= 1
            for task in self.tasks.values():
                task.cancel()
            self.writer.close()

    async def answer(self, stream):
        target = urllib.parse.urlsplit(self.bodies.pop(stream, b"").decode())
        query = urllib.parse.parse_qs(target.query)
        script = target.path
        if script == "silent":
            return
        self.send(1, 4, stream, b"\x88")
        if script in ("stall", "reset", "drop"):
            self.send(0, 0, stream, b"begun")
            if script == "reset":
                self.send(3, 0, stream, struct.pack(">I", 2))
            elif script == "drop":
                await self.writer.drain()
                self.writer.transport.abort()
            return
        if script == "away":
            self.send(7, 0, 0, struct.pack(">II", stream, 0))
        if script in ("connections", "resets"):
            value = resets if script == "resets" else accepted["h2"]
            self.send(0, 1, stream, str(value).encode())
        else:
            pause = number(query, "pause", 0) / 1000
            for index in range(number(query, "count", 10)):
                self.send(0, 0, stream, piece(index, number(query, "size", 20)))
                await self.writer.drain()
                if pause:
                    await asyncio.sleep(pause)
            self.send(0, 1, stream)
        self.tasks.pop(stream, None)


async def http2(reader, writer):
    await HTTP2(reader, writer).serve()


def certificate(folder):
    key, cert = os.path.join(folder, "key.pem"), os.path.join(folder, "cert.pem")
    names = "subjectAltName=IP:127.0.0.1"
    made = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=loopback",
         "-addext", names],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if made.returncode != 0:
        raise OSError("openssl failed")
    return key, cert


async def listen(serve, context=None):
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context, backlog=4096)
    return server, server.sockets[0].getsockname()[1]


async def main():
    loop = asyncio.get_running_loop()
    servers = [await listen(http1("plain"))]
    with tempfile.TemporaryDirectory(prefix="razao-server-") as folder:
        try:
            key, cert = certificate(folder)
            for serve, protocol in [(http1("tls"), "http/1.1"), (http2, "h2")]:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(cert, key)
                context.set_alpn_protocols([protocol])
                servers.append(await listen(serve, context))
        except OSError:
            servers, cert = servers[:1] + [(None, 0), (None, 0)], "-"
        print(*[port for _, port in servers], cert, flush=True)
        ended = loop.run_in_executor(None, sys.stdin.read)
        await asyncio.wait([ended], timeout=600)
    # The thread that reads standard input may still wait.
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(main())

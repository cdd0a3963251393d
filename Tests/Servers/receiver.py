"""Takes alerts: a webhook and a mail server on free ports of the loopback, for the tests.

    python3 receiver.py FILE

Prints the ports of the webhook, of SMTP and of SMTP over TLS (0 without openssl) and the path of the
certificate, and writes one line of JSON for each thing that comes to FILE. Ends when its standard
input does. How it answers is said by those who come: the webhook by the path it is asked under, the
mail server by the receiver's name.

    /ok  /status?code=410  /fail?times=2 (500 so often for each delivery, then 200)  /hang  /close
    refused@… (550)  later@… (451)  hang@…  anybody else: taken; user "razao", password "segredo é"
"""

import asyncio
import base64
import json
import os
import ssl
import sys
import tempfile
import urllib.parse

from scripted import certificate, listen

failures = {}


def take(**what):
    with open(sys.argv[1], "a") as file:
        file.write(json.dumps(what) + "\n")


async def webhook(reader, writer):
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            target = urllib.parse.urlsplit(head[0].split(" ")[1])
            query = urllib.parse.parse_qs(target.query)
            headers = {}
            for line in head[1:-2]:
                name, value = line.split(":", 1)
                headers[name.lower()] = value.strip()
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            status = 200
            if target.path == "/status":
                status = int(query["code"][0])
            if target.path == "/fail":
                seen = failures.get(headers.get("x-razao-delivery"), 0)
                failures[headers.get("x-razao-delivery")] = seen + 1
                status = 500 if seen < int(query["times"][0]) else 200
            take(kind="http", path=target.path, headers=headers, body=body.decode(),
                 status=status)
            if target.path == "/hang":
                await reader.read(1)
                return
            if target.path == "/close":
                return
            writer.write(b"HTTP/1.1 %d X\r\nContent-Length: 2\r\n\r\nok" % status)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
        pass
    finally:
        writer.close()


async def mail(reader, writer):
    sender, receivers, user = None, [], None

    async def say(line):
        writer.write(line.encode() + b"\r\n")
        await writer.drain()

    try:
        await say("220 receiver")
        while True:
            line = (await reader.readline()).decode()
            if not line:
                return
            word, rest = line[:4].upper(), line.strip()[4:].strip()
            if word == "EHLO":
                await say("250-receiver\r\n250-AUTH PLAIN\r\n250 SIZE 1000000")
            elif word == "AUTH":
                given = rest.split(" ")[1:]
                if not given:
                    await say("334 ")
                    given = [(await reader.readline()).decode().strip()]
                _, name, password = base64.b64decode(given[0]).decode().split("\0")
                if (name, password) == ("razao", "segredo é"):
                    user = name
                    await say("235 welcome")
                else:
                    await say("535 no such user or password")
            elif word == "MAIL":
                sender = rest.split("<")[1].split(">")[0]
                await say("250 sender")
            elif word == "RCPT":
                receiver = rest.split("<")[1].split(">")[0]
                if receiver.startswith("hang@"):
                    await reader.read(1)
                    return
                code = {"refused": 550, "later": 451}.get(receiver.split("@")[0], 250)
                if code == 250:
                    receivers.append(receiver)
                await say(f"{code} receiver {receiver}")
            elif word == "DATA":
                await say("354 go on")
                data = b""
                while (line := await reader.readline()) not in (b".\r\n", b""):
                    data += line[1:] if line.startswith(b".") else line
                take(kind="mail", sender=sender, receivers=receivers, user=user,
                     is_encrypted=writer.get_extra_info("ssl_object") is not None,
                     data=base64.b64encode(data).decode())
                receivers = []
                await say("250 taken")
            elif word == "QUIT":
                await say("221 bye")
                return
            else:
                await say("500 what?")
    except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
        pass
    finally:
        writer.close()


async def main():
    servers = [await listen(webhook), await listen(mail)]
    with tempfile.TemporaryDirectory(prefix="razao-receiver-") as folder:
        try:
            key, cert = certificate(folder)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(cert, key)
            servers.append(await listen(mail, context))
        except OSError:
            servers, cert = servers + [(None, 0)], "-"
        print(*[port for _, port in servers], cert, flush=True)
        ended = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        await asyncio.wait([ended], timeout=600)
    # The thread that reads standard input may still wait.
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(main())

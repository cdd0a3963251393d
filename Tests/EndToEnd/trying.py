"""What the tests of trial.py share: a place, a caller without an SDK, and what must be so after
every test.

A caller writes bytes to a socket and reads what comes, so that it can also send what no library
would. Whatever it is told is kept, to be searched for secrets at the end.
"""

import json
import os
import re
import socket
import unittest
from decimal import Decimal

from place import Place, input_tokens, output_tokens
from upstream import CACHED_TOKENS, OUTPUT_TOKENS, PROMPT_TOKENS, Upstream

PROVIDER_KEY = "sk-of-the-mock-provider"
PROMPT = "Segredo-4711-do-cliente"
MODEL = {"openai": "up/gpt-4o", "anthropic": "clup/claude"}
PATH = {"openai": "/v1/chat/completions", "anthropic": "/v1/messages"}
DIALECTS = ("openai", "anthropic")
EVERY_WAY = [(dialect, stream) for dialect in DIALECTS for stream in (False, True)]
USD_PER_MILLION = {"input": Decimal("2.50"), "cache_read": Decimal("1.25"),
                   "output": Decimal("10")}
# What upstream.py always says it used.
USED = {"input": PROMPT_TOKENS - CACHED_TOKENS, "cache_read": CACHED_TOKENS,
        "output": OUTPUT_TOKENS}
BRL_PER_USD = Decimal("5.40")
SETTINGS = [
    "gateway.patience = 1 s", "gateway.connect_timeout = 1 s", "gateway.first_byte_timeout = 1 s",
    "gateway.between_bytes_timeout = 1 s", "gateway.whole_timeout = 6 s",
    "gateway.max_body = 1 MiB", "gateway.shutdown = 4 s", "gateway.idle_timeout = 2 s"]


class Answer:
    """What came back: status, headers by name in small letters, body."""

    def __init__(self, received):
        self.received = received
        head, _, rest = received.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        found = re.match(r"HTTP/1\.1 (\d{3})", lines[0])
        self.status = int(found[1]) if found else None
        self.headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            self.headers[name.lower()] = value.strip()
        self.is_whole, self.body = True, rest
        if self.headers.get("transfer-encoding") == "chunked":
            self.is_whole, self.body = self.joined(rest)
        elif "content-length" in self.headers:
            self.is_whole = len(rest) >= int(self.headers["content-length"])

    @staticmethod
    def joined(rest):
        """A body that came in chunks, and whether its end came."""
        pieces, at = [], 0
        while (line := rest.find(b"\r\n", at)) >= 0:
            count = int(rest[at:line], 16)
            if count == 0:
                return True, b"".join(pieces)
            pieces.append(rest[line + 2:line + 2 + count])
            at = line + 2 + count + 2
        return False, b"".join(pieces)

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def events(self):
        """The data of the events of a stream, but not its last word."""
        told = re.findall(rb"^data: (\{.*)$", self.body, re.MULTILINE)
        return [json.loads(data) for data in told]

    @property
    def text(self):
        """What an answer says, streamed or not, in either dialect."""
        if "event-stream" not in self.headers.get("content-type", ""):
            value = self.json
            return value["choices"][0]["message"]["content"] if "choices" in value else \
                "".join(part["text"] for part in value["content"])
        said = ""
        for value in self.events:
            for choice in value.get("choices") or []:
                said += (choice.get("delta") or {}).get("content") or ""
            said += (value.get("delta") or {}).get("text") or ""
        return said


class World:
    """The place that all tests use, with what they were told by it."""

    def __init__(self, razao):
        self.razao, self.keys, self.told = razao, {}, []

    def __enter__(self):
        self.upstream = Upstream()
        # Bound and not listening: nobody answers, and nobody else can take it meanwhile.
        self.dead = socket.socket()
        self.dead.bind(("127.0.0.1", 0))
        here = f"127.0.0.1:{self.upstream.port}"
        providers = {
            "up": f"http://{here}/v1", "clup": f"http://{here}", "gem": f"http://{here}/v1beta",
            "plain": f"https://{here}/v1", "nobody": "http://no-such-host.invalid/v1",
            "dead": f"http://127.0.0.1:{self.dead.getsockname()[1]}/v1"}
        dialects = {"clup": "anthropic", "gem": "gemini"}
        settings = list(SETTINGS)
        for name, url in providers.items():
            settings += [f"provider.{name}.base_url = {url}",
                         f"provider.{name}.key_env = MOCK_PROVIDER_KEY",
                         f"provider.{name}.dialect = {dialects.get(name, 'openai')}"]
        self.place = Place(self.razao, settings, log_calls=True)
        self.place.__enter__()
        try:
            self.prepare()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.place.__exit__()
        self.upstream.__exit__()
        self.dead.close()

    def prepare(self):
        run = self.place.run
        run("settings", "set", "statement.rate_rule", f"fixed:{BRL_PER_USD}")
        for provider in ("up", "dead", "nobody", "plain"):
            self.price(f"{provider}/gpt-4o")
        self.price("clup/claude")
        for model in MODEL.values():
            self.place.describe(model, 4096)
        for name in ("padaria", "free", "poor"):
            self.keys[name] = self.place.client(name)
        for unit, limit in (("tokens", "100000000"), ("usd", "1000"), ("brl", "5400")):
            run("budget", "set", "padaria", "--unit", unit, "--limit", limit, "--period",
                "monthly", "--stop")
        run("budget", "set", "poor", "--unit", "usd", "--limit", "0.000001", "--period", "monthly",
            "--stop")

    def price(self, model):
        self.place.run(
            "prices", "set", model, "--effective-from", "2024-01-01", "--force",
            *(word for name, usd in USD_PER_MILLION.items()
              for word in ("--" + name.replace("_", "-"), str(usd))))

    def address(self):
        host, port = self.place.gateway.url.removeprefix("http://").split(":")
        return host, int(port)


world = None


def head(path, length, *lines, method="POST"):
    """A request's head, with an end."""
    told = [f"{method} {path} HTTP/1.1", "host: here", "connection: close", *lines]
    if length is not None:
        told.append(f"content-length: {length}")
    return "\r\n".join([*told, "", ""]).encode("latin-1")


class Trial(unittest.TestCase):
    """One who asks, and looks whether all is well afterwards."""

    def connect(self, seconds=40, receive=None):
        """A connection; with a small buffer for what it receives, where one is given."""
        connection = socket.socket()
        self.addCleanup(connection.close)
        connection.settimeout(seconds)
        if receive:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
        connection.connect(world.address())
        return connection

    def read(self, connection):
        """All that comes until the gateway closes, or breaks off."""
        pieces = []
        try:
            while piece := connection.recv(1 << 16):
                pieces.append(piece)
        except ConnectionResetError:
            pass
        received = b"".join(pieces)
        world.told.append(received)
        return Answer(received)

    def send(self, data):
        """Sends bytes on a connection of their own and reads to the end."""
        connection = self.connect()
        try:
            connection.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass  # It may be turned away before all is sent; the answer says why.
        return self.read(connection)

    def key(self, client="padaria"):
        return f"authorization: Bearer {world.keys[client]}"

    def request(self, dialect="openai", do="good", stream=False, client="padaria", lines=(),
                path=None, **more):
        """The bytes of a call."""
        body = {"model": MODEL[dialect], "max_tokens": 64, "x_do": do,
                "messages": [{"role": "user", "content": PROMPT}]}
        body |= ({"stream": True} if stream else {}) | more
        text = json.dumps(body).encode()
        if dialect == "anthropic":
            lines = ("anthropic-version: 2023-06-01", *lines)
        return head(path or PATH[dialect], len(text), self.key(client), *lines) + text

    def ask(self, *words, **named):
        return self.send(self.request(*words, **named))

    def get(self, path, *lines):
        return self.send(head(path, None, *lines, method="GET"))

    def assertError(self, answer, status, dialect="openai"):
        """That it is an error of that status, in the shape that the dialect's clients read."""
        where = f"{answer.received[:400]}"
        self.assertEqual(answer.status, status, where)
        self.assertTrue(answer.is_whole, where)
        self.assertEqual(answer.headers.get("content-type"), "application/json", where)
        return self.assertShape(answer.json, dialect)

    def assertShape(self, value, dialect):
        error = value["error"]
        if dialect == "anthropic":
            self.assertEqual(value["type"], "error")
        else:
            self.assertIn("code", error)
        self.assertTrue(error["type"], error)
        self.assertGreater(len(error["message"]), 10, error)
        self.assertNotIn("<html", error["message"])
        return error

    def assertBrokenStream(self, answer, dialect):
        """That a stream which began well ends with an error for the caller."""
        self.assertEqual(answer.status, 200, answer.received[:400])
        return self.assertShape(answer.events[-1], dialect)

    def new_events(self):
        """The events of this test."""
        world.place.settle()
        return world.place.events()[self.seen:]

    def setUp(self):
        world.upstream.take()
        self.seen = len(world.place.events())

    def tearDown(self):
        """The gateway is alive, nothing is held, and the budgets say what the log says."""
        self.assertEqual(self.get("/healthz").json, {"status": "ok"})
        place = world.place
        place.settle()
        self.assertEqual(place.open_holds(), 0)
        place.run("verify")
        metrics = self.get("/metrics").body.decode()
        for name in ("above_hold", "unrecorded"):
            self.assertIn(f"razao_{name}_total 0\n", metrics)
        mine = [event for event in place.events("padaria")]
        usd = sum(cost(event.get("tokens", {})) for event in mine)
        used = {"tokens": sum(map(input_tokens, mine)) + sum(map(output_tokens, mine)),
                "usd": usd, "brl": usd * BRL_PER_USD}
        for budget in json.loads(place.run("budget", "show", "padaria", "--format", "json")):
            self.assertEqual(Decimal(budget["held"]), 0, budget)
            self.assertEqual(Decimal(budget["used"]), used[budget["unit"]], budget)


def cost(tokens):
    """What tokens by class cost in USD."""
    return sum(Decimal(count) * USD_PER_MILLION[name] / 1_000_000
               for name, count in tokens.items())


def log_text():
    with open(world.place.gateway.log_path, errors="replace") as log:
        return log.read() + "\n".join(world.place.gateway.lines)


def resident(what="VmRSS"):
    """Memory of the gateway in MiB; VmHWM is the most there was."""
    path = f"/proc/{world.place.gateway.process.pid}/status"
    with open(path) as status:
        return int(re.search(rf"^{what}:\s+(\d+)", status.read(), re.M)[1]) // 1024


def ledger_files():
    for folder, _, names in os.walk(os.path.join(world.place.folder, "data")):
        for name in names:
            yield os.path.join(folder, name)

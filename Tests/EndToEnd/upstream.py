"""A provider of the tests' own that misbehaves as it is told.

    with Upstream() as upstream:
        upstream.port, upstream.requests

What a request shall get stands in its member `x_do`, one of the names in BEHAVIOURS; the path says
whether OpenAI's or Anthropic's interface is spoken. All requests are kept as they arrived. Answers
are streams unless the behaviour is another thing, since the gateway always streams upstream.
"""

import json
import socket
import ssl
import struct
import threading

# Fewer than the bytes of any prompt here, as an honest provider's.
PROMPT_TOKENS, CACHED_TOKENS, OUTPUT_TOKENS = 20, 15, 5
LONGEST_WAIT = 20


def event(value, name=None):
    text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
    return (f"event: {name}\n" if name else "").encode() + f"data: {text}\n\n".encode()


class OpenAI:
    """The pieces of a stream of chat completions of a model."""

    def __init__(self, model):
        self.model = model

    def chunk(self, delta, finish=None, **more):
        return event({
            "id": "c1", "object": "chat.completion.chunk", "created": 1, "model": self.model,
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **more})

    def begin(self):
        return self.chunk({"role": "assistant", "content": ""})

    def text(self, text):
        return self.chunk({"content": text})

    def usage(self, prompt=PROMPT_TOKENS, output=OUTPUT_TOKENS):
        return {"prompt_tokens": prompt, "completion_tokens": output, "total_tokens": prompt,
                "prompt_tokens_details": {"cached_tokens": CACHED_TOKENS}}

    def told(self, usage=None):
        return event({"id": "c1", "object": "chat.completion.chunk", "created": 1,
                      "model": self.model, "choices": [], "usage": usage or self.usage()})

    def end(self, usage=None):
        return self.chunk({}, "stop") + self.told(usage) + event("[DONE]")

    def error(self, message):
        return {"error": {"message": message, "type": "server_error", "code": None}}

    def fails(self, message):
        return event(self.error(message))

    def whole(self, text):
        return {"id": "c1", "object": "chat.completion", "created": 1, "model": self.model,
                "choices": [{"index": 0, "finish_reason": "stop",
                             "message": {"role": "assistant", "content": text}}],
                "usage": self.usage()}


class Anthropic:
    """The pieces of a stream of messages; cached tokens stand beside the input, not in it."""

    def __init__(self, model):
        self.model = model

    def begin(self):
        return event({
            "type": "message_start", "message": {
                "id": "m1", "type": "message", "role": "assistant", "model": self.model,
                "content": [], "stop_reason": None, "stop_sequence": None, "usage": {
                    "input_tokens": PROMPT_TOKENS - CACHED_TOKENS, "output_tokens": 1,
                    "cache_read_input_tokens": CACHED_TOKENS,
                    "cache_creation_input_tokens": 0}}}, "message_start") + event({
                        "type": "content_block_start", "index": 0,
                        "content_block": {"type": "text", "text": ""}}, "content_block_start")

    def text(self, text):
        return event({"type": "content_block_delta", "index": 0,
                      "delta": {"type": "text_delta", "text": text}}, "content_block_delta")

    def usage(self, prompt=PROMPT_TOKENS, output=OUTPUT_TOKENS):
        return {"input_tokens": prompt - CACHED_TOKENS, "output_tokens": output,
                "cache_read_input_tokens": CACHED_TOKENS}

    def told(self, usage=None):
        return event({"type": "message_delta",
                      "delta": {"stop_reason": "end_turn", "stop_sequence": None},
                      "usage": usage or self.usage()}, "message_delta")

    def end(self, usage=None):
        return event({"type": "content_block_stop", "index": 0}, "content_block_stop") + \
            self.told(usage) + event({"type": "message_stop"}, "message_stop")

    def error(self, message):
        return {"type": "error", "error": {"type": "api_error", "message": message}}

    def fails(self, message):
        return event(self.error(message), "error")

    def whole(self, text):
        return {"id": "m1", "type": "message", "role": "assistant", "model": self.model,
                "content": [{"type": "text", "text": text}], "stop_reason": "end_turn",
                "stop_sequence": None, "usage": self.usage()}


class Wire:
    """A connection on which one request is answered."""

    def __init__(self, connection, head, body, speech):
        self.connection, self.head, self.body, self.speech = connection, head, body, speech

    def begin(self, status="200 OK", kind="text/event-stream", more=""):
        self.connection.sendall(
            f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ntransfer-encoding: chunked\r\n"
            f"connection: close\r\n{more}\r\n".encode())

    def send(self, data):
        self.connection.sendall(b"%x\r\n%b\r\n" % (len(data), data))

    def end(self):
        self.connection.sendall(b"0\r\n\r\n")

    def send_whole(self, status, kind, text, more=""):
        self.begin(status, kind, more)
        if text:
            self.send(text.encode())
        self.end()

    def reset(self):
        """Ends the connection as a process that is killed does."""
        self.connection.setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def wait(self):
        """Says nothing until the other side goes."""
        self.connection.settimeout(LONGEST_WAIT)
        self.connection.recv(1)

    def drip(self):
        self.connection.settimeout(0.2)
        for _ in range(LONGEST_WAIT * 5):
            self.send(self.speech.text("gota"))
            try:
                if not self.connection.recv(1):
                    return
            except TimeoutError:
                pass

    def flood(self, piece, pieces, at_once=2_000):
        """So many pieces, in sends of many."""
        block = piece * at_once
        for _ in range(pieces // at_once):
            self.send(block)

    @property
    def secrets(self):
        """What a provider must not be able to have told to the caller: the key."""
        return " ".join(line.split(" ")[-1] for line in self.head.splitlines()
                        if line.lower().startswith(("authorization", "x-api-key")))


def streams(*steps):
    """A behaviour that begins a stream and takes steps: bytes of its own or calls."""
    def carry_out(wire):
        wire.begin()
        wire.send(wire.speech.begin())
        for step in steps:
            made = step(wire)
            if made:
                wire.send(made)
    return carry_out


def ends(wire):
    wire.send(wire.speech.end())
    wire.end()


HTML = "<html><body><h1>502 Bad Gateway</h1><!-- " + "x" * 3_000 + " --></body></html>"
OLA = "Olá, mundo"


def half_an_event(wire):
    return wire.speech.text(OLA)[:-14]


BEHAVIOURS = {
    "good": streams(lambda w: w.speech.text(OLA), ends),
    "broken_utf8": streams(
        lambda w: w.speech.text("~").replace(b"~", b"a\xff\xfe\xc3b"),
        lambda w: w.speech.text("é"), ends),
    "half_event_end": streams(lambda w: w.speech.text(OLA), half_an_event, Wire.end),
    "half_event_close": streams(lambda w: w.speech.text(OLA), half_an_event),
    "half_event_reset": streams(lambda w: w.speech.text(OLA), half_an_event, Wire.reset),
    "usage_then_reset": streams(
        lambda w: w.speech.text(OLA), lambda w: w.speech.told(), Wire.reset),
    "usage_with_choices": streams(
        lambda w: w.speech.text(OLA),
        lambda w: w.speech.chunk({"content": "!"}, "stop", usage=w.speech.usage()),
        lambda w: event("[DONE]"), Wire.end),
    "huge_usage": streams(
        lambda w: w.speech.text(OLA), lambda w: w.speech.end(w.speech.usage(10**18, 10**18)),
        Wire.end),
    "bad_usage": streams(
        lambda w: w.speech.text(OLA),
        lambda w: w.speech.end(w.speech.usage() | {"prompt_tokens": -5, "input_tokens": "many"}),
        Wire.end),
    "done_then_silence": streams(
        lambda w: w.speech.text(OLA), lambda w: w.speech.end(), Wire.wait),
    "error_event": streams(
        lambda w: w.speech.text(OLA), lambda w: w.speech.fails("out of order"), Wire.end),
    "leak_event": streams(
        lambda w: w.speech.text(OLA), lambda w: w.speech.fails(f"no {w.secrets}"), Wire.end),
    "stall": streams(lambda w: w.speech.text(OLA), Wire.wait),
    "drip": streams(Wire.drip),
    "million_lines": streams(
        lambda w: w.speech.text(OLA), lambda w: w.flood(b":\n\n", 500_000), ends),
    "many_events": streams(lambda w: w.flood(w.speech.text("palavra"), 75_000, 200), ends),
    "endless_line": streams(
        lambda w: w.speech.text(OLA), lambda w: w.flood(b"x" * 64, 400_000), ends),
    "whole": lambda w: w.send_whole(
        "200 OK", "application/json", json.dumps(w.speech.whole(OLA))),
    "silent": Wire.wait,
    "close": lambda w: None,
    "reset": Wire.reset,
    "garbage": lambda w: w.connection.sendall(b"\x00\x01 this is no HTTP\r\n\r\n"),
    "html_200": lambda w: w.send_whole("200 OK", "text/html", HTML),
    "html_404": lambda w: w.send_whole("404 Not Found", "text/html", HTML),
    "html_502": lambda w: w.send_whole("502 Bad Gateway", "text/html", HTML),
    "empty_200": lambda w: w.send_whole("200 OK", "text/event-stream", ""),
    "no_content": lambda w: w.connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n"),
    "redirect": lambda w: w.send_whole(
        "307 Temporary Redirect", "text/plain", "", "location: http://127.0.0.1:1/elsewhere\r\n"),
    "large_head": lambda w: w.begin(more="".join(
        f"x-{n}: {'y' * 1_000}\r\n" for n in range(2_000))),
} | {
    f"leak_{status}": lambda w, status=status: w.send_whole(
        f"{status} Sorry", "application/json",
        json.dumps({"error": {"message": f"refused with {w.secrets}"}}))
    for status in (400, 401, 404, 429, 500)
}


class Upstream:
    """Listens on a port of its own until the block is left; with a certificate, over TLS."""

    def __init__(self, certificate=None):
        self.requests = []
        self.context = None
        if certificate:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(certificate)
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        try:
            connection.settimeout(LONGEST_WAIT)
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
            with connection, connection.makefile("rb") as reader:
                self.answer(connection, reader)
        except OSError:
            connection.close()  # The gateway has gone, as it may.

    def answer(self, connection, reader):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = reader.readline(1 << 16)
            if not line:
                return
            head += line
        head = head.decode("latin-1")
        length = [int(line.split(":")[1]) for line in head.splitlines()
                  if line.lower().startswith("content-length:")]
        body = reader.read(length[0]) if length else b""
        self.requests.append((head, body))
        asked = json.loads(body)
        dialect = Anthropic if "/messages" in head.split("\r\n")[0] else OpenAI
        speech = dialect(asked.get("model"))
        BEHAVIOURS[asked.get("x_do", "good")](Wire(connection, head, body, speech))

    def take(self):
        """The requests since the last time."""
        taken, self.requests = self.requests, []
        return taken

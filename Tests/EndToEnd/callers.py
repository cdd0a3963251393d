"""Callers that send what no client should, slowly, in part, or without a key; for trial.py."""

import json
import re
import socket
import time

import trying
from trying import (
    DIALECTS, EVERY_WAY, MODEL, PATH, PROVIDER_KEY, USED, Trial, head, log_text, resident)


class Bodies(Trial):
    """Requests that cannot be understood, or ask for what is not there."""

    def assertNothingHappened(self):
        self.assertEqual(trying.world.upstream.take(), [])
        self.assertEqual(self.new_events(), [])

    def test_too_large(self):
        for dialect in DIALECTS:
            path, key = PATH[dialect], self.key()
            # Told beforehand: refused without being read.
            told = self.send(head(path, 2 << 20, key))
            self.assertError(told, 413, dialect)
            self.assertError(self.send(head(path, 10**18, key)), 413, dialect)
            self.assertError(self.ask(dialect, system="x" * (2 << 20)), 413, dialect)
            chunk = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
            self.assertError(
                self.send(head(path, None, key, "transfer-encoding: chunked") + chunk * 32 +
                          b"0\r\n\r\n"), 413, dialect)
        self.assertNothingHappened()

    def test_malformed(self):
        good = '"messages":[{"role":"user","content":"Oi"}],"max_tokens":5'
        deep = "[" * 100_000
        bodies = [
            "", " ", "{", "[]", "null", "7", '"text"', "\x00", "{}", "{'model':'up/gpt-4o'}",
            '{"model":7,%s}' % good, '{"model":null,%s}' % good, '{"model":"",%s}' % good,
            '{"model":"up/gpt-4o",%s}}' % good, '{"model":"up/gpt-4o",%s,}' % good,
            '{"model":"up/gpt-4o","model":"up/other",%s}' % good,
            '{"model":"up/gpt-4o","x":NaN,%s}' % good, '{"model":"up/gpt-4o","x":01,%s}' % good,
            '{"model":"up/gpt-4o","x":"\\ud800",%s' % good,
            '{"model":"up/gpt-4o","x":"\n",%s}' % good,
            '{"model":"up/gpt-4o","stream":"yes",%s}' % good,
            '{"model":"up/gpt-4o","messages":"Oi","max_tokens":5}',
            '{"model":"up/gpt-4o","messages":[%s' % deep,
            '{"model":"up/gpt-4o","x":%s%s,%s}' % (deep, "]" * 100_000, good),
            '{"model":"up/gpt-4o","x":%s%s,%s}' % ('{"a":' * 50_000, "1" + "}" * 50_000, good),
            '{"model":"up/gpt-4o","messages":[],"max_tokens":-1}',
            '{"model":"up/gpt-4o","messages":[],"max_tokens":1e30}',
            '{"model":"up/gpt-4o","messages":[],"max_tokens":"5"}',
            b"\xff\xfe{\x00}\x00", b'{"model":"up/gpt-4o","x":"\xc3\x28",' + good.encode() + b"}",
        ]
        for dialect in DIALECTS:
            model = MODEL[dialect].encode()
            for body in bodies:
                body = body if isinstance(body, bytes) else body.encode()
                body = body.replace(b"up/gpt-4o", model)
                with self.subTest(dialect, body=body[:80]):
                    answer = self.send(head(PATH[dialect], len(body), self.key()) + body)
                    self.assertError(answer, 400, dialect)
        self.assertNothingHappened()

    def test_many_values(self):
        # As many as fit into the body: an error or an answer, and no harm.
        answer = self.ask(x=[0] * 340_000)
        self.assertIn(answer.status, (200, 400))
        self.assertLess(resident("VmHWM"), 400)

    def test_unknown_members_are_passed_on(self):
        text = ('{"x_do":"good","x_large":12345678901234567890123,"x_exact":0.10000,"x_e":1E+2,'
                '"x_deep":{"a":[null,true,{"b":""}]},"x_text":"\\u00e9\\n\\ud83d\\ude00","x_é":1,')
        for dialect in DIALECTS:
            body = (text + f'"model":"{MODEL[dialect]}","max_tokens":9,"messages":'
                    '[{"role":"user","content":"Oi","x_inner":[1]}]}').encode()
            answer = self.send(head(PATH[dialect], len(body), self.key()) + body)
            self.assertEqual(answer.status, 200, answer.received)
            (_, sent), = trying.world.upstream.take()
            for digits in (b"12345678901234567890123", b"0.10000", b"1E+2"):
                self.assertIn(digits, sent)
            sent, wanted = json.loads(sent), json.loads(body)
            for name, value in wanted.items():
                if name != "model":
                    self.assertEqual(sent[name], value, name)

    def test_unknown_models(self):
        names = ["nobody", "up/", "/gpt-4o", "UP/gpt-4o", "up gpt-4o", "https://example.com/v1/x",
                 "//example.com/x", "up\u0000/x", "x" * 10_000, "up/" + "x" * 10_000, "'; drop--",
                 "up/gpt-4o\r\nx-evil: 1", "gpt-4o\n", "up/a\u0085b", "up/a\u2028b", "up/a\u00a0b"]
        for dialect in DIALECTS:
            for name in names:
                with self.subTest(dialect, name=name[:40]):
                    answer = self.ask(dialect, model=name)
                    self.assertIn(answer.status, (400, 404), answer.received)
                    error = self.assertError(answer, answer.status, dialect)
                    if name == "nobody" and dialect == "openai":
                        self.assertEqual((error["code"], error["param"]),
                                         ("model_not_found", "model"))
                    self.assertNotIn("x-evil", answer.headers)
        self.assertError(self.get("/v1/models/nobody", self.key()), 404)
        self.assertError(self.get("/v1/nothing", self.key()), 404)
        self.assertError(self.get("/v1/chat/completions", self.key()), 405)
        self.assertError(
            self.get("/v1/nothing", self.key(), "anthropic-version: 2023-06-01"), 404, "anthropic")
        self.assertNothingHappened()

    def test_no_caller_points_elsewhere(self):
        # Whatever stands in model, body and headers: it goes where the settings say.
        for model in ("gem/../../secret", "gem/x?key=1#y", "gem/@127.0.0.1:1/x", "gem/%2e%2e/x"):
            self.ask(model=model, client="free", base_url="http://127.0.0.1:1",
                     api_base="http://127.0.0.1:1", lines=(
                         "x-forwarded-host: 127.0.0.1:1", "x-base-url: http://127.0.0.1:1"))
            for sent, _ in trying.world.upstream.take():
                target = sent.split(" ")[1]
                self.assertRegex(target, r"^/v1beta/models/[^/?#]+:\w+(\?alt=sse)?$")
                self.assertRegex(sent, rf"\r\n[Hh]ost: 127.0.0.1:{trying.world.upstream.port}\r\n")


class Keys(Trial):
    """Who has no key learns nothing."""

    def test_wrong_ones_get_the_same_answer(self):
        place = trying.world.place
        revoked = place.run("key", "create", "padaria", "--name", "gone", "--quiet").strip()
        self.assertEqual(self.get("/v1/models", f"x-api-key: {revoked}").status, 200)
        listed = place.run("key", "list", "padaria").splitlines()
        place.run("key", "revoke", next(line for line in listed if "gone" in line).split()[0])
        good = trying.world.keys["padaria"]
        wrong = ["x-none: 1", f"authorization: Bearer {revoked}", f"x-api-key: {revoked}",
                 "authorization: Bearer rz-wrong", "authorization: Bearer ",
                 "authorization: Bearer",
                 f"authorization: Basic {good}", f"authorization: Bearer {good}x",
                 f"authorization: Bearer {good[:-1]}", f"authorization: Bearer {good.upper()}",
                 "authorization: Bearer " + "x" * 20_000, "x-api-key: \xe9\xff",
                 f"authorization: Bearer {PROVIDER_KEY}", f"authorization: Bearer {good} x"]
        body = b'{"model":"up/gpt-4o","messages":[]}'
        for path, method in (("/v1/chat/completions", "POST"), ("/v1/messages", "POST"),
                             ("/v1/messages/count_tokens", "POST"), ("/v1/completions", "POST"),
                             ("/v1/embeddings", "POST"), ("/v1/models", "GET"),
                             ("/v1/models/up/gpt-4o", "GET"), ("/v1/models/nobody", "GET"),
                             ("/api/events", "POST")):
            answers = set()
            for line in wrong:
                sent = body if method == "POST" else b""
                answer = self.send(
                    head(path, len(sent), line, method=method) + sent)
                self.assertError(
                    answer, 401, "anthropic" if path.startswith("/v1/messages") else "openai")
                told = re.sub(rb"(?mi)^date: .*\r\n", b"", answer.received)
                answers.add(told)
            self.assertEqual(len(answers), 1, f"{path}: {answers}")
        self.assertEqual(trying.world.upstream.take(), [])

    def test_no_body_is_read_for_them(self):
        answer = self.send(head("/v1/chat/completions", 10**9, "x-api-key: rz-wrong"))
        self.assertError(answer, 401)


class Requests(Trial):
    """Bytes that are no HTTP, or HTTP that means two things."""

    def assertTurnedAway(self, answer):
        """Refused, or hung up on; never two answers."""
        self.assertIn(answer.status, (400, 413, 414, 431, None), answer.received[:300])
        self.assertLess(answer.received.count(b"HTTP/1.1"), 2)

    def test_heads_that_are_none(self):
        body = self.request().split(b"\r\n\r\n", 1)[1]
        key = self.key()
        length = f"content-length: {len(body)}"

        def with_lines(*lines):
            return head(PATH["openai"], None, key, *lines) + body

        for data in (
                b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64), b"\r\n\r\n\r\n",
                b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x00" * 1_000, b"x" * 200_000,
                b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                with_lines(length, "x-a: b\rx-evil: 1"), with_lines(length, "x-a: b\0c"),
                with_lines(length, "x a: b"), with_lines(length, ": b"),
                with_lines(length, "content-length: 5"), with_lines("content-length: -5"),
                with_lines("content-length: 5, 6"), with_lines("content-length: 0x10"),
                with_lines("transfer-encoding: chunked", length),
                with_lines("transfer-encoding: chunked") .replace(body, b"zz\r\n" + body),
                with_lines("transfer-encoding: gzip, chunked, x"),
                with_lines(length, "x-large: " + "y" * 200_000),
                with_lines(length, *(f"x-{n}: 1" for n in range(5_000))),
                head("/" + "p" * 200_000, None, key, method="GET")):
            with self.subTest(data=data[:60], size=len(data)):
                connection = self.connect()
                try:
                    connection.sendall(data)
                    connection.shutdown(socket.SHUT_WR)
                except OSError:
                    pass  # Hung up on already.
                self.assertTurnedAway(self.read(connection))
        self.assertEqual(trying.world.upstream.take(), [])
        self.assertEqual(self.new_events(), [])

    def test_lines_broken_in_headers(self):
        # An old way to write long values, and texts that would forge lines of the log.
        forged = "2026-01-01T00:00:00Z info razao.gateway: forged"
        for line in (f"x-litellm-tags: a,\r\n {forged}", f"x-razao-conversation: a\n{forged}",
                     f"x-litellm-end-user-id: a\r\n\t{forged}", f"x-litellm-tags: a\u0085{forged}",
                     f"idempotency-key: a\r\n {forged}"):
            answer = self.ask(lines=(line,))
            self.assertIn(answer.status, (200, 400), answer.received)
            self.assertNotIn("forged", str(answer.headers))
        for mark in "\u2028\u0085":
            self.ask(model=f"up/x{mark}{forged}".replace(" ", "\u00a0"), client="free")
        for line in log_text().splitlines():
            self.assertFalse(line.startswith("2026-01-01T00:00:00Z"), line)


class Callers(Trial):
    """Callers that are slow, or go."""

    def test_a_byte_at_a_time(self):
        connection = self.connect()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in self.request():
            connection.sendall(bytes([byte]))
            time.sleep(0.004)
        answer = self.read(connection)
        self.assertEqual((answer.status, answer.text), (200, "Olá, mundo"))

    def test_who_says_nothing_is_left(self):
        whole = self.request()
        connections = []
        for length in (0, 20, len(whole) - 5):
            connection = self.connect()
            connection.sendall(whole[:length])
            connections.append(connection)
        for connection in connections:
            self.assertIn(self.read(connection).status, (None, 400, 408))
        self.assertEqual(trying.world.upstream.take(), [])

    def test_who_goes_before_the_end_of_the_request(self):
        for length in (1, 40, len(self.request()) - 5):
            connection = self.connect()
            connection.sendall(self.request()[:length])
            connection.close()
        self.assertEqual(self.new_events(), [])

    def test_half_closed(self):
        # Done with asking, still there to read: an answer, or none; in the log either way.
        for number, (dialect, stream) in enumerate(EVERY_WAY):
            connection = self.connect()
            connection.sendall(self.request(dialect, stream=stream))
            connection.shutdown(socket.SHUT_WR)
            answer = self.read(connection)
            self.assertEqual((answer.status, answer.is_whole), (200, True), answer.received)
            self.assertEqual(answer.text, "Olá, mundo")
            self.assertEqual(len(self.new_events()), number + 1)

    def test_who_never_reads(self):
        # The provider waits meanwhile, and others do not; after gateway.idle_timeout the caller is
        # taken for gone, and the answer is read to its end.
        connection = self.connect(receive=4_096)
        connection.sendall(self.request(do="many_events", stream=True, max_tokens=4_096))
        time.sleep(0.5)
        self.assertEqual(self.ask().status, 200)
        event = next(
            event for event in self.new_events() if event["outcome"] != "succeeded")
        self.assertEqual((event["outcome"], event["tokens"]), ("cancelled", USED))
        self.assertLess(resident("VmHWM"), 400)

    def test_who_reads_slowly_gets_all(self):
        connection = self.connect(receive=4_096)
        connection.sendall(self.request(do="many_events", stream=True, max_tokens=4_096))
        time.sleep(1)
        answer = self.read(connection)
        self.assertEqual((answer.status, answer.is_whole), (200, True))
        self.assertEqual(answer.text.count("palavra"), 75_000)

    def test_who_hangs_up(self):
        for dialect, stream in EVERY_WAY:
            connection = self.connect()
            do = "stall" if stream else "good"
            connection.sendall(self.request(dialect, do, stream))
            if stream:
                self.assertTrue(connection.recv(4_096))
            connection.close()
        self.assertEqual(len(self.new_events()), 4)

    def test_two_requests_on_one_connection(self):
        once = self.request().replace(b"connection: close\r\n", b"")
        connection = self.connect()
        connection.sendall(once + once + self.request())
        received = self.read(connection).received
        self.assertEqual(received.count(b"HTTP/1.1 200"), 3)
        self.assertEqual(len(self.new_events()), 3)


CASES = [Bodies, Keys, Requests, Callers]

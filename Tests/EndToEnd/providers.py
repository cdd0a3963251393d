"""Providers that answer what no provider should, or not at all; for trial.py."""

import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import trying
from place import input_tokens, output_tokens
from reload import Change
from trying import EVERY_WAY, PROVIDER_KEY, USED, Trial, cost, resident
from upstream import OUTPUT_TOKENS, PROMPT_TOKENS, Upstream


def check_late(check):
    """A provider that goes on and on is ended like one that falls silent."""
    def checked(do, dialect, stream, answer):
        check("stall" if do == "drip" else do, dialect, stream, answer)
    return checked


class Upstreams(Trial):
    """Providers that answer what no provider should."""

    def all_ways(self, behaviours, check):
        """Asks in both dialects, streamed and not, at the same time; `check` looks at each."""
        ways = [(do, *way) for do in behaviours for way in EVERY_WAY]
        with ThreadPoolExecutor(16) as pool:
            answers = pool.map(lambda way: self.ask(way[1], do=way[0], stream=way[2]), ways)
            for (do, dialect, stream), answer in zip(ways, answers):
                with self.subTest(do, dialect=dialect, stream=stream):
                    check(do, dialect, stream, answer)
        events = self.new_events()
        self.assertEqual(len(events), len(ways))
        return events

    def test_no_answer_at_all(self):
        def check(do, dialect, stream, answer):
            self.assertError(answer, 504 if do == "silent" else 502, dialect)

        events = self.all_ways(
            ["silent", "close", "reset", "garbage", "large_head", "redirect"], check)
        self.assertEqual({event["outcome"] for event in events}, {"failed"})
        # It may have worked at what it was sent; a redirect and what is no HTTP tell as little.
        self.assertIn("missing", {event["usage_source"] for event in events})

    def test_html(self):
        def check(do, dialect, stream, answer):
            if stream and do in ("empty_200", "no_content"):
                self.assertBrokenStream(answer, dialect)
            else:
                self.assertError(answer, 404 if do == "html_404" else 502, dialect)

        events = self.all_ways(
            ["html_200", "html_404", "html_502", "empty_200", "no_content"], check)
        self.assertEqual({event["outcome"] for event in events}, {"failed"})

    def test_whole_answer_where_a_stream_was_asked_for(self):
        # A caller who wants none has its answer; to another it cannot be told as a stream.
        def check(do, dialect, stream, answer):
            if stream:
                self.assertError(answer, 502, dialect)
            else:
                self.assertEqual((answer.status, answer.text), (200, "Olá, mundo"))
                self.assertEqual(
                    Decimal(answer.headers["x-razao-cost-usd"]), cost(USED))

        for event in self.all_ways(["whole"], check):
            self.assertEqual(event["tokens"], USED)

    def test_counting_that_is_none(self):
        for do in ("html_200", "html_502", "close", "leak_400", "good"):
            answer = self.ask("anthropic", do, path="/v1/messages/count_tokens")
            self.assertError(answer, 400 if do == "leak_400" else 502, "anthropic")
            self.assertNotIn(PROVIDER_KEY.encode(), answer.received)
        self.assertEqual(self.new_events(), [])

    def test_broken_in_the_middle(self):
        def check(do, dialect, stream, answer):
            if stream:
                self.assertBrokenStream(answer, dialect)
            else:
                self.assertError(answer, 504 if do == "stall" else 502, dialect)

        events = self.all_ways(["half_event_end", "half_event_close", "half_event_reset",
                                "stall", "drip", "error_event"], check_late(check))
        self.assertEqual({event["outcome"] for event in events}, {"failed"})

    def test_usage_that_came_before_the_break_counts(self):
        events = self.all_ways(["usage_then_reset"], lambda *_: None)
        for event in events:
            self.assertEqual((input_tokens(event), output_tokens(event)),
                             (PROMPT_TOKENS, OUTPUT_TOKENS), event)

    def test_an_end_is_an_end(self):
        # The provider said that it is done; that it keeps the connection is not waited for.
        def check(do, dialect, stream, answer):
            self.assertEqual((answer.status, answer.text), (200, "Olá, mundo"), answer.received)

        events = self.all_ways(["done_then_silence"], check)
        self.assertEqual({event["outcome"] for event in events}, {"succeeded"})

    def test_usage_in_the_chunk_with_the_last_word(self):
        for stream in (False, True):
            answer = self.ask(do="usage_with_choices", stream=stream)
            self.assertEqual(answer.text, "Olá, mundo!")
        for event in self.new_events():
            self.assertEqual(event["tokens"], USED)

    def test_usage_that_cannot_be(self):
        events = self.all_ways(["huge_usage", "bad_usage"], lambda *_: None)
        for event in events:
            self.assertLess(input_tokens(event) + output_tokens(event), 1 << 40, event)

    def test_text_that_is_none(self):
        # It is passed on as it is; one answer cannot be put together of it.
        def check(do, dialect, stream, answer):
            if stream:
                self.assertEqual((answer.status, answer.is_whole), (200, True), answer.received)
            else:
                self.assertError(answer, 502, dialect)

        events = self.all_ways(["broken_utf8"], check)
        self.assertEqual({output_tokens(event) for event in events}, {OUTPUT_TOKENS})

    def test_long_streams(self):
        before, figures = resident(), []
        for do in ("million_lines", "endless_line", "many_events"):
            for stream in (True, False):
                began = time.monotonic()
                answer = self.ask(do=do, stream=stream, max_tokens=4_096)
                figures.append(
                    f"{do} {'streamed' if stream else 'whole'} {answer.status} "
                    f"{len(answer.body) >> 10} KiB {time.monotonic() - began:.1f} s")
                # A line without an end means nothing, and no answer can be put together of it.
                self.assertIn(answer.status, (200, 502) if do == "endless_line" else (200,))
        print(f"trial: {', '.join(figures)}; {resident('VmHWM')} MiB at most", file=sys.stderr)
        self.assertLess(resident("VmHWM") - before, 300)
        events = self.new_events()
        self.assertEqual([event["tokens"] for event in events], [USED] * 6)

    def test_nobody_there(self):
        for provider in ("dead", "nobody", "plain"):
            for stream in (False, True):
                answer = self.ask(model=f"{provider}/gpt-4o", stream=stream)
                self.assertError(answer, 502)
        for event in self.new_events():
            self.assertEqual((event["outcome"], event.get("tokens", {})), ("failed", {}))
            # Nobody took the request, so it is known that nothing was used.
            if event["provider"] != "plain":
                self.assertEqual(event["usage_source"], "provider", event)

    def test_what_it_says_of_the_key_is_not_told(self):
        statuses = (400, 401, 404, 429, 500)
        for dialect, stream in EVERY_WAY:
            for status in statuses:
                answer = self.ask(dialect, do=f"leak_{status}", stream=stream)
                told = {401: 502, 500: 502}.get(status, status)
                self.assertError(answer, told, dialect)
                self.assertNotIn(PROVIDER_KEY.encode(), answer.received)
            answer = self.ask(dialect, do="leak_event", stream=stream)
            self.assertNotIn(PROVIDER_KEY.encode(), answer.received)


class TLS(Trial):
    """A provider whose certificate nobody vouches for."""

    def test_self_signed(self):
        with tempfile.TemporaryDirectory(prefix="razao-trial-") as folder:
            pem = os.path.join(folder, "both.pem")
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                 "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", pem, "-out", pem + ".crt",
                 "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"],
                check=True, capture_output=True)
            with open(pem, "a") as both, open(pem + ".crt") as certificate:
                both.write(certificate.read())
            with Upstream(pem) as upstream:
                change = Change(trying.world.place)
                change(f"provider.signed.base_url = https://127.0.0.1:{upstream.port}/v1\n"
                       "provider.signed.key_env = MOCK_PROVIDER_KEY\n", "read anew")
                self.addCleanup(change, "", "read anew")
                for stream in (False, True):
                    answer = self.ask(model="signed/gpt-4o", client="free", stream=stream)
                    self.assertError(answer, 502)
                self.assertEqual(upstream.requests, [])


CASES = [Upstreams, TLS]

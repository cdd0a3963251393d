"""The real OpenAI and Anthropic SDKs through the gateway, in front of the mock provider.

    python sdk.py PATH-TO-RAZAO [unittest's arguments]

What a call shall do at the mock provider stands behind the model's name, for example
openai/gpt-4o+latency-ms=9. At the end the ledger is compared with the mock provider's own totals,
model by model.
"""

import json
import sys
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

import anthropic
import openai

from place import Place, input_tokens, output_tokens

CLAUDE = "claude-sonnet-4-5"
EMBEDDING = "text-embedding-3-small"
LONG = "gpt-4o-mini+output-tokens=3000+chunk-tokens=20+chunk-delay-ms=4"
MESSAGES = [{"role": "user", "content": "Quanto custa um pão na chapa?"}]
WEATHER = {
    "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}

place = None
keys = {}


def setUpModule():
    global place
    place = unittest.enterModuleContext(
        Place(razao, ["gateway.patience = 1 s", "gateway.first_byte_timeout = 2 s"]))
    place.price(f"anthropic/{CLAUDE}", "3", "15")
    place.describe(f"anthropic/{CLAUDE}", 8192)
    place.price(f"openai/{EMBEDDING}", "0.02", "0")
    place.describe(f"openai/{EMBEDDING}", 1)
    place.price(f"openai/{LONG}", "1", "10")
    place.price(f"wild/{LONG}", "1", "10")
    for name in ("padaria", "poor", "frugal", "short", "cut"):
        keys[name] = place.client(name)
    budgets = [("poor", "usd", "0.000001"), ("frugal", "tokens", "500"),
               ("short", "usd", "0.03"), ("cut", "usd", "0.03")]
    for name, unit, limit in budgets:
        place.run("budget", "set", name, "--unit", unit, "--limit", limit, "--period", "monthly",
                  "--stop")


class Calls(unittest.TestCase):
    """What all tests of calls share."""

    def openai(self, client="padaria", key=None, **options):
        options.setdefault("max_retries", 0)
        made = openai.OpenAI(
            api_key=key or keys[client], base_url=f"{place.gateway.url}/v1", **options)
        self.addCleanup(made.close)
        return made

    def anthropic(self, client="padaria", key=None, **options):
        options.setdefault("max_retries", 0)
        made = anthropic.Anthropic(
            api_key=key or keys[client], base_url=place.gateway.url, **options)
        self.addCleanup(made.close)
        return made

    def event(self, request_id):
        """The one event of a call, once it has ended."""
        place.settle()
        events = [event for event in place.events() if event["request_id"] == request_id]
        self.assertEqual(len(events), 1, f"events of call {request_id}")
        return events[0]

    def latest(self, model):
        """The events of a model; for calls whose id the caller was not told."""
        place.settle()
        return [event for event in place.events() if event["model"] == model]


class OpenAIAnswers(Calls):
    def test_chat_tells_what_it_cost(self):
        raw = self.openai().chat.completions.with_raw_response.create(
            model="gpt-4o", messages=MESSAGES)
        answer = raw.parse()
        self.assertEqual(answer.choices[0].finish_reason, "stop")
        self.assertTrue(answer.choices[0].message.content)
        event = self.event(raw.headers["x-razao-request-id"])
        self.assertEqual(event["tokens"]["input"], answer.usage.prompt_tokens)
        self.assertEqual(event["tokens"]["output"], answer.usage.completion_tokens)
        self.assertEqual(event["outcome"], "succeeded")
        cost = 2.5e-6 * answer.usage.prompt_tokens + 1e-5 * answer.usage.completion_tokens
        self.assertAlmostEqual(float(raw.headers["x-razao-cost-usd"]), cost)
        self.assertAlmostEqual(answer.usage.cost_usd, cost)

    def test_limit_of_output_is_kept(self):
        answer = self.openai().chat.completions.create(
            model="gpt-4o", messages=MESSAGES, max_tokens=5)
        self.assertEqual(answer.choices[0].finish_reason, "length")
        self.assertEqual(answer.usage.completion_tokens, 5)

    def test_stream_without_usage(self):
        chunks = list(self.openai().chat.completions.create(
            model="gpt-4o", messages=MESSAGES, stream=True))
        self.assertTrue(all(chunk.usage is None for chunk in chunks))
        self.assertTrue(all(chunk.choices for chunk in chunks), "a chunk of usage was shown")
        text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
        self.assertTrue(text.startswith("a fixed rule"))
        self.assertEqual(chunks[-1].choices[0].finish_reason, "stop")

    def test_stream_with_usage(self):
        chunks = list(self.openai().chat.completions.create(
            model="gpt-4o", messages=MESSAGES, stream=True,
            stream_options={"include_usage": True}))
        self.assertEqual(chunks[-1].usage.completion_tokens, 16)
        self.assertEqual(chunks[-1].choices, [])
        self.assertGreater(chunks[-1].usage.cost_usd, 0)

    def test_helper_for_streams(self):
        with self.openai().chat.completions.stream(model="gpt-4o", messages=MESSAGES) as stream:
            stream.until_done()
            answer = stream.get_final_completion()
        self.assertTrue(answer.choices[0].message.content)

    def test_tool_is_called_and_answered(self):
        client = self.openai()
        tools = [{"type": "function", "function": {"name": "weather", "parameters": WEATHER}}]
        messages = [{"role": "user", "content": "Use the tool: weather in Recife"}]
        answer = client.chat.completions.create(model="gpt-4o", messages=messages, tools=tools)
        self.assertEqual(answer.choices[0].finish_reason, "tool_calls")
        call = answer.choices[0].message.tool_calls[0]
        self.assertEqual((call.function.name, call.function.arguments),
                         ("weather", '{"city":"mock"}'))
        messages += [answer.choices[0].message,
                     {"role": "tool", "tool_call_id": call.id, "content": "31 °C"}]
        final = client.chat.completions.create(model="gpt-4o", messages=messages, tools=tools)
        self.assertEqual(final.choices[0].finish_reason, "stop")
        chunks = list(client.chat.completions.create(
            model="gpt-4o", messages=messages[:1], tools=tools, stream=True))
        parts = [chunk.choices[0].delta.tool_calls for chunk in chunks]
        arguments = "".join(part[0].function.arguments or "" for part in parts if part)
        self.assertEqual(arguments, '{"city":"mock"}')

    def test_embeddings(self):
        raw = self.openai().embeddings.with_raw_response.create(
            model=EMBEDDING, input=["pão", "queijo"], dimensions=4)
        answer = raw.parse()
        self.assertEqual([len(entry.embedding) for entry in answer.data], [4, 4])
        event = self.event(raw.headers["x-razao-request-id"])
        self.assertEqual(event["operation"], "embedding")
        self.assertEqual(event["tokens"], {"input": answer.usage.prompt_tokens})

    def test_plain_completions(self):
        client = self.openai()
        answer = client.completions.create(model="openai/gpt-4o-mini", prompt="Era uma vez")
        self.assertTrue(answer.choices[0].text)
        chunks = list(client.completions.create(
            model="openai/gpt-4o-mini", prompt="Era uma vez", stream=True))
        text = "".join(choice.text for chunk in chunks for choice in chunk.choices)
        self.assertEqual(text, answer.choices[0].text)

    def test_models(self):
        client = self.openai()
        names = {model.id for model in client.models.list()}
        self.assertLessEqual({"openai/gpt-4o", f"anthropic/{CLAUDE}"}, names)
        self.assertEqual(client.models.retrieve("openai/gpt-4o").owned_by, "openai")
        self.assertEqual(client.models.retrieve(CLAUDE).id, f"anthropic/{CLAUDE}")

    def test_claude_through_the_openai_sdk(self):
        client = self.openai()
        raw = client.chat.completions.with_raw_response.create(
            model=CLAUDE, messages=[{"role": "system", "content": "Fale pouco."}, *MESSAGES])
        self.assertEqual(raw.parse().choices[0].finish_reason, "stop")
        event = self.event(raw.headers["x-razao-request-id"])
        self.assertEqual((event["provider"], event["tokens"]["output"]), ("anthropic", 16))
        chunks = list(client.chat.completions.create(
            model=CLAUDE, messages=MESSAGES, stream=True,
            stream_options={"include_usage": True}))
        self.assertEqual(chunks[-1].usage.completion_tokens, 16)
        tools = [{"type": "function", "function": {"name": "weather", "parameters": WEATHER}}]
        answer = client.chat.completions.create(
            model=CLAUDE, messages=[{"role": "user", "content": "use the tool"}], tools=tools)
        self.assertEqual(
            answer.choices[0].message.tool_calls[0].function.arguments, '{"city":"mock"}')

    def test_fifty_at_once(self):
        client = self.openai()

        def call(number):
            return client.chat.completions.create(
                model=f"openai/gpt-4o+output-tokens={10 + number % 3}", messages=MESSAGES)

        with ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(call, range(50)))
        self.assertEqual({answer.usage.completion_tokens for answer in answers}, {10, 11, 12})


class AnthropicAnswers(Calls):
    def test_message(self):
        raw = self.anthropic().messages.with_raw_response.create(
            model=CLAUDE, max_tokens=64, messages=MESSAGES)
        message = raw.parse()
        self.assertEqual((message.stop_reason, message.usage.output_tokens), ("end_turn", 16))
        event = self.event(raw.headers["x-razao-request-id"])
        self.assertEqual(event["tokens"]["input"], message.usage.input_tokens)

    def test_stream(self):
        with self.anthropic().messages.stream(
                model=CLAUDE, max_tokens=64, messages=MESSAGES) as stream:
            text = "".join(stream.text_stream)
            message = stream.get_final_message()
        self.assertEqual(message.content[0].text, text)
        self.assertEqual(message.usage.output_tokens, 16)

    def test_tool(self):
        message = self.anthropic().messages.create(
            model=CLAUDE, max_tokens=64, messages=[{"role": "user", "content": "use the tool"}],
            tools=[{"name": "weather", "input_schema": WEATHER}])
        self.assertEqual(message.stop_reason, "tool_use")
        self.assertEqual(message.content[-1].input, {"city": "mock"})

    def test_counting_is_free(self):
        place.settle()
        before = len(place.events())
        counted = self.anthropic().messages.count_tokens(model=CLAUDE, messages=MESSAGES)
        self.assertEqual(counted.input_tokens, 8)
        self.assertEqual(len(place.events()), before)

    def test_models(self):
        names = {model.id for model in self.anthropic().models.list()}
        self.assertIn(f"anthropic/{CLAUDE}", names)

    def test_errors(self):
        with self.assertRaises(anthropic.AuthenticationError) as caught:
            self.anthropic(key="rz-wrong").messages.create(
                model=CLAUDE, max_tokens=9, messages=MESSAGES)
        self.assertEqual(caught.exception.body["error"]["type"], "authentication_error")
        with self.assertRaises(anthropic.NotFoundError):
            self.anthropic().messages.create(model="nobody", max_tokens=9, messages=MESSAGES)
        with self.assertRaises(anthropic.RateLimitError) as caught:
            self.anthropic().messages.create(
                model=f"anthropic/{CLAUDE}+error-status=429+retry-after=7", max_tokens=9,
                messages=MESSAGES)
        self.assertEqual(caught.exception.response.headers["retry-after"], "7")
        with self.assertRaises(anthropic.APIStatusError) as caught:
            self.anthropic("poor").messages.create(
                model=CLAUDE, max_tokens=9, messages=MESSAGES)
        self.assertEqual(caught.exception.status_code, 402)
        self.assertEqual(caught.exception.body["error"]["type"], "billing_error")


class Errors(Calls):
    def test_wrong_and_missing_key(self):
        with self.assertRaises(openai.AuthenticationError) as caught:
            self.openai(key="rz-wrong").chat.completions.create(model="gpt-4o", messages=MESSAGES)
        self.assertEqual(caught.exception.code, "invalid_api_key")
        with self.assertRaises(openai.AuthenticationError):
            self.openai(key="rz-wrong").models.list()

    def test_revoked_key(self):
        key = place.run("key", "create", "padaria", "--name", "lost", "--quiet").strip()
        client = self.openai(key=key)
        client.models.list()
        listed = place.run("key", "list", "padaria").splitlines()
        place.run("key", "revoke", next(line for line in listed if "lost" in line).split()[0])
        with self.assertRaises(openai.AuthenticationError):
            client.models.list()

    def test_unknown_model(self):
        with self.assertRaises(openai.NotFoundError) as caught:
            self.openai().chat.completions.create(model="nobody", messages=MESSAGES)
        self.assertEqual((caught.exception.code, caught.exception.param),
                         ("model_not_found", "model"))

    def test_bad_request(self):
        with self.assertRaises(openai.BadRequestError):
            self.openai().chat.completions.create(model="gpt-4o", messages="no list")

    def test_budget_of_money_is_reached(self):
        with self.assertRaises(openai.APIStatusError) as caught:
            self.openai("poor").chat.completions.create(model="gpt-4o", messages=MESSAGES)
        error = caught.exception
        self.assertEqual((error.status_code, error.code), (402, "budget_exceeded"))
        self.assertEqual((error.body["budget"], error.body["unit"]), ("usd-monthly", "usd"))
        self.assertEqual((error.body["used"], error.body["limit"]), (0, 0.000001))
        self.assertTrue(error.body["renews_at"])
        self.assertGreater(int(error.response.headers["retry-after"]), 0)
        self.assertEqual(place.events("poor"), [])

    def test_budget_of_tokens_is_reached(self):
        client = self.openai("frugal", max_retries=2)
        with self.assertRaises(openai.RateLimitError) as caught:
            for _ in range(100):
                client.chat.completions.create(
                    model="gpt-4o", messages=[{"role": "user", "content": "Oi"}], max_tokens=16)
        self.assertEqual(caught.exception.body["unit"], "tokens")
        place.settle()
        used = sum(input_tokens(e) + output_tokens(e) for e in place.events("frugal"))
        self.assertTrue(300 < used <= 500, f"{used} of 500 tokens were used")

    def test_upstream_says_too_many(self):
        with self.assertRaises(openai.RateLimitError) as caught:
            self.openai().chat.completions.create(
                model="openai/gpt-4o+error-status=429+retry-after=7", messages=MESSAGES)
        self.assertEqual(caught.exception.response.headers["retry-after"], "7")

    def test_upstream_fails(self):
        model = "gpt-4o-mini+error-status=500"
        with self.assertRaises(openai.InternalServerError) as caught:
            self.openai().chat.completions.create(model=f"openai/{model}", messages=MESSAGES)
        self.assertEqual(caught.exception.status_code, 502)
        self.assertNotIn("sk-of-the-mock-provider", str(caught.exception))
        events = self.latest(model)
        self.assertEqual([(e["outcome"], e["tokens"]) for e in events], [("failed", {})])

    def test_upstream_answers_html(self):
        with self.assertRaises(openai.InternalServerError):
            self.openai().chat.completions.create(model="openai/gpt-4o+html", messages=MESSAGES)

    def test_upstream_breaks_off(self):
        model = "openai/gpt-4o+break-after=4"
        with self.assertRaises(openai.InternalServerError):
            self.openai().chat.completions.create(model=model, messages=MESSAGES)
        with self.assertRaises(openai.APIError):
            list(self.openai().chat.completions.create(
                model=model, messages=MESSAGES, stream=True))

    def test_usage_that_is_not_told_is_missing(self):
        raw = self.openai().chat.completions.with_raw_response.create(
            model="openai/gpt-4o+usage=missing", messages=MESSAGES)
        self.assertTrue(raw.parse().choices[0].message.content)
        event = self.event(raw.headers["x-razao-request-id"])
        self.assertEqual((event["usage_source"], event.get("tokens")), ("missing", None))

    def test_retries_of_the_sdk(self):
        model = "gpt-4o+error-status=429+retry-after=1"
        began = time.monotonic()
        with self.assertRaises(openai.RateLimitError):
            self.openai(max_retries=1).chat.completions.create(
                model=f"openai/{model}", messages=MESSAGES)
        self.assertGreaterEqual(time.monotonic() - began, 1, "Retry-After was not waited for")
        self.assertEqual(len(self.latest(model)), 2)
        model = "gpt-4o+error-rate=0.3+error-status=500"
        client = self.openai(max_retries=8)
        for _ in range(30):
            client.chat.completions.create(model=f"openai/{model}", messages=MESSAGES)
            outcomes = [event["outcome"] for event in self.latest(model)]
            if "failed" in outcomes:
                break
        self.assertEqual(outcomes[-1], "succeeded")
        self.assertIn("failed", outcomes)


class Keys(Calls):
    """Calls that bear an Idempotency-Key."""

    def chat(self, client, key, **more):
        return client.chat.completions.with_raw_response.create(
            messages=MESSAGES, extra_headers={"Idempotency-Key": key}, **more)

    def test_same_answer_and_one_charge(self):
        model = "gpt-4o+output-tokens=21"
        made = [self.chat(self.openai(), "once", model=f"openai/{model}") for _ in range(3)]
        self.assertEqual(len({raw.http_response.content for raw in made}), 1)
        self.assertEqual([raw.headers.get("idempotent-replayed") for raw in made],
                         [None, "true", "true"])
        self.assertEqual(len({raw.headers["x-razao-request-id"] for raw in made}), 1)
        self.assertEqual([output_tokens(event) for event in self.latest(model)], [21])
        with self.assertRaises(openai.UnprocessableEntityError) as caught:
            self.chat(self.openai(), "once", model="gpt-4o")
        self.assertEqual(caught.exception.code, "idempotency_key_reused")

    def test_streams_are_told_again_as_streams(self):
        model = "gpt-4o+output-tokens=22"
        told = [[chunk.to_json() for chunk in self.openai().chat.completions.create(
            model=f"openai/{model}", messages=MESSAGES, stream=True,
            stream_options={"include_usage": True},
            extra_headers={"Idempotency-Key": "stream"})] for _ in range(3)]
        self.assertEqual(told[0], told[1])
        self.assertEqual(told[0], told[2])
        self.assertEqual([output_tokens(event) for event in self.latest(model)], [22])
        claude = f"{CLAUDE}+output-tokens=23"
        messages = []
        for _ in range(2):
            with self.anthropic().messages.stream(
                    model=f"anthropic/{claude}", max_tokens=64, messages=MESSAGES,
                    extra_headers={"Idempotency-Key": "claude"}) as stream:
                messages.append(stream.get_final_message().to_json())
        self.assertEqual(messages[0], messages[1])
        self.assertEqual([output_tokens(event) for event in self.latest(claude)], [23])

    def test_retries_of_the_sdk_after_a_time_out_are_charged_once(self):
        for name, stream in (("whole", False), ("stream", True)):
            model = f"gpt-4o+latency-ms=1600+output-tokens={24 + stream}"
            client = self.openai(timeout=0.7, max_retries=6)
            answer = client.chat.completions.create(
                model=f"openai/{model}", messages=MESSAGES, stream=stream,
                extra_headers={"Idempotency-Key": f"late-{name}"})
            if stream:
                self.assertEqual(list(answer)[-1].choices[0].finish_reason, "stop")
            else:
                self.assertEqual(answer.choices[0].finish_reason, "stop")
            self.assertEqual([output_tokens(event) for event in self.latest(model)], [24 + stream])

    def test_caller_who_left_a_stream_finds_it_whole(self):
        model = "gpt-4o+output-tokens=60+chunk-delay-ms=11"
        options = dict(model=f"openai/{model}", messages=MESSAGES, stream=True,
                       extra_headers={"Idempotency-Key": "left"})
        stream = self.openai().chat.completions.create(**options)
        next(iter(stream))
        stream.close()
        chunks = list(self.openai().chat.completions.create(**options))
        self.assertEqual(chunks[-1].choices[0].finish_reason, "stop")
        self.assertEqual(sum(1 for chunk in chunks if chunk.choices[0].delta.content), 60)
        self.assertEqual([(e["outcome"], output_tokens(e)) for e in self.latest(model)],
                         [("cancelled", 60)])

    def test_refusals_are_not_kept(self):
        for _ in range(2):
            with self.assertRaises(openai.APIStatusError) as caught:
                self.chat(self.openai("poor"), "refused", model="gpt-4o")
            self.assertEqual(caught.exception.status_code, 402)
            self.assertNotIn("idempotent-replayed", caught.exception.response.headers)

    def test_is_known_after_a_restart(self):
        model = "gpt-4o+output-tokens=26"
        first = self.chat(self.openai(), "restart", model=f"openai/{model}")
        self.assertEqual(place.gateway.end(), 0)
        place.start_gateway()
        again = self.chat(self.openai(), "restart", model=f"openai/{model}")
        self.assertEqual(again.headers["idempotent-replayed"], "true")
        self.assertEqual(again.parse().to_json(), first.parse().to_json())
        self.assertEqual([output_tokens(event) for event in self.latest(model)], [26])


class Ends(Calls):
    """Answers that do not come to their end, or not in time."""

    def test_caller_is_out_of_patience(self):
        model = "gpt-4o+latency-ms=1500"
        with self.assertRaises(openai.APITimeoutError):
            self.openai(timeout=0.5).chat.completions.create(
                model=f"openai/{model}", messages=MESSAGES)
        time.sleep(0.2)
        self.assertEqual([output_tokens(event) for event in self.latest(model)], [16])

    def test_provider_is_late(self):
        model = "gpt-4o+latency-ms=6000"
        with self.assertRaises(openai.InternalServerError) as caught:
            self.openai().chat.completions.create(model=f"openai/{model}", messages=MESSAGES)
        self.assertEqual(caught.exception.status_code, 504)
        events = self.latest(model)
        self.assertEqual([(e["outcome"], e["usage_source"]) for e in events],
                         [("failed", "missing")])

    def test_caller_leaves_a_stream(self):
        model = "gpt-4o+output-tokens=60+chunk-delay-ms=15"
        stream = self.openai().chat.completions.create(
            model=f"openai/{model}", messages=MESSAGES, stream=True)
        for count, _ in enumerate(stream):
            if count == 3:
                break
        stream.close()
        events = self.latest(model)
        self.assertEqual([(e["outcome"], output_tokens(e)) for e in events], [("cancelled", 60)])
        claude = f"{CLAUDE}+output-tokens=60+chunk-delay-ms=15"
        with self.anthropic().messages.stream(
                model=f"anthropic/{claude}", max_tokens=99, messages=MESSAGES) as stream:
            next(iter(stream.text_stream))
        events = self.latest(claude)
        self.assertEqual([(e["outcome"], output_tokens(e)) for e in events], [("cancelled", 60)])

    def test_limit_ends_a_stream(self):
        # 3,000 tokens cost more than there is, and the provider was told how many may be made.
        chunks = list(self.openai("short").chat.completions.create(
            model=f"openai/{LONG}", messages=MESSAGES, stream=True,
            stream_options={"include_usage": True}))
        self.assertEqual(chunks[-2].choices[0].finish_reason, "length")
        self.assertLess(chunks[-1].usage.completion_tokens, 3000)
        place.settle()
        shown = json.loads(place.run("budget", "show", "short", "--format", "json"))[0]
        self.assertTrue(0.02 < float(shown["used"]) <= 0.03, shown["used"])
        self.assertEqual([e["outcome"] for e in place.events("short")], ["cut_at_limit"])

    def test_limit_cuts_a_stream_of_a_provider_that_keeps_none(self):
        chunks = list(self.openai("cut").chat.completions.create(
            model=f"wild/{LONG}", messages=MESSAGES, stream=True,
            stream_options={"include_usage": True}))
        self.assertEqual(chunks[-2].choices[0].finish_reason, "length")
        self.assertTrue(chunks[-1].usage)
        place.settle()
        events = place.events("cut")
        self.assertEqual([(event["outcome"], event["usage_source"]) for event in events],
                         [("cut_at_limit", "estimated")])
        shown = json.loads(place.run("budget", "show", "cut", "--format", "json"))[0]
        self.assertTrue(0.01 < float(shown["used"]) <= 0.03, shown["used"])


class TheLedgerAtTheEnd(Calls):
    """Runs last: the mock provider counts for itself, and both must have the same."""

    def test_equals_what_the_provider_counted(self):
        place.settle()
        totals = place.totals()
        events = place.events()
        self.assertEqual(len(events), totals["calls"])
        self.assertEqual(len({event["request_id"] for event in events}), len(events))
        compared = 0
        for model, sums in totals["models"].items():
            mine = [event for event in events if event["model"] == model]
            self.assertEqual(len(mine), sums["calls"], model)
            whole = [event for event in mine if event["usage_source"] == "provider"]
            if sums["aborted"] or sums["broken"] or len(whole) < len(mine):
                continue  # What was used there nobody told, and the ledger says so.
            self.assertEqual(sum(map(input_tokens, mine)), sums["input_tokens"], model)
            self.assertEqual(sum(map(output_tokens, mine)), sums["output_tokens"], model)
            failed = [event for event in mine if event["outcome"] == "failed"]
            self.assertEqual(len(failed), sums["failed"], model)
            compared += len(mine)
        print(f"sdk: {len(events)} calls in the ledger and at the provider; the tokens of "
              f"{compared} compared, model by model", file=sys.stderr)

    def test_is_sound_and_holds_nothing(self):
        place.settle()
        place.run("verify")
        place.run("replay", "--verify")
        self.assertEqual(place.open_holds(), 0)

    def test_the_gateway_stops_when_it_is_told_to(self):
        # Its name makes this the last test of all.
        self.assertEqual(place.gateway.end(), 0)


def load_tests(loader, *_):
    """In the order of this file, the comparison at the end."""
    return unittest.TestSuite(
        loader.loadTestsFromTestCase(case)
        for case in (OpenAIAnswers, AnthropicAnswers, Errors, Keys, Ends, TheLedgerAtTheEnd))


if __name__ == "__main__":
    razao = sys.argv.pop(1)
    # The SDKs warn of models that will not be there for ever.
    unittest.main(argv=sys.argv, warnings="ignore")

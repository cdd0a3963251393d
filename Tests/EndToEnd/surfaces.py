"""Answers that are well: every surface, every header, cost, periods; for trial.py."""

import json
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import trying
from place import input_tokens, output_tokens
from trying import BRL_PER_USD, DIALECTS, MODEL, PROMPT, USED, Trial, cost, head
from upstream import OUTPUT_TOKENS, PROMPT_TOKENS

EMBEDDING = "text-embedding-3-small"


def budgets(client):
    shown = json.loads(trying.world.place.run("budget", "show", client, "--format", "json"))
    return {f"{budget['unit']}-{budget['period']}": budget for budget in shown}


class Answers(Trial):
    """What an answer says of itself."""

    def assertHeaders(self, answer, event, provider, model):
        headers = answer.headers
        self.assertEqual(headers["x-razao-request-id"], event["request_id"])
        self.assertEqual(headers["x-litellm-call-id"], event["request_id"])
        self.assertEqual((headers["x-razao-provider"], headers["x-razao-model"]),
                         (provider, model))
        left = dict(part.split("=") for part in headers["x-razao-budget-remaining"].split(", "))
        shown = budgets("padaria")
        self.assertEqual(left.keys(), shown.keys())
        return left, shown

    def test_answer_says_what_it_cost(self):
        for dialect in DIALECTS:
            answer = self.ask(dialect)
            event = self.new_events()[-1]
            left, shown = self.assertHeaders(answer, event, *MODEL[dialect].split("/"))
            headers, usd = answer.headers, cost(event["tokens"])
            self.assertGreater(usd, 0)
            self.assertEqual(Decimal(headers["x-razao-cost-usd"]), usd)
            self.assertEqual(Decimal(headers["x-litellm-response-cost"]), usd)
            self.assertEqual(Decimal(headers["x-razao-cost-brl"]), usd * BRL_PER_USD)
            self.assertEqual(Decimal(headers["x-litellm-key-max-budget"]), 1000)
            self.assertEqual(Decimal(headers["x-litellm-key-spend"]),
                             Decimal(shown["usd-monthly"]["used"]))
            for name, budget in shown.items():
                self.assertEqual(
                    Decimal(left[name]), Decimal(budget["limit"]) - Decimal(budget["used"]))

    def test_stream_says_what_it_cost(self):
        for dialect in DIALECTS:
            answer = self.ask(dialect, stream=True, stream_options={"include_usage": True})
            event = self.new_events()[-1]
            self.assertHeaders(answer, event, *MODEL[dialect].split("/"))
            usage = [value["usage"] for value in answer.events if value.get("usage")][-1]
            self.assertEqual(Decimal(str(usage["cost_usd"])), cost(event["tokens"]))
            self.assertEqual(Decimal(str(usage["cost_brl"])), cost(event["tokens"]) * BRL_PER_USD)
            self.assertIn("text/event-stream", answer.headers["content-type"])

    def test_usage_is_always_asked_for(self):
        for stream in (False, True):
            answer = self.ask(stream=stream)
            (_, sent), = trying.world.upstream.take()
            sent = json.loads(sent)
            self.assertEqual((sent["stream"], sent["stream_options"]["include_usage"]),
                             (True, True))
            if stream:
                self.assertFalse([value for value in answer.events if value.get("usage")])
                self.assertTrue(all(value["choices"] for value in answer.events))
                self.assertTrue(answer.body.endswith(b"data: [DONE]\n\n"))

    def test_cached_tokens_are_counted_once(self):
        for dialect in DIALECTS:
            for stream in (False, True):
                self.assertEqual(self.ask(dialect, stream=stream).text, "Olá, mundo")
        events = self.new_events()
        self.assertEqual([event["tokens"] for event in events], [USED] * 4)
        self.assertEqual({cost(event["tokens"]) for event in events}, {Decimal("0.00008125")})

    def test_caller_may_say_for_whom_it_is(self):
        person = "+55 11 98765-4321"
        answer = self.ask(lines=(
            f"x-litellm-end-user-id: {person}", "x-litellm-tags: vendas, natal",
            "x-razao-conversation: conversa-7"))
        event = self.new_events()[0]
        self.assertEqual(event["tags"], {"vendas": "true", "natal": "true"})
        self.assertEqual(event["conversation"], "conversa-7")
        self.assertTrue(event["end_user"])
        self.assertNotIn("98765", json.dumps(event) + trying.log_text())
        self.assertEqual(answer.status, 200)
        again = self.ask(user=person)
        self.assertEqual(again.status, 200)
        self.assertEqual(self.new_events()[1]["end_user"], event["end_user"])
        # The provider is not told by the gateway's own headers whose call it is.
        for sent, _ in trying.world.upstream.take():
            self.assertNotIn("x-litellm", sent.lower())
            self.assertNotIn(trying.world.keys["padaria"], sent)


class Surfaces(Trial):
    """Every path, as OpenAI and Anthropic have them."""

    PATHS = {
        "/v1/chat/completions": ("openai/gpt-4o", {}),
        "/v1/completions": ("openai/gpt-4o", {"prompt": PROMPT}),
        "/v1/embeddings": (f"openai/{EMBEDDING}", {"input": [PROMPT]}),
        "/v1/messages": ("anthropic/claude-3-5-sonnet-20241022", {}),
    }

    def call(self, path, client="padaria", **more):
        model, members = self.PATHS[path]
        body = {"model": model, "messages": [{"role": "user", "content": PROMPT}],
                "max_tokens": 9} if not members else {"model": model}
        text = json.dumps(body | members | more).encode()
        return self.send(head(path, len(text), self.key(client)) + text)

    def test_every_surface_is_metered(self):
        for path in self.PATHS:
            answer = self.call(path, client="free")
            self.assertEqual(answer.status, 200, answer.received)
            event = self.new_events()[-1]
            self.assertEqual(event["request_id"], answer.headers["x-razao-request-id"])
            usage = answer.json["usage"]
            told = usage.get("prompt_tokens", usage.get("input_tokens"))
            self.assertEqual(input_tokens(event), told, path)
            self.assertGreater(told, 0)
            if "embeddings" not in path:
                self.assertGreater(output_tokens(event), 0)
                self.assertGreater(Decimal(answer.headers["x-razao-cost-usd"]), 0)

    def test_every_surface_is_held(self):
        for path in self.PATHS:
            for stream in (False, True):
                if stream and "embeddings" in path:
                    continue
                answer = self.call(path, "poor", **({"stream": True} if stream else {}))
                dialect = "anthropic" if "messages" in path else "openai"
                error = self.assertError(answer, 402, dialect)
                if "embeddings" in path:
                    continue  # Nobody gave it a price, which is a refusal of its own.
                self.assertEqual(error["budget"], "usd-monthly")
                self.assertEqual((error["unit"], error["used"]), ("usd", 0))
                self.assertEqual(Decimal(str(error["limit"])), Decimal("0.000001"))
                renews = datetime.fromisoformat(error["renews_at"])
                wait = (renews - datetime.now(timezone.utc)).total_seconds()
                self.assertAlmostEqual(int(answer.headers["retry-after"]), wait, delta=60)
        self.assertEqual(self.new_events(), [])

    def test_unpriced(self):
        for dialect in DIALECTS:
            for stream in (False, True):
                model = MODEL[dialect].split("/")[0] + "/nova"
                error = self.assertError(
                    self.ask(dialect, model=model, stream=stream), 402, dialect)
                self.assertIn("price", error["message"])
        self.assertEqual(trying.world.upstream.take(), [])
        # Where no money stops the client it is answered, and its cost is unknown, not zero.
        answer = self.ask(model="up/nova", client="free")
        self.assertEqual(answer.status, 200)
        self.assertNotIn("x-razao-cost-usd", answer.headers)
        self.assertNotIn("x-litellm-response-cost", answer.headers)

    def test_what_costs_nothing_leaves_no_trace(self):
        for path, lines in (
                ("/v1/models", [self.key()]), ("/v1/models/", [self.key()]),
                ("/v1/models/up/gpt-4o", [self.key()]), ("/v1/models/up%2Fgpt-4o", [self.key()]),
                ("/healthz", []), ("/readyz", []), ("/metrics", [])):
            self.assertEqual(self.get(path, *lines).status, 200, path)
        body = json.dumps({"model": "anthropic/claude-3-5-sonnet-20241022", "messages": [
            {"role": "user", "content": PROMPT}]}).encode()
        answer = self.send(head("/v1/messages/count_tokens", len(body), self.key()) + body)
        self.assertEqual(answer.status, 200, answer.received)
        self.assertGreater(answer.json["input_tokens"], 0)
        self.assertEqual(self.new_events(), [])

    def test_models(self):
        listed = self.get("/v1/models", self.key()).json
        self.assertEqual(listed["object"], "list")
        self.assertIn({"id": "up/gpt-4o", "object": "model", "created": 0, "owned_by": "up"},
                      listed["data"])
        one = self.get("/v1/models/up%2Fgpt-4o", self.key()).json
        self.assertIn(one, listed["data"])
        anthropic = (self.key(), "anthropic-version: 2023-06-01")
        listed = self.get("/v1/models", *anthropic).json
        self.assertEqual((listed["has_more"], listed["first_id"]),
                         (False, listed["data"][0]["id"]))
        one = self.get("/v1/models/clup/claude", *anthropic).json
        self.assertEqual((one["type"], one["id"]), ("model", "clup/claude"))

    def test_metrics(self):
        def counter(name):
            text = self.get("/metrics").body.decode()
            self.assertIn(f"# TYPE razao_{name}_total counter\n", text)
            return int(text.split(f"\nrazao_{name}_total ")[1].split("\n")[0])

        names = ("calls", "answered", "refused", "failed")
        before = [counter(name) for name in names]
        self.ask()
        self.ask(client="poor")
        self.ask(do="html_502")
        self.assertEqual([counter(name) for name in names],
                         [count + more for count, more in zip(before, (3, 1, 1, 1))])
        self.assertEqual(self.get("/readyz").json, {"status": "ready"})
        answer = self.get("/metrics")
        self.assertTrue(answer.headers["content-type"].startswith("text/plain; version=0.0.4"))


class Periods(Trial):
    """Which period a call counts in. The turn of a day under a call is in GatewayTests."""

    def test_a_day_ends_where_the_client_is(self):
        place, now = trying.world.place, datetime.now(timezone.utc)
        zones = ["America/Sao_Paulo", "Asia/Kathmandu", "Pacific/Kiritimati", "Pacific/Pago_Pago"]
        for number, name in enumerate(zones):
            zone = ZoneInfo(name)
            today = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
            if now - today < timedelta(minutes=2):
                continue  # The day may turn under the test.
            client = f"zone{number}"
            place.run("client", "add", client, "--time-zone", name)
            trying.world.keys[client] = place.run("key", "create", client, "--quiet").strip()
            for period in ("daily", "weekly", "monthly"):
                place.run("budget", "set", client, "--unit", "tokens", "--limit", "1000",
                          "--period", period, "--stop")
            monday = today - timedelta(days=today.weekday())
            starts = {"daily": today, "weekly": monday, "monthly": today.replace(day=1)}
            told, wanted = [], {}
            for power, (period, start) in enumerate(starts.items()):
                start = start.astimezone(timezone.utc)
                for late, before in enumerate((timedelta(seconds=1), timedelta(0))):
                    at = (start - before).strftime("%Y-%m-%dT%H:%M:%S")
                    told.append({
                        "id": f"{period}-{late}", "provider": "up", "model": "gpt-4o",
                        "occurred_at": f"{at}.{'000000000' if late else '999999999'}Z",
                        "tokens": {"input": 4 ** (2 * power + late)}})
            for period, start in starts.items():
                since = start.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000000000Z")
                wanted[f"tokens-{period}"] = sum(
                    call["tokens"]["input"] for call in told if call["occurred_at"] >= since)
            body = json.dumps(told).encode()
            answer = self.send(
                head("/api/events", len(body), self.key(client),
                     "content-type: application/json") + body)
            self.assertEqual((answer.status, answer.json["accepted"]), (200, 6), answer.received)
            used = {key: int(budget["used"]) for key, budget in budgets(client).items()}
            self.assertEqual(used, wanted, name)

    def test_a_changed_budget_keeps_its_use(self):
        place = trying.world.place
        trying.world.keys["changed"] = place.client("changed")
        for limit in ("5000", "9000", "2000"):
            place.run("budget", "set", "changed", "--unit", "tokens", "--limit", limit,
                      "--period", "daily", "--stop")
            if limit == "5000":
                self.assertEqual(self.ask(client="changed").status, 200)
            budget = budgets("changed")["tokens-daily"]
            self.assertEqual((budget["used"], budget["limit"]),
                             (str(PROMPT_TOKENS + OUTPUT_TOKENS), limit))
        place.run("budget", "set", "changed", "--unit", "tokens", "--period", "daily", "--stop",
                  "--limit", str(PROMPT_TOKENS + OUTPUT_TOKENS))
        for dialect in DIALECTS:
            answer = self.ask(dialect, client="changed")
            self.assertEqual(self.assertError(answer, 429, dialect)["unit"], "tokens")
            self.assertGreater(int(answer.headers["retry-after"]), 0)


CASES = [Answers, Surfaces, Periods]

#!/usr/bin/env python3
"""Closes months of real usage with the program and computes every figure of them again.

Three clients with terms of all kinds use what the traces of the real data hold, at real prices and
PTAX rates, over a change of price inside a month. Between the closings calls come late, are taken
back and corrected, costs are recorded from a provider's bill, and prices, rates and terms change
for months that are closed. Some calls have no price, which is accepted. Each document is compared
field by field with that of `documents.py`, for which `statements.py` prices every call alone. What
a client was billed for a month in all must be what a ledger says that learnt everything before it
closed.

With `--random SEED` the story is a random one, for which no data is needed. It ends with 0 when all
is equal, with 1 and the differences when not, and with 0 and a word when the real data is not
there.
"""

import argparse
import datetime
import decimal
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
from fractions import Fraction

import check
import documents
import statements
from random_story import RandomStory
from statements import Month, Moments
from story import Ledger, Story, ZONES

PACKAGE = pathlib.Path(__file__).resolve().parent.parent.parent
RATES = "fx-usd-brl/ptax_2021-05-19_2025-12-31.csv"
# Looked at one by one.
OF_CLOSING = {"digest", "previous_digest", "number", "closed_at", "status", "log_head",
              "log_sequence"}
TELL_AT_MOST = 40


class Check:
    """Compares, and keeps what every client was billed for every month."""

    def __init__(self, story):
        self.story = story
        self.differences = []
        self.compared = 0
        self.billed = {}
        self.closed = {}
        self.digests = {}
        self.count = 0
        self.kept = {}
        self.reasons = set()

    def expect(self, place, shown, expected):
        self.compared += 1
        if shown != expected:
            self.differences.append(f"{place}: shown {shown!r}, expected {expected!r}")

    def same(self, place, shown, expected):
        """Compares what is expected, member by member; lists in any order."""
        if isinstance(expected, dict):
            for name, value in expected.items():
                self.same(f"{place} {name}", shown.get(name, "nothing"), value)
        elif isinstance(expected, list) and expected and isinstance(expected[0], dict):
            self.same_entries(place, shown, expected)
        else:
            self.expect(place, shown, expected)

    def same_entries(self, place, shown, expected):
        names = ("provider", "model", "kind", "unit_price_usd_per_million", "name", "section",
                 "unit_price_brl_per_million", "origin_month", "reason", "from", "date", "id")

        def by_name(entries):
            # Of an adjustment a part may have no price.
            return {(*(str(entry.get(name)) for name in names if name in expected[0]),
                     str("brl" in entry and entry["brl"] is None)): entry for entry in entries}
        left, right = by_name(shown), by_name(expected)
        self.expect(f"{place}, how many", len(shown), len(expected))
        for key in sorted(left.keys() | right.keys()):
            if key in left and key in right:
                self.same(f"{place} {'/'.join(key)}", left[key], right[key])
            else:
                self.expect(f"{place} {'/'.join(key)}", left.get(key), right.get(key))

    def owed(self, client, month, then, now):
        """What earlier months owe: [(month, number, reason, component, change)]"""
        result = []
        earlier = {known for known in self.story.facts.months(client) if known < month}
        earlier |= set(self.billed.get(client, {}))
        for origin in sorted(earlier):
            billed = self.billed.get(client, {}).get(origin, {})
            number = self.closed.get((client, origin))
            changes = statements.adjustments(self.story.facts, client, origin, billed, then, now)
            result += [(origin, number, *change) for change in changes]
        return result

    def close(self, month, then):
        """Closes a month for all and compares every document; returns the moment."""
        story, now = self.story, self.story.moment
        head = story.ledger.head()
        expected, accepts = {}, {}
        for client in ZONES:
            calls = story.facts.live(client, month, now)
            made = Month(story.facts, client, month, calls, Moments(now, now, now, now))
            owed = self.owed(client, month, then, now) if then else []
            expected[client] = (made, owed)
            accepts[client] = statements.accepted(story.facts, made, then or 0, now)
            document = documents.document(story.facts, made, now, owed)
            shown = json.loads(story.ledger.report(client, month))
            self.same(f"{client} {month} open", shown, document)
        before = datetime.datetime.now(datetime.timezone.utc)
        words = ["close", "--month", month, "--all"]
        if any(accepts.values()):
            self.expect(f"{month} closed without a word", story.ledger.is_refused(*words), True)
            words.append("--accept-unpriced")
        story.ledger.run(*words)
        story.closings += range(head[0] + 1, story.ledger.head()[0] + 1)
        for client in sorted(ZONES):
            self.frozen(client, month, head, before, accepts[client], *expected[client])
        return now

    def frozen(self, client, month, head, before, accepted, made, owed):
        place = f"{client} {month}"
        raw = self.story.ledger.report(client, month)
        shown = json.loads(raw)
        expected = documents.document(self.story.facts, made, self.story.moment, owed)
        expected |= documents.header(client, month, ZONES[client])
        expected["accepted_unpriced"] = accepted
        self.same(place, shown, expected)
        self.expect(f"{place} members nobody compares", set(shown) - OF_CLOSING - set(expected),
                    set())
        self.count += 1
        self.expect(f"{place} number", shown["number"], f"{month}/{self.count:06}")
        self.expect(f"{place} status", shown["status"], "closed")
        self.expect(f"{place} read to", (shown["log_sequence"], shown["log_head"]), head)
        self.expect(f"{place} previous", shown["previous_digest"], self.digests.get(client))
        self.expect(f"{place} closed at", before.isoformat() <= shown["closed_at"].replace(
            "Z", "+00:00") <= datetime.datetime.now(datetime.timezone.utc).isoformat(), True)
        self.expect(f"{place} digest", shown["digest"], digest(shown))
        self.digests[client] = shown["digest"]
        self.closed[client, month] = shown["number"]
        self.kept[client, month] = {form: self.story.ledger.report(client, month, form)
                                    for form in ("json", "text", "csv", "csv-excel", "html")}
        self.billed.setdefault(client, {})[month] = made.components()
        for origin, _, reason, component, change in owed:
            self.reasons.add((reason, component[0], change[0] is None))
            sums = self.billed[client].setdefault(origin, {})
            statements.bill(sums, component, change)

    def unchanged(self):
        for (client, month), forms in self.kept.items():
            for form, text in forms.items():
                self.expect(f"{client} {month} as {form} printed again",
                            self.story.ledger.report(client, month, form) == text, True)

    def in_all(self, fresh):
        """What was billed for each month is what a ledger says that knew everything at once."""
        now = self.story.moment
        for client, months in self.billed.items():
            for month, sums in months.items():
                calls = self.story.facts.live(client, month, now)
                made = Month(self.story.facts, client, month, calls, Moments(now, now, now, now))
                left = statements.difference(sums, made.components())
                self.expect(f"{client} {month} in all", left, [])
                total = sum(cents for cents, *_ in sums.values())
                shown = json.loads(fresh.report(client, month))
                self.expect(f"{client} {month} at once", shown["total_brl"],
                            statements.cents_text(total))


def digest(document):
    """SHA-256 of the document without its digest, as canonical JSON (RFC 8785): no number in it is
    other than a small integer, and no name beyond ASCII, so this is all that rule asks."""
    rest = {name: value for name, value in document.items() if name != "digest"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


# ------------------------------------------------------------------------------------------------
# The story

def traces(shared, every):
    """{name: rows} of the three traces, every so many rows, in local clients' hands."""
    model = ["--model", "openai/gpt-4o"]
    found = {}
    for name, kind, file, options in [
        ("burst-11", "burstgpt", "trace-burstgpt/BurstGPT_first7days.csv.gz",
         ["--start", "2024-11-01T00:00:00-04:00", "--repeat", "2", "--shift-days", "16"]),
        ("moon-11", "mooncake", "trace-mooncake/conversation_trace.jsonl.gz",
         [*model, "--start", "2024-11-12T23:20:00-03:00"]),
        ("azure-11", "azure", "trace-azure-llm-2023/AzureLLMInferenceTrace_code.csv.gz", model),
        ("burst-12", "burstgpt", "trace-burstgpt/BurstGPT_first7days.csv.gz",
         ["--start", "2024-12-08T00:00:00-03:00", "--model", "GPT-4=mistral/mistral-large-latest"]),
        ("moon-12", "mooncake", "trace-mooncake/conversation_trace.jsonl.gz",
         [*model, "--start", "2024-12-31T23:30:00-03:00"]),
        ("burst-01", "burstgpt", "trace-burstgpt/BurstGPT_first7days.csv.gz",
         ["--start", "2025-01-04T00:00:00-03:00", "--model", "GPT-4=mistral/mistral-large-latest"]),
    ]:
        done = subprocess.run(
            [PACKAGE / "Tools/traces", kind, pathlib.Path(shared) / file, "--client", "all",
             *options], capture_output=True, text=True, check=True)
        lines = done.stdout.splitlines()[::every]
        rows = [json.loads(line) for line in lines]
        for number, row in enumerate(rows):
            row |= {"client": list(ZONES)[number % 3], "request_id": f"{name}-{number}"}
            if number % 41 == 40:
                row["was_cached"] = True
            if kind == "azure":
                row["occurred_at"] = row["occurred_at"].replace("2023-11-16", "2024-11-29")
        found[name] = rows
    return found


def agree(story):
    """Terms of every kind, some of which change inside a month."""
    story.tell("issuer", "set", "--name", "Revenda de IA Ltda", "--from", "2024-01-01")
    story.terms(None, "2024-01-01", tax_inside=["ISS=5"])
    story.terms(None, "2024-01-02", surcharge=["IOF=4.38"])
    story.terms(None, "2025-01-02", surcharge=["IOF=3.38"])
    story.terms(None, "2024-11-18", tax=["CBS=0.9", "IBS=0.1"], informative=True)
    story.terms("padaria", "2024-10-01", markup="20")
    story.terms("padaria", "2024-11-13", markup="22.5")
    story.terms("padaria", "2024-11-01", credit="150.00", reason="queda de 3 de novembro")
    story.terms("clinica", "2024-11-01", markup="12.3456")
    story.terms("clinica", "2024-11-05", price="openai/gpt-4:input=180,output=400.5")
    story.terms("clinica", "2024-11-01", rounding="half-up")
    story.terms("clinica", "2024-12-01", rate_rule="month-average")
    story.terms("clinica", "2024-11-01", tax_inside=["ISS=2"], tax=["PIS=1.65"])
    story.terms("manaus", "2024-11-01", rate_rule="month-close", rounding="truncate")
    story.terms("manaus", "2024-11-20", rate_rule="same-day")
    story.terms("manaus", "2024-11-01", markup="-3.5", surcharge_inside=["TAXA=1.5"])
    story.budget("padaria", "brl", "500", True)
    story.budget("padaria", "tokens", "20000000", False)
    story.budget("manaus", "usd", "77.70", False)


def preview(name, count):
    """Calls of a model whose price is known from a day on, on the days around it."""
    return [{"occurred_at": f"2024-11-{18 + number % 4}T15:00:0{number}Z", "provider": "openai",
             "client": list(ZONES)[number % 3], "model": "o9-preview",
             "tokens": {"input": 1_000 + number, "output": 500, "cache_read": 70},
             "request_id": f"preview-{name}-{number}"} for number in range(count)]


def late(rows, every):
    """(what comes in time, what comes late)"""
    return ([row for number, row in enumerate(rows) if number % every],
            [row for number, row in enumerate(rows) if number % every == 0])


def tell_it(story, found):
    """The whole story; returns the check."""
    story.rates(story.shared / RATES)
    story.price_file(PACKAGE / "Tests/Independent/prices-traces.json")
    # As LiteLLM's history tells of mistral-large.
    story.prices("mistral", [
        ("mistral", "mistral-large-latest", "2024-07-24T00:00:00Z", "3", "9"),
        ("mistral", "mistral-large-latest", "2025-01-07T04:44:04Z", "2", "6")])
    agree(story)
    checked = Check(story)
    november, missed = late(found["burst-11"] + found["moon-11"] + found["azure-11"], 97)
    december, missed_12 = late(found["burst-12"] + found["moon-12"], 97)
    story.usage("november", november)
    # Without a price before the 20th; and what the provider billed and no call explains.
    story.prices("preview", [("openai", "o9-preview", "2024-11-20T00:00:00Z", "15", "60")])
    story.usage("preview", preview("early", 9))
    story.bill("openai", "2024-11", "padaria", {
        ("2024-11-09", "gpt-4"): "0.75", ("2024-11-12", "gpt-3.5-turbo"): "0.031"})
    first = checked.close("2024-11", None)

    after_november(story, found, missed)
    story.usage("december", december)
    second = checked.close("2024-12", first)
    checked.unchanged()

    after_december(story, found, missed_12)
    # Nothing of one client's: only what it owes is on its statement.
    story.usage("january", [row for row in found["burst-01"][::5] if row["client"] != "manaus"])
    checked.close("2025-01", second)
    checked.unchanged()
    return checked


def after_november(story, found, missed):
    story.usage("missed", missed)
    # Of a month that never had a statement, and of a model that November did not know.
    story.usage("october", [
        {**row, "occurred_at": "2024-10-30T12:00:00Z", "request_id": f"october-{number}"}
        for number, row in enumerate(missed[:7])])
    story.usage("large", [
        {**row, "model": "mistral-large-latest", "provider": "mistral",
         "request_id": f"large-{number}"} for number, row in enumerate(missed[7:12])])
    story.bill("openai", "2024-11", "clinica", {
        ("2024-11-09", "gpt-4"): "-1.234567891234", ("2024-11-30", "gpt-4-support"): "12.5"})
    story.usage("preview-late", preview("late", 4))
    for number in (5, 700, 1101, 1201):
        story.reverse(f"burst-11-{number}")
    story.reverse(missed[3]["request_id"])
    for number in (11, 12, 13, 1202):
        story.correct(f"burst-11-{number}", tokens={"input": 40_000 + number, "output": 9})
    story.correct("burst-11-13", tokens={"input": 7})
    story.correct("moon-11-20", model="gpt-4")
    story.correct(missed[4]["request_id"], tokens={"output": 777})
    # The feed had it too dear for long, and a quote was wrong.
    story.prices("cheaper", [("openai", "gpt-3.5-turbo", "2024-11-10T00:00:00Z", "0.5", "1.5")])
    story.rate("2024-11-12", "5.7991")
    story.terms("padaria", "2024-11-20", markup="21")
    story.terms("manaus", "2024-11-15", credit="12.34", reason="falha do robô")
    # Shown and not charged: no centavo may move, wherever in the month it begins.
    story.terms("padaria", "2024-11-09", tax=["IRRF=1.5"], informative=True)
    story.terms("clinica", "2024-11-22", rounding="half-even")


def after_december(story, found, missed):
    story.usage("missed-12", missed)
    # A cost is billed that was accepted as unknown, and one more that came for a closed month.
    story.prices("preview-before", [("openai", "o9-preview", "2024-01-01T00:00:00Z", "14", "56")])
    story.reverse("preview-late-1")
    story.bill("openai", "2024-12", "manaus", {("2024-12-31", "gpt-4o"): "3.000000000001"})
    story.reverse("burst-12-100")
    story.reverse("burst-11-1000")
    story.reverse("burst-11-12")
    story.correct("moon-12-40", tokens={"input": 1, "cache_read": 2, "output": 3})
    story.prices("dearer", [("openai", "gpt-4o", "2024-12-31T12:00:00Z", "2.75", "11", "1.375")])
    story.rate("2024-11-12", "5.7711")
    story.rate("2024-12-09", "6.0999")
    story.terms(None, "2024-12-01", tax_inside=["ISS=4.5"])
    story.terms("padaria", "2024-11-01", credit="100", reason="queda de 3 de novembro")
    story.terms("clinica", "2024-12-10", price="openai/gpt-4:off")
    story.terms("manaus", "2024-12-01", rate_rule="fixed:6.10")


def main():
    decimal.setcontext(check.EXACT)
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--razao", required=True, metavar="PROGRAM", help="the built program")
    parser.add_argument("--data", metavar="DIR", default=os.environ.get(
        "RAZAO_SHARED_DATA", PACKAGE.parent / "shared/data"), help="the folder of real data")
    parser.add_argument("--every", type=int, default=3, metavar="N",
                        help="take every Nth row of the traces (default 3)")
    parser.add_argument("--random", type=int, metavar="SEED", help="a random story instead")
    options = parser.parse_args()
    if options.random is None and not (pathlib.Path(options.data) / RATES).exists():
        print(f"closing: skipped, the real data is not at {options.data}; give --data DIR.")
        return 0
    with tempfile.TemporaryDirectory(prefix="razao-closing-") as folder:
        folder = pathlib.Path(folder)
        story = Story(Ledger(os.path.abspath(options.razao), folder / "one"), options.data, folder)
        if options.random is None:
            checked = tell_it(story, traces(options.data, options.every))
        else:
            checked = Check(story)
            RandomStory(story, options.random).tell(checked)
        story.ledger.run("verify")
        # The same without any closing: everything is known before anything is asked.
        fresh = Ledger(os.path.abspath(options.razao), folder / "two")
        story.again(fresh)
        checked.in_all(fresh)
    for line in checked.differences[:TELL_AT_MOST]:
        print(line)
    calls = sum(len(found) for found in story.facts.calls.values())
    print(f"closing: {calls} calls, {checked.count} statements, {checked.compared} figures "
          f"compared, {len(checked.differences)} differ; adjustments of "
          f"{len(checked.reasons)} kinds")
    return 1 if checked.differences else 0


if __name__ == "__main__":
    sys.exit(main())

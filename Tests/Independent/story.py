"""A ledger that `closing.py` drives, and what it is told, kept as facts at the same time."""

import csv
import datetime
import json
import os
import pathlib
import subprocess
from decimal import Decimal
from fractions import Fraction

import check
import documents
import statements
from statements import Call, Charge, Cost, Term

ZONES = {"padaria": "America/Sao_Paulo", "clinica": "America/Sao_Paulo",
         "manaus": "America/Manaus"}


class Ledger:
    """A data folder of the program."""

    def __init__(self, program, folder):
        self.program, self.folder = program, pathlib.Path(folder)
        self.folder.mkdir()
        (self.folder / "empty.conf").write_text("")
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("RAZAO_")},
            "RAZAO_DATA": str(self.folder / "data"), "RAZAO_ACTOR": "closing.py",
            "RAZAO_CONFIG": str(self.folder / "empty.conf"),
        }
        self.run("init")

    def run(self, *words):
        done = subprocess.run([self.program, *map(str, words)], env=self.environment,
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"closing: razao {' '.join(map(str, words))} ended with "
                             f"{done.returncode}: {done.stderr}")
        return done.stdout

    def is_refused(self, *words):
        """Runs a command that has to fail and to write nothing."""
        before = self.head()
        done = subprocess.run([self.program, *map(str, words)], env=self.environment,
                              capture_output=True, text=True)
        return done.returncode == 1 and self.head() == before

    def report(self, client, month, form="json"):
        return self.run("report", "--client", client, "--month", month, "--format", form)

    def head(self):
        words = [line.split() for line in self.run("status").splitlines()]
        found = {tuple(line[:2]): line[2] for line in words if len(line) > 2}
        return int(found["last", "record"]), found["log", "head"]


class Story:
    """What happens to a ledger, told to the facts at the same time."""

    def __init__(self, ledger, shared, folder):
        self.ledger, self.shared, self.folder = ledger, pathlib.Path(shared), folder
        self.facts = statements.Facts(ZONES)
        self.moment = 0
        self.by_request = {}
        self.told = []
        self.closings = []
        for client, zone in ZONES.items():
            self.tell("client", "add", client, "--name", f"Cliente {client}", "--time-zone", zone)

    def tell(self, *words):
        """Runs a command that another ledger has to hear of, too."""
        self.moment += 1
        self.told.append(words)
        return self.ledger.run(*words)

    def again(self, ledger):
        """Tells another ledger the same, without any closing: records have lower numbers there."""
        for words in self.told:
            ledger.run(*(word - sum(number < word for number in self.closings)
                         if isinstance(word, int) else word for word in words))

    # What is agreed

    def terms(self, client, since, **said):
        words = ["terms", "set", *([client] if client else ["--all-clients"]), "--from", since]
        found = []
        if "credit" in said:
            # Under its name a credit is changed; without one each is another.
            said.setdefault("credit_name", said["reason"])
        for name, value in said.items():
            option = "--" + name.replace("_", "-")
            if name == "informative":
                words.append(option)
                continue
            if name not in ("reason", "credit_name"):
                found += self.meant(name, value, said)
            for one in value if isinstance(value, list) else [value]:
                words += [option, one]
        self.tell(*words)
        self.facts.terms += [Term(self.moment, client, since, *one) for one in found]

    def meant(self, name, value, said):
        """[(kind, value)] of an option."""
        if name == "markup":
            return [(("markup",), Fraction(value) / 100)]
        if name == "rate_rule" and value.startswith("fixed:"):
            value = "fixed:" + documents.rate_text(Fraction(value[6:]))
        if name in ("rate_rule", "rounding"):
            return [((name.replace("_", "-"),), value)]
        if name == "credit":
            cents = int(Decimal(value).scaleb(2))
            return [(("credit", said["credit_name"]), (cents, said["reason"]))]
        if name == "price":
            model, _, prices = value.rpartition(":")
            pairs = [] if prices == "off" else [one.split("=") for one in prices.split(",")]
            return [(("price", *model.split("/", 1)),
                     {kind: Decimal(price).normalize() for kind, price in pairs})]
        tier = name.split("_")[0]
        mode = "gross-up" if name.endswith("inside") else "add-on"
        effect = "informative" if said.get("informative") else "charged"
        named = [one.split("=") for one in value]
        return [(("charge", charge), Charge(charge, tier, mode, effect, Fraction(rate) / 100))
                for charge, rate in named]

    def budget(self, client, unit, limit, stops):
        self.tell("budget", "set", client, "--unit", unit, "--limit", limit, "--period", "monthly",
                  *(["--stop"] if stops else []))
        self.facts.budgets.append((self.moment, client, unit, limit, stops))

    # Prices and rates

    def prices(self, name, entries):
        path = self.folder / f"{name}.json"
        path.write_text(json.dumps({"format": "razao-prices", "version": 1, "prices": [
            {"provider": provider, "model": model, "effective_from": since,
             "usd_per_million": dict(zip(("input", "output", "cache_read"), prices))}
            for provider, model, since, *prices in entries]}))
        self.price_file(path)

    def price_file(self, path):
        self.tell("prices", "import", path, "--format", "razao", "--force")
        self.facts.price_files.append((self.moment, str(path)))

    def rates(self, path):
        self.tell("rates", "import", path, "--force")
        with open(path, encoding="utf-8-sig", newline="") as file:
            quotes = {row["date"]: Decimal(row["venda"]).normalize()
                      for row in csv.DictReader(file)}
        self.facts.quotes.append((self.moment, quotes))

    def rate(self, date, sell):
        path = self.folder / f"rate-{self.moment}.csv"
        path.write_text(f"date,compra,venda\n{date},{sell},{sell}\n")
        self.rates(path)

    # A provider's bill

    def bill(self, provider, month, client, differences):
        """Tells of a bill that says more than the ledger, {(day in UTC, model): USD}, and books
        that on a client."""
        sums, book = {}, self.facts.book(self.moment)
        for call in (call for calls in self.facts.calls.values() for call in calls):
            if call.provider != provider or call.cached or call.reversed is not None:
                continue
            day = datetime.date.fromordinal(check.ORDINAL_1970 + call.instant[0] // 86_400)
            price = book.find(provider, call.model, None, call.instant)
            units = price and book.unit_prices(price, call.instant, call.tokens)
            for name, unit in (units or {}).items():
                key = (day.isoformat(), call.model)
                sums[key] = sums.get(key, 0) + (unit * call.tokens[name]).scaleb(-6)
        for cost in self.facts.costs:
            if cost.provider == provider:
                key = (cost.day, cost.model)
                sums[key] = sums.get(key, 0) + cost.usd
        for key, more in differences.items():
            sums[key] = sums.get(key, 0) + Decimal(more)
        path = self.folder / f"bill-{self.moment}.csv"
        path.write_text("day,model,usd\n" + "".join(
            f"{day},{model},{usd:f}\n" for (day, model), usd in sorted(sums.items())
            if day[:7] == month))
        before = self.ledger.head()[0]
        self.tell("reconcile", "--provider", provider, "--month", month, path, "--columns",
                  "date=day,model=model,cost=usd", "--from", statements.days_of(month)[0],
                  "--through", statements.days_of(month)[-1],
                  "--record", "--reason", statements.BILL, "--client", client)
        if self.ledger.head()[0] != before + len(differences):
            raise SystemExit(f"closing: {path}: not {len(differences)} costs were recorded")
        self.facts.costs += [Cost(client, provider, model, day, Decimal(more), self.moment)
                             for (day, model), more in differences.items()]

    # Usage

    def usage(self, name, rows):
        """Imports calls; each has a request id to be known by."""
        path = self.folder / f"{name}.jsonl"
        before = self.ledger.head()[0]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        said = self.tell("import", path)
        if f"read: {len(rows)} new, 0 already there, 0 refused" not in said:
            raise SystemExit(f"closing: {path}: {said}")
        for offset, row in enumerate(rows):
            self.remember(row, before + offset + 1)

    def remember(self, row, sequence, corrects=False):
        instant = check.instant_of(row["occurred_at"], "a trace")
        call = Call(
            row["client"], row["provider"], row["model"], instant,
            {kind: count for kind, count in row["tokens"].items() if count},
            row.get("outcome") == "failed", row.get("was_cached", False), self.moment,
            self.facts.zones[row["client"]].day(instant[0]), sequence,
            corrects=corrects)
        self.facts.add(call)
        self.by_request[row["request_id"]] = (call, row)

    def reverse(self, request):
        call, _ = self.by_request[request]
        self.tell("reverse", call.sequence, "--reason", "sent twice")
        call.reversed, call.reversal = self.moment, self.ledger.head()[0]

    def correct(self, request, **right):
        call, row = self.by_request[request]
        words = ["correct", call.sequence, "--reason", "the provider's bill"]
        if "tokens" in right:
            pairs = ",".join(f"{kind}={count}" for kind, count in right["tokens"].items())
            words += ["--tokens", pairs]
            right["tokens"] = row["tokens"] | right["tokens"]
        if "model" in right:
            words += ["--model", right["model"]]
        self.tell(*words)
        head = self.ledger.head()[0]
        call.reversed, call.reversal = self.moment, head - 1
        self.remember(row | right, head, corrects=True)

"""A random story for `closing.py`: everything that may happen around three closings, in any order.

The same seed tells the same story. Usage, prices and quotes are invented; no data is needed.
"""

import datetime
import random

from story import ZONES

MODELS = [("openai", "gpt-4o"), ("openai", "gpt-4"), ("p", "x")]
# Has no price to begin with.
UNPRICED = ("p", "y")
MONTHS = ["2024-11", "2024-12", "2025-01"]
ACTS_A_MONTH = 14


class RandomStory:
    def __init__(self, story, seed):
        self.story = story
        self.random = random.Random(seed)
        self.calls = 0
        self.files = 0

    def day(self, first="2024-10-28", last="2025-01-10"):
        first, last = (datetime.date.fromisoformat(day) for day in (first, last))
        return str(first + datetime.timedelta(days=self.random.randint(0, (last - first).days)))

    def clock(self):
        return ":".join(f"{self.random.randint(*part):02}" for part in ((4, 23), (0, 59), (0, 59)))

    def name(self):
        self.files += 1
        return f"random-{self.files}"

    def begin(self):
        """What every ledger needs, and a few calls of each client in the first month."""
        story = self.story
        day, rate, lines = datetime.date(2024, 10, 1), 58_000, ["date,compra,venda"]
        while day < datetime.date(2025, 2, 10):
            rate += self.random.randint(-300, 300)
            if day.weekday() < 5:
                lines.append(f"{day},{rate / 10_000:.4f},{rate / 10_000:.4f}")
            day += datetime.timedelta(days=1)
        path = story.folder / "quotes.csv"
        path.write_text("\n".join(lines) + "\n")
        story.rates(path)
        story.prices("random", [(*model, "2024-01-01T00:00:00Z", "2.5", "10", "1.25")
                                for model in MODELS])
        story.tell("issuer", "set", "--name", "Revenda de IA Ltda", "--from", "2024-01-01")
        for client in ZONES:
            self.usage(10, "2024-11-01", "2024-11-30", client)

    def usage(self, count, first, last, client=None):
        rows = []
        for _ in range(count):
            self.calls += 1
            provider, model = self.random.choice([*MODELS, *MODELS, UNPRICED])
            tokens = {"input": self.random.randint(1, 10 ** self.random.randint(1, 6))}
            if self.random.random() < 0.5:
                tokens["output"] = self.random.randint(1, 9_999)
            if self.random.random() < 0.3:
                tokens["cache_read"] = self.random.randint(1, 99_999)
            rows.append({
                "occurred_at": f"{self.day(first, last)}T{self.clock()}Z", "provider": provider,
                "client": client or self.random.choice(list(ZONES)), "model": model,
                "tokens": tokens, "request_id": f"call-{self.calls}",
                "was_cached": self.random.random() < 0.05})
        self.story.usage(self.name(), rows)

    def act(self, first, last):
        self.random.choice([
            lambda: self.usage(self.random.randint(1, 9), first, last), self.take_back,
            self.take_back, self.price, self.quote, self.charge, self.charge, self.term,
            self.term, self.list_price, self.bill,
        ])()

    def take_back(self):
        found = [request for request, (call, _) in self.story.by_request.items()
                 if call.reversed is None]
        request = self.random.choice(found)
        row = self.story.by_request[request][1]
        others = [model for provider, model in [*MODELS, UNPRICED]
                  if provider == row["provider"] and model != row["model"]]
        how = self.random.random()
        if how < 0.4:
            self.story.reverse(request)
        elif how < 0.7 or not others:
            more = self.random.randint(1_000_001, 2_000_000)
            self.story.correct(request, tokens={"input": more + self.story.moment})
        else:
            self.story.correct(request, model=others[0])

    def price(self):
        prices = [f"{self.random.randint(1, 4_000) / 100:.2f}" for _ in range(3)]
        since = f"{self.day()}T{self.clock()}Z"
        model = self.random.choice([*MODELS, UNPRICED])
        self.story.prices(self.name(), [(*model, since, *prices)])

    def quote(self):
        self.story.rate(self.day(), f"{self.random.randint(50_000, 64_000) / 10_000:.4f}")

    def client(self):
        return self.random.choice([*ZONES, None])

    def charge(self):
        kind = self.random.choice(["tax", "tax_inside", "surcharge", "surcharge_inside"])
        percent = self.random.choice([0, 1, 5, 38, 3.38, 17.35, 0.0001])
        said = {kind: [f"{self.random.choice('AB')}={percent:.4f}"]}
        if self.random.random() < 0.4:
            said["informative"] = True
        self.story.terms(self.client(), self.day(), **said)

    def term(self):
        client, day = self.client(), self.day()
        kind = self.random.choice(["markup", "rate_rule", "rounding", "credit"])
        if kind == "credit":
            reason = f"why {self.random.choice('xyz')} {day}"
            amount = f"{self.random.randint(1, 900) / 100:.2f}"
            return self.story.terms(client or "padaria", day, credit=amount, reason=reason)
        self.story.terms(client, day, **{kind: self.random.choice({
            "markup": ["-100", "-20", "0", "10", "17.3535", "90"],
            "rate_rule": ["previous-business-day", "same-day", "month-close", "month-average",
                          "fixed:5.4321"],
            "rounding": ["half-even", "half-up", "truncate"]}[kind])})

    def list_price(self):
        prices = self.random.choice([f"input={self.random.randint(1, 300)},output=60.5", "off"])
        model = "/".join(self.random.choice([*MODELS, UNPRICED]))
        self.story.terms(self.client(), self.day(), price=f"{model}:{prices}")

    def bill(self):
        """A provider's bill of a month with usage differs in one or two days and models."""
        provider, model = self.random.choice(MODELS)
        month = self.random.choice(MONTHS)
        more = {}
        for name in (model, "support"):
            amount = f"{self.random.choice('+-')}{self.random.randint(2, 999) / 100:.2f}0000000001"
            day = self.day(f"{month}-01", f"{month}-28")
            more[day, name] = amount.lstrip("+")
        self.story.bill(provider, month, self.random.choice(list(ZONES)), more)

    def tell(self, checked):
        """All of it, with the closings."""
        self.begin()
        then = None
        for month in MONTHS:
            for _ in range(ACTS_A_MONTH):
                self.act("2024-10-05" if then and self.random.random() < 0.3 else "2024-11-01",
                         f"{month}-30")
            then = checked.close(month, then)
        checked.unchanged()

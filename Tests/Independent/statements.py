"""A month's statement and what it owes of earlier months, computed call by call from bare facts.

`closing.py` drives the program through two closings and a half and compares with what stands here.
Prices, days and usage files are read as in `check.py`; the rest is made of Python's fractions, so
that nothing is rounded but what the rules say:

- A line is quantity times price times the rate of each local day, rounded once to the centavo by
  the rounding of the month's last day. Where the client has a price in reais for the model, the
  line is quantity times that, no rate plays a part, and no mark-up is due on it.
- A mark-up line takes the days in a row with the same percentage. A surcharge's or tax's line takes
  the days in a row on which it is the same share of its base.
- Surcharges come first, taxes on what they give. In each of the two: gross = base / (1 - the rates
  por dentro that are charged); every charge, por dentro or por fora, charged or informative, is its
  rate times that gross. What is informative is in no sum.
- The total is the sum of the rounded lines. An amount given back stands in its month, once.
- A cost that was recorded without a call is a line of its model, converted like one. A call
  without a price is in lines too, whose amounts nobody knows.
- What a closed month would be billed today minus what it was billed so far is told apart by reason:
  first the calls that came late, then the costs recorded without one, at what held then;
  then without those taken back and with those corrected; then at the prices of now, the rates of
  now, the terms of now. Of a quantity that changed nobody knows the amount where none of it has a
  price.
"""

import bisect
import calendar
import dataclasses
import datetime
from decimal import Decimal
from fractions import Fraction

import check

# Why costs are recorded without a call in these stories.
BILL = "the provider's bill"
SECTIONS = ["usage", "markup", "surcharge", "tax", "credit"]
# Of a component: centavos, USD, tokens, and how many of them are of unknown cost.
NOTHING = (0, Fraction(0), 0, 0)
# The most input tokens of the classes in which the program counts calls together.
SIZES = [32_000, 128_000, 200_000, 256_000, 272_000, 512_000]
REASONS = ["late-usage", "recorded-cost", "reversal", "price", "rate", "terms"]


@dataclasses.dataclass
class Call:
    """A call and the moments at which it became known and was taken back."""
    client: str
    provider: str
    model: str
    instant: tuple
    tokens: dict
    failed: bool
    cached: bool
    known: int
    day: str
    sequence: int = 0
    reversed: int | None = None
    reversal: int = 0
    corrects: bool = False


@dataclasses.dataclass
class Cost:
    """A cost in dollars on a local day, recorded without a call."""
    client: str
    provider: str
    model: str
    day: str
    usd: Decimal
    known: int


@dataclasses.dataclass
class Term:
    """One term: `kind` is what a later one of the same kind replaces."""
    known: int
    client: str | None
    since: str
    kind: tuple
    value: object


@dataclasses.dataclass(frozen=True)
class Charge:
    name: str
    tier: str
    mode: str
    effect: str
    percent: Fraction


@dataclasses.dataclass(frozen=True)
class Moments:
    """How much of each kind of knowledge counts."""
    prices: int
    rates: int
    terms: int
    costs: int


# ------------------------------------------------------------------------------------------------
# Rounding and texts

def centavos(value, mode):
    scaled = Fraction(value) * 100
    if mode == "half-even":
        return round(scaled)
    size = int(abs(scaled) + (Fraction(1, 2) if mode == "half-up" else 0))
    return -size if scaled < 0 else size


def text(value, places=20):
    """A fraction half-even to so many decimals, without zeros at its end."""
    units = round(Fraction(value) * 10 ** places)
    digits = str(abs(units)).rjust(places + 1, "0")
    shown = (digits[:-places] + "." + digits[-places:]).rstrip("0").rstrip(".")
    return "-" + shown if units < 0 else shown


def cents_text(cents):
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02}"


def days_of(month):
    year, number = (int(part) for part in month.split("-"))
    last = calendar.monthrange(year, number)[1]
    return [f"{month}-{day:02}" for day in range(1, last + 1)]


# ------------------------------------------------------------------------------------------------
# Facts

class Facts:
    """Everything that was said, each with the moment at which it was said."""

    def __init__(self, zones):
        self.zones = {client: check.Days(zone) for client, zone in zones.items()}
        self.calls = {}
        self.costs = []
        self.terms = []
        self.price_files = []
        self.quotes = []
        self.budgets = []
        self.books = {}

    def book(self, moment):
        paths = tuple(path for known, path in self.price_files if known <= moment)
        if paths not in self.books:
            self.books[paths] = check.PriceBook(paths)
        return self.books[paths]

    def rates(self, moment):
        quotes = {}
        for known, more in self.quotes:
            if known <= moment:
                quotes.update(more)
        return Quotes(quotes)

    def agreed(self, moment):
        return Agreed([term for term in self.terms if term.known <= moment])

    def live(self, client, month, moment):
        """The calls of a month that count at a moment."""
        return [call for call in self.of(client, month) if call.known <= moment
                and (call.reversed is None or call.reversed > moment)]

    def with_late(self, client, month, then, now):
        """What counted then and what came late: nothing is taken back or corrected yet."""
        return [call for call in self.of(client, month) if call.known <= now
                and not (call.corrects and call.known > then)
                and (call.reversed is None or call.reversed > then)]

    def records(self, client, month):
        """The records of a month's calls, those that take calls back among them."""
        return [record for call in self.of(client, month)
                for record in (call.sequence, call.reversal) if record]

    def of(self, client, month):
        return self.calls.get((client, month), [])

    def recorded(self, client, month, moment):
        return [cost for cost in self.costs if cost.client == client
                and cost.day[:7] == month and cost.known <= moment]

    def months(self, client):
        """The months with a call or a cost of the client."""
        return ({month for owner, month in self.calls if owner == client}
                | {cost.day[:7] for cost in self.costs if cost.client == client})

    def add(self, call):
        self.calls.setdefault((call.client, call.day[:7]), []).append(call)


class Quotes:
    """Sell quotes by day."""

    def __init__(self, quotes):
        self.quotes = quotes
        self.dates = sorted(quotes)

    def newest(self, day, inclusive):
        find = bisect.bisect_right if inclusive else bisect.bisect_left
        date = self.dates[find(self.dates, day) - 1]
        return self.quotes[date], date

    def rate(self, rule, day):
        """(rate, day of the quote or None); of a mean the day of its last quote"""
        if rule.startswith("fixed:"):
            return Decimal(rule[6:]), None
        if rule == "month-average":
            found = [Fraction(self.quotes[date]) for date in self.dates if date[:7] == day[:7]]
            last = max(date for date in self.dates if date[:7] == day[:7])
            return Decimal(text(sum(found) / len(found), 8)), last
        if rule == "month-close":
            return self.newest(days_of(day[:7])[-1], True)
        return self.newest(day, rule == "same-day")

    def is_final(self, rule, day):
        """Whether no quote that arrives later can change the rate: two quotes of the Banco Central
        are five days apart at most."""
        if rule.startswith("fixed:"):
            return True
        last = {"same-day": day, "previous-business-day": shifted(day, -1)}.get(
            rule, days_of(day[:7])[-1])
        pairs = [(self.newest(last, True)[1], last)]
        if rule == "month-average":
            first = days_of(day[:7])[0]
            for date in self.dates:
                if date[:7] == day[:7]:
                    place = self.dates.index(date)
                    before = self.dates[place - 1] if place else shifted(first, -1)
                    pairs.append((before, shifted(date, -1)))
        return all(self.is_whole(before, last, day[:7] if rule == "month-average" else "")
                   for before, last in pairs)

    def is_whole(self, quoted_on, last, month):
        """Whether no quote is missing from a quote on to a day; with a month in its days alone."""
        place = bisect.bisect_right(self.dates, last)
        after = self.dates[place] if place < len(self.dates) else None
        if after and (datetime.date.fromisoformat(after)
                      - datetime.date.fromisoformat(quoted_on)).days <= 5:
            return True
        day = shifted(quoted_on, 1)
        while day <= last:
            if datetime.date.fromisoformat(day).weekday() < 5 and day.startswith(month):
                return False
            day = shifted(day, 1)
        return True


def shifted(day, days):
    return (datetime.date.fromisoformat(day) + datetime.timedelta(days=days)).isoformat()


class Agreed:
    """Terms: the latest day that has come counts, then what was said last; a client's own first."""

    def __init__(self, terms):
        self.terms = terms

    def value(self, client, day, kind, default):
        for owner in (client, None):
            found = [(term.since, term.known, index) for index, term in enumerate(self.terms)
                     if term.client == owner and term.kind == kind and term.since <= day]
            if found:
                return self.terms[max(found)[2]].value
        return default

    def markup(self, client, day):
        return self.value(client, day, ("markup",), Fraction(0))

    def rule(self, client, day):
        return self.value(client, day, ("rate-rule",), "previous-business-day")

    def rounding(self, client, day):
        return self.value(client, day, ("rounding",), "half-even")

    def prices(self, client, day, provider, model):
        return self.value(client, day, ("price", provider, model), {})

    def charges(self, client, day):
        """{charge: (its gross, its share)} as parts of what the day's usage and mark-up come to."""
        names = sorted({term.kind[1] for term in self.terms
                        if term.kind[0] == "charge" and term.client in (client, None)})
        found = [self.value(client, day, ("charge", name), None) for name in names]
        found = [charge for charge in found if charge is not None and charge.percent]
        shares, base = {}, Fraction(1)
        for tier in ("surcharge", "tax"):
            due = [charge for charge in found if charge.tier == tier]
            inside = sum(charge.percent for charge in due
                         if charge.mode == "gross-up" and charge.effect == "charged")
            gross = base / (1 - inside)
            shares |= {charge: (gross, gross * charge.percent) for charge in due}
            base = gross * (1 + sum(charge.percent for charge in due
                                    if charge.mode == "add-on" and charge.effect == "charged"))
        return shares

    def credits(self, client, month):
        names = sorted({term.kind[1] for term in self.terms if term.kind[0] == "credit"
                        and term.client in (client, None) and term.since[:7] == month})
        last = days_of(month)[-1]
        found = [(name, *self.value(client, last, ("credit", name), None)) for name in names]
        return [(name, cents, reason) for name, cents, reason in found if cents]


# ------------------------------------------------------------------------------------------------
# A month

class Line:
    """The amount in dollars is known where there is a price in dollars, and of a recorded cost;
    that in reais where there is one of those or a price in reais."""

    def __init__(self, is_costed, in_reais):
        self.is_costed = is_costed
        self.is_known = is_costed or in_reais is not None
        self.quantity = 0
        self.usd = Decimal(0)
        self.brl = Decimal(0)
        self.days = {}
        self.quotes = set()


class Month:
    """A client's month from given calls and given knowledge; `figures` is its document."""

    def __init__(self, facts, client, month, calls, moments):
        self.client, self.month, self.calls = client, month, calls
        self.records = facts.records(client, month)
        self.days = days_of(month)
        self.agreed = facts.agreed(moments.terms)
        self.quotes = facts.rates(moments.rates)
        self.book = facts.book(moments.prices)
        self.rounding = self.agreed.rounding(client, self.days[-1])
        self.applied = {}
        self.lines = {}
        self.plain = {day: Decimal(0) for day in self.days}
        self.listed = dict(self.plain)
        self.usd = dict(self.plain)
        self.unpriced = 0
        self.savings = {cache: {"tokens": 0, "usd": Decimal(0), "brl": Decimal(0)}
                        for cache in ("response", "prompt")}
        self.lists = {}
        for call in calls:
            self.add(call)
        self.costs = facts.recorded(client, month, moments.costs)
        for cost in self.costs:
            self.add_cost(cost)

    def is_priced(self, call):
        price = self.book.find(call.provider, call.model, None, call.instant)
        if price and self.book.unit_prices(price, call.instant, call.tokens) is not None:
            return True
        return bool(self.list_prices(call.day, call.provider, call.model))

    def rate(self, day):
        if day not in self.applied:
            self.applied[day] = self.quotes.rate(self.agreed.rule(self.client, day), day)
        return self.applied[day]

    def is_final(self, day):
        return self.quotes.is_final(self.agreed.rule(self.client, day), day)

    def list_prices(self, day, provider, model):
        key = (day, provider, model)
        if key not in self.lists:
            self.lists[key] = self.agreed.prices(self.client, *key)
        return self.lists[key]

    def add(self, call):
        if not call.tokens:
            return
        price = self.book.find(call.provider, call.model, None, call.instant)
        units = price and self.book.unit_prices(price, call.instant, call.tokens)
        if call.cached:
            costs = [unit * call.tokens[name] for name, unit in (units or {}).items()]
            return self.save("response", sum(call.tokens.values()), sum(costs), call.day)
        rate = self.rate(call.day)[0]
        listed = self.list_prices(call.day, call.provider, call.model)
        self.unpriced += not units and not listed
        for name, count in call.tokens.items():
            unit = units[name] if units else None
            usd = (unit * count).scaleb(-6) if units else Decimal(0)
            own = name
            while own is not None and own not in listed:
                own = check.FALLBACK.get(own)
            in_reais = listed.get(own)
            brl = usd * rate if in_reais is None else (in_reais * count).scaleb(-6)
            key = (call.provider, call.model, name, unit, in_reais)
            self.put(key, unit is not None, call.day, count, usd, brl)
        if "cache_read" in call.tokens:
            count = call.tokens["cache_read"]
            if not units:
                return self.save("prompt", count, 0, call.day)
            both = self.book.unit_prices(price, call.instant, call.tokens | {"input": 1})
            less = max(both["input"] - both["cache_read"], 0)
            self.save("prompt", count, less * count, call.day)

    def add_cost(self, cost):
        self.put((cost.provider, cost.model, "adjustment", None, None), True, cost.day, 0, cost.usd,
                 cost.usd * self.rate(cost.day)[0])

    def put(self, key, is_costed, day, count, usd, brl):
        in_reais = key[-1]
        line = self.lines.setdefault(key, Line(is_costed, in_reais))
        line.quantity += count
        line.usd += usd
        line.brl += brl
        line.quotes.add(self.rate(day))
        share = line.days.setdefault(day, [0, Decimal(0), Decimal(0)])
        for index, more in enumerate((count, usd, brl)):
            share[index] += more
        self.usd[day] += usd
        (self.plain if in_reais is None else self.listed)[day] += brl

    def save(self, cache, tokens, cost, day):
        """`cost` is in USD per million."""
        savings, usd = self.savings[cache], Decimal(cost).scaleb(-6)
        savings["tokens"] += tokens
        savings["usd"] += usd
        savings["brl"] += usd * self.rate(day)[0]

    def stretches(self, share_of):
        """Days in a row for which `share_of` says the same, with what it says."""
        runs = []
        for day in self.days:
            share = share_of(day)
            if runs and runs[-1][0] == share:
                runs[-1][1].append(day)
            else:
                runs.append((share, [day]))
        return runs

    def markups(self):
        """(percent, days, base, amount)"""
        result = []
        for percent, days in self.stretches(lambda day: self.agreed.markup(self.client, day)):
            base = Fraction(sum(self.plain[day] for day in days))
            if percent and base:
                result.append((percent, days, base, base * percent))
        return result

    def charges(self):
        """(charge, days, base, amount)"""
        shares = {day: self.agreed.charges(self.client, day) for day in self.days}
        due = {day: Fraction(self.plain[day]) * (1 + self.agreed.markup(self.client, day))
               + Fraction(self.listed[day]) for day in self.days}
        result = []
        for name in sorted({charge.name for found in shares.values() for charge in found}):
            def share_of(day):
                return next(((charge, *share) for charge, share in shares[day].items()
                             if charge.name == name), None)
            for found, days in self.stretches(share_of):
                base = sum(due[day] for day in days)
                if found and base:
                    charge, gross, share = found
                    result.append((charge, days, base * gross, base * share))
        return result

    def components(self):
        """{(section, name, model): [centavos, USD, tokens, of unknown cost]} of what is due."""
        result = {}

        def add(section, name, model, cents, usd=Fraction(0), quantity=0, unknown=0):
            sums = result.setdefault((section, name, model), list(NOTHING))
            for index, more in enumerate((cents, usd, quantity, unknown)):
                sums[index] += more
        for (provider, model, *_), line in self.lines.items():
            add("usage", provider, model, centavos(line.brl, self.rounding), Fraction(line.usd),
                line.quantity, 0 if line.is_known else line.quantity)
        for _, _, _, amount in self.markups():
            add("markup", "", "", centavos(amount, self.rounding))
        for charge, _, _, amount in self.charges():
            if charge.effect == "charged":
                add(charge.tier, charge.name, "", centavos(amount, self.rounding))
        for name, cents, _ in self.agreed.credits(self.client, self.month):
            add("credit", name, "", -cents)
        return result


def difference(before, after):
    """[(component, change)] of those that changed; a change is [centavos, USD, tokens]."""
    return [(component, change) for component in before.keys() | after.keys()
            for change in changes(before.get(component, NOTHING), after.get(component, NOTHING))]


def changes(old, new):
    """What leads from one to the other; None are amounts that nobody knows."""
    cents, usd, quantity, unknown = (left - right for left, right in zip(new, old))
    if cents == usd == quantity == 0:
        return []
    if cents == usd == 0 and quantity and max(old[3], new[3]) > 0:
        return [[None, None, quantity]]
    if 0 < unknown < quantity:
        return [[None, None, unknown], [cents, usd, quantity - unknown]]
    return [[cents, usd, quantity]]


def held_back(sums, billed, end):
    """Sums without the tokens whose cost is unknown on the way alone: neither when they were billed
    nor with all that is known."""
    cents, usd, quantity, unknown = sums
    passing = max(0, unknown - max(billed, end))
    return (cents, usd, quantity - passing, unknown - passing)


def bill(billed, component, change):
    """Adds a change to what was billed; what comes to nothing is gone."""
    cents, usd, quantity = change
    more = (cents or 0, usd or 0, quantity, quantity if cents is None else 0)
    sums = [left + right for left, right in zip(billed.get(component, NOTHING), more)]
    billed[component] = sums
    if not any(sums[:3]):
        del billed[component]


def adjustments(facts, client, month, billed, then, now):
    """[(reason, component, change)] that take a month from what was billed to what it comes to."""
    steps = [
        (facts.with_late(client, month, then, now), Moments(then, then, then, then)),
        (facts.with_late(client, month, then, now), Moments(then, then, then, now)),
        (facts.live(client, month, now), Moments(then, then, then, now)),
        (facts.live(client, month, now), Moments(now, then, then, now)),
        (facts.live(client, month, now), Moments(now, now, then, now)),
        (facts.live(client, month, now), Moments(now, now, now, now)),
    ]
    made = [Month(facts, client, month, calls, moments).components() for calls, moments in steps]
    result, before = [], billed
    for reason, whole in zip(REASONS, made):
        after = {component: held_back(sums, billed.get(component, NOTHING)[3],
                                      made[-1].get(component, NOTHING)[3])
                 for component, sums in whole.items()}
        result += [(reason, component, change)
                   for component, change in difference(before, after)]
        before = after
    return result


def accepted(facts, month, then, now):
    """Whether a closing has to accept something of a client: of the month itself, or of closed
    months since `then`, where calls are looked at that the program counts together."""
    if any(not line.is_known for line in month.lines.values()):
        return True
    client = month.client
    earlier = [known for known in facts.months(client) if known < month.month]
    groups = {}
    for call in (call for known in earlier for call in facts.of(client, known)):
        size = sum(call.tokens.get(name, 0) for name in check.INPUT_CLASSES)
        key = (call.day, call.provider, call.model, bisect.bisect_left(SIZES, size), call.cached)
        groups.setdefault(key, []).append(call)
    return any(
        any(then < call.known <= now or then < (call.reversed or 0) <= now for call in group)
        and any(call.reversed is None and not call.cached
                and not month.is_priced(call) for call in group)
        for group in groups.values())

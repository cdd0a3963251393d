#!/usr/bin/env python3
"""Computes from usage, prices and exchange rates what Razão's reports must say.

It shares no code with the ledger and works in another way, so that both being wrong alike is
unlikely: every call is priced by itself, in decimal numbers of 100 digits, and the decimal context
refuses any operation that would round. The one place that rounds is a statement line in BRL.

The rules:
- A price is found by provider, model (its name or an alias), service tier and instant. Of those in
  effect the newest `effective_from` counts; on equal instants the later one in the files. A tier
  without a price of its own has no price: what it costs is not known.
- Hours (UTC, from inclusive, to exclusive, over midnight when from > to) replace the classes they
  name; then the highest size tier that the call's whole input exceeds replaces those it names.
- A class without a price falls back: cache writes of an hour to those of five minutes; cache reads,
  cache writes, audio and image input to input; reasoning, audio and image output to output.
- Calls answered by the response cache (`was_cached`) cost nothing. Calls without a token cost
  nothing. A call with tokens for which no price is found is unpriced, whole, and costs nothing yet.
- BRL: usage of local day D converts at the `venda` of the newest quote before D; with none, 5.00,
  provisional. A statement line is rounded half-even to the centavo; the total sums rounded lines.
"""

import argparse
import bisect
import csv
import datetime
import decimal
import gzip
import hashlib
import io
import json
import os
import re
import sys
import zoneinfo
from decimal import Decimal

EXACT = decimal.Context(
    prec=100, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN, rounding=decimal.ROUND_HALF_EVEN,
    traps=[decimal.Inexact, decimal.Rounded, decimal.InvalidOperation, decimal.DivisionByZero,
           decimal.Overflow, decimal.FloatOperation])
# Only for the statement line; FloatOperation still traps, so no double slips in here either.
ROUNDING = decimal.Context(prec=100, rounding=decimal.ROUND_HALF_EVEN,
                           traps=[decimal.InvalidOperation, decimal.FloatOperation])
CENTAVO = Decimal("0.01")
LAST_RESORT_RATE = Decimal("5.00")

INPUT_CLASSES = ["input", "cache_read", "cache_write_5m", "cache_write_1h", "input_audio",
                 "input_image"]
OUTPUT_CLASSES = ["output", "reasoning", "output_audio", "output_image"]
CLASSES = INPUT_CLASSES + OUTPUT_CLASSES
FALLBACK = {
    "cache_read": "input", "cache_write_5m": "input", "cache_write_1h": "cache_write_5m",
    "input_audio": "input", "input_image": "input",
    "reasoning": "output", "output_audio": "output", "output_image": "output",
}
GREATEST_COUNT = 4_294_967_295

EXAMPLES = """examples:
  Tests/Independent/check.py --usage usage.jsonl --prices prices.json --rates ptax.csv
  Tests/Independent/check.py --usage a.jsonl --usage b.jsonl.gz --prices base.json \\
      --prices change.json --rates ptax.csv --zone America/Manaus --json
  Tools/traces azure trace.csv --client a --model openai/gpt-4o | \\
      Tests/Independent/check.py --usage - --prices prices.json --rates ptax.csv --json

A later --prices file is later knowledge. Rates come in the columns date,compra,venda."""


class Problem(Exception):
    """Bad input, told in one sentence: what, where, what to do."""

    def __init__(self, sentence, code=1):
        super().__init__(sentence)
        self.code = code


class Parser(argparse.ArgumentParser):
    def error(self, message):
        raise Problem(f"{message}; see '{self.prog} --help'.", 2)


# ------------------------------------------------------------------------------------------------
# Reading

def whole(path):
    """The bytes of a file or of stdin, unpacked when gzip."""
    try:
        if path == "-":
            data = sys.stdin.buffer.read()
        else:
            with open(path, "rb") as file:
                data = file.read()
        return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    except (OSError, EOFError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise Problem(f"cannot read {path}: {reason}; check the path and the file.") from None


def lines_of(path):
    """Pairs of line number and bytes, one at a time: usage files may be large."""
    try:
        raw = sys.stdin.buffer if path == "-" else open(path, "rb")
        packed = raw.peek(2)[:2] == b"\x1f\x8b"
        stream = gzip.GzipFile(fileobj=raw) if packed else raw
        for number, line in enumerate(stream, 1):
            yield number, line
    except (OSError, EOFError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise Problem(f"cannot read {path}: {reason}; check the path and the file.") from None


def no_repeated_keys(pairs):
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key is there twice")
    return result


def json_of(data, place):
    try:
        return json.loads(data.decode("utf-8"), parse_float=Decimal,
                          object_pairs_hook=no_repeated_keys)
    except UnicodeDecodeError:
        raise Problem(f"{place}: not UTF-8 text; save it as UTF-8.") from None
    except (ValueError, RecursionError) as error:
        raise Problem(f"{place}: not JSON ({error}); correct it.") from None


INSTANT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)")
ORDINAL_1970 = 719_163  # datetime.date(1970, 1, 1).toordinal()


def instant_of(text, place):
    """(seconds since 1970 in UTC, nanoseconds): two integers, which compare as the instants do."""
    match = INSTANT.fullmatch(text) if isinstance(text, str) else None
    try:
        if not match:
            raise ValueError
        year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
        if hour > 23 or minute > 59 or second > 59:
            raise ValueError
        seconds = (datetime.date(year, month, day).toordinal() - ORDINAL_1970) * 86_400
        seconds += hour * 3600 + minute * 60 + second
        zone = match[8]
        if zone != "Z":
            hours, minutes = int(zone[1:3]), int(zone[4:6])
            if hours > 23 or minutes > 59:
                raise ValueError
            seconds -= (hours * 3600 + minutes * 60) * (-1 if zone[0] == "-" else 1)
    except ValueError:
        raise Problem(f"{place}: '{str(text)[:60]}' is not an instant with its zone; write it as "
                      "2026-10-05T09:30:00-03:00.") from None
    return seconds, int((match[7] or "").ljust(9, "0"))


DECIMAL = re.compile(r"\d{1,18}(?:\.\d+)?")


def decimal_of(text, places, place):
    """A decimal text of at most `places` fraction digits; more is refused, never rounded."""
    if not isinstance(text, str) or not text.isascii() or not DECIMAL.fullmatch(text):
        raise Problem(f"{place}: '{str(text)[:60]}' is not a decimal such as \"0.15\" (quoted, "
                      "with a dot); correct it.")
    if len(text.partition(".")[2].rstrip("0")) > places:
        raise Problem(f"{place}: {text} has more than {places} fraction digits; give what the "
                      "source says, shortened by its rules.")
    # 0.60 and 0.6 become one number with the fewest digits, so a line's key is its value.
    return Decimal(text).normalize()


# ------------------------------------------------------------------------------------------------
# Prices

def class_prices(value, place):
    if not isinstance(value, dict):
        raise Problem(f"{place}: usd_per_million is missing or not an object; give each class its "
                      "price.")
    for name in value:
        if name not in CLASSES:
            raise Problem(f"{place}: unknown token class '{name}'; use one of "
                          f"{', '.join(CLASSES)}.")
    return {name: decimal_of(text, 6, f"{place}, {name}") for name, text in value.items()}


def known_fields(value, names, place):
    if not isinstance(value, dict):
        raise Problem(f"{place}: not an object; correct it.")
    for name in value:
        if name not in names:
            raise Problem(f"{place}: unknown field '{name}'; known are {', '.join(names)}.")


def list_of(entry, name, place):
    value = entry.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise Problem(f"{place}: {name} is not a list; correct it.")
    return value


def minute_of(text, place):
    match = re.fullmatch(r"(\d\d):(\d\d)", text) if isinstance(text, str) else None
    if not match or int(match[1]) > 23 or int(match[2]) > 59:
        raise Problem(f"{place}: '{text}' is not an hour of the day; write it as 16:30.")
    return int(match[1]) * 60 + int(match[2])


def text_of(entry, name, place):
    value = entry.get(name)
    if not isinstance(value, str) or not value:
        raise Problem(f"{place}: {name} is missing or not a text; add it.")
    return value


def standard(tier):
    """The tier as prices name it: what providers call standard in their several words is none."""
    lower = (tier or "").lower()
    return None if lower in ("", "standard", "default", "auto", "on_demand") else lower


class PriceBook:
    """Prices by (provider, model name or alias, service tier), each list sorted by instant."""

    def __init__(self, paths):
        self.entries = {}
        order = 0
        for path in paths:
            book = json_of(whole(path), path)
            known_fields(book, ["format", "version", "prices"], path)
            if book.get("format") != "razao-prices" or book.get("version") != 1:
                raise Problem(f"{path}: not a price file of format razao-prices, version 1; "
                              "check the file.")
            for index, entry in enumerate(list_of(book, "prices", path)):
                self.add(entry, order, f"{path}, price {index + 1}")
                order += 1
        for prices in self.entries.values():
            prices.sort(key=lambda price: price["key"])

    def add(self, entry, order, place):
        known_fields(entry, ["provider", "model", "service_tier", "effective_from",
                             "usd_per_million", "tiers", "hours", "aliases"], place)
        price = {
            "key": (instant_of(entry.get("effective_from"), place), order),
            "base": class_prices(entry.get("usd_per_million"), place),
            "tiers": [], "hours": [],
        }
        for tier in list_of(entry, "tiers", place):
            known_fields(tier, ["above_input_tokens", "usd_per_million"], place)
            above = tier.get("above_input_tokens")
            if type(above) is not int or above < 0:
                raise Problem(f"{place}: above_input_tokens is not a whole number; correct it.")
            price["tiers"].append((above, class_prices(tier.get("usd_per_million"), place)))
        price["tiers"].sort(key=lambda tier: tier[0])
        for hours in list_of(entry, "hours", place):
            known_fields(hours, ["from", "to", "usd_per_million"], place)
            price["hours"].append((minute_of(hours.get("from"), place),
                                   minute_of(hours.get("to"), place),
                                   class_prices(hours.get("usd_per_million"), place)))
        provider = text_of(entry, "provider", place)
        for name in [text_of(entry, "model", place)] + list_of(entry, "aliases", place):
            slot = (provider, name, standard(entry.get("service_tier")))
            self.entries.setdefault(slot, []).append(price)

    def find(self, provider, model, service_tier, instant):
        prices = self.entries.get((provider, model, standard(service_tier)), [])
        at = bisect.bisect_right(prices, instant, key=lambda price: price["key"][0])
        return prices[at - 1] if at else None

    @staticmethod
    def unit_prices(price, instant, tokens):
        """{class: USD per million} for the classes this call used; None when one has no price."""
        prices = dict(price["base"])
        minute = instant[0] // 60 % 1440
        for start, end, replaced in price["hours"]:
            # from == to would be empty by one reading and a whole day by another: a whole day,
            # since nobody writes a window that never opens.
            inside = (start <= minute < end) if start < end else (minute >= start or minute < end)
            if inside:
                prices.update(replaced)
        size = sum(tokens.get(name, 0) for name in INPUT_CLASSES)
        reached = [replaced for above, replaced in price["tiers"] if size > above]
        if reached:
            prices.update(reached[-1])
        result = {}
        for name in tokens:
            source = name
            while source is not None and source not in prices:
                source = FALLBACK.get(source)
            if source is None:
                return None
            result[name] = prices[source]
        return result


# ------------------------------------------------------------------------------------------------
# Rates and days

class Rates:
    """`venda` by date. Usage of day D takes the newest quote before D."""

    def __init__(self, path):
        try:
            text = whole(path).decode("utf-8-sig")
        except UnicodeDecodeError:
            raise Problem(f"{path}: not UTF-8 text; save it as UTF-8.") from None
        rows = csv.reader(io.StringIO(text, newline=""))
        if next(rows, None) != ["date", "compra", "venda"]:
            raise Problem(f"{path} line 1: expected the columns date,compra,venda; check the file.")
        quotes = {}
        for row in rows:
            place = f"{path} line {rows.line_num}"
            if not row:
                continue
            try:
                if len(row) != 3 or not re.fullmatch(r"\d{4}-\d\d-\d\d", row[0]):
                    raise ValueError
                datetime.date.fromisoformat(row[0])
            except ValueError:
                raise Problem(f"{place}: expected a date and two rates; "
                              "correct the line.") from None
            rate = decimal_of(row[2], 8, place)
            decimal_of(row[1], 8, place)
            if quotes.setdefault(row[0], rate) != rate:
                raise Problem(f"{place}: {row[0]} has a second, different rate; keep one.")
        self.dates = sorted(quotes)
        self.quotes = [quotes[date] for date in self.dates]

    def before(self, day):
        """(rate, quote's date or None when provisional); ISO dates sort as texts."""
        at = bisect.bisect_left(self.dates, day)
        if at == 0:
            return LAST_RESORT_RATE, None
        return self.quotes[at - 1], self.dates[at - 1]


class Days:
    """Local dates. No zone ever changed its offset inside a quarter of an hour that begins at a
    multiple of 900 s of UTC in the years that matter here, so a quarter is looked up once."""

    def __init__(self, name):
        try:
            self.zone = zoneinfo.ZoneInfo(name)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            raise Problem(f"time zone '{name}' is not known; give one such as "
                          "America/Sao_Paulo.", 2) from None
        self.known = {}

    def day(self, seconds):
        quarter = seconds // 900
        day = self.known.get(quarter)
        if day is None:
            utc = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
            utc += datetime.timedelta(seconds=quarter * 900)
            day = self.known[quarter] = utc.astimezone(self.zone).date().isoformat()
        return day


# ------------------------------------------------------------------------------------------------
# Usage

USAGE_FIELDS = {
    "id", "occurred_at", "client", "conversation", "end_user", "provider", "model",
    "model_requested", "operation", "service_tier", "tokens", "usage_source", "latency_ms",
    "ttft_ms", "outcome", "was_cached", "was_fallback", "fallback_reason", "request_id", "tags",
}


def calls_of(paths):
    """Every call once: a line whose id was there before with the same content is skipped."""
    bodies = {}
    for path in paths:
        for number, line in lines_of(path):
            if not line.strip():
                continue
            place = f"{path} line {number}"
            call = json_of(line, place)
            if not isinstance(call, dict):
                raise Problem(f"{place}: not a JSON object; correct the line.")
            for name in call:
                if name not in USAGE_FIELDS:
                    raise Problem(f"{place}: unknown field '{name}'; remove or rename it.")
            identifier = call.get("id")
            if identifier is not None:
                content = json.dumps(call, sort_keys=True, default=str).encode()
                body = hashlib.sha256(content).digest()
                before = bodies.setdefault(text_of(call, "id", place), body)
                if before != body:
                    raise Problem(f"{place}: id {identifier} was there before with another "
                                  "content; give each call its own id.")
                if before is not body:
                    continue
            yield call, place


def tokens_of(call, place):
    tokens = call.get("tokens")
    if tokens is None:
        return {}
    if not isinstance(tokens, dict):
        raise Problem(f"{place}: tokens is not an object; correct the line.")
    for name, count in tokens.items():
        if name not in CLASSES:
            raise Problem(f"{place}: unknown token class '{name}'; use one of "
                          f"{', '.join(CLASSES)}.")
        if type(count) is not int or not 0 <= count <= GREATEST_COUNT:
            raise Problem(f"{place}: tokens.{name} is {str(count)[:40]}, expected a whole number "
                          f"from 0 to {GREATEST_COUNT}; correct the line.")
    return {name: count for name, count in tokens.items() if count}


# ------------------------------------------------------------------------------------------------
# The computation

class Figures:
    """What is summed for a row and for the whole."""

    def __init__(self):
        self.calls = self.failed = self.cached = self.unpriced = self.unknown = 0
        self.provisional = 0
        self.tokens = {}
        self.cached_tokens = {}
        self.usd = Decimal(0)
        self.brl = Decimal(0)

    def json(self, digits):
        ordered = lambda counts: {name: counts[name] for name in CLASSES if name in counts}
        return {
            "calls": self.calls, "failed_calls": self.failed, "cached_calls": self.cached,
            "unpriced_calls": self.unpriced, "unknown_usage_calls": self.unknown,
            "provisional_rate_calls": self.provisional,
            "tokens": ordered(self.tokens), "cached_tokens": ordered(self.cached_tokens),
            "usd": digits(self.usd, 12), "brl": digits(self.brl, 20),
        }


class Check:
    def __init__(self, book, rates, days, zones):
        self.book, self.rates, self.days, self.zones = book, rates, days, zones
        self.total = Figures()
        self.rows = {}
        self.months = {}
        self.lines = {}

    def add(self, call, place):
        client = text_of(call, "client", place)
        provider = text_of(call, "provider", place)
        model = text_of(call, "model", place)
        instant = instant_of(call.get("occurred_at"), place)
        tokens = tokens_of(call, place)
        cached = call.get("was_cached", False)
        if type(cached) is not bool:
            raise Problem(f"{place}: was_cached is not true or false; correct the line.")
        day = self.zones.get(client, self.days).day(instant[0])
        rate, quoted_on = self.rates.before(day)
        month = (client, day[:7])
        touched = [self.total,
                   self.rows.setdefault((client, day, provider, model), Figures()),
                   self.months.setdefault(month, Figures())]

        prices = {}
        unpriced = False
        if tokens and not cached:
            price = self.book.find(provider, model, call.get("service_tier"), instant)
            prices = price and self.book.unit_prices(price, instant, tokens)
            unpriced = prices is None
        for figures in touched:
            figures.calls += 1
            figures.failed += call.get("outcome") == "failed"
            figures.cached += cached
            figures.unpriced += unpriced
            figures.unknown += call.get("usage_source") == "missing"
            figures.provisional += bool(prices) and quoted_on is None
            for name, count in tokens.items():
                figures.tokens[name] = figures.tokens.get(name, 0) + count
                if cached:
                    figures.cached_tokens[name] = figures.cached_tokens.get(name, 0) + count
        for name, unit in (prices or {}).items():
            usd = (unit * tokens[name]).scaleb(-6)
            brl = usd * rate
            for figures in touched:
                figures.usd += usd
                figures.brl += brl
            line = self.lines.setdefault(month, {}).setdefault(
                (provider, model, CLASSES.index(name), unit),
                [0, Decimal(0), Decimal(0)])
            line[0] += tokens[name]
            line[1] += usd
            line[2] += brl

    def result(self, digits):
        rows = []
        for key in sorted(self.rows):
            row = dict(zip(["client", "day", "provider", "model"], key))
            rows.append(row | self.rows[key].json(digits))
        statements = []
        for month in sorted(self.months):
            figures = self.months[month]
            lines, total = [], Decimal(0)
            found = self.lines.get(month, {})
            for key in sorted(found):
                provider, model, index, unit = key
                quantity, usd, brl = found[key]
                rounded = brl.quantize(CENTAVO, context=ROUNDING)
                total += rounded
                lines.append({
                    "provider": provider, "model": model, "kind": CLASSES[index],
                    "unit_price_usd_per_million": digits(unit, 6), "quantity": quantity,
                    "usd": digits(usd, 12), "brl_exact": digits(brl, 20), "brl": f"{rounded:f}",
                })
            statements.append({
                "client": month[0], "month": month[1], "calls": figures.calls,
                "unpriced_calls": figures.unpriced, "unknown_usage_calls": figures.unknown,
                "provisional_rate_calls": figures.provisional,
                "lines": lines, "total_usd": digits(figures.usd, 12),
                "total_brl": f"{total.quantize(CENTAVO):f}",
                "total_brl_exact": digits(figures.brl, 20),
            })
        return {"totals": self.total.json(digits), "rows": rows, "statements": statements}


def shortest(value, places):
    """All digits, no exponent, no zeros at the end: equal amounts are equal texts."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def fixed(value, places):
    """Always `places` fraction digits: without the dot it is the integer a ledger holds."""
    return f"{value.quantize(Decimal(1).scaleb(-places)):f}"


def print_text(result, out):
    totals = result["totals"]
    print(f"calls {totals['calls']}, failed {totals['failed_calls']}, cached "
          f"{totals['cached_calls']}, unpriced {totals['unpriced_calls']}, unknown usage "
          f"{totals['unknown_usage_calls']}, at a provisional rate "
          f"{totals['provisional_rate_calls']}", file=out)
    for name, count in totals["tokens"].items():
        print(f"tokens {name} {count}", file=out)
    print(f"USD {totals['usd']}\nBRL {totals['brl']}", file=out)
    for statement in result["statements"]:
        print(f"\n{statement['client']} {statement['month']}: {statement['calls']} calls, "
              f"USD {statement['total_usd']}, BRL {statement['total_brl']} "
              f"(exact {statement['total_brl_exact']})", file=out)
        for line in statement["lines"]:
            print(f"  {line['provider']}/{line['model']} {line['kind']} {line['quantity']} x "
                  f"{line['unit_price_usd_per_million']} = USD {line['usd']}, BRL {line['brl']} "
                  f"(exact {line['brl_exact']})", file=out)


def parser():
    top = Parser(prog="Tests/Independent/check.py", description=__doc__, epilog=EXAMPLES,
                 formatter_class=argparse.RawDescriptionHelpFormatter)
    top.add_argument("--usage", action="append", required=True, metavar="FILE",
                     help="usage as JSONL, plain or gzip; repeatable; - is stdin")
    top.add_argument("--prices", action="append", required=True, metavar="FILE",
                     help="a price file of format razao-prices; repeatable")
    top.add_argument("--rates", required=True, metavar="FILE", help="PTAX as CSV")
    top.add_argument("--zone", default="America/Sao_Paulo", metavar="ZONE",
                     help="where days and months begin (default America/Sao_Paulo)")
    top.add_argument("--client-zone", action="append", default=[], metavar="CLIENT=ZONE",
                     help="another zone for one client; repeatable")
    top.add_argument("--fixed", action="store_true",
                     help="amounts with 12 (USD) and 20 (BRL) fraction digits, zeros kept")
    top.add_argument("--json", action="store_true",
                     help="everything as JSON, with rows by client, local day and model")
    return top


def main():
    decimal.setcontext(EXACT)
    try:
        options = parser().parse_args()
        zones = {}
        for text in options.client_zone:
            client, separator, zone = text.partition("=")
            if not separator:
                raise Problem(f"--client-zone is '{text}', expected CLIENT=ZONE.", 2)
            zones[client] = Days(zone)
        check = Check(PriceBook(options.prices), Rates(options.rates), Days(options.zone), zones)
        for call, place in calls_of(options.usage):
            check.add(call, place)
        result = check.result(fixed if options.fixed else shortest)
        if options.json:
            json.dump(result, sys.stdout, ensure_ascii=False, indent=1)
            print()
        else:
            print_text(result, sys.stdout)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has enough (`| head`); a sink keeps the flush at exit from complaining.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    except Problem as problem:
        print(f"check: {problem}", file=sys.stderr)
        return problem.code
    except decimal.DecimalException:
        print("check: an amount needs more than 100 digits; the input is not real usage.",
              file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

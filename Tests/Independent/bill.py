#!/usr/bin/env python3
"""Makes of usage and prices the bill that a provider would write: by UTC day and model.

Prices every call by itself with check.py's decimal numbers, and adds up by the day in UTC. Cached
tokens are part of the input, as bills count them; answers of the response cache were never billed.

  Tests/Independent/bill.py --usage usage.jsonl --prices prices.json --provider openai > bill.csv
"""

import argparse
import csv
import datetime
import decimal
import sys
from decimal import Decimal

import check


def lines(options):
    """{(day, model): [input, cached, output, usd or None while nothing has a price]}"""
    book = check.PriceBook(options.prices)
    found = {}
    for call, place in check.calls_of(options.usage):
        if call["provider"] != options.provider or call.get("was_cached"):
            continue
        tokens = check.tokens_of(call, place)
        if not tokens:
            continue
        instant = check.instant_of(call["occurred_at"], place)
        day = datetime.date.fromordinal(check.ORDINAL_1970 + instant[0] // 86_400)
        line = found.setdefault((day.isoformat(), call["model"]), [0, 0, 0, None])
        line[0] += sum(tokens.get(name, 0) for name in check.INPUT_CLASSES)
        line[1] += tokens.get("cache_read", 0)
        line[2] += sum(tokens.get(name, 0) for name in check.OUTPUT_CLASSES)
        price = book.find(call["provider"], call["model"], call.get("service_tier"), instant)
        prices = price and book.unit_prices(price, instant, tokens)
        for name, unit in (prices or {}).items():
            line[3] = (line[3] or Decimal(0)) + (unit * tokens[name]).scaleb(-6)
    return found


def main():
    decimal.setcontext(check.EXACT)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--usage", action="append", required=True)
    parser.add_argument("--prices", action="append", required=True)
    parser.add_argument("--provider", required=True)
    options = parser.parse_args()
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["day", "model", "input", "cached", "output", "usd"])
    for (day, model), (tokens, cached, output, usd) in sorted(lines(options).items()):
        cost = "" if usd is None else f"{usd:f}"
        writer.writerow([day, model, tokens, cached, output, cost])


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Prints every change of UTC offset of some time zones from 2000 to 2037, as Python sees them.

It asks zoneinfo for the offset at every hour and closes in on each change to the second, instead
of reading the zone files: another way than any reader of those files, so it can check one.
The answer depends on the machine's tzdata; compare on one machine.
"""

import argparse
import datetime
import json
import sys
import zoneinfo

ZONES = ["America/Sao_Paulo", "America/Manaus", "America/Rio_Branco", "America/Noronha", "UTC",
         "Asia/Kolkata", "America/New_York", "Pacific/Apia", "Asia/Pyongyang"]
# Two changes within an hour never happened, so none can hide between two looks.
STEP = 3600

EXAMPLES = """examples:
  Tests/Independent/oracle_zones.py
  Tests/Independent/oracle_zones.py America/Sao_Paulo Europe/Lisbon --with-start

Output: {"zone": [[second since 1970 in UTC, offset from then on in seconds], ...], ...}"""


class Problem(Exception):
    """Bad input, told in one sentence: what, where, what to do."""


class Parser(argparse.ArgumentParser):
    def error(self, message):
        raise Problem(f"{message}; see '{self.prog} --help'.")


def second_of(year):
    return int(datetime.datetime(year, 1, 1, tzinfo=datetime.timezone.utc).timestamp())


def offset_at(zone, second):
    offset = datetime.datetime.fromtimestamp(second, zone).utcoffset()
    return offset.days * 86_400 + offset.seconds


def transitions(zone, start, end):
    found = []
    before = offset_at(zone, start)
    for later in range(start + STEP, end + 1, STEP):
        after = offset_at(zone, later)
        if after != before:
            old, new = later - STEP, later
            while new - old > 1:
                middle = (old + new) // 2
                if offset_at(zone, middle) == before:
                    old = middle
                else:
                    new = middle
            found.append([new, after])
            before = after
    return found


def main():
    top = Parser(prog="Tests/Independent/oracle_zones.py", description=__doc__, epilog=EXAMPLES,
                 formatter_class=argparse.RawDescriptionHelpFormatter)
    top.add_argument("zones", nargs="*", metavar="ZONE", help="by default nine that differ much")
    top.add_argument("--with-start", action="store_true",
                     help="begin each list with the offset at the start of 2000")
    try:
        options = top.parse_args()
        start, end = second_of(2000), second_of(2038)
        result = {}
        for name in options.zones or ZONES:
            try:
                zone = zoneinfo.ZoneInfo(name)
            except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
                raise Problem(f"time zone '{name}' is not known; check its name and that tzdata "
                              "is installed.") from None
            first = [[start, offset_at(zone, start)]] if options.with_start else []
            result[name] = first + transitions(zone, start, end)
    except Problem as problem:
        print(f"oracle_zones: {problem}", file=sys.stderr)
        return 2
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())

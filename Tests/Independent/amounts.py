#!/usr/bin/env python3
"""Computes random amounts of statements again, with Python's fractions alone.

Each line of standard input is an amount as the ledger worked it out, fields apart by blanks:

  r MODE VALUE NUMERATOR DENOMINATOR RESULT    a share of an integer; RESULT is - where it is out
                                               of 128 bits
  s MODE COST LISTED MARKUP CHARGE… = FIGURE…  a stretch of days: what a mark-up is due on and what
                                               not, in 10^-20 BRL; the mark-up in millionths

A CHARGE is tier,mode,effect,millionths (tier s or t; mode a or g for por fora and por dentro;
effect c or i for charged and informative). The FIGUREs are those of the mark-up, then of each
charge as given: base, centavos and exact amount, bases and exact amounts in 10^-20 BRL, half-even.

It prints the first lines that differ, then how many lines there were, how many differ, and how many
amounts were exact ties between two centavos.
"""

import sys
from fractions import Fraction

WHOLE = 1_000_000
PER_CENT = 10 ** 18
LEAST, GREATEST = -(2 ** 127), 2 ** 127 - 1
SHOWN = 10


def rounded(value, mode):
    if mode == "half-even":
        return round(value)
    size = abs(value) + (Fraction(1, 2) if mode == "half-up" else 0)
    return int(size) if value >= 0 else -int(size)


class Amounts:
    def __init__(self):
        self.lines = self.differ = self.ties = 0

    def tie(self, value):
        self.ties += (value * 2).denominator == 1 and value.denominator == 2

    def share(self, mode, value, numerator, denominator):
        exact = Fraction(int(value) * int(numerator), int(denominator))
        self.tie(exact)
        result = rounded(exact, mode)
        return [str(result) if LEAST <= result <= GREATEST else "-"]

    def figures(self, base, amount, mode):
        cents = amount / PER_CENT
        self.tie(cents)
        return [str(round(base)), str(rounded(cents, mode)), str(round(amount))]

    def stretch(self, mode, cost, listed, markup, *charges):
        cost, markup = Fraction(int(cost)), Fraction(int(markup), WHOLE)
        result = self.figures(cost, cost * markup, mode)
        base = cost * (1 + markup) + int(listed)
        charges = [charge.split(",") for charge in charges]
        shown = {}
        for tier in "st":
            due = [(number, how, effect == "c", Fraction(int(rate), WHOLE))
                   for number, (level, how, effect, rate) in enumerate(charges) if level == tier]
            inside = sum(rate for _, how, is_due, rate in due if how == "g" and is_due)
            gross = base / (1 - inside)
            for number, _, _, rate in due:
                shown[number] = self.figures(gross, gross * rate, mode)
            base = gross * (1 + sum(rate for _, how, is_due, rate in due if how == "a" and is_due))
        return result + [figure for number in sorted(shown) for figure in shown[number]]

    def check(self, line):
        kind, *fields = line.split()
        self.lines += 1
        if kind == "r":
            expected, given = self.share(*fields[:-1]), fields[-1:]
        else:
            at = fields.index("=")
            expected, given = self.stretch(*fields[:at]), fields[at + 1:]
        if expected != given:
            self.differ += 1
            if self.differ <= SHOWN:
                print(f"{line.strip()}: expected {' '.join(expected)}")


def main():
    amounts = Amounts()
    for line in sys.stdin:
        amounts.check(line)
    print(f"{amounts.lines} amounts, {amounts.differ} differ, {amounts.ties} ties")
    return 0


if __name__ == "__main__":
    sys.exit(main())

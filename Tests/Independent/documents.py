"""The document of a month as `razao report --format json` writes it, of figures of `statements.py`.

Every member is here but those that a closing fills in.
"""

import datetime
import zoneinfo
from fractions import Fraction

from statements import BILL, centavos, cents_text, days_of, text


def header(client, month, zone):
    """What the statements of the story say beside figures."""
    def start(day):
        local = datetime.datetime.fromisoformat(day).replace(tzinfo=zoneinfo.ZoneInfo(zone))
        return local.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    following = datetime.date.fromisoformat(days_of(month)[-1]) + datetime.timedelta(days=1)
    return {
        "format_version": 3, "client_name": f"Cliente {client}",
        "client_cnpj": None, "client_address": None, "time_zone": zone,
        "period_start": start(days_of(month)[0]), "period_end": start(following.isoformat()),
        "issuer": {"id": "main", "name": "Revenda de IA Ltda", "cnpj": None, "address": None,
                   "contact": None},
    }


def document(facts, month, moment, owed):
    """The figures of a `Month`'s statement, as the JSON has them; `owed` are its adjustments as
    (month, number, reason, component, change)."""
    charges = month.charges()
    lines = [line_json(key, line, month.rounding) for key, line in month.lines.items()]
    markups = [charge_json("", None, "charged", percent, days, base, amount, month.rounding)
               for percent, days, base, amount in month.markups()]
    both = {tier: [charge_json(charge.name, charge.mode, charge.effect, charge.percent, days, base,
                               amount, month.rounding)
                   for charge, days, base, amount in charges if charge.tier == tier]
            for tier in ("surcharge", "tax")}
    credits = [{"name": name, "reason": reason, "brl": cents_text(-cents)}
               for name, cents, reason in month.agreed.credits(month.client, month.month)]
    changes = [adjustment_json(*one) for one in owed]
    sections = {"usage": lines, "markups": markups, "surcharges": both["surcharge"],
                "taxes": both["tax"], "adjustments": changes, "credits": credits}
    sums = {name: sum(cents_of(entry) for entry in entries
                      if entry.get("effect") != "informative")
            for name, entries in sections.items()}
    # What nobody knows is in no sum.
    exact = Fraction(sums["adjustments"] + sums["credits"], 100)
    exact += sum(Fraction(entry["brl_exact"])
                 for name in ("usage", "markups", "surcharges", "taxes")
                 for entry in sections[name]
                 if entry.get("effect") != "informative" and entry["brl_exact"] is not None)
    total = sum(sums.values())
    return {
        "client": month.client, "month": month.month, "lines": lines, "markups": markups,
        "surcharges": both["surcharge"], "taxes": both["tax"], "adjustments": changes,
        "credits": credits, "subtotals": {name: cents_text(cents) for name, cents in sums.items()},
        "total_usd": text(sum(month.usd.values())), "total_brl": cents_text(total),
        "total_brl_exact": text(exact),
        "rounding_difference_brl": text(Fraction(total, 100) - exact),
        "rounding": month.rounding, **rules_json(month), **counts_json(month),
        "days": days_json(month), "budgets": budgets_json(facts, month, moment),
        "savings": {f"{cache}_cache_{name}": value for cache, saved in month.savings.items()
                    for name, value in (("tokens", saved["tokens"]), ("usd", text(saved["usd"])),
                                        ("brl_exact", text(saved["brl"])))},
    }


def cents_of(entry):
    return int((entry["brl"] or "0").replace(".", ""))


def unit_text(price):
    """A price per million: at least two decimals."""
    shown = f"{price:f}"
    whole, _, fraction = shown.partition(".")
    return f"{whole}.{fraction.rstrip('0').ljust(2, '0')}"


def line_json(key, line, rounding):
    provider, model, kind, unit, in_reais = key
    dates = {date for _, date in line.quotes}
    rates = {rate for rate, _ in line.quotes}
    by_rate = in_reais is None
    shown = None
    if by_rate and len(rates) == 1:
        shown = rate_text(min(rates))
    elif by_rate and line.usd > 0:
        shown = rate_text(Fraction(line.brl) / Fraction(line.usd))
    costed, known = line.is_costed, line.is_known
    return {
        "provider": provider, "model": model, "service_tier": "", "kind": kind,
        "quantity": line.quantity,
        "unit_price_usd_per_million": None if unit is None else unit_text(unit),
        "unit_price_brl_per_million": None if by_rate else unit_text(in_reais),
        "usd": text(line.usd) if costed else None, "rate_brl_per_usd": shown,
        "rate_is_average": by_rate and len(rates) > 1,
        "rate_date": dates.pop() if by_rate and len(dates) == 1 else None,
        "brl": cents_text(centavos(line.brl, rounding)) if known else None,
        "brl_exact": text(line.brl) if known else None,
        "words": [BILL] if kind == "adjustment" else None,
        "days": [{"date": day, "quantity": count, "usd": text(usd) if costed else None,
                  "brl_exact": text(brl) if known else None}
                 for day, (count, usd, brl) in sorted(line.days.items())],
    }


def rate_text(rate):
    """A rate half-even to eight decimals, at least four shown."""
    whole, _, fraction = text(rate, 8).partition(".")
    return f"{whole}.{fraction.ljust(4, '0')}"


def charge_json(name, mode, effect, percent, days, base, amount, rounding):
    return {
        "name": name, "mode": mode, "effect": effect, "percent": text(percent * 100, 4),
        "from": days[0], "to": days[-1], "base_brl": text(base),
        "brl": cents_text(centavos(amount, rounding)), "brl_exact": text(amount),
    }


def adjustment_json(month, number, reason, component, change):
    section, name, model = component
    cents, usd, quantity = change
    usage = section == "usage"
    return {
        "origin_month": month, "origin_number": number, "section": section, "reason": reason,
        "provider": name if usage else None, "model": model if usage else None,
        "name": name if section in ("surcharge", "tax", "credit") else None,
        "words": [BILL] if usage and reason == "recorded-cost" else None,
        "quantity": quantity if usage else None,
        "usd": text(usd) if usage and usd is not None else None,
        "brl": None if cents is None else cents_text(cents),
    }


def rules_json(month):
    rules = month.stretches(lambda day: month.agreed.rule(month.client, day))
    dated = [{"from": days[0], "rule": rule} for rule, days in rules]
    return {"rate_rule": rules[-1][0], "rate_rules": dated if len(dated) > 1 else []}


def counts_json(month):
    return {
        "calls": len(month.calls), "failed_calls": sum(call.failed for call in month.calls),
        "cached_calls": sum(call.cached for call in month.calls),
        "unpriced_calls": month.unpriced, "unknown_usage_calls": 0, "estimated_usage_calls": 0,
        "first_sequence": min(month.records, default=0),
        "last_sequence": max(month.records, default=0),
    }


def days_json(month):
    result = []
    for day in sorted({call.day for call in month.calls} | {cost.day for cost in month.costs}):
        rate, quoted_on = month.rate(day)
        charged = sum(Fraction(line.days[day][2] or 0) for line in month.lines.values()
                      if day in line.days)
        result.append({
            "date": day, "calls": sum(call.day == day for call in month.calls),
            "usd": text(month.usd[day]), "rate_brl_per_usd": rate_text(rate),
            "rate_date": quoted_on, "brl_exact": text(charged),
            "rate_status": "final" if month.is_final(day) else "stale",
        })
    return result


def budgets_json(facts, month, moment):
    usd = sum(month.usd.values())
    brl = sum(month.usd[day] * month.rate(day)[0] for day in month.days if month.usd[day])
    tokens = sum(sum(call.tokens.values()) for call in month.calls if not call.cached)
    # Stories are told today of months long over: a budget that was set since did not hold in them.
    if days_of(month.month)[-1] < datetime.date.today().isoformat():
        return []
    result = []
    for known, client, unit, limit, stops in facts.budgets:
        if client == month.client and known <= moment:
            used = Fraction({"usd": usd, "brl": brl, "tokens": tokens}[unit])
            share = int(used * 1000 / Fraction(limit))
            result.append({
                "id": f"{unit}-monthly", "unit": unit, "limit": text(Fraction(limit)),
                "used": text(used), "percent": f"{share // 10}.{share % 10}", "stops": stops,
            })
    return sorted(result, key=lambda budget: budget["id"])

"""The load of Tools/load: many users at once, and a comparison of the sums when they are done."""

import argparse
import http.client
import itertools
import json
import os
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "Tests", "EndToEnd"))
from place import Place, input_tokens, output_tokens  # noqa: E402

CLIENTS = ["padaria-sol", "clinica-vida", "loja-rio"]
MODEL = "gpt-4o"


class User(threading.Thread):
    """Makes one call after the other over one connection; every other one is streamed."""

    def __init__(self, place, client, key, ends_at):
        super().__init__(daemon=True)
        self.address = place.gateway.url.removeprefix("http://")
        self.client, self.key, self.ends_at = client, key, ends_at
        self.answered = 0
        self.milliseconds = []
        self.faults = []

    def run(self):
        connection = http.client.HTTPConnection(self.address, timeout=60)
        for number in itertools.count():
            began = time.monotonic()
            if began >= self.ends_at:
                break
            try:
                self.call(connection, number)
            except (OSError, http.client.HTTPException) as error:
                self.faults.append(f"{type(error).__name__}: {error}")
                connection.close()
            else:
                self.milliseconds.append((time.monotonic() - began) * 1000)
        connection.close()

    def call(self, connection, number):
        is_stream = number % 2 == 1
        connection.request(
            "POST", "/v1/chat/completions",
            headers={"authorization": f"Bearer {self.key}", "content-type": "application/json"},
            body=json.dumps({
                "model": MODEL, "stream": is_stream, "max_tokens": 8 + number % 9,
                "messages": [{"role": "user", "content": "Bom dia! " * (1 + number % 7)}]}))
        answer = connection.getresponse()
        body = answer.read()
        whole = body.endswith(b"data: [DONE]\n\n") if is_stream else body.endswith(b"}")
        if answer.status == 200 and whole:
            self.answered += 1
        else:
            self.faults.append(f"status {answer.status}: {body[:200]!r}")


def memory(place):
    """Resident memory of the gateway, and what of it is its own and not the ledger's file."""
    with open(f"/proc/{place.gateway.process.pid}/status") as status:
        fields = dict(line.split(":", 1) for line in status)
    return [int(fields[name].split()[0]) / 1024 for name in ("VmRSS", "RssAnon")]


def sums_of(place):
    sums = {"calls": 0, "input_tokens": 0, "output_tokens": 0}
    for event in place.each_event():
        sums["calls"] += 1
        sums["input_tokens"] += input_tokens(event)
        sums["output_tokens"] += output_tokens(event)
    return sums


def percentile(sorted_values, share):
    return sorted_values[min(len(sorted_values) - 1, int(len(sorted_values) * share))]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("razao")
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    with Place(options.razao) as place:
        keys = {client: place.client(client) for client in CLIENTS}
        for client in CLIENTS:
            place.run("budget", "set", client, "--unit", "usd", "--limit", "1000000",
                      "--period", "monthly", "--stop")
        print(f"load: {options.users} users for {options.seconds:g} s, streamed and not, "
              "one budget that stops for each of three clients")
        began = time.monotonic()
        users = [
            User(place, client, keys[client], began + options.seconds)
            for client, _ in zip(itertools.cycle(CLIENTS), range(options.users))]
        places = [memory(place)]
        for user in users:
            user.start()
        for share in (0.1, 0.5, 0.98):
            time.sleep(max(0, began + options.seconds * share - time.monotonic()))
            places.append(memory(place))
        for user in users:
            user.join()
        seconds = time.monotonic() - began
        place.settle()
        totals, ledger = place.totals(), sums_of(place)
        place.run("verify")
        holds = place.open_holds()
        report(users, seconds, places, totals, ledger, holds)


def report(users, seconds, places, totals, ledger, holds):
    answered = sum(user.answered for user in users)
    faults = [fault for user in users for fault in user.faults]
    times = sorted(itertools.chain.from_iterable(user.milliseconds for user in users)) or [0]
    print(f"load: {answered} calls answered, {answered / seconds:.0f} a second, "
          f"p50 {percentile(times, 0.5):.1f} ms, p99 {percentile(times, 0.99):.1f} ms as users "
          "of one Python process see it")
    print(f"{'':18}{'calls':>12}{'input tokens':>16}{'output tokens':>16}")
    rows = [("provider", totals), ("ledger", ledger)]
    for name, sums in rows:
        print(f"{name:18}{sums['calls']:12}{sums['input_tokens']:16}{sums['output_tokens']:16}")
    labels = ("before", "at 10 %", "at 50 %", "at 98 %")
    print("memory of the gateway in MiB, resident (of it not the ledger's file): " + ", ".join(
        f"{label} {resident:.0f} ({own:.0f})" for label, (resident, own) in zip(labels, places)))
    for fault in faults[:5]:
        print(f"load: fault: {fault}")
    equal = all(totals[name] == ledger[name] for name in ledger)
    if faults or not equal or holds or ledger["calls"] != answered:
        sys.exit(f"load: FAILED: {len(faults)} faults, sums "
                 f"{'equal' if equal else 'NOT equal'}, {holds} holds open, {answered} answered")
    print("load: both sides say the same, every answer is in the log, the log is sound")


if __name__ == "__main__":
    main()

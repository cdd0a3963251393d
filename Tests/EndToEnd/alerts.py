"""Alerts of a gateway that runs: webhook and mail server on the loopback, real processes.

    python3 alerts.py PATH-TO-RAZAO

A budget passes 80, 90 and 100 % during calls and three webhooks and three e-mails come, once each,
also when the gateway is killed and eight others look at the same moment. Signatures are checked
with Python's own hmac.
"""

import base64
import datetime
import email
import email.policy
import hashlib
import hmac
import json
import os
import signal
import subprocess
import sys
import time

from place import Place
from reload import Change, call

SECRET = "whsec_é"
SERVERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Servers")


def check(is_true, message):
    if not is_true:
        sys.exit(f"alerts: {message}")


class Receiver:
    """Tests/Servers/receiver.py as a process that ends with the block."""

    def __init__(self, folder):
        self.log = os.path.join(folder, "received.jsonl")
        self.process = subprocess.Popen(
            [sys.executable, "-B", os.path.join(SERVERS, "receiver.py"), self.log],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.web, self.mail, *_ = self.process.stdout.readline().split()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(20)
        self.process.stdout.close()

    def things(self, kind):
        if not os.path.exists(self.log):
            return []
        with open(self.log) as file:
            return [thing for thing in map(json.loads, file) if thing["kind"] == kind]


def until(condition, message, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        check(time.monotonic() < deadline, message)
        time.sleep(0.05)


def thresholds(receiver):
    return [json.loads(thing["body"])["threshold"] for thing in receiver.things("http")]


def subjects(receiver):
    return [
        email.message_from_bytes(base64.b64decode(mail["data"]), policy=email.policy.default)
        ["subject"] for mail in receiver.things("mail")]


def check_signatures(receiver):
    for thing in receiver.things("http"):
        timestamp = thing["headers"]["x-razao-timestamp"]
        expected = hmac.new(
            SECRET.encode(), f"{timestamp}.".encode() + thing["body"].encode(), hashlib.sha256)
        check(
            thing["headers"]["x-razao-signature"] == "sha256=" + expected.hexdigest(),
            "a signature is wrong")
        check(abs(int(timestamp) - time.time()) < 600, "a timestamp is old")


def used(place):
    return int(json.loads(place.run("budget", "show", "--format", "json"))[0]["percent"])


def main(razao):
    with Place(razao) as place, Receiver(place.folder) as receiver:
        place.environment["ALERTS_SECRET"] = SECRET
        place.gateway.end()
        place.start_gateway()
        change = Change(place)
        targets = "\n".join([
            f"alerts.webhook_url = http://127.0.0.1:{receiver.web}/ok",
            "alerts.webhook_secret_env = ALERTS_SECRET",
            f"alerts.smtp_url = smtp://127.0.0.1:{receiver.mail}",
            "alerts.smtp_from = razao@example.org", "alerts.smtp_to = dona@example.org", ""])
        bad = change(targets.replace("ALERTS_SECRET", "NOTHING"), "the settings stay as they were")
        check("NOTHING is not set or empty" in bad, bad)
        said = change(targets, "settings read anew")
        check("alerts.smtp_from, alerts.smtp_to" in said, said)

        key = place.client("padaria")
        # A monthly one, so that no midnight comes between the calls.
        check(call(place, key, "openai/gpt-4o")[0] == 200, "the first call fails")
        place.settle()
        first = json.loads(place.run("usage", "--by", "client", "--format", "json"))[0]
        tokens = first["input_tokens"] + first["output_tokens"]
        place.run(
            "budget", "set", "padaria", "--unit", "tokens", "--limit", str(20 * tokens),
            "--period", "monthly")
        for percent, expected in [(75, []), (80, [80]), (85, [80]), (90, [80, 90])]:
            while used(place) < percent:
                check(call(place, key, "openai/gpt-4o")[0] == 200, "a call fails")
                place.settle()
            until(lambda: thresholds(receiver) == expected,
                  f"at {percent} %: {thresholds(receiver)} and not {expected}")
        # Killed and started anew, with others that look at the same moment.
        place.gateway.end(signal.SIGKILL)
        place.start_gateway()
        while used(place) < 100:
            check(call(place, key, "openai/gpt-4o")[0] == 200, "a call fails")
            place.settle()
        others = [
            subprocess.Popen(
                [place.razao, "alerts", "check"], cwd=place.folder, env=place.environment,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) for _ in range(8)]
        told = [other.communicate(timeout=60)[0] for other in others]
        check(all(other.returncode == 0 for other in others), told)
        until(lambda: len(thresholds(receiver)) == 3 and len(subjects(receiver)) == 3,
              f"{thresholds(receiver)} {subjects(receiver)}")
        time.sleep(2.5)
        check(thresholds(receiver) == [80, 90, 100], thresholds(receiver))
        check(
            subjects(receiver) == [
                f"Razão: padaria usou {percent} % do orçamento tokens-monthly"
                for percent in (80, 90, 100)], subjects(receiver))
        check_signatures(receiver)
        check(
            len({thing["headers"]["x-razao-delivery"] for thing in receiver.things("http")}) == 3,
            "an id came twice")
        month = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=-3)))
        listed = place.run("alerts", "list", "--client", "padaria", "--month", f"{month:%Y-%m}")
        check(listed.count("webhook delivered, mail delivered") == 3, listed)

        said = place.run("alerts", "test")
        check("webhook: taken, as " in said and "mail: taken, as " in said, said)
        check(receiver.things("http")[-1]["headers"]["x-razao-event"] == "alert.test", said)
        check(subjects(receiver)[-1].startswith("[teste] "), subjects(receiver))
        check_signatures(receiver)
        place.run("verify")
        check(place.gateway.end() == 0, "the gateway does not stop in order")
        print("alerts: three thresholds, by webhook and by e-mail, once each", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1])

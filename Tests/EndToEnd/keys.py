"""Kills a gateway again and again under callers who repeat themselves with an Idempotency-Key.

    python3 keys.py PATH-TO-RAZAO

Each caller has one request and one key, and sends it until it has an answer, whatever happens to
the gateway meanwhile. However often that was, the log must have charged for it once: every other
try ended as abandoned. An answer that is sent for again is the same, byte for byte.
"""

import http.client
import json
import random
import signal
import sys
import threading
import time
from collections import Counter, defaultdict

from place import Place, output_tokens

CALLERS = 24
KILLS = 6


class Caller(threading.Thread):
    """Asks until it is answered."""

    def __init__(self, place, key, number):
        super().__init__(daemon=True)
        self.place, self.key, self.number = place, key, number
        self.tokens = 30 + number
        self.tries = 0
        self.answers = []
        self.is_gone = False

    def run(self):
        deadline = time.monotonic() + 120
        while len(self.answers) < 3 and not self.is_gone and time.monotonic() < deadline:
            self.tries += 1
            try:
                self.ask()
            except (OSError, http.client.HTTPException):
                time.sleep(0.05)  # The gateway was killed, or is not there yet.

    def ask(self):
        connection = http.client.HTTPConnection(
            self.place.gateway.url.removeprefix("http://"), timeout=60)
        try:
            connection.request(
                "POST", "/v1/chat/completions",
                headers={"authorization": f"Bearer {self.key}",
                         "idempotency-key": f"caller-{self.number}"},
                body=json.dumps({
                    "model": f"openai/gpt-4o+output-tokens={self.tokens}+chunk-delay-ms=25",
                    "stream": self.number % 2 == 0,
                    "messages": [{"role": "user", "content": "Bom dia"}]}))
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        if answer.status == 409 and b"idempotency_answer_gone" in body:
            self.is_gone = True  # Charged just before the kill, and not yet written down.
        elif answer.status == 200 and (self.number % 2 or body.endswith(b"data: [DONE]\n\n")):
            self.answers.append(body)
            # Apart, so that kills come in between.
            time.sleep(random.random())


def check(is_true, message):
    if not is_true:
        sys.exit(f"keys: {message}")


def main(razao):
    with Place(razao) as place:
        key = place.client("padaria")
        callers = [Caller(place, key, number) for number in range(CALLERS)]
        for caller in callers:
            caller.start()
        for _ in range(KILLS):
            time.sleep(0.3 + random.random())
            place.gateway.end(signal.SIGKILL)
            place.start_gateway()
        for caller in callers:
            caller.join(150)
        place.settle()
        by_tokens = defaultdict(Counter)
        for event in place.events():
            # An abandoned call does not say which it was; one that ended has its tokens.
            by_tokens[output_tokens(event)][event["outcome"]] += 1
        for caller in callers:
            told = by_tokens[caller.tokens]
            check(caller.is_gone or len(caller.answers) == 3, f"{caller.number} has no answer")
            check(len(set(caller.answers)) <= 1, f"{caller.number} was told two things")
            check(sum(told.values()) == 1, f"{caller.number} was charged: {dict(told)}")
        place.run("verify")
        check(place.open_holds() == 0, f"{place.open_holds()} holds are open")
        print(f"keys: {KILLS} kills, {CALLERS} calls sent {sum(c.tries for c in callers)} times, "
              f"each charged once; {by_tokens[0]['abandoned']} tries abandoned, "
              f"{sum(c.is_gone for c in callers)} answers lost")


if __name__ == "__main__":
    started = time.monotonic()
    main(sys.argv[1])
    print(f"keys: {time.monotonic() - started:.0f} s")

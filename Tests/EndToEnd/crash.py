"""Kills a gateway with 200 streams in flight, starts it again and looks into the ledger.

    python3 crash.py PATH-TO-RAZAO

Every answer that a caller got whole must be in the log, with the tokens that the caller was told.
Every other call that was begun must have ended there visibly. None may be there twice, none may
still hold anything, and the budget must say what the log says.

Of two calls with an Idempotency-Key the one that was answered before the kill is told again after
it, and the one that was in flight is a new call.
"""

import http.client
import json
import signal
import sys
import threading
import time
from collections import Counter

from place import Place, input_tokens, output_tokens

CALLERS = 200
BEFORE_THE_KILL = 50


class Caller(threading.Thread):
    """Reads one stream, as far as it comes."""

    def __init__(self, address, key, number, finished):
        super().__init__(daemon=True)
        self.address, self.key, self.finished = address, key, finished
        # From a few tokens to a minute's worth: the kill finds them at all stages.
        self.model = f"openai/gpt-4o+output-tokens={2 + number}+chunk-delay-ms=100"
        self.request_id = None
        self.usage = None
        self.is_whole = False

    def run(self):
        connection = http.client.HTTPConnection(self.address, timeout=90)
        try:
            connection.request(
                "POST", "/v1/chat/completions", headers={"authorization": f"Bearer {self.key}"},
                body=json.dumps({
                    "model": self.model, "stream": True, "max_tokens": 400,
                    "stream_options": {"include_usage": True},
                    "messages": [{"role": "user", "content": "Bom dia" * 5}]}))
            answer = connection.getresponse()
            self.request_id = answer.headers["x-razao-request-id"]
            for line in answer:
                if line == b"data: [DONE]\n":
                    self.is_whole = True
                elif b'"usage":{' in line:
                    self.usage = json.loads(line[6:])["usage"]
            if self.is_whole:
                self.finished.release()
        except (OSError, http.client.HTTPException):
            pass  # That is what a killed gateway looks like.
        finally:
            connection.close()


def ask(place, key, name, tokens, delay):
    """Makes a call under an Idempotency-Key; its body, and whether it was told before."""
    connection = http.client.HTTPConnection(
        place.gateway.url.removeprefix("http://"), timeout=90)
    try:
        connection.request(
            "POST", "/v1/chat/completions",
            headers={"authorization": f"Bearer {key}", "idempotency-key": name},
            body=json.dumps({
                "model": f"openai/gpt-4o+output-tokens={tokens}+chunk-delay-ms={delay}",
                "messages": [{"role": "user", "content": "Bom dia"}]}))
        answer = connection.getresponse()
        body = answer.read()
        check(answer.status == 200, f"a call with a key ended with {answer.status}: {body}")
        return body, answer.headers["idempotent-replayed"] == "true"
    except (OSError, http.client.HTTPException):
        return None, False
    finally:
        connection.close()


def check(is_true, message):
    if not is_true:
        sys.exit(f"crash: {message}")


def budget(place):
    return json.loads(place.run("budget", "show", "padaria", "--format", "json"))[0]


def look(place, callers):
    """Compares the ledger with what the callers saw; returns how many calls ended how."""
    events = place.events()
    by_id = {event["request_id"]: event for event in events}
    check(len(by_id) == len(events), "a call is in the log twice")
    for caller in callers:
        event = by_id.get(caller.request_id)
        if caller.request_id is None:
            continue
        check(event is not None, f"the call {caller.request_id} left no trace")
        if caller.is_whole:
            check(event["outcome"] == "succeeded", f"a whole answer is {event['outcome']}")
            told = (caller.usage["prompt_tokens"], caller.usage["completion_tokens"])
            check(told == (input_tokens(event), output_tokens(event)), "other tokens than told")
        else:
            check(
                (event["outcome"], event["usage_source"]) in
                (("abandoned", "missing"), ("succeeded", "provider")),
                f"an answer that was cut short is {event['outcome']}")
    place.run("verify")
    place.run("replay", "--verify")
    check(place.open_holds() == 0, f"{place.open_holds()} holds are open")
    state = budget(place)
    used = sum(input_tokens(event) + output_tokens(event) for event in events)
    check(int(state["held"]) == 0, f"the budget holds {state['held']} tokens")
    check(int(state["used"]) == used, f"the budget says {state['used']}, the log {used}")
    return Counter(event["outcome"] for event in events)


def main(razao):
    with Place(razao) as place:
        key = place.client("padaria")
        place.run("budget", "set", "padaria", "--unit", "tokens", "--limit", "10000000",
                  "--period", "monthly", "--stop")
        finished = threading.Semaphore(0)
        address = place.gateway.url.removeprefix("http://")
        callers = [Caller(address, key, number, finished) for number in range(CALLERS)]
        answered = ask(place, key, "answered", 5, 0)
        in_flight = threading.Thread(
            target=ask, args=(place, key, "in-flight", 300, 100), daemon=True)
        in_flight.start()
        for caller in callers:
            caller.start()
        for _ in range(BEFORE_THE_KILL):
            check(finished.acquire(timeout=60), "the streams do not come to their ends")
        check(place.in_flight() > 50, "too few streams are in flight")
        place.gateway.end(signal.SIGKILL)
        for caller in callers:
            caller.join(30)
        in_flight.join(30)
        left = place.open_holds()
        whole = sum(caller.is_whole for caller in callers)
        check(left > 0, "the kill left nothing open, so it showed nothing")

        place.start_gateway()
        said = [line for line in place.gateway.lines if "left open" in line]
        check(any(f" {left} calls left open" in line for line in said),
              f"the gateway says {said[-1:]} of {left} calls")
        ended = look(place, callers)
        check(ended["abandoned"] == left, f"{ended} of {left} open calls")

        check(ask(place, key, "answered", 5, 0) == (answered[0], True), "an answer is forgotten")
        again = ask(place, key, "in-flight", 300, 0)
        check(again[0] is not None and not again[1], "a call that was killed is no new one")
        # From now on the key is that call's.
        check(ask(place, key, "in-flight", 300, 0) == (again[0], True), "not told again")

        # It goes on answering, and a second start finds nothing to end.
        caller = Caller(place.gateway.url.removeprefix("http://"), key, 1, finished)
        caller.start()
        caller.join(30)
        check(caller.is_whole, "the gateway does not answer any more")
        check(place.gateway.end() == 0, "the gateway does not stop in order")
        place.start_gateway()
        check(not any("left open" in line for line in place.gateway.lines), "ended twice")
        look(place, [*callers, caller])
        print(f"crash: {CALLERS} streams, {whole} whole at the kill and in the log, {left} left "
              "open and recorded as abandoned; nothing twice, budget right")


if __name__ == "__main__":
    started = time.monotonic()
    main(sys.argv[1])
    print(f"crash: {time.monotonic() - started:.0f} s")

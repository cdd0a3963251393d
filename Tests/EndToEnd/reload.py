"""Changes a gateway's settings while it runs, by SIGHUP, with a stream in flight.

    python3 reload.py PATH-TO-RAZAO

A new provider answers at once, a bad file changes nothing, what needs a restart is named, and the
stream that was in flight ends as if nothing had been.
"""

import json
import os
import signal
import sys
import threading
import time
import urllib.error
import urllib.request

from place import Place

SLOW = "openai/gpt-4o+output-tokens=40+chunk-delay-ms=100"


def check(is_true, message):
    if not is_true:
        sys.exit(f"reload: {message}")


def call(place, key, model, **more):
    """Makes a call and returns its status and text."""
    request = urllib.request.Request(
        f"{place.gateway.url}/v1/chat/completions", headers={"authorization": f"Bearer {key}"},
        data=json.dumps({
            "model": model, "messages": [{"role": "user", "content": "Oi"}]} | more).encode())
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


class Change:
    """Appends to the settings, or with None deletes them, and tells the gateway; waits for what its
    log says."""

    def __init__(self, place):
        self.place = place
        self.conf = os.path.join(place.folder, "ledger.conf")
        with open(self.conf) as conf:
            self.first = conf.read()

    def __call__(self, lines, words):
        if lines is None:
            os.remove(self.conf)
        else:
            with open(self.conf, "w") as conf:
                conf.write(self.first + lines)
        with open(self.place.gateway.log_path) as log:
            seen = len(log.read())
        os.kill(self.place.gateway.process.pid, signal.SIGHUP)
        said = ""
        deadline = time.monotonic() + 30
        while words not in said:
            check(time.monotonic() < deadline, f"the log does not say {words!r}: {said!r}")
            time.sleep(0.02)
            with open(self.place.gateway.log_path) as log:
                said = log.read()[seen:]
        return said


def main(razao):
    with Place(razao) as place:
        key = place.client("padaria")
        streamed = []
        stream = threading.Thread(
            target=lambda: streamed.append(call(place, key, SLOW, stream=True)))
        stream.start()
        while place.in_flight() == 0:
            time.sleep(0.01)
        check(call(place, key, "late/gpt-4o")[0] == 404, "there is a provider nobody set up")

        change = Change(place)
        late = f"provider.late.base_url = {place.mock.url}/v1\n"
        change(late, "settings read anew; changed: provider.late.base_url")
        check(call(place, key, "late/gpt-4o")[0] == 200, "the new provider does not answer")
        said = change(late + "gateway.patience = never\n", "the settings stay as they were")
        check("gateway.patience is \"never\"; give seconds" in said, said)
        change(None, "the settings stay as they were: ledger.conf is gone; put it back.")
        check(call(place, key, "late/gpt-4o")[0] == 200, "a bad file changed something")
        # The port was given by a flag, which no file changes.
        said = change(
            "gateway.max_body = 1 KiB\ngateway.shutdown = 9 s\ngateway.port = 1\n", "shutdown")
        check("changed: gateway.max_body, provider.late.base_url" in said, said)
        check("counting once the gateway is started again: gateway.shutdown\n" in said, said)
        check(call(place, key, "late/gpt-4o")[0] == 404, "a provider that is gone answers")
        large = call(place, key, "openai/gpt-4o", user="x" * 2_000)
        check(large[0] == 413, "a large body is taken")

        stream.join(60)
        status, text = streamed[0]
        check(status == 200 and text.endswith("data: [DONE]\n\n"), f"{status}: {text[-200:]}")
        place.settle()
        outcomes = [event["outcome"] for event in place.events()]
        check(outcomes == ["succeeded"] * 3, outcomes)
        check(place.gateway.end() == 0, "the gateway does not stop in order")
        print("reload: settings read anew four times with a stream in flight", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1])

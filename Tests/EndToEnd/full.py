"""Takes the disk away from a gateway between two calls, and gives it back.

    python3 full.py PATH-TO-RAZAO

A hold is decided, the provider is asked, and then nothing can be written: not a byte of the answer
may leave, the caller is told to come later, and so are all after it. The gateway lives, and takes
calls again once there is room. The ledger is whole then, and holds nothing back.
"""

import json
import resource
import sys
import threading
import time
import urllib.error
import urllib.request

from place import Place

# Long enough for the failed write to come first.
MOCK = ["--latency-ms", "300", "--output-tokens", "20"]


def ask(place, key, stream):
    """A call; its status, its body, and how long it took."""
    request = urllib.request.Request(
        f"{place.gateway.url}/v1/chat/completions", method="POST",
        headers={"authorization": f"Bearer {key}", "content-type": "application/json"},
        data=json.dumps({
            "model": "openai/gpt-4o", "stream": stream, "max_tokens": 64,
            "messages": [{"role": "user", "content": "Bom dia"}]}).encode())
    begun = time.monotonic()
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            told = answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        told = error.code, error.read().decode()
    return *told, time.monotonic() - begun


def expect(truth, said):
    if not truth:
        sys.exit(f"full: {said}")


def expect_refused(told, said):
    status, body, _ = told
    expect(status == 503, f"{said}: {status} {body[:300]}")
    expect("takes no calls" in json.loads(body)["error"]["message"], f"{said}: {body[:300]}")
    expect("choices" not in body, f"{said}: something of an answer left: {body[:300]}")


def limit_files(place, size):
    """Lets the gateway's files grow no further than that; every write beyond it fails."""
    resource.prlimit(
        place.gateway.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def health(place):
    with urllib.request.urlopen(f"{place.gateway.url}/healthz", timeout=10) as answer:
        return answer.status


def main():
    with Place(sys.argv[1], mock_options=MOCK) as place:
        key = place.client("acme")
        place.run("budget", "set", "acme", "--unit", "tokens", "--limit", "1000000", "--period",
                  "monthly", "--stop")
        for stream in True, False:
            status, body, _ = ask(place, key, stream)
            expect(status == 200, f"before: {status} {body[:300]}")
        place.settle()
        limit_files(place, 0)
        # Two at a time, since both were decided before either could not be written.
        told = {}
        callers = [
            threading.Thread(target=lambda way=stream: told.update({way: ask(place, key, way)}))
            for stream in (True, False)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
        for stream, answer in told.items():
            expect_refused(answer, f"without a disk, stream {stream}")
        longest = max(seconds for *_, seconds in told.values())
        expect(longest > 0.25, "the provider was not asked before the disk was missed")
        expect_refused(ask(place, key, False), "the next call")
        expect(health(place) == 200, "the gateway is not alive")
        limit_files(place, resource.RLIM_INFINITY)
        status, body, _ = ask(place, key, True)
        expect(status == 200, f"with a disk again: {status} {body[:300]}")
        place.settle()
        expect(place.gateway.end() == 0, "the gateway did not end well")
        place.run("verify")
        outcomes = [event["outcome"] for event in place.events()]
        expect(outcomes.count("succeeded") == 3, f"the log: {outcomes}")
        expect(set(outcomes) <= {"succeeded", "failed", "abandoned"}, f"the log: {outcomes}")
        expect(place.open_holds() == 0, f"{place.open_holds()} holds are open")
        print(f"full: no byte left without its hold on the disk; the log has {outcomes}")


main()

"""Posts a month of usage to the gateway and imports the same month elsewhere.

    python3 events.py PATH-TO-RAZAO

Both ledgers must have the same views and the same statements, posting again must change nothing,
and the budgets must say what the statements say.
"""

import json
import os
import sys
import urllib.error
import urllib.request

from place import Place

SAMPLE = os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "../../Fixtures/sample/usage-2026-10.jsonl")


def check(is_true, message):
    if not is_true:
        sys.exit(f"events: {message}")


def post(place, key, body, content_type="application/x-ndjson", **headers):
    """Posts usage and returns the status and what became of it."""
    request = urllib.request.Request(
        f"{place.gateway.url}/api/events", body.encode(), method="POST",
        headers={"authorization": f"Bearer {key}", "content-type": content_type} |
        {name.replace("_", "-"): value for name, value in headers.items()})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def figures(place, clients, *data):
    """The digest of the views, and what each client's month comes to."""
    digests = {line.split()[-1] for line in place.run("replay", "--verify", *data).splitlines()
               if line.startswith(("live views", "folded"))}
    months = [json.loads(place.run(
        "report", "--month", "2026-10", "--client", client, "--format", "json", *data))
        for client in clients]
    return digests, [
        {name: month[name] for name in ("lines", "days", "calls", "total_brl_exact")}
        for month in months]


def main(razao):
    with open(SAMPLE, encoding="utf-8") as sample:
        lines = sample.read().splitlines()
    with Place(razao) as place:
        by_client = {}
        for line in lines:
            by_client.setdefault(json.loads(line)["client"], []).append(line)
        keys = {client: place.client(client) for client in by_client}
        for client, own in by_client.items():
            for again in (False, True):
                status, told = post(
                    place, keys[client], "\n".join(own), idempotency_key="2026-10")
                wanted = (0, len(own), 0) if again else (len(own), 0, 0)
                counts = (told["accepted"], told["duplicates"], told["refused"])
                check(status == 200 and counts == wanted, f"{client}: {status} {told}")
        place.run("init", "--data", "other")
        place.run("import", SAMPLE, "--create-clients", "--data", "other")
        for client in by_client:
            place.run("client", "add", client, "--name", client, "--data", "other")
        here, there = figures(place, by_client), figures(place, by_client, "--data", "other")
        check(len(here[0]) == 1 and here[0] == there[0], "the views differ from the import's")
        check(here[1] == there[1], "the statements differ from the import's")
        check(sum(month["calls"] for month in here[1]) == len(lines), "calls are missing")

        client, key = next(iter(keys.items()))
        event = {
            "specversion": "1.0", "type": "razao.usage.recorded", "source": "/bot", "id": "1",
            "subject": client, "time": "2026-10-30T12:00:00Z",
            "data": {"provider": "openai", "model": "gpt-4o", "tokens": {"input": 10}}}
        for wanted in ((1, 0), (0, 1)):
            status, told = post(
                place, key, json.dumps([event]), "application/cloudevents-batch+json")
            check((status, told["accepted"], told["duplicates"]) == (200, *wanted), told)
        other = json.dumps(event | {"id": "2", "subject": "somebody"})
        status, told = post(place, key, other, "application/cloudevents+json")
        check(status == 403 and told["errors"][0]["field"] == "subject", told)
        place.run("verify")
        check(place.gateway.end() == 0, "the gateway does not stop in order")
        print(f"events: {len(lines)} calls posted twice equal {len(lines)} imported once",
              file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1])

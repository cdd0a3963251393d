"""The callers of Tools/demo: programs of three clients that use the gateway as any client does.

Reads "client key" from the standard input, a line each. With "many" every client makes its calls,
all at the same time; with "long" the last client asks for one long answer, and for more.
"""

import http.client
import json
import sys
import threading

CALLS = 100
CONNECTIONS = 4
QUESTIONS = ["Qual é o horário de hoje?", "Tem pão de queijo?", "Quero marcar uma consulta.",
             "O pedido já saiu?", "Obrigado!"]


def ask(connection, key, question, limit=None, is_stream=False):
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": question}]}
    if limit is not None:
        body["max_tokens"] = limit
    if is_stream:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    connection.request(
        "POST", "/v1/chat/completions", body=json.dumps(body),
        headers={"authorization": f"Bearer {key}", "content-type": "application/json"})
    return connection.getresponse()


def program(address, key, numbers, answered):
    connection = http.client.HTTPConnection(address, timeout=60)
    for number in numbers:
        question = QUESTIONS[number % len(QUESTIONS)]
        answer = ask(connection, key, question, 20 + number % 30, is_stream=number % 2 == 1)
        answer.read()
        answered.append(answer.status == 200)
    connection.close()


def many(address, clients):
    answered = {client: [] for client in clients}
    threads = [
        threading.Thread(target=program, args=(
            address, key, range(first, CALLS, CONNECTIONS), answered[client]))
        for client, key in clients.items() for first in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for client, answers in answered.items():
        print(f"  {client:14} {sum(answers):4} of {CALLS} calls answered, half of them streamed")
    if not all(sum(answers) == CALLS for answers in answered.values()):
        sys.exit("some calls were not answered")


def long(address, clients):
    client, key = list(clients.items())[-1]
    connection = http.client.HTTPConnection(address, timeout=60)
    answer = ask(connection, key, "Conte a história da loja, do começo.", is_stream=True)
    text, reason, usage = "", None, {}
    for line in answer:
        if not line.startswith(b"data: {"):
            continue
        chunk = json.loads(line[6:])
        usage = chunk.get("usage") or usage
        for choice in chunk.get("choices", []):
            text += choice["delta"].get("content") or ""
            reason = choice.get("finish_reason") or reason
    print(f"  {client} asks for a long story and reads it as it comes:")
    print(f"    “{text[:60]}… {text[-30:]}”")
    print(f"  It stops after {len(text.encode()):,} bytes: finish_reason is \"{reason}\".")
    print(f"  The last piece of the stream says what it cost: US$ {usage.get('cost_usd')}")
    # No answer takes more than half of what is left, so that others may be in flight beside it.
    answer, more = ask(connection, key, "Conte mais."), 0
    while answer.status == 200 and more < 50:
        answer.read()
        answer, more = ask(connection, key, "Conte mais."), more + 1
    error = json.load(answer)["error"]
    print(f"\n  {more} shorter answers follow, and then status {answer.status}, before any provider is asked:")
    print(f"    {error['message']}")


def main():
    what, url = sys.argv[1:]
    clients = dict(line.split() for line in sys.stdin)
    {"many": many, "long": long}[what](url.removeprefix("http://"), clients)


if __name__ == "__main__":
    main()

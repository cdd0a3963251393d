import TestSupport
import Testing

@testable import Server

@Suite(.enabled(if: Python.isAvailable, "needs python3"), .timeLimit(.minutes(2)))
struct `A mock provider on the loopback` {
    @Test func `answers every interface, on one connection`() async throws {
        let lines = try await Loopback.script(
            """
            c = connect()
            a = ask("/v1/chat/completions", chat(), on=c)
            print(a["object"], a["usage"]["prompt_tokens"], a["usage"]["completion_tokens"])
            a = ask("/v1/completions", dict(model="m", prompt="1234"), on=c)
            print(a["object"], a["usage"]["total_tokens"])
            a = ask("/v1/embeddings", dict(model="m", input="1234", encoding_format="base64"), on=c)
            print(a["object"], len(a["data"][0]["embedding"]))
            a = ask("/v1/responses/input_tokens", dict(model="m", input="12345"), on=c)
            print(a["input_tokens"])
            a = ask("/v1/messages", chat(max_tokens=3), on=c)
            print(a["type"], a["stop_reason"], a["usage"]["output_tokens"])
            print(ask("/v1/messages/count_tokens", chat(), on=c)["input_tokens"])
            g = dict(contents=[dict(parts=[dict(text="1234")])])
            a = ask("/v1beta/models/g:generateContent", g, on=c)
            print(a["usageMetadata"]["totalTokenCount"], a["modelVersion"])
            print(ask("/v1beta/models/g:countTokens", g, on=c)["totalTokens"])
            a = ask("/v1beta/models/g:streamGenerateContent", g, on=c)
            print(len(a), a[-1]["candidates"][0]["finishReason"])
            a = send("/v1beta/models/g:streamGenerateContent?alt=sse", g, on=c)
            print(a.headers["content-type"], a.read().count(b"data: "))
            print(ask("/v1/models", method="GET", on=c)["object"])
            a = ask("/v1/models", method="GET", headers={"anthropic-version": "x"}, on=c)
            print(a["has_more"])
            print(ask("/v1/models/any", method="GET", on=c)["id"])
            t = totals()
            print(t["calls"], t["answered"], t["counted"], t["input_tokens"], t["output_tokens"])
            print(t["models"]["g"]["calls"], t["in_flight"])
            ask("/mock/reset")
            print(totals()["calls"])
            """)
        #expect(
            lines == [
                "chat.completion 2 16", "text_completion 17", "list 44", "2",
                "message max_tokens 3", "2", "17 g", "1", "17 STOP",
                "text/event-stream; charset=utf-8 17", "list", "False", "any",
                "7 7 3 9 83", "3 0", "0",
            ])
    }

    @Test func `refuses in the dialect's shape what cannot be answered`() async throws {
        let lines = try await Loopback.script(
            """
            def told(path, body, **more):
                r = send(path, body, **more)
                e = json.loads(r.read())
                return r.status, e.get("type"), e["error"].get("type", e["error"].get("status"))
            print(*told("/v1/chat/completions", "{"))
            print(*told("/v1/messages", "{"))
            print(*told("/v1beta/models/g:generateContent", "{"))
            print(*told("/v1/messages", "x" * 5000))
            print(*told("/nothing", ""))
            print(*told("/v1/messages", None, method="GET"))
            print(*told("/v1/chat/completions", chat("m+what=1")))
            # The connection goes on behind a body that was too large.
            c = connect()
            print(*told("/v1/chat/completions", "x" * 500_000, on=c))
            print(ask("/v1/chat/completions", chat(), on=c)["object"])
            print(totals()["refused"], totals()["calls"])
            """, MockOptions(maximumBodyBytes: 4_096))
        #expect(
            lines == [
                "400 None invalid_request_error", "400 error invalid_request_error",
                "400 None INVALID_ARGUMENT", "413 error request_too_large",
                "404 None invalid_request_error", "405 error invalid_request_error",
                "400 None invalid_request_error", "413 None invalid_request_error",
                "chat.completion", "8 1",
            ])
    }

    @Test func `takes its time, and sends pieces as they come`() async throws {
        let lines = try await Loopback.script(
            """
            h = {"x-mock-latency-ms": "200", "x-mock-chunk-delay-ms": "100",
                 "x-mock-output-tokens": "4"}
            start = time.time()
            r = send("/v1/chat/completions", chat(stream=True), h)
            first = r.readline(); before = time.time() - start
            rest = r.read(); after = time.time() - start
            print(0.19 < before < after - 0.25, after > 0.49, first[:5], rest[-14:])
            start = time.time()
            ask("/v1/chat/completions", chat(), h)
            print(time.time() - start > 0.49)
            """)
        #expect(lines == [#"True True b'data:' b'data: [DONE]\n\n'"#, "True"])
    }

    @Test func `breaks off streams and answers`() async throws {
        let lines = try await Loopback.script(
            """
            for stream in [True, False]:
                try:
                    send("/v1/chat/completions", chat("m+break-after=3", stream=stream)).read()
                    print("whole")
                except http.client.IncompleteRead as e:
                    print("broken", e.partial.count(b"content") if stream else len(e.partial) > 9)
            t = totals()
            print(t["broken"], t["answered"], t["output_tokens"], t["unfinished_output_tokens"])
            """)
        #expect(lines == ["broken 4", "broken True", "2 0 6 6"])
    }

    @Test func `notes at once that a caller goes, before the first byte and in a stream`()
        async throws
    {
        let lines = try await Loopback.script(
            """
            slow = {"x-mock-latency-ms": "60000"}
            c = connect()
            c.request("POST", "/v1/chat/completions", json.dumps(chat()), slow)
            print(until(lambda: totals()["in_flight"] == 1))
            c.close()
            print(until(lambda: totals()["aborted"] == 1), totals()["in_flight"])
            paced = {"x-mock-chunk-delay-ms": "60000"}
            c = connect()
            r = send("/v1/chat/completions", chat(stream=True), paced, on=c)
            r.readline()
            r.close(); c.close()
            print(until(lambda: totals()["aborted"] == 2), totals()["in_flight"])
            print(totals()["output_tokens"], totals()["unfinished_output_tokens"])
            # Half a connection closed is a caller that went, too.
            s = socket.create_connection(("127.0.0.1", PORT))
            body = json.dumps(chat()).encode()
            s.sendall(b"POST /v1/chat/completions HTTP/1.1\\r\\nhost: x\\r\\n"
                      b"x-mock-latency-ms: 60000\\r\\ncontent-length: %d\\r\\n\\r\\n" % len(body))
            s.sendall(body)
            until(lambda: totals()["in_flight"] == 1)
            s.shutdown(socket.SHUT_WR)
            print(until(lambda: totals()["aborted"] == 3))
            """)
        #expect(lines == ["True", "True 0", "True 0", "1 1", "True"])
    }

    @Test func `ends the connection of a caller that stops reading`() async throws {
        let lines = try await Loopback.script(
            """
            c = connect()
            text = json.dumps(chat("m+output-tokens=10000000+chunk-tokens=10000", stream=True))
            c.request("POST", "/v1/chat/completions", text)
            print(until(lambda: totals()["aborted"] == 1), totals()["in_flight"])
            """, idleSeconds: 1)
        #expect(lines == ["True 0"])
    }

    @Test func `fails a share of calls, the same ones after a reset`() async throws {
        var options = MockOptions(seed: 3)
        options.behavior.errorRate = 0.5
        options.behavior.errorStatus = 429
        let lines = try await Loopback.script(
            """
            c = connect()
            def run():
                found = []
                for i in range(40):
                    r = send("/v1/chat/completions", chat(), on=c)
                    r.read()
                    found.append((r.status, r.headers["retry-after"]))
                return found
            first = run(); failed = totals()["failed"]
            ask("/mock/reset")
            print(run() == first, set(first) == {(200, None), (429, "1")})
            print(failed == [s for s, _ in first].count(429) == totals()["failed"])
            """, options)
        #expect(lines == ["True True", "True"])
    }

    @Test func `counts calls of many callers at once`() async throws {
        let lines = try await Loopback.script(
            """
            sums = []
            def work():
                c = connect(); n = 0
                for i in range(25):
                    a = send("/v1/chat/completions",
                             chat(stream=True, stream_options=dict(include_usage=True)), on=c)
                    last = [l for l in a.read().split(b"\\n") if l.startswith(b"data: {")][-1]
                    n += json.loads(last[6:])["usage"]["total_tokens"]
                sums.append(n)
            threads = [threading.Thread(target=work) for i in range(20)]
            [t.start() for t in threads]; [t.join() for t in threads]
            t = totals()
            print(t["answered"], sum(sums) == t["input_tokens"] + t["output_tokens"] == 9000)
            print(t["in_flight"])
            """)
        #expect(lines == ["500 True", "0"])
    }

    @Test func `asks for a body whose caller waits to be asked`() async throws {
        let lines = try await Loopback.script(
            """
            s = socket.create_connection(("127.0.0.1", PORT), timeout=10)
            body = json.dumps(chat()).encode()
            s.sendall(b"POST /v1/chat/completions HTTP/1.1\\r\\nhost: x\\r\\n"
                      b"expect: 100-continue\\r\\ncontent-length: %d\\r\\n\\r\\n" % len(body))
            print(s.recv(1000).split(b"\\r\\n")[0].decode())
            s.sendall(body)
            print(s.recv(1000).split(b"\\r\\n")[0].decode())
            """)
        #expect(lines == ["HTTP/1.1 100 Continue", "HTTP/1.1 200 OK"])
    }
}

"""Ends and starts of the gateway, and what is left when all is over; for trial.py."""

import os
import signal
import socket
import subprocess
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

import trying
from place import Server, output_tokens
from trying import PROMPT, PROVIDER_KEY, Trial, ledger_files, log_text


class Stops(Trial):
    """Ends and starts. Runs last."""

    def test_1_port_in_use(self):
        place = trying.world.place
        place.run("init", "--data", "other")
        port = str(trying.world.address()[1])
        self.assertRefusal(["--port", port, "--data", "other"], "in use")

    def test_2_second_gateway_on_the_folder(self):
        self.assertRefusal(["--port", "0"], "gateway")

    def assertRefusal(self, words, said):
        place = trying.world.place
        done = subprocess.run(
            [place.razao, "gateway", *words], cwd=place.folder, env=place.environment,
            capture_output=True, text=True, timeout=60)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(said, done.stderr)
        self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)

    def test_3_provider_killed_in_the_middle(self):
        place = trying.world.place
        with ThreadPoolExecutor(4) as pool:
            answers = [pool.submit(
                self.ask, dialect, stream=stream, client="free",
                model=f"{provider}/{'claude-x' if provider == 'anthropic' else 'gpt-4o'}"
                "+output-tokens=60+chunk-delay-ms=50")
                for provider, dialect, stream in (
                    ("openai", "openai", True), ("openai", "openai", False),
                    ("anthropic", "anthropic", True), ("anthropic", "anthropic", False))]
            while place.in_flight() < 4:
                time.sleep(0.02)
            time.sleep(0.5)
            place.mock.end(signal.SIGKILL)
            answers = [answer.result() for answer in answers]
        self.assertBrokenStream(answers[0], "openai")
        self.assertError(answers[1], 502)
        self.assertBrokenStream(answers[2], "anthropic")
        self.assertError(answers[3], 502, "anthropic")
        self.assertEqual([event["outcome"] for event in self.new_events()], ["failed"] * 4)
        gone = self.ask(model="openai/gpt-4o", client="free")
        self.assertError(gone, 502)
        port = place.mock.url.rsplit(":", 1)[1]
        place.mock = Server(
            [place.razao, "mock-provider", "--port", port], place.folder, place.environment)
        self.assertEqual(self.ask(model="openai/gpt-4o", client="free").status, 200)

    def stop(self, calls, during=lambda: None):
        """Tells the gateway to stop with calls in flight; what became of them."""
        place = trying.world.place
        with ThreadPoolExecutor(len(calls)) as pool:
            answers = [pool.submit(self.ask, **call) for call in calls]
            while place.in_flight() < len(calls):
                time.sleep(0.02)
            time.sleep(0.3)
            place.gateway.process.send_signal(signal.SIGTERM)
            during()
            answers = [answer.result() for answer in answers]
        self.assertEqual(place.gateway.end(), 0)
        place.start_gateway()
        self.assertFalse([line for line in place.gateway.lines if "left open" in line])
        return answers

    def test_4_calls_in_flight_end(self):
        # Connections with nothing or half a request on them hold nothing up.
        idle, half = self.connect(), self.connect()
        half.sendall(self.request()[:50])

        def during():
            time.sleep(0.2)
            with self.assertRaises(OSError):
                socket.create_connection(trying.world.address(), timeout=5).recv(1)
                raise ConnectionResetError  # Accepted by the system alone, and closed.

        slow = "+output-tokens=30+chunk-delay-ms=50"
        answers = self.stop([
            {"model": f"openai/gpt-4o{slow}", "stream": stream, "client": "free"}
            for stream in (True, False)] * 3, during)
        for answer in answers:
            self.assertEqual((answer.status, answer.is_whole), (200, True), answer.received[-300:])
            self.assertNotIn(b'"error"', answer.body)
        events = self.new_events()
        self.assertEqual([(event["outcome"], output_tokens(event)) for event in events],
                         [("succeeded", 30)] * 6)

    def test_5_what_does_not_end_is_ended(self):
        conf = os.path.join(trying.world.place.folder, "ledger.conf")
        with open(conf) as file:
            settings = file.read()
        with open(conf, "w") as file:
            file.write(settings.replace("whole_timeout = 6 s", "whole_timeout = 60 s"))
        trying.world.place.gateway.end()
        trying.world.place.start_gateway()
        answers = self.stop([{"do": "drip", "stream": stream} for stream in (True, False)])
        self.assertEqual(answers[0].status, 200)
        events = self.new_events()
        self.assertEqual(len(events), 2, events)


class Afterwards(unittest.TestCase):
    """What is left of all that."""

    def test_1_no_secret_was_told(self):
        told = b"".join(trying.world.told)
        for secret in (PROVIDER_KEY, *trying.world.keys.values()):
            self.assertNotIn(secret.encode(), told)

    def test_2_no_secret_is_in_log_or_ledger(self):
        said = log_text()
        self.assertGreater(said.count("client=padaria"), 50, "nothing was logged")
        secrets = (PROVIDER_KEY, PROMPT, *trying.world.keys.values())
        for secret in secrets:
            self.assertNotIn(secret, said)
        for path in ledger_files():
            with open(path, "rb") as file:
                content = file.read()
            for secret in secrets:
                self.assertNotIn(secret.encode(), content, path)

    def test_3_the_ledger_is_whole(self):
        trying.world.place.run("verify")
        trying.world.place.run("replay", "--verify")
        self.assertEqual(trying.world.place.gateway.end(), 0)


CASES = [Stops, Afterwards]

"""A gateway and a mock provider on free ports of the loopback, with a ledger of their own.

    with Place(razao) as place:
        key = place.client("acme")
        place.gateway_url, place.mock_url, place.events()

What was started is ended by its process id when the block is left, whatever happened in it, and
the folder is deleted. Needs nothing but Python's standard library.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import urllib.request


class Server:
    """A subcommand of razao that listens; its lines are kept for who wants to read them."""

    def __init__(self, command, folder, environment, seconds=30):
        self.command = command[1]
        self.lines = []
        self.log_path = os.path.join(folder, f"{self.command}.log")
        self.log = open(self.log_path, "ab")
        self.process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=self.log, text=True)
        self.listens = threading.Event()
        self.url = None
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        if not self.listens.wait(seconds) or self.url is None:
            self.end(signal.SIGKILL)
            with open(self.log_path, errors="replace") as log:
                told = log.read()[-2_000:]
            raise RuntimeError(f"razao {self.command} does not listen: {self.lines} {told}")

    def read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            found = re.search(r"listens on (http://\S+)", line)
            if found:
                self.url = found[1]
                self.listens.set()
        self.listens.set()

    def end(self, by=signal.SIGTERM, seconds=40):
        """Ends it by its process id and returns its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(by)
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        self.reader.join(5)
        self.process.stdout.close()
        self.log.close()
        return status


class Place:
    """Ledger, mock provider and gateway."""

    def __init__(self, razao, settings=(), mock_options=(), log_calls=False):
        self.razao = os.path.abspath(razao)
        self.folder = tempfile.mkdtemp(prefix="razao-end-to-end-")
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith("RAZAO_")
        } | {"MOCK_PROVIDER_KEY": "sk-of-the-mock-provider"}
        self.settings = list(settings)
        self.mock_options = list(mock_options)
        self.log_calls = log_calls
        self.mock = None
        self.gateway = None

    def __enter__(self):
        try:
            self.mock = Server(
                [self.razao, "mock-provider", "--port", "0", *self.mock_options],
                self.folder, self.environment)
            with open(os.path.join(self.folder, "ledger.conf"), "w") as conf:
                conf.write("\n".join([
                    "data.folder = data",
                    f"gateway.log_calls = {'yes' if self.log_calls else 'no'}",
                    f"provider.openai.base_url = {self.mock.url}/v1",
                    "provider.openai.key_env = MOCK_PROVIDER_KEY",
                    f"provider.anthropic.base_url = {self.mock.url}",
                    "provider.anthropic.key_env = MOCK_PROVIDER_KEY",
                    # The same provider under a name that is not trusted to keep a limit.
                    f"provider.wild.base_url = {self.mock.url}/v1",
                    "provider.wild.key_env = MOCK_PROVIDER_KEY",
                    "provider.wild.keeps_output_limit = no",
                    *self.settings, ""]))
            self.run("init")
            self.start_gateway()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for server in (self.gateway, self.mock):
            if server is not None:
                server.end()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start_gateway(self):
        self.gateway = Server(
            [self.razao, "gateway", "--port", "0"], self.folder, self.environment)

    def run(self, *words):
        """Runs a subcommand and returns what it prints; raises when it fails."""
        done = subprocess.run(
            [self.razao, *words], cwd=self.folder, env=self.environment, text=True,
            capture_output=True, timeout=120)
        if done.returncode != 0:
            raise RuntimeError(f"razao {' '.join(words)}: {done.stdout}{done.stderr}")
        return done.stdout

    def client(self, name):
        """Adds a client and returns a key for it."""
        self.run("client", "add", name, "--name", name)
        return self.run("key", "create", name, "--quiet").strip()

    def price(self, model, usd_input, usd_output):
        self.run(
            "prices", "set", model, "--input", usd_input, "--output", usd_output,
            "--effective-from", "2024-01-01", "--force")

    def describe(self, model, maximum_output):
        self.run("models", "describe", model, "--maximum-output", str(maximum_output))

    def events(self, client=None):
        """The calls in the log."""
        return list(self.each_event(client))

    def each_event(self, client=None):
        """The calls in the log, one after the other."""
        words = ["events"] + (["--client", client] if client else [])
        with subprocess.Popen(
                [self.razao, *words], cwd=self.folder, env=self.environment, text=True,
                stdout=subprocess.PIPE) as process:
            yield from map(json.loads, process.stdout)
        if process.returncode != 0:
            raise RuntimeError(f"razao events ended with {process.returncode}")

    def open_holds(self):
        found = re.search(r"^open holds +([\d.]+)$", self.run("status"), re.MULTILINE)
        return int(found[1].replace(".", ""))

    def totals(self):
        """What the mock provider says it answered, once nothing is under way there."""
        for _ in range(200):
            with urllib.request.urlopen(f"{self.mock.url}/mock/totals", timeout=10) as answer:
                totals = json.load(answer)
            if totals["in_flight"] == 0:
                break
            time.sleep(0.05)
        return totals

    def in_flight(self):
        """Calls that the gateway has in flight."""
        with urllib.request.urlopen(f"{self.gateway.url}/metrics", timeout=10) as answer:
            return int(re.search(r"^razao_in_flight (\d+)$", answer.read().decode(), re.M)[1])

    def settle(self, seconds=20):
        """Waits until the gateway has no call in flight; raises when it still has."""
        deadline = time.monotonic() + seconds
        while self.in_flight() > 0:
            if time.monotonic() > deadline:
                raise RuntimeError(f"{self.in_flight()} calls are still in flight")
            time.sleep(0.02)


def input_tokens(event):
    """Tokens of input of an event, whatever class."""
    return sum(n for name, n in event.get("tokens", {}).items() if is_input(name))


def output_tokens(event):
    return sum(n for name, n in event.get("tokens", {}).items() if not is_input(name))


def is_input(name):
    return name.startswith(("input", "cache"))

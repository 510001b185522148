"""Starts devhost as a user does and looks at it from outside."""

import base64
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path

from azure.core.exceptions import ResourceExistsError
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

from harness.rig.processes import children
from harness.rig.project import ROOT

HERE = Path(__file__).parent
TOY_APP = HERE / "toy_app"
# Only what hangs takes so long, on however slow a machine.
LIMIT_S = 120.0


@dataclass
class Account:
    """One Azurite, and names in it that no other test uses."""

    connection_string: str
    mark: str = field(default_factory=lambda: uuid.uuid4().hex[:8])

    def __post_init__(self):
        self.blobs = BlobServiceClient.from_connection_string(self.connection_string)
        self.queues = QueueServiceClient.from_connection_string(self.connection_string)

    @property
    def host_id(self):
        return f"host{self.mark}"

    def name(self, name):
        return f"{name}-{self.mark}"

    def settings(self):
        names = ("work", "uploads", "events", "texts")
        return {
            "AzureWebJobsStorage": self.connection_string,
            "AzureFunctionsWebHost__hostid": self.host_id,
            "PYTHON_ENABLE_INIT_INDEXING": "1",
            **{name.upper(): self.name(name) for name in names},
        }

    def upload(self, container, name, data, **options):
        with contextlib.suppress(ResourceExistsError):
            self.blobs.create_container(self.name(container))
        blob = self.blobs.get_blob_client(self.name(container), name)
        blob.upload_blob(data, overwrite=True, **options)
        return blob

    def blob(self, container, name):
        return self.blobs.get_blob_client(self.name(container), name)

    def hosts_blobs(self, prefix):
        hosts = self.blobs.get_container_client("azure-webjobs-hosts")
        return [each.name for each in hosts.list_blobs(name_starts_with=prefix)]

    def queue(self, name):
        client = self.queues.get_queue_client(self.name(name))
        with contextlib.suppress(ResourceExistsError):
            client.create_queue()
        return client

    def send(self, queue, body):
        text = body if isinstance(body, str) else json.dumps(body)
        self.send_raw(queue, base64.b64encode(text.encode()).decode())

    def send_raw(self, queue, text):
        self.queue(queue).send_message(text)

    def bodies(self, queue):
        """What lies visible on a queue, decoded, without taking it."""
        return [base64.b64decode(each).decode() for each in self.raw_bodies(queue)]

    def raw_bodies(self, queue):
        return [each.content for each in self.queue(queue).peek_messages(32)]

    def waits(self, queue):
        """How many messages a queue holds, hidden ones included."""
        properties = self.queue(queue).get_queue_properties()
        return properties.approximate_message_count


@dataclass
class Devhost:
    """One running devhost."""

    process: subprocess.Popen
    folder: Path

    @property
    def output(self):
        return (self.folder / "output").read_text()

    @property
    def url(self):
        return "http://127.0.0.1:" + re.search(r"http://localhost:(\d+)/", self.output)[1]

    @property
    def worker_pid(self):
        return children(self.process.pid)[-1]

    def journal(self, **wanted):
        """What the functions noted, in order; with keywords, the notes that have these values."""
        path = self.folder / "journal"
        lines = path.read_text().splitlines() if path.exists() else []
        notes = [json.loads(line) for line in lines]
        return [each for each in notes if wanted.items() <= each.items()]

    def noted(self, **wanted):
        """The first note that has these values, as soon as there is one."""
        self.wait_until(lambda: self.journal(**wanted), f"{wanted} is noted")
        return self.journal(**wanted)[0]

    def printed(self, text, times=1):
        """Returns when the text was printed so often."""
        self.wait_until(lambda: self.output.count(text) >= times, f"{text!r} is printed")

    def wait_until(self, is_true, what):
        """The same as the function, but shows what was printed meanwhile."""
        try:
            wait_until(is_true, what)
        except AssertionError as error:
            error.add_note(self.output[-4000:])
            raise

    def stop(self, number=signal.SIGINT):
        """Ctrl-C; the exit status."""
        self.process.send_signal(number)
        return self.process.wait(LIMIT_S)

    def kill(self):
        self.process.kill()
        self.process.wait()


@contextlib.contextmanager
def devhost(account, folder, root=TOY_APP, arguments=(), **settings):
    """A devhost that serves, until the block ends."""
    running = start(account, folder, root, arguments, **settings)
    try:
        wait_until(
            lambda: "For detailed output" in running.output or running.process.poll() is not None,
            "the functions are listed",
        )
        assert running.process.poll() is None, running.output
        yield running
    finally:
        if running.process.poll() is None:
            running.process.send_signal(signal.SIGINT)
            try:
                running.process.wait(LIMIT_S)
            finally:
                running.process.kill()


def start(account, folder, root=TOY_APP, arguments=(), **settings):
    """A devhost that was started just now."""
    folder.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "JOURNAL": str(folder / "journal"), "PYTHONPATH": ""}
    environment |= (account.settings() if account else {}) | settings
    command = [sys.executable, "-m", "devhost", "--root", str(root), "--port", "0", *arguments]
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
    return Devhost(process, folder)


def refusal(folder, root, account=None, arguments=(), **settings):
    """The exit status and the output of a devhost that should not start."""
    running = start(account, folder, root, arguments, **settings)
    try:
        status = running.process.wait(LIMIT_S)
    finally:
        running.process.kill()
    return status, running.output


def write_app(folder, code, host_json=None, local_settings=None):
    """An app of a few lines, its host.json the smallest that knows all triggers."""
    folder.mkdir(parents=True, exist_ok=True)
    bundle = {"id": "Microsoft.Azure.Functions.ExtensionBundle", "version": "[4.*, 5.0.0)"}
    content = {"version": "2.0", "extensionBundle": bundle} if host_json is None else host_json
    text = content if isinstance(content, str) else json.dumps(content)
    (folder / "host.json").write_text(text)
    (folder / "function_app.py").write_text(code)
    if local_settings is not None:
        (folder / "local.settings.json").write_text(json.dumps(local_settings))
    return folder


def wait_until(is_true, what, limit_s=LIMIT_S):
    deadline = time.monotonic() + limit_s
    while not is_true():
        assert time.monotonic() < deadline, f"not within {limit_s} s: {what}"
        time.sleep(0.05)

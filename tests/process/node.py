"""Real processes of the node, driven from outside: what a user's shell and a program would do."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
LAMA = pathlib.Path(os.environ.get("LAMA_BINARY", ROOT / "build/release/apps/lama"))
PASSWORD = "correct horse battery"
PATIENCE = 30.0
LOOK_AGAIN = 0.01  # between two looks at another process


class RpcError(Exception):
    """The node answered with an error: .code and .message as in docs/ipc.md."""

    def __init__(self, code, message):
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


def until(condition, what, patience=PATIENCE):
    """Waits for a condition and gives what it answered; what is raised meanwhile counts as not yet."""
    end = time.monotonic() + patience
    last = None
    while time.monotonic() < end:
        try:
            answer = condition()
            if answer:
                return answer
        except (OSError, RpcError, ValueError, KeyError) as failure:
            last = failure
        time.sleep(LOOK_AGAIN)
    raise AssertionError(f"{what} did not happen in {patience} s ({last})")


class Rpc:
    def __init__(self, ipc_file, user=None):
        self.ipc_file = pathlib.Path(ipc_file)
        self.user = user
        self.next_id = 0

    def call(self, method, params=None, timeout=PATIENCE):
        where = json.loads(self.ipc_file.read_text())
        self.next_id += 1
        body = json.dumps({"jsonrpc": "2.0", "id": self.next_id, "method": method, "params": params or {}}).encode()
        headers = {"Content-Type": "application/json", "Authorization": "Bearer " + where["token"]}
        if self.user:
            headers["Lama-User"] = self.user
        request = urllib.request.Request(where["url"] + "/rpc", body, headers)
        try:
            with urllib.request.urlopen(request, timeout=timeout) as response:
                answer = json.loads(response.read())
        except urllib.error.HTTPError as failure:
            raise RpcError(failure.code, failure.read().decode(errors="replace")) from failure
        if "error" in answer:
            raise RpcError(answer["error"]["code"], answer["error"]["message"])
        return answer["result"]


class Process:
    """`lama run`, `lama archive` or `lama sparse` on a data dir."""

    def __init__(self, command, data_dir, *arguments):
        self.command = command
        self.data_dir = pathlib.Path(data_dir)
        self.arguments = arguments
        self.child = None
        self.log = self.data_dir / f"{command}.test.log"

    def ipc_file(self):
        return self.data_dir / ("archive-ipc.json" if self.command == "archive" else "ipc.json")

    def start(self):
        self.data_dir.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            self.ipc_file().unlink()
        ports = {
            "run": ["--ui-port", "0", "--bridge-port", "0", "--archive-ipc-port", "0"],
            "archive": ["--bridge-port", "0", "--archive-ipc-port", "0"],
            "sparse": ["--ui-port", "0"],
        }[self.command]
        with open(self.log, "ab") as log:
            self.child = subprocess.Popen(
                [str(LAMA), self.command, "--data-dir", str(self.data_dir), "--login-attempts", "100000", *ports, *self.arguments],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                env={**os.environ, "LAMA_IPC_CHECK_ANSWERS": "1"},  # an answer that is not what the schema says becomes an error
            )
        until(self.is_ready, f"the start of lama {self.command}; its log: {self.log}")
        return self

    def is_ready(self):
        if self.child.poll() is not None:
            raise AssertionError(f"lama {self.command} ended with {self.child.returncode}:\n{self.log.read_text(errors='replace')[-2000:]}")
        return self.ipc_file().exists() and Rpc(self.ipc_file()).call("node:status") is not None

    def kill(self):
        self.child.send_signal(signal.SIGKILL)
        self.child.wait()

    def stop(self):
        if self.child and self.child.poll() is None:
            self.child.terminate()
            self.child.wait(timeout=PATIENCE)
        return self.child.returncode if self.child else None


class Home:
    """A data dir with a user's node on it: one process, or two."""

    def __init__(self, user, processes=("run",)):
        self.user = user
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lama-test-"))
        self.data_dir = self.folder / "data"
        self.processes = [Process(command, self.data_dir) for command in processes]

    def __enter__(self):
        for process in self.processes:
            process.start()
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def process(self, command):
        return next(x for x in self.processes if x.command == command)

    @property
    def rpc(self):
        return Rpc(self.data_dir / "ipc.json", self.user)

    @property
    def archive_rpc(self):
        return Rpc(self.data_dir / "archive-ipc.json", self.user)

    def register(self):
        answer = until(lambda: self.rpc.call("one-core:register", {"username": self.user, "password": PASSWORD}), "registration")
        assert answer["success"], answer
        return answer

    def log_in(self, wait=True):
        """Logs in, and waits until the archive is unlocked as well."""
        def attempt():
            answer = self.rpc.call("one-core:login", {"username": self.user, "password": PASSWORD})
            assert answer["success"], answer
            return answer
        until(attempt, "login")
        if wait:
            until(lambda: self.archive_rpc.call("one-core:getInstance"), "the archive's unlocking")

    def cli(self, *arguments, check=True, stdin=None, env=None, timeout=120):
        done = subprocess.run(
            [str(LAMA), *arguments, "--data-dir", str(self.data_dir)],
            capture_output=True, text=True, timeout=timeout, input=stdin, env={**os.environ, "LAMA_PASSWORD": PASSWORD, **(env or {})},
        )
        if check and done.returncode != 0:
            raise AssertionError(f"lama {' '.join(arguments)} ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    def conversations(self):
        return self.rpc.call("query:getConversations")["conversations"]

    def messages(self, conversation, rpc=None, limit=1000):
        return (rpc or self.rpc).call("query:getMessages", {"conversationId": conversation, "limit": limit})["messages"]

    def send(self, conversation, text):
        return self.rpc.call("action:sendMessage", {"conversationId": conversation, "text": text})["messageHash"]


def pair(inviter, guest):
    """Pairs two homes; answers the conversation that both then show."""
    invitation = inviter.rpc.call("pairing:createInvitation")["invitation"]
    guest.rpc.call("pairing:acceptInvitation", {"invitation": invitation})
    for home in (inviter, guest):
        until(home.conversations, f"the conversation at {home.user}")
    return guest.conversations()[0]["conversationId"]

"""One Node process that runs one function, one invocation at a time: started, asked, killed.

They talk over a socket pair on the process's standard input, one line of JSON a message; the end of it tells the process
that its parent is gone. Output goes to a file: nothing can block on it, and its order is kept.

Not responsible for what LocalStack wants to know; needs nothing but Python.
"""

import json
import os
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Answer:
    """Either what the handler returned, or an error as Lambda words it: both JSON."""

    payload: str
    is_error: bool


class InitFailed(Exception):
    def __init__(self, payload: str):
        super().__init__(payload)
        self.payload = payload


class NodeProcess:
    def __init__(self, command: list[str], folder: Path, code: Path, variables: dict[str, str]):
        self.command = command
        self.folder = folder
        self.code = code
        self.variables = variables
        self.process: subprocess.Popen | None = None
        self.channel: socket.socket | None = None
        self.received = b""
        self.log_read = 0

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def start(self, timeout_seconds: float) -> None:
        """Raises InitFailed where the module cannot be loaded."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.received = b""
        ours, theirs = socket.socketpair()
        self.channel = ours
        with theirs, open(self.log, "ab") as log:
            # Not standard input: whoever imports `node:process` opens that one a second time, and fails.
            self.process = subprocess.Popen(
                [*self.command, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.code,
                env=self.variables,
                pass_fds=(theirs.fileno(),),
            )
        answer = self.receive(timeout_seconds, "INIT")
        if answer.is_error:
            self.kill()
            raise InitFailed(answer.payload)

    @property
    def lives(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def ask(self, request: dict, timeout_seconds: float) -> Answer:
        request_id = request["requestId"]
        try:
            self.channel.settimeout(timeout_seconds)
            self.channel.sendall(json.dumps(request).encode() + b"\n")
        except OSError:
            return self.ended(request_id)
        answer = self.receive(timeout_seconds, request_id)
        return answer

    def receive(self, timeout_seconds: float, request_id: str) -> Answer:
        end = time.monotonic() + timeout_seconds
        chunks = [self.received]
        while b"\n" not in chunks[-1]:
            try:
                self.channel.settimeout(max(0.001, end - time.monotonic()))
                chunk = self.channel.recv(1 << 20)
            except TimeoutError:
                self.kill()
                message = f"RequestId: {request_id} Error: Task timed out after {timeout_seconds:.2f} seconds"
                return failure("Sandbox.Timedout", message)
            except OSError:
                chunk = b""
            if not chunk:
                return self.ended(request_id)
            chunks.append(chunk)
        line, _, self.received = b"".join(chunks).partition(b"\n")
        message = json.loads(line)
        return Answer(message["payload"], message["isError"])

    def ended(self, request_id: str) -> Answer:
        try:
            status = self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.kill()
            status = 0
        how = f"signal: {-status}" if status < 0 else f"exit status {status}"
        message = f"RequestId: {request_id} Error: Runtime exited "
        return failure("Runtime.ExitError", message + ("without providing a reason" if status == 0 else f"with error: {how}"))

    def new_output(self) -> str:
        """What was written since the last time."""
        try:
            with open(self.log, "rb") as log:
                log.seek(self.log_read)
                output = log.read()
        except FileNotFoundError:
            return ""
        self.log_read += len(output)
        return output.decode("utf-8", "replace")

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        if self.channel is not None:
            self.channel.close()

    def remove(self) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def failure(error_type: str, message: str) -> Answer:
    return Answer(json.dumps({"errorType": error_type, "errorMessage": message}), True)

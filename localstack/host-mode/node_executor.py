"""LocalStack's executor for functions: a Node process for each environment, instead of a container.

Not responsible for the process itself (node_process.py), nor for how many there are (environments.py).
"""

import contextlib
import os
import shutil
import threading
import time
from pathlib import Path

from localstack.services.lambda_.invocation.executor_endpoint import StatusErrorException
from localstack.services.lambda_.invocation.lambda_models import FunctionVersion, InvocationResult
from localstack.services.lambda_.invocation.runtime_executor import RuntimeExecutor

from node_process import Answer, InitFailed, NodeProcess, failure

RUNTIME = Path(__file__).with_name("lambda-runtime.mjs")
# A cold start among many others on a small machine.
INIT_TIMEOUT_SECONDS = 60
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: payload of a synchronous response.
RESPONSE_BYTES = 6 * 1024 * 1024

settings: dict = {}


def configure(given: dict) -> None:
    settings.update(given)


class NodeExecutor(RuntimeExecutor):
    node: NodeProcess | None = None

    def start(self, env_vars: dict[str, str]) -> None:
        memory_mb = self.function_version.config.memory_size
        folder = Path(settings["folder"]) / "environments" / self.id
        code = shared_code(self.function_version)
        self.node = NodeProcess(
            # Node's heap, not the whole process: a bound that stops a runaway function before the machine feels it.
            command=[settings["node"], f"--max-old-space-size={memory_mb}", str(RUNTIME)],
            folder=folder,
            code=code,
            variables=variables(env_vars, code, folder),
        )
        self.init()

    def init(self) -> None:
        try:
            self.node.start(INIT_TIMEOUT_SECONDS)
        except InitFailed as error:
            print(f"{self.function_version.id.function_name} did not load: {self.node.new_output()}", flush=True)
            raise StatusErrorException("The function did not load", payload=error.payload.encode()) from error

    def stop(self) -> None:
        if self.node:
            self.node.remove()

    def invoke(self, payload: dict[str, str]) -> InvocationResult:
        request_id = payload["invoke-id"]
        config = self.function_version.config
        if not self.node.lives:
            # Killed at its time limit, or gone by itself: as in Lambda, the next invocation finds a new process.
            self.node.kill()
            self.init()
        started = time.monotonic()
        request = {
            "requestId": request_id,
            "functionArn": payload["invoked-function-arn"],
            "traceId": payload["trace-id"],
            "event": payload["payload"],
            "timeoutMs": config.timeout * 1000,
        }
        answer = within_limit(self.node.ask(request, config.timeout))
        duration_ms = (time.monotonic() - started) * 1000
        return InvocationResult(
            request_id,
            answer.payload.encode(),
            is_error=answer.is_error,
            logs=f"START RequestId: {request_id} Version: {self.function_version.id.qualifier}\n"
            f"{self.node.new_output()}"
            f"END RequestId: {request_id}\n"
            f"REPORT RequestId: {request_id}\tDuration: {duration_ms:.2f} ms\tMemory Size: {config.memory_size} MB\n",
        )

    def get_logs(self) -> str:
        return self.node.new_output() if self.node else ""

    def get_address(self) -> str:
        return "127.0.0.1"

    def get_endpoint_from_executor(self) -> str:
        return "127.0.0.1"

    def get_runtime_endpoint(self) -> str:
        """Unused: requests and answers go over the process's own channel."""
        return ""

    @classmethod
    def prepare_version(cls, function_version: FunctionVersion) -> None:
        runtime = function_version.config.runtime or "a container image"
        if not runtime.startswith("nodejs"):
            raise NotImplementedError(f"Host mode runs Node functions only, not {runtime}.")
        if function_version.config.layers:
            raise NotImplementedError("Host mode knows no layers: bundle what the function needs.")
        shared_code(function_version)

    @classmethod
    def cleanup_version(cls, function_version: FunctionVersion) -> None:
        pass


def within_limit(answer: Answer) -> Answer:
    size = len(answer.payload.encode())
    if size <= RESPONSE_BYTES:
        return answer
    message = f"Response payload size ({size} bytes) exceeded maximum allowed payload size ({RESPONSE_BYTES} bytes)."
    return failure("Function.ResponseSizeTooLarge", message)


code_lock = threading.Lock()


def shared_code(function_version: FunctionVersion) -> Path:
    """One folder for equal code: functions of one bundle then share Node's compile cache, which goes by path."""
    code = function_version.config.code
    if code.is_hot_reloading():
        return code.get_unzipped_code_location()
    folder = Path(settings["folder"]) / "code" / code.code_sha256.replace("/", "_").rstrip("=")
    with code_lock:
        if not folder.exists():
            code.prepare_for_execution()
            aside = folder.with_suffix(".part")
            shutil.rmtree(aside, ignore_errors=True)
            shutil.copytree(code.get_unzipped_code_location(), aside, copy_function=os.link)
            aside.rename(folder)
            with contextlib.suppress(OSError):
                code.destroy_cached()
    return folder


def variables(given: dict, code: Path, folder: Path) -> dict[str, str]:
    """What the function sees: nothing of the machine's own environment."""
    own = {
        "PATH": f"{Path(settings['node']).parent}:{os.environ.get('PATH', '/usr/bin:/bin')}",
        "LANG": "en_US.UTF-8",
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "NODE_COMPILE_CACHE": settings["compileCache"],
    }
    values = {**own, **given, "LAMBDA_TASK_ROOT": str(code), "LAMBDA_RUNTIME_DIR": str(RUNTIME.parent)}
    return {name: str(value) for name, value in values.items() if value is not None}

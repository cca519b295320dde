"""How many functions' processes run at once.

Lambda answers TooManyRequestsException above a limit; here invocations wait for their turn instead, so that a Map over
500 items passes on a small machine at its own pace. The bound is for each function version: a function that invokes
another one synchronously can then not wait for itself. Idle processes of other functions make room first.

Not responsible for what runs in an environment.
"""

import contextlib
import logging
import os
import threading
from collections import defaultdict
from collections.abc import Iterator

from localstack.aws.api.lambda_ import TooManyRequestsException
from localstack.services.lambda_.invocation.assignment import AssignmentService
from localstack.services.lambda_.invocation.execution_environment import (
    ExecutionEnvironment,
    InvalidStatusException,
    RuntimeStatus,
)
from localstack.services.lambda_.invocation.lambda_models import FunctionVersion, InitializationType

LOG = logging.getLogger(__name__)

# The longest a function may run: whoever waits that long waits for nothing.
LONGEST_WAIT_SECONDS = 900


def bound(per_function: int, idle_and_busy: int) -> None:
    usual = AssignmentService.get_environment
    turns: dict[str, threading.BoundedSemaphore] = defaultdict(lambda: threading.BoundedSemaphore(per_function))
    turns_lock = threading.Lock()
    # More starts at once than processors only make each of them slower.
    starts = threading.BoundedSemaphore((os.cpu_count() or 1) + 1)

    @contextlib.contextmanager
    def get_environment(
        self: AssignmentService, manager_id: str, version: FunctionVersion, kind: InitializationType
    ) -> Iterator[ExecutionEnvironment]:
        if kind != InitializationType.on_demand:
            with usual(self, manager_id, version, kind) as environment:
                yield environment
            return
        with turns_lock:
            turn = turns[manager_id]
        if not turn.acquire(timeout=LONGEST_WAIT_SECONDS):
            raise TooManyRequestsException("Rate Exceeded.", Reason="ConcurrentInvocationLimitExceeded", Type="User")
        try:
            environment = reserve_idle(self, manager_id)
            if environment is None:
                with starts:
                    environment = reserve_idle(self, manager_id) or start(self, manager_id, version)
            try:
                yield environment
                environment.release()
            except InvalidStatusException as error:
                LOG.error("InvalidStatusException: %s", error)
            except Exception:
                self.stop_environment(environment)
                raise
        finally:
            turn.release()

    def start(self: AssignmentService, manager_id: str, version: FunctionVersion) -> ExecutionEnvironment:
        make_room(self, idle_and_busy)
        environment = self.start_environment(manager_id, version)
        environment.reserve()
        self.environments[manager_id][environment.id] = environment
        return environment

    AssignmentService.get_environment = get_environment


def reserve_idle(service: AssignmentService, manager_id: str) -> ExecutionEnvironment | None:
    for environment in list(service.environments[manager_id].values()):
        try:
            environment.reserve()
            return environment
        except InvalidStatusException:
            pass
    return None


def make_room(service: AssignmentService, limit: int) -> None:
    everything = [e for by_id in list(service.environments.values()) for e in list(by_id.values())]
    idle = sorted((e for e in everything if e.status == RuntimeStatus.READY), key=lambda e: e.last_returned)
    for environment in idle[: max(0, len(everything) + 1 - limit)]:
        try:
            environment.reserve()
        except InvalidStatusException:
            continue
        service.stop_environment(environment)

"""StopExecution that stops. LocalStack lets the running state end first: a task that waits for a token then runs into its
time limit, and the execution is FAILED (States.Timeout). AWS ends it at once, with the given error and cause, and stops
executions that it waits for; functions that run go on unseen.

Not responsible for anything else of Step Functions.
"""

import json
import time

from localstack.aws.api.stepfunctions import (
    ExecutionAbortedEventDetails,
    ExecutionStatus,
    HistoryEventType,
)
from localstack.services.stepfunctions.asl.eval.environment import Environment
from localstack.services.stepfunctions.asl.eval.event.event_detail import EventDetails
from localstack.services.stepfunctions.asl.eval.program_state import ProgramStopped
from localstack.services.stepfunctions.backend.execution import (
    BaseExecutionWorkerCommunication,
    Execution,
)
from localstack.services.stepfunctions.backend.store import sfn_stores

# The environment is there a moment after the start.
START_SECONDS = 5


def stop_at_once() -> None:
    usual_end = BaseExecutionWorkerCommunication.terminated

    def stop(self: Execution, stop_date, error, cause) -> None:
        environment = environment_of(self)
        if environment is None or self.exec_status != ExecutionStatus.RUNNING:
            return
        self.exec_worker.stop(stop_date=stop_date, error=error, cause=cause)
        if not isinstance(environment.program_state(), ProgramStopped):
            # It ended by itself in the meantime.
            return
        self.exec_status = ExecutionStatus.ABORTED
        self.stop_date = stop_date
        self.error = error
        self.cause = cause
        history = environment.event_manager
        history.add_event(
            context=environment.event_history_context,
            event_type=HistoryEventType.ExecutionAborted,
            event_details=EventDetails(
                executionAbortedEventDetails=ExecutionAbortedEventDetails(error=error, cause=cause)
            ),
        )
        # What is still under way writes no more history.
        history.add_event = lambda context, **_: context.last_published_event_id
        self.publish_execution_status_change_event()
        for endpoint in list(environment.callback_pool_manager._pool.values()):
            endpoint.interrupt_all()
        for child in children(self):
            child.stop(stop_date=stop_date, error=error, cause=cause)

    def terminated(self: BaseExecutionWorkerCommunication) -> None:
        if self.execution.exec_status != ExecutionStatus.ABORTED:
            usual_end(self)

    Execution.stop = stop
    BaseExecutionWorkerCommunication.terminated = terminated


def environment_of(execution: Execution) -> Environment | None:
    end = time.monotonic() + START_SECONDS
    while execution.exec_worker is not None and time.monotonic() < end:
        if execution.exec_worker.env is not None:
            return execution.exec_worker.env
        time.sleep(0.02)
    return None


def children(execution: Execution) -> list[Execution]:
    """Executions that it started in order to wait for them; those that ended do not mind being stopped."""
    store = sfn_stores[execution.account_id][execution.region_name]
    found = []
    for event in execution.exec_worker.env.event_manager.get_event_history():
        details = event.get("taskSubmittedEventDetails") or {}
        if details.get("resourceType") == "states":
            arn = json.loads(details.get("output") or "{}").get("ExecutionArn")
            if arn in store.executions:
                found.append(store.executions[arn])
    return found

"""Calls of LocalStack to itself that cost a third of each step of a state machine, and that nothing here needs.

Not responsible for what a user sees: no answer of LocalStack is another one, but that Lambda's own metrics stay empty.
"""

import functools
import sys


def make() -> None:
    one_client_for_each_role()
    no_metrics_of_lambda()


def one_client_for_each_role() -> None:
    """Step Functions assumed its role, and made a client, anew for each task."""
    import localstack.services.stepfunctions.asl.utils.boto_client as module
    from localstack.services.stepfunctions.asl.component.state.state_execution.state_task.credentials import (
        StateCredentials,
    )

    usual = module.boto_client_for

    @functools.lru_cache(maxsize=256)
    def client_of(service: str, region: str, role_arn: str):
        return usual(service, region, StateCredentials(role_arn=role_arn))

    def boto_client_for(service: str, region: str, state_credentials: StateCredentials):
        return client_of(service, region, state_credentials.role_arn)

    for holder in list(sys.modules.values()):
        if getattr(holder, "boto_client_for", None) is usual:
            holder.boto_client_for = boto_client_for


def no_metrics_of_lambda() -> None:
    """One call, in a thread of its own, for each invocation."""
    import localstack.services.lambda_.invocation.version_manager as module

    module.record_cw_metric_invocation = module.record_cw_metric_error = lambda **_: None

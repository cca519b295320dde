"""Task tokens while another execution starts. LocalStack asks every running execution whether it waits for a token, also one
whose environment is not there yet: that is an error 500, whoever the token belongs to.

Not responsible for anything else of Step Functions.
"""


def leave_out_of_token_calls() -> None:
    from localstack.services.stepfunctions.provider import StepFunctionsProvider

    usual = StepFunctionsProvider._get_executions

    def started(self: StepFunctionsProvider, context, execution_status=None) -> list:
        found = usual(self, context, execution_status)
        return [one for one in found if one.exec_worker is not None and one.exec_worker.env is not None]

    StepFunctionsProvider._get_executions = started

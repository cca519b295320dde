"""Who signed a request, as API Gateway tells a function. LocalStack leaves all of it empty, so that nobody could be told apart.

Here the name of the access key stands for a user of that name. Not responsible for whether the signature is right: nothing
in LocalStack checks one.
"""

import re

from localstack.services.apigateway.next_gen.execute_api.handlers.parse import InvocationRequestParser

ACCESS_KEY = re.compile(r"Credential=([A-Za-z0-9._-]+)/")


def tell_callers() -> None:
    usual = InvocationRequestParser.create_context_variables

    def create(context):
        variables = usual(context)
        signed = ACCESS_KEY.search(context.request.headers.get("Authorization", ""))
        if signed:
            key = signed.group(1)
            variables["identity"].update(
                accessKey=key,
                accountId=context.account_id,
                caller=key,
                user=key,
                userArn=f"arn:aws:iam::{context.account_id}:user/{key}",
            )
        return variables

    InvocationRequestParser.create_context_variables = staticmethod(create)

"""Custom resources of CloudFormation: LocalStack's open edition passes over them without a word. The function that is the
resource's service token is invoked, and answers by PUT to the ResponseURL, as on AWS.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html

Not responsible for service tokens that are SNS topics.
"""

import json
import threading
import uuid
from collections.abc import Callable

from localstack import config
from localstack.aws.connect import connect_to
from localstack.http import Request, Response, route
from localstack.services.cloudformation.resource_provider import (
    OperationStatus,
    ProgressEvent,
    ResourceProvider,
    ResourceProviderExecutor,
    ResourceRequest,
)
from localstack.services.edge import ROUTER

PATH = "/_baton/custom-resource"
# The function has ended by then; its answer may still be on the way.
ANSWER_SECONDS = 10

answers: dict[str, dict] = {}
arrived = threading.Condition()
# (stack, logical id) → what the resource was made of, and its physical id.
known: dict[tuple[str, str], tuple[dict, str]] = {}


def add(host_of_functions: Callable[[], str]) -> None:
    usual = ResourceProviderExecutor.try_load_resource_provider

    def load(resource_type: str) -> ResourceProvider | None:
        if resource_type.startswith("Custom::") or resource_type == CustomResource.TYPE:
            return CustomResource(host_of_functions)
        return usual(resource_type)

    ResourceProviderExecutor.try_load_resource_provider = staticmethod(load)
    ROUTER.add(take_answer)


@route(f"{PATH}/<request_id>", methods=["PUT"])
def take_answer(request: Request, request_id: str) -> Response:
    with arrived:
        answers[request_id] = json.loads(request.data)
        arrived.notify_all()
    return Response(status=200)


class CustomResource(ResourceProvider):
    TYPE = "AWS::CloudFormation::CustomResource"
    SCHEMA = {"primaryIdentifier": ["/properties/PhysicalResourceId"]}

    def __init__(self, host_of_functions: Callable[[], str]):
        self.host_of_functions = host_of_functions

    def create(self, request: ResourceRequest) -> ProgressEvent:
        return self.ask(request, "Create")

    def update(self, request: ResourceRequest) -> ProgressEvent:
        return self.ask(request, "Update")

    def delete(self, request: ResourceRequest) -> ProgressEvent:
        if (request.stack_id, request.logical_resource_id) not in known:
            return ProgressEvent(OperationStatus.SUCCESS, resource_model={})
        return self.ask(request, "Delete")

    def ask(self, request: ResourceRequest, kind: str) -> ProgressEvent:
        place = (request.stack_id, request.logical_resource_id)
        old, physical_id = known.get(place, (None, None))
        properties = as_text(request.desired_state or {}) if kind != "Delete" else old
        request_id = str(uuid.uuid4())
        event = {
            "RequestType": kind,
            "RequestId": request_id,
            "ResponseURL": f"http://{self.host_of_functions()}:{config.GATEWAY_LISTEN[0].port}{PATH}/{request_id}",
            "ResourceType": request.resource_type,
            "LogicalResourceId": request.logical_resource_id,
            "StackId": request.stack_id,
            "ResourceProperties": properties,
            **({"PhysicalResourceId": physical_id} if physical_id else {}),
            **({"OldResourceProperties": old} if kind == "Update" else {}),
        }
        answer = invoke(request, properties["ServiceToken"], event)
        if answer.get("Status") != "SUCCESS":
            return ProgressEvent(OperationStatus.FAILED, resource_model={}, message=answer.get("Reason", "no reason given"))
        if kind == "Delete":
            known.pop(place, None)
            return ProgressEvent(OperationStatus.SUCCESS, resource_model={})
        physical_id = answer["PhysicalResourceId"]
        known[place] = (properties, physical_id)
        model = {**properties, **answer.get("Data", {}), "PhysicalResourceId": physical_id}
        return ProgressEvent(OperationStatus.SUCCESS, resource_model=model)


def invoke(request: ResourceRequest, function: str, event: dict) -> dict:
    """The function's answer; where it gives none, one that says so, at once instead of after an hour."""
    client = connect_to(aws_access_key_id=request.account_id, region_name=request.region_name).lambda_
    result = client.invoke(FunctionName=function, Payload=json.dumps(event))
    if result.get("FunctionError"):
        return {"Status": "FAILED", "Reason": result["Payload"].read().decode()}
    with arrived:
        arrived.wait_for(lambda: event["RequestId"] in answers, ANSWER_SECONDS)
        nothing = {"Status": "FAILED", "Reason": f"{function} ended without an answer to its ResponseURL"}
        return answers.pop(event["RequestId"], nothing)


def as_text(value: object) -> object:
    """CloudFormation gives numbers and truth values as text."""
    if isinstance(value, dict):
        return {key: as_text(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_text(item) for item in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value)

"""Custom resources of CloudFormation, which this edition of LocalStack leaves out: it says "succeeded" and invokes nothing.

Function targets only. Waits for the function's answer, as CloudFormation does, for as long as the function may run.
"""

import json
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from localstack.services.cloudformation.resource_provider import (
    OperationStatus,
    ProgressEvent,
    ResourceProvider,
    ResourceProviderExecutor,
    ResourceRequest,
)

# How long the answer may come after the function has ended.
ANSWER_SECONDS = 30
PHYSICAL_ID = "PhysicalResourceId"


def serve() -> None:
    usual = ResourceProviderExecutor.try_load_resource_provider

    def load(resource_type: str) -> ResourceProvider | None:
        if resource_type and resource_type.startswith(("Custom::", "AWS::CloudFormation::CustomResource")):
            return CustomResourceProvider()
        return usual(resource_type)

    ResourceProviderExecutor.try_load_resource_provider = staticmethod(load)


class CustomResourceProvider(ResourceProvider):
    TYPE = "AWS::CloudFormation::CustomResource"
    SCHEMA = {"typeName": TYPE, "primaryIdentifier": [f"/properties/{PHYSICAL_ID}"], "properties": {}}

    def create(self, request: ResourceRequest) -> ProgressEvent:
        return ask(request, "Create", request.desired_state)

    def update(self, request: ResourceRequest) -> ProgressEvent:
        more = {
            PHYSICAL_ID: (request.previous_state or {}).get(PHYSICAL_ID) or request.logical_resource_id,
            "OldResourceProperties": texts(request.previous_state or {}),
        }
        return ask(request, "Update", request.desired_state, more)

    def delete(self, request: ResourceRequest) -> ProgressEvent:
        state = request.previous_state or request.desired_state
        physical_id = state.get(PHYSICAL_ID) or request.logical_resource_id
        return ask(request, "Delete", state, {PHYSICAL_ID: physical_id})


def ask(request: ResourceRequest, kind: str, properties: dict, more: dict | None = None) -> ProgressEvent:
    with AnswerServer() as answers:
        event = {
            "RequestType": kind,
            "ServiceToken": properties["ServiceToken"],
            "ResponseURL": answers.url,
            "StackId": request.stack_id,
            "RequestId": str(uuid.uuid4()),
            "ResourceType": request.resource_type,
            "LogicalResourceId": request.logical_resource_id,
            "ResourceProperties": texts(properties),
            **(more or {}),
        }
        invoked = request.aws_client_factory.lambda_.invoke(
            FunctionName=properties["ServiceToken"], Payload=json.dumps(event).encode()
        )
        answer = answers.wait()
    if answer is None:
        said = invoked["Payload"].read().decode(errors="replace")
        return failed(f"The function of {request.logical_resource_id} did not answer; it ended with {said}")
    if answer.get("Status") != "SUCCESS":
        return failed(answer.get("Reason") or "The custom resource failed without a reason")
    model = {**properties, **(answer.get("Data") or {}), PHYSICAL_ID: answer.get(PHYSICAL_ID)}
    return ProgressEvent(status=OperationStatus.SUCCESS, resource_model={} if kind == "Delete" else model)


def failed(message: str) -> ProgressEvent:
    return ProgressEvent(status=OperationStatus.FAILED, resource_model={}, message=message)


def texts(value: object) -> object:
    """As CloudFormation gives properties: numbers and booleans are text."""
    if isinstance(value, dict):
        return {key: texts(item) for key, item in value.items() if key != PHYSICAL_ID}
    if isinstance(value, list):
        return [texts(item) for item in value]
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else str(value)


class AnswerServer:
    """Where the function puts its answer: a URL that nobody can guess, on this machine only."""

    def __enter__(self) -> "AnswerServer":
        self.path = f"/{uuid.uuid4()}"
        self.answer: dict | None = None
        self.answered = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                known = self.path == outer.path
                self.send_response(200 if known else 404)
                self.send_header("content-length", "0")
                self.end_headers()
                if known:
                    outer.answer = json.loads(body)
                    outer.answered.set()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}{self.path}"

    def wait(self) -> dict | None:
        self.answered.wait(ANSWER_SECONDS)
        return self.answer

"""What LocalStack 4.14.0 does differently here. Each change says why it is needed.

Not responsible for running functions (node_executor.py) nor for how many run at once (environments.py).
"""

import os


def adapt_for_host(settings: dict) -> None:
    keep_children_in_the_group()
    use_installed_java(settings["javaHome"])
    use_installed_jsonata(settings["jsonataFolder"])
    use_installed_dynamodb(settings)
    run_functions_with_node(settings)
    make_fewer_calls()
    correct(lambda: "127.0.0.1")


def correct(host_of_functions) -> None:
    """Where LocalStack differs from AWS in what Baton's stacks rely on: in host mode and in a container alike."""
    import api_callers
    import choice_defaults
    import custom_resources
    import jsonata_functions
    import starting_executions
    import stop_executions

    quote_strings_in_jsonata()
    jsonata_functions.add()
    choice_defaults.apply_to_default_only()
    stop_executions.stop_at_once()
    starting_executions.leave_out_of_token_calls()
    custom_resources.add(host_of_functions)
    api_callers.tell_callers()
    write_logs_to_the_functions_own_group()
    say_that_it_is_adapted()


def keep_children_in_the_group() -> None:
    """LocalStack starts a session for each child: the guard could not kill it with the group."""
    import localstack.utils.run as run

    run.is_linux = run.is_mac_os = lambda: False


def use_installed_java(java_home: str) -> None:
    """LocalStack would download a JDK from GitHub."""
    from localstack.packages.java import JavaPackageInstaller

    JavaPackageInstaller.get_installed_dir = lambda self: java_home
    JavaPackageInstaller.get_java_home = lambda self: java_home


def use_installed_jsonata(folder: str) -> None:
    from localstack.services.stepfunctions.packages import JSONataPackageInstaller

    JSONataPackageInstaller.get_installed_dir = lambda self: folder


def use_installed_dynamodb(settings: dict) -> None:
    """LocalStack would download DynamoDB Local from a CDN, and an agent for more than 20 indexes from GitHub."""
    from localstack.services.dynamodb.packages import DynamoDBLocalPackageInstaller
    from localstack.services.dynamodb.server import DynamodbServer

    folder = settings["dynamodbFolder"]

    def command(self: DynamodbServer) -> list[str]:
        return [
            os.path.join(settings["javaHome"], "bin", "java"),
            *self._get_java_vm_options(),
            f"-Xmx{self.heap_size}",
            f"-Djava.library.path={folder}",
            f"-Dsqlite4java.library.path={folder}",
            "-cp",
            os.path.join(folder, "*"),
            "com.amazonaws.services.dynamodbv2.local.main.ServerRunner",
            "-port",
            str(self.port),
            "-inMemory",
        ]

    DynamoDBLocalPackageInstaller.get_installed_dir = lambda self: folder
    DynamodbServer._create_shell_command = command


def quote_strings_in_jsonata() -> None:
    """A variable that is a string was put between quotation marks as it is: one with a quotation mark, a backslash or a
    line feed in it was a syntax error, or code."""
    import json

    import localstack.services.stepfunctions.asl.jsonata.jsonata as jsonata
    from localstack.services.stepfunctions.asl.utils.encoding import to_json_str

    def declarations(bindings: dict) -> str:
        return "".join(
            f"{name}:={json.dumps(value) if isinstance(value, str) else to_json_str(value, separators=(',', ':'))};"
            for name, value in bindings.items()
        )

    jsonata.encode_jsonata_variable_declarations = declarations
    # Modules that took the name over before.
    import sys

    for module in list(sys.modules.values()):
        if getattr(module, "encode_jsonata_variable_declarations", None) not in (None, declarations):
            module.encode_jsonata_variable_declarations = declarations


def write_logs_to_the_functions_own_group() -> None:
    """LoggingConfig.LogGroup was ignored."""
    from localstack.services.lambda_.invocation.execution_environment import ExecutionEnvironment

    usual = ExecutionEnvironment.get_log_group_name

    def group(self: ExecutionEnvironment) -> str:
        return (self.function_version.config.logging_config or {}).get("LogGroup") or usual(self)

    ExecutionEnvironment.get_log_group_name = group


def run_functions_with_node(settings: dict) -> None:
    """LocalStack knows one executor, Docker's: ours takes its place."""
    from localstack.services.lambda_.invocation.plugins import DockerRuntimeExecutorPlugin

    import environments
    import node_executor

    node_executor.configure(settings)
    environments.bound(settings["environmentsPerFunction"], settings["environments"])
    DockerRuntimeExecutorPlugin.load = lambda self, *args, **kwargs: node_executor.NodeExecutor


def say_that_it_is_adapted() -> None:
    """The harness asks before it uses an instance that runs."""
    from localstack.http import Response, route
    from localstack.services.edge import ROUTER

    @route("/_baton/adapted", methods=["GET"])
    def adapted(_request) -> Response:
        return Response("yes")

    ROUTER.add(adapted)


def make_fewer_calls() -> None:
    import fewer_calls

    # Step Functions' own modules take names over from each other: all of them are to be there.
    import localstack.services.stepfunctions.provider  # noqa: F401

    fewer_calls.make()

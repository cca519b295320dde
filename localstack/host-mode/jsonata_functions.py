"""The two functions that Step Functions adds to JSONata and LocalStack does not have: $hash and $uuid.

LocalStack gives a sentence that says so in their place, as if it were the result.
"""

import hashlib
import json
import uuid

ALGORITHMS = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}


def add() -> None:
    import localstack.services.stepfunctions.asl.component.intrinsic.jsonata as declarations
    import localstack.services.stepfunctions.asl.jsonata.jsonata as jsonata

    for name in ("$hash", "$uuid"):
        declarations._DECLARATION_BY_VARIABLE_REFERENCE.pop(name, None)

    functions: dict[str, object] = {}

    def eval_jsonata(self: jsonata._JSONataJVMBridge, expression: str) -> object:
        try:
            parsed = self._java_JSONATA(expression)
            if "$hash" in expression or "$uuid" in expression:
                if not functions:
                    functions.update(java_functions())
                for name, function in functions.items():
                    parsed.registerFunction(name, function)
            return json.loads(str(self._java_OBJECT_MAPPER.writeValueAsString(parsed.evaluate(None))))
        except Exception as error:
            raise jsonata.JSONataException("UNKNOWN", str(error)) from error

    jsonata._JSONataJVMBridge.eval_jsonata = eval_jsonata


def java_functions() -> dict[str, object]:
    import jpype

    kinds = jpype.JClass("com.dashjoin.jsonata.Jsonata")
    return {
        "hash": jpype.JProxy(kinds.Fn2, {"apply": digest}),
        "uuid": jpype.JProxy(kinds.Fn0, {"get": lambda: str(uuid.uuid4())}),
    }


def digest(text: object, algorithm: object) -> str:
    return hashlib.new(ALGORITHMS[str(algorithm)], str(text).encode()).hexdigest()

"""LocalStack runs this at its start, in its own process: mounted as /etc/localstack/init/start.d/baton.py, beside this
folder as /opt/baton."""

import sys

sys.path.insert(0, "/opt/baton")

import adapt_localstack  # noqa: E402
from localstack.services.lambda_.networking import get_main_endpoint_from_container  # noqa: E402

adapt_localstack.correct(get_main_endpoint_from_container)

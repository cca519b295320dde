"""Runs LocalStack without Docker, and sees to it that nothing outlives it.

Two processes: the guard (this one, leader of its process group) and LocalStack. Where either ends, or where the harness
that watches ends, the whole group is killed: DynamoDB Local and the functions' processes too. All state is in memory or
in the instance's own folder, so nothing is lost by killing.

Not responsible for installing anything, nor for choosing ports and folders: the harness does that beforehand.
"""

import json
import os
import signal
import sys
import threading


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:
        settings = json.load(file)
    if os.getpgrp() != os.getpid():
        os.setsid()
    signal.signal(signal.SIGTERM, lambda *_: kill_group())
    signal.signal(signal.SIGINT, lambda *_: kill_group())
    guard_lives, guards_end = os.pipe()
    localstack = os.fork()
    if localstack == 0:
        os.close(guards_end)
        die_at_the_end_of(guard_lives)
        serve(settings)
        return
    if settings["watchStdin"]:
        die_at_the_end_of(sys.stdin.fileno())
    _, status = os.waitpid(localstack, 0)
    print(f"LocalStack ended: {os.waitstatus_to_exitcode(status)}", flush=True)
    kill_group()


def kill_group() -> None:
    os.killpg(os.getpgrp(), signal.SIGKILL)


def die_at_the_end_of(descriptor: int) -> None:
    def wait() -> None:
        while os.read(descriptor, 1024):
            pass
        kill_group()

    threading.Thread(target=wait, daemon=True).start()


def serve(settings: dict) -> None:
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    import adapt_localstack

    adapt_localstack.adapt_for_host(settings)
    from localstack.runtime.main import main as run

    run()


if __name__ == "__main__":
    main()

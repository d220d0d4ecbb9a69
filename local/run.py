"""The local run: AWS, the stand-ins, the API and the event pump as one process tree, everything in memory.

`make run` runs it on fixed ports (`PORT`, `AWS_PORT`, `STANDIN_PORT`, `WEB_PORT`) until Ctrl-C; demo and tests start
their own on free ports: `with local_run() as run: run.api_url`. If one process ends, the run ends.
"""

import contextlib
import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from typing import NamedTuple, Protocol

from urllib3.exceptions import HTTPError

from local.client import Unexpected
from local.process import Process
from local.template import REGION, ROOT, Template
from operations.environment import LOCAL_RUNS, settings_file

HOST = "127.0.0.1"
START_S = 60.0
MODULES = ("local.aws", "local.api", "local.aws.pump", "local.standins")
MODELS = ROOT / "build" / "imaging" / "models"
PAGES = "local.pages"
DEFAULT_PORTS = {"PORT": 8000, "AWS_PORT": 5000, "STANDIN_PORT": 8001, "WEB_PORT": 3000}


class RunFailed(Exception):
    """The run cannot start or go on; the message is for the person at the terminal."""


class Ports(NamedTuple):
    """Where the servers listen; without `web` the run has no pages."""

    api: int
    aws: int
    standin: int
    web: int = 0


class Platform(Protocol):
    """Where a platform runs: all that a client needs to know, whether it is a local run or the rehearsal's stack."""

    @property
    def api_url(self) -> str:
        """The API."""

    @property
    def aws_url(self) -> str:
        """AWS."""

    @property
    def standin_url(self) -> str:
        """The stand-ins."""


class Run:
    """A running platform. Its logs have a folder of their own, named for the port of the API."""

    def __init__(self, ports: Ports, settings: Mapping[str, str]) -> None:
        self.api_url = f"http://{HOST}:{ports.api}"
        self.aws_url = f"http://{HOST}:{ports.aws}"
        self.standin_url = f"http://{HOST}:{ports.standin}"
        self.web_url = f"http://{HOST}:{ports.web}" if ports.web else ""
        self._modules = (*MODULES, PAGES) if ports.web else MODULES
        self.logs = LOCAL_RUNS / str(ports.api)
        self._ports = ports
        self._environment = environment(ports, settings)
        self._changed = threading.Condition()
        self._stopping = False
        self._processes: list[Process] = []

    def start(self) -> bool:
        """Start every process; True once all are ready, False when it was told to stop before. Raises `RunFailed`."""
        self.logs.mkdir(parents=True, exist_ok=True)
        for old in self.logs.glob("*.log"):
            old.unlink()
        left = settings_file(self._ports.aws)
        left.write_text(json.dumps(operators_environment()), encoding="utf-8")
        self._processes = [self._process(module) for module in self._modules]
        deadline = time.monotonic() + START_S
        with self._changed:
            while not self._stopping and not all(process.ready for process in self._processes):
                self._raise_if_one_ended()
                if not self._changed.wait(deadline - time.monotonic()):
                    late = ", ".join(process.name for process in self._processes if not process.ready)
                    raise RunFailed(f"Not ready after {START_S:.0f} seconds: {late}. Logs: {self.logs}")
        for process in self._processes:
            process.tell_all_are_ready()
        return not self._stopping

    def wait(self) -> None:
        """Return when `request_stop` was called. Raises `RunFailed` when a process ends by itself."""
        with self._changed:
            while not self._stopping:
                self._raise_if_one_ended()
                self._changed.wait()

    def request_stop(self) -> None:
        """Let `wait` return; safe in a signal handler's thread."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()

    def replace(self, module: str) -> None:
        """Kill one of the processes, whatever it does, and start another one in its place."""
        place = self._modules.index(module)
        self._processes[place].kill()
        self._processes[place] = self._process(module)
        self._processes[place].tell_all_are_ready()

    def stop(self) -> None:
        """End every process."""
        for process in self._processes:
            process.ask_to_stop()
        for process in self._processes:
            process.wait_until_gone()

    def _process(self, module: str) -> Process:
        log_file = self.logs / f"{module.rpartition('.')[2]}.log"
        return Process(module, self._environment, log_file, self._notify)

    def _notify(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _raise_if_one_ended(self) -> None:
        for process in self._processes:
            if process.ended:
                raise RunFailed(
                    f"The process '{process.name}' ended by itself (exit code {process.exit_code}), so everything is "
                    f"stopped. Its output: {self.logs / process.name}.log"
                )


def operators_environment() -> dict[str, str]:
    """The settings of the functions as the template gives them, and credentials."""
    return {
        **Template().environment(),
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def environment(ports: Ports, settings: Mapping[str, str]) -> dict[str, str]:
    """The variables of every process: those of the functions as the template gives them, and where AWS is.

    Settings of the person's own environment (credentials, profiles, other endpoints) stay outside.
    """
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "BOTO"))}
    standin = f"http://{HOST}:{ports.standin}"
    return {
        **inherited,
        **operators_environment(),
        "TEXT_MODELS_DIR": str(MODELS),
        "WECHAT_URL": standin,
        "AWS_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_ENDPOINT_URL": f"http://{HOST}:{ports.aws}",
        "AWS_ENDPOINT_URL_REKOGNITION": standin,
        "AWS_ENDPOINT_URL_SNS": f"{standin}/sns",
        "PORT": str(ports.api),
        "AWS_PORT": str(ports.aws),
        "STANDIN_PORT": str(ports.standin),
        **({"WEB_PORT": str(ports.web), "WEB_ORIGIN": f"http://{HOST}:{ports.web}"} if ports.web else {}),
        "RETRY_S": "5",
        "PYTHONUNBUFFERED": "1",
        **settings,
    }


@contextlib.contextmanager
def local_run(ports: Ports | None = None, **settings: str) -> Iterator[Run]:
    """A run of its own on free ports, ended with the block; `settings` are environment variables (`SMS_CODE_S="1"`).

    Raises `RunFailed`.
    """
    ports = ports or free_ports()
    run = Run(ports, settings)
    try:
        run.start()
        yield run
    finally:
        run.stop()


def main() -> int:
    """Run until Ctrl-C; the exit code."""
    started = time.monotonic()
    run: Run | None = None
    try:
        run = Run(_wanted_ports(), {"DEMO_PEOPLE": "1"} if _is_seeded() else {})
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_, ended=run: threading.Thread(target=ended.request_stop).start())
        if run.start():
            _tell(run, time.monotonic() - started)
            if _is_seeded():
                threading.Thread(target=_seed, args=(run,), daemon=True).start()
            run.wait()
    except RunFailed as failure:
        print(f"\n{failure}", file=sys.stderr)
        return 1
    finally:
        if run:
            run.stop()
    print("\nStopped. Nothing was kept.")
    return 0


def _is_seeded() -> bool:
    return os.environ.get("SEED", "") != "none"


def _seed(run: Run) -> None:
    """Fill the platform while it can be used already; a failure is told and changes nothing else."""
    from local.demo import data as demo_data

    started = time.monotonic()
    try:
        demo_data.seed(run)
    except (Unexpected, OSError, HTTPError) as error:
        print(f"The demo data is not complete: {error}", file=sys.stderr, flush=True)
        return
    print(f"The demo data is there ({time.monotonic() - started:.0f} s). Without it: make run SEED=none\n", flush=True)


def _wanted_ports() -> Ports:
    ports = {}
    for variable, default in DEFAULT_PORTS.items():
        given = os.environ.get(variable) or str(default)
        if not (given.isascii() and given.isdigit() and 0 < int(given) < 65536):
            raise RunFailed(f"{variable}={given} is not a port: give a number from 1 to 65535.")
        ports[variable] = int(given)
    if len(set(ports.values())) < len(ports):
        raise RunFailed("PORT, AWS_PORT, STANDIN_PORT and WEB_PORT must differ from each other.")
    for variable, port in ports.items():
        if not _is_free(port):
            raise RunFailed(
                f"Port {port} is taken by another program. Choose another one: make run {variable}={port + 10}"
            )
    return Ports(ports["PORT"], ports["AWS_PORT"], ports["STANDIN_PORT"], ports["WEB_PORT"])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the servers do
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def free_ports(*, pages: bool = False) -> Ports:
    """Ports that are free now, one for the pages too where they are wanted; held together, so that they differ."""
    with contextlib.ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(3 + pages)]
        for probe in probes:
            probe.bind((HOST, 0))
        return Ports(*(probe.getsockname()[1] for probe in probes))


def _tell(run: Run, took_s: float) -> None:
    samples = ROOT / "local" / "samples"
    print(
        f"""
Health Talent runs ({took_s:.1f} s to start). Everything is in memory and gone when it stops.

  Portal             {run.web_url}/
  Mini-program       {run.web_url}/phone/        in a browser; ?wechat=<name> signs in as that user
  Console            {run.web_url}/console/      sign in with the phone of {run.web_url}/local/phone/
  API                {run.api_url}           browse and try it: {run.api_url}/docs
  Text messages      {run.standin_url}/outbox/sms?phone=13800138000
  AWS stand-in       {run.aws_url}
  Administrator      POST /auth/wechat-logins {{"js_code": "local-admin"}} or local-admin-two; users: local-<name>
  Institutions       GET /institutions?query=江楚; each has the confirmation code DGHJKLMN
  Sample photos      {samples.relative_to(ROOT)}/{{{",".join(sorted(path.name for path in samples.glob("*.jpg")))}}}
  Logs               {run.logs.relative_to(ROOT)}/

Ctrl-C stops it.
""",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())

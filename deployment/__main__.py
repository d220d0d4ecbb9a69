"""`python -m deployment`: packages, the finished template, deploying. The Makefile calls it."""

import argparse
import sys

from botocore.exceptions import BotoCoreError, ClientError

from deployment import template
from deployment.chalice_project import ROOT
from deployment.deploy import account_of, deploy
from deployment.errors import DeploymentFailed
from deployment.package import FOLDER, package
from deployment.stages import check_parameters, read_stage, refuse_uncommitted
from deployment.target import ARCHITECTURES, PYTHONS, Target


def main(arguments: list[str] | None = None) -> int:
    """The command line; 1 with a message where something fails."""
    parser = argparse.ArgumentParser(prog="python -m deployment", description="Package and deploy to AWS.")
    commands = parser.add_subparsers(dest="command", required=True)
    packaging = commands.add_parser("package", help="make build/package")
    packaging.add_argument("--architecture", choices=ARCHITECTURES, default=Target.architecture)
    packaging.add_argument("--python", choices=PYTHONS, default=Target.python)
    commands.add_parser("template", help="make build/template.json only, to look at and to check")
    deploying = commands.add_parser("deploy", help="package, and bring a stage of infra/stages to that")
    deploying.add_argument("--stage", required=True)
    deploying.add_argument("--replacing-data", action="store_true", help="even if a table, bucket or key is replaced")
    options = parser.parse_args(arguments)
    try:
        if options.command == "template":
            (ROOT / "build").mkdir(exist_ok=True)
            template.write(template.finished(Target()), ROOT / "build" / "template.json")
        elif options.command == "package":
            print("\n".join(package(FOLDER, Target(options.architecture, options.python))))
        else:
            _deploy(options.stage, replacing_data=options.replacing_data)
    except (DeploymentFailed, ClientError, BotoCoreError) as failure:
        print(failure, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. What was started continues in AWS or is taken up: run it again.", file=sys.stderr)
        return 130
    return 0


def _deploy(name: str, *, replacing_data: bool) -> None:
    stage = read_stage(name)
    refuse_uncommitted(name)
    if stage.target.for_rehearsal_only:
        raise DeploymentFailed(f"Stage {name}: Python {stage.python} is for rehearsals (make stack) only.")
    check_parameters(stage, template.finished(stage.target))
    print(f"Stage {name}: {stage.stack} in {stage.region}, account {account_of(stage)}", flush=True)
    print("\n".join(package(FOLDER, stage.target)), flush=True)
    deploy(stage, FOLDER, replacing_data=replacing_data)


if __name__ == "__main__":
    sys.exit(main())

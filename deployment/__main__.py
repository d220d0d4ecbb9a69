"""`python -m deployment`: packages, the finished template, deploying. The Makefile calls it."""

import argparse
import sys

from deployment import template
from deployment.chalice_project import ROOT
from deployment.errors import DeploymentFailed
from deployment.package import FOLDER, package
from deployment.target import ARCHITECTURES, PYTHONS, Target


def main(arguments: list[str] | None = None) -> int:
    """The command line; 1 with a message where something fails."""
    parser = argparse.ArgumentParser(prog="python -m deployment", description="Package and deploy to AWS.")
    commands = parser.add_subparsers(dest="command", required=True)
    packaging = commands.add_parser("package", help="make build/package")
    packaging.add_argument("--architecture", choices=ARCHITECTURES, default=Target.architecture)
    packaging.add_argument("--python", choices=PYTHONS, default=Target.python)
    commands.add_parser("template", help="make build/template.json only, to look at and to check")
    options = parser.parse_args(arguments)
    try:
        if options.command == "template":
            (ROOT / "build").mkdir(exist_ok=True)
            template.write(template.finished(Target()), ROOT / "build" / "template.json")
        else:
            print("\n".join(package(FOLDER, Target(options.architecture, options.python))))
    except DeploymentFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

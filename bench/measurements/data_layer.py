"""The data layer beside the barest call it could be: boto3 without parameter validation, answers left undecoded.

Both sides make the same calls over HTTP to the same stand-in, from one process, so that only what is added differs.
"""

from collections.abc import Iterator

from bench import answers
from bench.environment import canned_dynamodb, environment
from bench.figures import Figure
from bench.timing import Subject, alternate, ratio, run_module

ROUNDS = 30
CALLS = {"Get": 20, "Query of 20": 15, "TransactWrite of 4": 15}


def measure() -> Iterator[Figure]:
    """A ratio for each kind of call; then how many clients a process has made."""
    with canned_dynamodb(answers.DATA_LAYER) as endpoint:
        given = environment(AWS_ENDPOINT_URL_DYNAMODB=endpoint)
        for name, times in CALLS.items():
            with (
                Subject("bench.targets.data_layer", {**given, "MEASURED": f"ours {name}"}) as ours,
                Subject("bench.targets.data_layer", {**given, "MEASURED": f"boto3 {name}"}) as bare,
            ):
                taken = alternate({"ours": ours.cpu(times), "boto3": bare.cpu(times)}, ROUNDS)
            us = {side: f"{min(seconds) * 1e6:.0f} us" for side, seconds in taken.items()}
            note = f"{us['ours']} / {us['boto3']}"
            yield Figure(f"data layer: {name}", ratio(taken, "ours", "boto3"), note)
        counted = run_module("bench.targets.clients", given)
    yield Figure("DynamoDB clients in a process", counted["clients"], "reads, pages, transactions")
    yield Figure("DynamoDB connections in a process", counted["connections"], "open sockets after them")

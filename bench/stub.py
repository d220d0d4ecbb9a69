"""A stand-in for DynamoDB that knows no items: each operation has one canned answer, always the same.

`python -m bench.stub answers.json` prints its port and serves until its standard input ends. An emulator would cost
more CPU than what is measured; this one costs the client what the wire costs, and counts in a process of its own.
"""

import json
import socketserver
import sys
import threading
import zlib
from pathlib import Path
from typing import Any, ClassVar


def responses(answers: dict[str, Any]) -> dict[bytes, bytes]:
    """Whole HTTP responses by operation (`GetItem`), as DynamoDB words them."""
    made = {}
    for operation, answer in answers.items():
        body = json.dumps(answer, separators=(",", ":"), ensure_ascii=False).encode()
        head = (
            "HTTP/1.1 200 OK\r\nServer: Server\r\nDate: Tue, 24 Nov 2026 00:00:00 GMT\r\n"
            f"Content-Type: application/x-amz-json-1.0\r\nContent-Length: {len(body)}\r\nConnection: keep-alive\r\n"
            "x-amzn-RequestId: VJ1KS3ANVQ4Q8V8N9HP4NNUVVFVV4KQNSO5AEMVJF66Q9ASUAAJG\r\n"
            f"x-amz-crc32: {zlib.crc32(body)}\r\n\r\n"
        )
        made[operation.encode()] = head.encode() + body
    return made


class Handler(socketserver.StreamRequestHandler):
    """One connection, kept open as botocore's pool does."""

    answers: ClassVar[dict[bytes, bytes]] = {}
    items: ClassVar[dict[str, Any]] = {}  # of BatchGetItem, by table
    disable_nagle_algorithm = True

    def handle(self) -> None:
        """Answer until the client goes away."""
        while True:
            length, operation = 0, b""
            while (line := self.rfile.readline()) not in {b"\r\n", b""}:
                name, _, value = line.partition(b":")
                match name.lower():
                    case b"content-length":
                        length = int(value)
                    case b"x-amz-target":
                        operation = value.strip().partition(b".")[2]
            if not operation:
                return
            body = self.rfile.read(length)
            self.wfile.write(self.items_of(body) if operation == b"BatchGetItem" else self.answers[operation])

    def items_of(self, body: bytes) -> bytes:
        """The answer to a BatchGetItem: of the canned items those that were asked for."""
        ((table, wanted),) = json.loads(body)["RequestItems"].items()
        asked = {(key["pk"]["S"], key["sk"]["S"]) for key in wanted["Keys"]}
        items = [item for item in self.items[table] if (item["pk"]["S"], item["sk"]["S"]) in asked]
        return responses({"": {"Responses": {table: items}, "UnprocessedKeys": {}}})[b""]


class Server(socketserver.ThreadingTCPServer):
    """A thread for each connection."""

    daemon_threads = True
    allow_reuse_address = True


def main() -> int:
    """Serve; the exit code."""
    answers = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    Handler.answers = responses(answers)
    Handler.items = answers.get("BatchGetItem", {}).get("Responses", {})
    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(server.server_address[1], flush=True)
        sys.stdin.read()
        server.shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main())

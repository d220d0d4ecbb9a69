"""The local API server on a free port, which it prints; until its standard input ends."""

import sys
import threading

from app import app
from local.api import make_server

server = make_server(app, 0)
print(server.server_port, flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
server.shutdown()

"""WeChat for identity tests: the stand-in of the local run, on a port of its own, with phones that end its checks."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from functions.identity.wechat_faces import wechat_faces
from local.standins.server import serve
from local.standins.wechat import Wechat
from tests.integration.shared.configured import configured


@contextmanager
def wechat_with_faces() -> Iterator[Wechat]:
    """WeChat, whose face checks are available to this operator."""
    server = serve(0)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    wechat_faces.cache_clear()
    with configured(wechat_url=f"http://127.0.0.1:{server.server_port}", wechat_face_check="true"):
        yield server.RequestHandlerClass.stand_ins.wechat
    wechat_faces.cache_clear()
    server.shutdown()
    server.server_close()
    thread.join()

"""Whether the worker of this container is alive: asks its line server, and writes nothing anywhere."""

import json
import os
import socket
import sys


with socket.socket(socket.AF_UNIX) as line_server:
    line_server.settimeout(4)
    line_server.connect(os.path.join(os.environ["TMPDIR"], "monitor.sock"))
    line_server.sendall(b"async health\n")
    with line_server.makefile() as answer:
        health = json.load(answer)
print(health["words"]["live"])
sys.exit(not health["live"])

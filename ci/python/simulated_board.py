"""In place of a board on a cable: `vestibule serve`, whose lines pytest-embedded reads as it reads those of a serial port."""

import subprocess
import threading

import pytest

from vestibule import program

PORTAL, DNS = "127.0.0.1:18094", "127.0.0.1:15394"


@pytest.fixture(autouse=True)
def simulated_board(msg_queue):
    at = ["--address", "127.0.0.1", "--http-port", PORTAL.split(":")[1], "--dns-port", DNS.split(":")[1]]
    board = subprocess.Popen([program.find(), "serve", "--no-config", *at], stdout=subprocess.PIPE, text=True)

    def read():
        for line in board.stdout:
            msg_queue.put(line)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    yield
    board.terminate()
    board.wait()
    reader.join()

"""Runs a device that uses ordinary sockets, unchanged, in a network namespace of its own (Linux, as root):

    vestibule run SCENARIO --device 'python3 bindings/python/namespace.py COMMAND'

The namespace has two TAP interfaces and nothing else: `ap0`, the access point, and `wlan0`, the home network. Their frames go
to the world and back, in the mode `frames` of the device protocol. So the device has its real addresses and ports, and
whatever it connects to stays in the world; its DHCP server, its DHCP client and its addresses are its own business.

The command finds the control channel at 127.0.0.1 in the namespace, as in VESTIBULE_CONTROL; it says everything but
`ready`, which was said for it, and `welcome` was read. With `--access-point NAME ADDRESS` the access point is raised for
it, and `ap0` gets that address: then a program needs no glue to be looked at by phones.
"""

import ctypes
import fcntl
import os
import select
import socket
import struct
import subprocess
import sys
import threading

VERSION = 9
CLONE_NEWNET, CLONE_NEWNS = 0x40000000, 0x00020000
TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 2, 0x1000


def frames_socket(variable):
    """The datagram socket of one of the device's networks."""
    local, peer = (end.rsplit(":", 1) for end in os.environ[variable].split(","))
    frames = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    frames.bind((local[0], int(local[1])))
    frames.connect((peer[0], int(peer[1])))
    return frames


def tap(name, mac):
    interface = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(interface, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))
    subprocess.run(["ip", "link", "set", name, "address", mac, "up"], check=True)
    return interface


def carry(interface, frames):
    """Moves frames both ways, for ever."""
    while True:
        ready, _, _ = select.select([interface, frames], [], [])
        try:
            if interface in ready:
                frames.send(os.read(interface, 2048))
            if frames in ready:
                os.write(interface, frames.recv(2048))
        except OSError:
            pass  # nobody is there at the moment: the frame is lost, as on a network


def relay(source, sink):
    while True:
        data = source.recv(4096)
        if not data:
            os._exit(0)
        sink.sendall(data)


def main():
    arguments = sys.argv[1:]
    access_point = None
    if arguments[:1] == ["--access-point"]:
        access_point, arguments = arguments[1:3], arguments[3:]
    # The sockets stay in the network in which they were made.
    address, port = os.environ["VESTIBULE_CONTROL"].rsplit(":", 1)
    control = socket.create_connection((address, int(port)))
    control.sendall(b"ready %d frames\n" % VERSION)
    networks = [(frames_socket("VESTIBULE_ACCESS_POINT_FRAMES"), "ap0", os.environ["VESTIBULE_ACCESS_POINT_MAC"])]
    networks.append((frames_socket("VESTIBULE_HOME_FRAMES"), "wlan0", os.environ["VESTIBULE_HOME_MAC"]))
    welcome = b""
    while not welcome.endswith(b"\n"):
        welcome += control.recv(1) or sys.exit("the host has ended")
    if welcome != b"welcome %d\n" % VERSION:
        sys.exit("the host speaks another version of the device protocol than %d" % VERSION)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET | CLONE_NEWNS) != 0:
        sys.exit("no network namespace: %s (it takes root)" % os.strerror(ctypes.get_errno()))
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for frames, name, mac in networks:
        threading.Thread(target=carry, args=(tap(name, mac), frames), daemon=True).start()
    if access_point:
        name, own = access_point
        subprocess.run(["ip", "address", "add", own + "/24", "dev", "ap0"], check=True)
        control.sendall(b"raise-access-point %s 6 %s Open -\n" % (name.encode().hex().encode(), own.encode()))
    listener = socket.create_server(("127.0.0.1", int(port)))
    os.environ["VESTIBULE_CONTROL"] = "127.0.0.1:%s" % port
    os.chdir(os.environ["VESTIBULE_FOLDER"])
    device = subprocess.Popen(arguments)
    threading.Thread(target=lambda: os._exit(device.wait()), daemon=True).start()
    # Each connection of the device's hears what the host says from then on.
    while True:
        client, _ = listener.accept()
        threading.Thread(target=relay, args=(client, control), daemon=True).start()
        threading.Thread(target=relay, args=(control, client), daemon=True).start()


main()

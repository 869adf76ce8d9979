import struct
from pathlib import Path

import pytest

import vestibule


def pcap(*frames: bytes) -> bytes:
    head = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    return head + b"".join(struct.pack("<IIII", at, 0, len(frame), len(frame)) + frame for at, frame in enumerate(frames))


def question(name: str) -> bytes:
    """A phone asks a name: Ethernet, IPv4, UDP and DNS without checksums."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"
    dns = struct.pack(">HHHHHH", 7, 0x0100, 1, 0, 0, 0) + labels + struct.pack(">HH", 1, 1)
    udp = struct.pack(">HHHH", 40000, 53, 8 + len(dns), 0) + dns
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0, bytes([192, 168, 4, 2]), bytes([192, 168, 4, 1]))
    return bytes.fromhex("0276657373010276657373028000")[:12] + b"\x08\x00" + ip + udp


def test_a_capture_becomes_a_recording(tmp_path: Path) -> None:
    file = tmp_path / "phone.pcap"
    file.write_bytes(pcap(question("captive.apple.com"), question("a-strangers-host.example")))
    recordings = vestibule.import_capture(file)
    assert len(recordings) == 1
    assert "captive.apple.com" in recordings[0].text and "strangers" not in recordings[0].text
    assert recordings[0].exchanges
    saved = tmp_path / "again.jsonl"
    recordings[0].save(saved)
    assert saved.read_text(encoding="utf-8") == recordings[0].text


def test_what_is_no_capture_is_told(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("not a capture")
    with pytest.raises(vestibule.VestibuleError, match="notes.txt"):
        vestibule.import_capture(file)
    with pytest.raises(vestibule.VestibuleError):
        vestibule.import_capture(tmp_path / "nothing.pcap")

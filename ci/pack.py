"""Packs the command for a system: python3 pack.py TARGET PROGRAM --version V [--here PROGRAM] [--out FOLDER].

The archive has a folder of its own name with the program, its licences, what has changed, the manual pages and the
completions, which a program that runs here writes (`--here`, else PROGRAM). The same files give the same bytes. Prints the archive.
"""

import argparse
import gzip
import io
import pathlib
import subprocess
import tarfile
import tempfile
import zipfile

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
SHELLS = {"bash": "vestibule.bash", "zsh": "_vestibule", "fish": "vestibule.fish", "powershell": "vestibule.ps1"}


def files(program, here):
    """The name of each file in the archive, its bytes, and whether it can be run."""
    suffix = ".exe" if program.suffix == ".exe" else ""
    found = {f"vestibule{suffix}": (program.read_bytes(), True)}
    for name in ["LICENSE-MIT", "LICENSE-APACHE", "README.md", "CHANGELOG.md"]:
        found[name] = ((REPOSITORY / name).read_bytes(), False)
    with tempfile.TemporaryDirectory() as pages:
        subprocess.run([here, "man", "--out", pages], check=True, stdout=subprocess.DEVNULL)
        for page in pathlib.Path(pages).iterdir():
            found[f"man/{page.name}"] = (page.read_bytes(), False)
    for shell, name in SHELLS.items():
        told = subprocess.run([here, "completions", shell], check=True, stdout=subprocess.PIPE).stdout
        found[f"completions/{name}"] = (told, False)
    return dict(sorted(found.items()))


def zipped(folder, found):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, (content, runs) in found.items():
            entry = zipfile.ZipInfo(f"{folder}/{name}")
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o755 if runs else 0o644) << 16
            archive.writestr(entry, content)
    return out.getvalue()


def tarred(folder, found):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, (content, runs) in found.items():
            entry = tarfile.TarInfo(f"{folder}/{name}")
            entry.size, entry.mode = len(content), 0o755 if runs else 0o644
            archive.addfile(entry, io.BytesIO(content))
    return gzip.compress(out.getvalue(), compresslevel=6, mtime=0)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("target")
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("--version", required=True)
    parser.add_argument("--here", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path, default=REPOSITORY / "target/archives")
    arguments = parser.parse_args()
    folder = f"vestibule-{arguments.version}-{arguments.target}"
    found = files(arguments.program, arguments.here or arguments.program)
    is_windows = "windows" in arguments.target
    archive = arguments.out / f"{folder}.{'zip' if is_windows else 'tgz'}"
    arguments.out.mkdir(parents=True, exist_ok=True)
    archive.write_bytes((zipped if is_windows else tarred)(folder, found))
    print(archive)


main()

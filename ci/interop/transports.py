"""dig and curl: what a portal answers, read by programs that have nothing to do with it."""

import re
import subprocess

from place import ADDRESS


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=60).stdout


def dig(name, kind="A", *more):
    """The status and the records of the answer; None where nothing came."""
    said = run("dig", f"@{ADDRESS}", "+tries=1", "+time=2", "+noall", "+comments", "+answer", *more, name, kind)
    status = re.search(r"status: (\w+)", said)
    records = [line.split()[-1] for line in said.splitlines() if line and not line.startswith(";")]
    return (status.group(1), records) if status else None


def curl(url, *more):
    """The status code and where it redirects to; a code of 0 where no reply came."""
    said = run("curl", "--noproxy", "*", "--silent", "--ipv4", "--max-time", "3", "--output", "/dev/null", *more,
               "--write-out", "%{http_code} %{redirect_url}", url)
    code, _, location = said.partition(" ")
    return int(code), location


def agrees(asked, came):
    """Whether curl or dig gets what a model got in this exchange: `GET URL` with `302 to …`, or
    `DNS A NAME`. None where that cannot be said."""
    if asked.startswith("GET http://"):
        status = re.match(r"(\d{3})\b", came)
        code, _ = curl(asked.removeprefix("GET "))
        return code == int(status.group(1)) if status else code == 0
    if asked.startswith("DNS A "):
        answer = dig(asked.removeprefix("DNS A "))
        if answer is None:
            return came == "nothing came"
        return (ADDRESS in answer[1]) == (ADDRESS in came)
    return None

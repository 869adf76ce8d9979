"""sketch.py PROGRAM: the example of the Arduino library on the stand-in: nobody comes, a setup, a restart, a network that goes."""

import sys

from chip import RIGHT, WRONG, Chip, ask, check, page_with, submit

PROTECTED = r"access point Lamp, channel \d+, protection 3"


def nobody_comes(program):
    chip = Chip(program, speed=40)
    chip.start()
    chip.waits_for(PROTECTED)
    chip.waits_for("portal Lamp")
    chip.waits_for("nobody came")
    check(chip.process.wait(10) == 3, "it does not restart", chip)
    chip.process = None
    chip.forget()


def owner_sets_up(chip):
    chip.start()
    chip.waits_for(PROTECTED)
    chip.waits_for("portal Lamp")
    page_with("/", 'name="broker"')
    path = submit(WRONG, broker="10.0.0.8")
    page_with(path, "did not accept the password")
    check(not any("saved" in line for line in chip.lines), "a network that was not joined counts as saved", chip)
    path = submit(RIGHT, broker="10.0.0.9")
    chip.waits_for(r"saved, broker 10\.0\.0\.9")
    serves_nothing(chip)
    page_with(path, "10.0.0.7")
    chip.waits_for("mode 1")
    chip.waits_for(r"joined, broker 10\.0\.0\.9")
    serves_nothing(chip)
    check(not any("rejoins" in line for line in chip.lines), "two join at once", chip)
    check(not any(secret in line for line in chip.lines for secret in (WRONG, RIGHT, "twelve owls")),
          "a secret is in the log", chip)


def serves_nothing(chip):
    """The port is the sketch's."""
    try:
        ask("GET", "/", host="10.0.0.7", address="10.0.0.7")
        check(False, "the portal serves the home network", chip)
    except OSError:
        pass


def restarts(chip):
    chip.stop()
    chip.start()
    chip.waits_for(r"joined, broker 10\.0\.0\.9")
    check(not any("access point" in line or "saved" in line for line in chip.lines), "it opens its portal again", chip)
    # The portal has ended with the sketch's setup(): Arduino's own layer rejoins.
    chip.tell("home-is-off")
    chip.waits_for("Arduino rejoins")
    chip.tell_no_more("home-is-off")
    chip.waits_for("Arduino has an address")


def main():
    program = sys.argv[1]
    print("nobody comes", flush=True)
    nobody_comes(program)
    print("a setup", flush=True)
    chip = Chip(program)
    owner_sets_up(chip)
    print("a restart", flush=True)
    restarts(chip)
    chip.forget()


main()

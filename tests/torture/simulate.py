"""Random histories of the real job/ and actors/ code with virtual time; tests/simulation has the program.

Jobs come, are cancelled and erased; workers, runners and couriers die, messages come in any order that CAF
allows, late or twice, and the server is killed; the design's invariants are checked after every step.
"""

import os
import pathlib
import re
import subprocess

from server import clean_environment, program

TIME_MAX = 7_200
CONTROL_HISTORIES = 2_000
FAULTS = {  # and the violation that each must be found as
    "ack-before-commit": "an acknowledged job is lost",
    "event-after-commit": "the end of a job was told 0 times",
    "retry-before-save": "a file was tried again before its decoder's death was durable",
}
FIGURE = re.compile(r"simulate: (\d+) histories from seed \d+, (\d+) steps checked, (\d+) violations")


def simulator():
    return pathlib.Path(program()).resolve().parent.parent / "tests" / "simulate"


def play(histories, seed, environment):
    """In as many processes as there are processors; how many were played, how many steps, and what was violated."""
    processes = min(os.cpu_count() or 1, histories)
    firsts = [seed + histories * i // processes for i in range(processes + 1)]
    begun = [subprocess.Popen([simulator(), str(end - first), str(first)], stdout=subprocess.PIPE, text=True,
                              env=clean_environment(**environment)) for first, end in zip(firsts, firsts[1:])]
    played, steps, violations = 0, 0, []
    for one in begun:
        said, _ = one.communicate(timeout=TIME_MAX)
        lines = said.splitlines()
        violations += [line for line in lines if line.startswith("seed ")]
        if figure := FIGURE.fullmatch(lines[-1] if lines else ""):
            played, steps = played + int(figure[1]), steps + int(figure[2])
        else:
            violations.append(f"the simulator ended with {one.returncode} and no figure")
    return played, steps, violations


def run(histories=100_000, seed=1, log=print):
    if not simulator().exists():
        log(f"simulate: {simulator()} is not there; the preset torture builds it")
        return False
    played, steps, violations = play(histories, seed, {})
    for line in violations:
        log(line)
    noticed = True
    for fault, sentence in FAULTS.items():
        found = any(sentence in line for line in play(CONTROL_HISTORIES, seed, {"CONVERTD_FAULT": fault})[2])
        log(f"control {fault}: {'noticed' if found else 'NOT NOTICED'}")
        noticed &= found
    log(f"simulate: {len(violations)} violations in {played} histories, {steps} steps checked")
    return noticed and not violations and played == histories

"""Negative controls: with a fault built into the server, the run that guards against it must fail."""

from torture import kill

FAULTS = {
    "ack-before-commit": "lost",
    "record-before-bytes": "lost",
}


def run(rounds=40, seed=7, log=print):
    passed = True
    for fault, expected in FAULTS.items():
        lost, doubled, orphaned, jobs, _ = kill.run(
            rounds=rounds, seed=seed, fast=True, environment={"CONVERTD_FAULT": fault}, log=log)
        noticed = bool(lost)
        log(f"control {fault}: {jobs} jobs, {len(lost)} lost, {len(doubled)} doubled, "
            f"{len(orphaned)} orphaned: {'noticed' if noticed else f'NOT NOTICED as {expected}'}")
        passed &= noticed
    log(f"controls: {'every fault was noticed' if passed else 'a fault went unnoticed'}")
    return passed

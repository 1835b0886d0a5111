#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Counts the results of a `meson test` run.

usage: count_tests.py BUILD_DIRECTORY

Each Check case (each index of a loop), each script and each replayed corpus
is one result. What was skipped, or never ran, has failed. What failed is shown;
the last line is `N passed, M failed`. Exit status 0: some passed, none failed.
"""

import json
import pathlib
import re
import sys

TAP_PLAN = re.compile(r"^1\.\.(\d+)")
TAP_RESULT = re.compile(r"^(not )?ok\b(.*)$")
TAP_EXCUSED = re.compile(r"#\s*(SKIP|TODO)\b", re.IGNORECASE)


def count_tap(run):
    """(passed, failed) of one test program that speaks TAP."""
    planned, passed, failures = 0, 0, []
    for line in run["stdout"].splitlines():
        if plan := TAP_PLAN.match(line):
            planned = int(plan[1])
        elif result := TAP_RESULT.match(line):
            if result[1] or TAP_EXCUSED.search(result[2]):
                failures.append(line)
            else:
                passed += 1
    failed = len(failures) + max(0, planned - passed - len(failures))
    if failed == 0 and (run["result"] != "OK" or planned == 0):
        failed = 1  # it ended badly after its last case, or had none
    return passed, failed, failures


def count_program(run):
    """(passed, failed) of one test that is judged by its exit status."""
    return (1, 0, []) if run["result"] == "OK" else (0, 1, [])


def show(name, run, failures):
    print(f"--- {name}: {run['result']}, exit {run.get('returncode')}")
    if failures:
        print("\n".join(failures))
    else:
        print(run.get("stdout", "").rstrip()[-20000:])
    print(run.get("stderr", "").rstrip()[-20000:])


def main(build):
    info = json.loads((build / "meson-info/intro-tests.json").read_text())
    log = build / "meson-logs/testlog.json"
    runs = {}
    if log.exists():
        for line in log.read_text().splitlines():
            run = json.loads(line)
            # meson names a test "suite - project:name" or "project:name".
            runs[run["name"].rsplit(" / ", 1)[-1]] = run
    passed = failed = 0
    for test in info:
        run = runs.get(test["name"])
        if run is None:
            print(f"--- {test['name']}: did not run")
            failed += 1
            continue
        count = count_tap if test["protocol"] == "tap" else count_program
        good, bad, failures = count(run)
        if bad:
            show(test["name"], run, failures)
        passed += good
        failed += bad
    print(f"{passed} passed, {failed} failed")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))

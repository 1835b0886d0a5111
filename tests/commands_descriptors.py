#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Programs that are started with some of the standard descriptors closed."""

import base64
import itertools
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

BUILD = pathlib.Path(sys.argv.pop(2))

import commands_links
from commands_links import CLEAN, DEADLINE_S, LOCAL, REFUSED, VOUCH, without

COMBINATIONS = [set(closed) for num in range(4)
                for closed in itertools.combinations((0, 1, 2), num)]
THERE, BACK = b"what bob says to alice", b"what alice says to bob"


def run(closed, *arguments, text=b""):
    return subprocess.run([*without(closed), VOUCH, *map(str, arguments)],
                          input=text, capture_output=True, timeout=DEADLINE_S)


def descriptors(pid):
    """What the descriptors of a process are."""
    found = {}
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            found[int(fd)] = os.readlink(f"/proc/{pid}/fd/{fd}")
        except FileNotFoundError:
            pass
    return found


def port_of(pid):
    """Where a process listens, without asking it."""
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        mine = set(descriptors(pid).values())
        text = pathlib.Path(f"/proc/{pid}/net/tcp").read_text()
        for line in text.splitlines():
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in mine:
                return int(fields[1].split(":")[1], 16)
        time.sleep(0.01)
    raise AssertionError("it does not listen")


class Relay:
    """Between a client and a server; it keeps what passes."""

    def __init__(self, port):
        self.port = port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.passed = [bytearray(), bytearray()]
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        client, _ = self.listener.accept()
        server = socket.create_connection(("127.0.0.1", self.port))
        ways = [threading.Thread(target=self._carry, args=way, daemon=True)
                for way in ((client, server, self.passed[0]),
                            (server, client, self.passed[1]))]
        for way in ways:
            way.start()
        for way in ways:
            way.join()
        client.close()
        server.close()
        self.listener.close()

    @staticmethod
    def _carry(source, sink, passed):
        try:
            while octets := source.recv(65536):
                passed += octets
                sink.sendall(octets)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def end(self):
        self.thread.join(DEADLINE_S)
        return [bytes(octets) for octets in self.passed]


class Programs(unittest.TestCase):
    """Each program that a user runs, as meson knows them: a new one fails here
    until it is added to `running`."""

    def setUp(self):
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="vouch-closed-"))
        self.addCleanup(shutil.rmtree, self.scratch)

    def programs(self):
        targets = json.loads(
            (BUILD / "meson-info/intro-targets.json").read_text())
        root = pathlib.Path(os.environ["VOUCH_SOURCE_ROOT"])
        for target in targets:
            where = pathlib.Path(target["defined_in"]).relative_to(root)
            if target["type"] == "executable" and where.parts[0] not in (
                    "tests", "fuzz"):
                yield target["name"], target["filename"][0]

    def pipe_directory(self, program):
        """What tools/examples/attested_pipe.c needs."""
        home = self.scratch / "pipe"
        if not home.exists():
            home.mkdir()
            for key in ("aik", "attestation"):
                subprocess.run(
                    ["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt",
                     "ec_paramgen_curve:P-256", "-out", home / f"{key}.key"],
                    check=True, capture_output=True)
            subprocess.run(
                ["openssl", "req", "-x509", "-key", home / "aik.key", "-subj",
                 "/CN=pipe.test", "-out", home / "aik.pem"],
                check=True, capture_output=True)
            shutil.copy(home / "aik.pem", home / "peer.pem")
            (home / "policy.corim").write_bytes(subprocess.run(
                [program, "policy", home], check=True,
                capture_output=True).stdout)
        return home

    def running(self, name, program):
        """Arguments with which it runs until it is stopped, or long enough."""
        if name == "vouch":
            home = self.scratch / "home"
            if not home.exists():
                for host in ("home", "other"):
                    run((), "init", self.scratch / host, "--name",
                        f"{host}.test")
                bundle = self.scratch / "bundle"
                bundle.write_bytes(
                    run((), "bundle", self.scratch / "other").stdout)
                run((), "trust", home, bundle)
            return "serve", home, "--listen", "127.0.0.1:0"
        if name == "attested-pipe":
            return "serve", "0", self.pipe_directory(program)
        if name == "vouch-bench":
            return "exchange",
        if name == "vouch-soak":
            return "--minutes", "60", "--sessions", "1"
        if name == "vouch-vectors":
            if not (self.scratch / "fifo").exists():
                os.mkfifo(self.scratch / "fifo")
            return "ea", self.scratch / "fifo"
        self.fail(f"{name} is a program that is not known here")

    def is_occupied(self, process, closed):
        found = descriptors(process.pid)
        return ({0, 1, 2} <= found.keys() and
                all(found[fd] == "/dev/null" for fd in closed))

    def occupies(self, program, arguments, closed):
        process = subprocess.Popen(
            [*without(closed), program, *map(str, arguments)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)
        try:
            deadline = time.monotonic() + DEADLINE_S
            while not self.is_occupied(process, closed):
                self.assertIsNone(process.poll(), "it has ended")
                self.assertLess(time.monotonic(), deadline,
                                descriptors(process.pid))
                time.sleep(0.01)
        finally:
            process.kill()
            process.communicate()

    def test_occupy_what_is_closed(self):
        found = dict(self.programs())
        self.assertIn("vouch", found)
        for name, program in found.items():
            arguments = self.running(name, program)
            for closed in COMBINATIONS:
                with self.subTest(program=name, closed=closed):
                    self.occupies(program, arguments, closed)

    def test_say_that_nobody_gets_what_they_print(self):
        vectors = (pathlib.Path(os.environ["VOUCH_SOURCE_ROOT"]) /
                   "tests/vectors/cmw.json")
        for name, program in self.programs():
            asked = [["--help"]]
            if name == "vouch-vectors":
                asked.append(["cmw", str(vectors)])
            for arguments in asked:
                with self.subTest(program=name, arguments=arguments):
                    for closed, status in (((), 0), ((1,), 1), ((0, 1), 1)):
                        done = subprocess.run(
                            [*without(closed), program, *arguments],
                            capture_output=True, timeout=DEADLINE_S)
                        self.assertEqual(done.returncode, status, closed)
                        self.assertEqual(done.stderr == b"", status == 0)


class Products(unittest.TestCase):
    """Commands whose product goes to standard output."""

    def setUp(self):
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="vouch-closed-"))
        self.addCleanup(shutil.rmtree, self.scratch)
        for host in ("home", "other"):
            run((), "init", self.scratch / host, "--name", f"{host}.test")
        self.bundle = self.scratch / "bundle"
        self.bundle.write_bytes(
            run((), "bundle", self.scratch / "other").stdout)
        text = json.loads(self.bundle.read_text())["policy"]
        self.policy = self.scratch / "policy.corim"
        self.policy.write_bytes(base64.urlsafe_b64decode(text + "==="))
        self.key = self.scratch / "verifier.key"
        self.pem = self.scratch / "verifier.pem"
        self.pem.write_bytes(run((), "key", self.key).stdout)
        (self.scratch / "evidence").write_bytes(b"no evidence")

    def commands(self):
        expected = ("--binder", "00" * 32, "--aik-pub-hash", "00" * 32)
        evidence = self.scratch / "evidence"
        for more in ((), ("--json",)):
            yield CLEAN, ("bundle", self.scratch / "home", *more)
            yield CLEAN, ("trust", self.scratch / "home", self.bundle, *more)
            yield CLEAN, ("key", self.key, "--force", *more)
            yield CLEAN, ("appraise", self.policy, evidence, "--key", self.key,
                          *expected, *more)
            yield CLEAN, ("policy", "show", self.policy, *more)
            yield REFUSED, ("policy", "check", self.policy, evidence,
                            *expected, *more)
            yield CLEAN, ("policy", "sign", self.policy, self.key, *more)
            yield CLEAN, ("policy", "add-anchor", self.policy, self.pem, *more)
        yield CLEAN, ("--version",)
        yield CLEAN, ("policy", "--help")
        yield CLEAN, ("serve", "--help")

    def test_are_not_lost_in_silence(self):
        for status, command in self.commands():
            with self.subTest(command=command):
                done = run((), *command)
                self.assertEqual(done.returncode, status, done.stderr)
                self.assertNotEqual(done.stdout, b"")
                done = run((1,), *command)
                self.assertEqual(done.returncode, LOCAL, done.stderr)
                self.assertIn(b"standard output", done.stderr)
                with open("/dev/full", "wb") as full:
                    done = subprocess.run(
                        [VOUCH, *map(str, command)], stdout=full,
                        stderr=subprocess.PIPE, timeout=DEADLINE_S)
                self.assertEqual(done.returncode, LOCAL, done.stderr)

    def test_are_not_made_of_an_input_that_is_closed(self):
        command = ("appraise", self.policy, "-", "--key", self.key, "--binder",
                   "00" * 32, "--aik-pub-hash", "00" * 32)
        self.assertEqual(run((), *command).returncode, CLEAN)
        done = run((0,), *command)
        self.assertEqual((done.returncode, done.stdout), (LOCAL, b""))
        self.assertIn(b"standard input", done.stderr)


class Wire(commands_links.Case):
    """What a connection looks like from outside."""

    def start_without(self, closed, *arguments, **more):
        return self.start(*arguments, closed=closed, **more)

    def relayed(self, alice):
        relay = Relay(port_of(alice.process.pid))
        self.address = relay.address
        return relay

    def check_descriptors(self, host, closed):
        found = descriptors(host.process.pid)
        for fd in (0, 1, 2):
            self.assertIn(fd, found)
            self.assertFalse(found[fd].startswith("socket:"), found)
            self.assertEqual(found[fd] == "/dev/null", fd in closed)

    def check_wire(self, relay):
        """There are TLS records, and nothing between them."""
        for octets in relay.end():
            at = 0
            while at < len(octets):
                self.assertIn(octets[at], (20, 21, 22, 23))
                self.assertEqual(octets[at + 1], 3)
                length = int.from_bytes(octets[at + 3:at + 5], "big")
                self.assertLessEqual(length, 16384 + 256)
                at += 5 + length
            self.assertEqual(at, len(octets))
            self.assertGreater(at, 1000)
            for text in (THERE, BACK, b'"event"', b"vouch:"):
                self.assertNotIn(text, octets)

    def test_connect(self):
        for closed in COMBINATIONS:
            with self.subTest(closed=closed):
                alice = self.serve()
                relay = self.relayed(alice)
                bob = self.start_without(
                    closed, "connect", self.scratch / "bob", self.address,
                    "--peer", "alice.test", "--eof", "stay")
                self.assertTrue(alice.next("gate")["open"])
                self.check_descriptors(bob, closed)
                if 0 not in closed:
                    bob.send(THERE)
                    self.assertEqual(alice.read(len(THERE)), THERE)
                alice.send(BACK)
                if 1 not in closed:
                    self.assertEqual(bob.read(len(BACK)), BACK)
                    alice.interrupt()
                self.end({bob: LOCAL if 1 in closed else CLEAN, alice: CLEAN})
                self.assertEqual(alice.data, b"" if 0 in closed else THERE)
                self.check_wire(relay)

    def test_serve(self):
        for closed in COMBINATIONS:
            with self.subTest(closed=closed):
                alice = self.start_without(
                    closed, "serve", self.scratch / "alice", "--listen",
                    "127.0.0.1:0")
                relay = self.relayed(alice)
                bob = self.connect()
                self.assertTrue(bob.next("gate")["open"])
                self.check_descriptors(alice, closed)
                if 0 not in closed:
                    alice.send(BACK)
                    self.assertEqual(bob.read(len(BACK)), BACK)
                bob.send(THERE)
                if 1 not in closed:
                    self.assertEqual(alice.read(len(THERE)), THERE)
                    bob.end_input()
                self.end({alice: LOCAL if 1 in closed else CLEAN, bob: CLEAN})
                self.assertEqual(bob.data, b"" if 0 in closed else BACK)
                self.check_wire(relay)

    def program(self, text):
        path = self.scratch / "program"
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return path

    def check_listing(self, text):
        """Of `ls`, whose own descriptor of the directory is the lowest that
        is free."""
        found = {}
        for line in text.splitlines():
            if " -> " in line:
                name, target = line.split(" -> ")
                found[int(name.split()[-1])] = target
        self.assertEqual(found.keys(), {0, 1, 2, 3}, text)
        self.assertEqual(found[2], "/dev/null")
        self.assertTrue(found[0].startswith("pipe:"), text)
        self.assertTrue(found[1].startswith(("pipe:", "/")), text)
        self.assertNotEqual(found[1], "/dev/null")

    def inherited(self):
        """A descriptor that is nobody's business."""
        fd = os.open("/etc/passwd", os.O_RDONLY)
        self.addCleanup(os.close, fd)
        return fd

    def test_programs_that_run_commands(self):
        program = self.program("exec ls -l /proc/self/fd")
        for closed in COMBINATIONS:
            with self.subTest(closed=closed):
                alice = self.start_without(
                    closed, "serve", self.scratch / "alice", "--listen",
                    "127.0.0.1:0", "--execute", "attested", "--run", program,
                    pass_fds=(self.inherited(),))
                self.address = f"127.0.0.1:{port_of(alice.process.pid)}"
                bob = self.connect("--operation", "it")
                bob.end_input()
                self.check_listing(bob.next("reply")["reply"])
                self.end({bob: CLEAN, alice: CLEAN})

    def test_programs_that_verify(self):
        listing = self.scratch / "listing"
        program = self.program(f"ls -l /proc/self/fd >{listing}.new\n"
                               f"mv {listing}.new {listing}\nexit 7")
        for closed in COMBINATIONS:
            with self.subTest(closed=closed):
                listing.unlink(missing_ok=True)
                self.serve("--require", "none")
                bob = self.start_without(
                    closed, "connect", self.scratch / "bob", self.address,
                    "--peer", "alice.test", "--attest", "no", "--verifier",
                    program, pass_fds=(self.inherited(),))
                deadline = time.monotonic() + DEADLINE_S
                while not listing.exists():
                    self.assertLess(time.monotonic(), deadline)
                    time.sleep(0.01)
                self.check_listing(listing.read_text())
                bob.interrupt()


if __name__ == "__main__":
    signal.alarm(840)
    unittest.main()

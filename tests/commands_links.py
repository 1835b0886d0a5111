#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""serve and connect: what passes, what ends them, and with which status."""

import hashlib
import json
import os
import pathlib
import queue
import resource
import select
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

VOUCH = sys.argv.pop(1)
CLEAN, LOCAL, USAGE, REFUSED, NETWORK = 0, 1, 2, 3, 4
DEADLINE_S = 60


def without(closed):
    """What stands before a command that is run with descriptors closed."""
    if not closed:
        return ()
    return ("/bin/sh", "-c", 'exec "$@" ' + " ".join(
        {0: "<&-", 1: ">&-", 2: "2>&-"}[fd] for fd in closed), "sh")


class Process:
    """One end; its events and its data are read as they come."""

    def __init__(self, *arguments, stdin=subprocess.PIPE,
                 stdout=subprocess.PIPE, pass_fds=(), closed=()):
        self.process = subprocess.Popen(
            [*without(closed), VOUCH, *map(str, arguments), "--json"],
            stdin=stdin, stdout=stdout, stderr=subprocess.PIPE,
            pass_fds=pass_fds)
        self.events, self.arrived, self.data = [], queue.Queue(), b""
        self.more = threading.Condition()
        self.threads = [threading.Thread(target=self._events, daemon=True)]
        if stdout == subprocess.PIPE:
            self.threads.append(threading.Thread(target=self._data,
                                                 daemon=True))
        for thread in self.threads:
            thread.start()

    def _events(self):
        for line in self.process.stderr:
            try:
                self.arrived.put(json.loads(line))
            except ValueError:
                self.arrived.put({"event": "NO EVENT", "text": line})
        self.arrived.put(None)

    def _data(self):
        while octets := os.read(self.process.stdout.fileno(), 65536):
            with self.more:
                self.data += octets
                self.more.notify()

    def read(self, num):
        """The first `num` octets that came, when they have come."""
        with self.more:
            self.more.wait_for(lambda: len(self.data) >= num, DEADLINE_S)
            return self.data[:num]

    def next(self, *names):
        """The next event of these names; None when there is none any more."""
        while (event := self.arrived.get(timeout=DEADLINE_S)) is not None:
            self.events.append(event)
            if event["event"] in names:
                return event
        return None

    def names(self):
        return [event["event"] for event in self.events]

    def send(self, octets):
        """Whether all of it was taken; not when the process has ended."""
        try:
            while octets:
                octets = octets[os.write(self.process.stdin.fileno(), octets):]
        except BrokenPipeError:
            return False
        return True

    def end_input(self):
        self.process.stdin.close()

    def interrupt(self, number=signal.SIGINT):
        self.process.send_signal(number)

    def status(self):
        """The exit status, when all that it said has been read."""
        if (wrong := self.next("NO EVENT")) is not None:
            raise AssertionError(wrong["text"])
        for thread in self.threads:
            thread.join(DEADLINE_S)
        return self.process.wait(DEADLINE_S)

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for thread in self.threads:
            thread.join(DEADLINE_S)
        for stream in (self.process.stdin, self.process.stdout,
                       self.process.stderr):
            try:
                if stream is not None:
                    stream.close()
            except OSError:
                pass


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = pathlib.Path(tempfile.mkdtemp(prefix="vouch-links-"))
        cls.addClassCleanup(shutil.rmtree, cls.scratch)
        for name in ("alice", "bob", "eve"):
            home = cls.scratch / name
            subprocess.run([VOUCH, "init", home, "--name", f"{name}.test"],
                           check=True, stderr=subprocess.DEVNULL)
            with open(cls.scratch / f"{name}.bundle", "wb") as file:
                subprocess.run([VOUCH, "bundle", home], stdout=file,
                               check=True, stderr=subprocess.DEVNULL)
        for name, other in (("alice", "bob"), ("bob", "alice"),
                            ("eve", "alice")):
            subprocess.run([VOUCH, "trust", cls.scratch / name,
                            cls.scratch / f"{other}.bundle"], check=True,
                           stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)

    def start(self, *arguments, **options):
        process = Process(*arguments, **options)
        self.addCleanup(process.stop)
        return process

    def serve(self, *options, **more):
        alice = self.start("serve", self.scratch / "alice", "--listen",
                           "127.0.0.1:0", *options, **more)
        self.address = alice.next("listening")["addr"]
        self.assertEqual(alice.names(), ["listening"])
        return alice

    def connect(self, *options, name="bob", **more):
        return self.start("connect", self.scratch / name, self.address,
                          "--peer", "alice.test", *options, **more)

    def pair(self, *options):
        """Both, with the gate open."""
        alice, bob = self.serve(*options), self.connect(*options)
        for host in (alice, bob):
            self.assertTrue(host.next("gate")["open"])
        return alice, bob

    def in_time(self, attempt):
        """Gives `attempt` more and more milliseconds, until what has to happen
        within them does, which it says by what it returns."""
        ms = 500
        while not attempt(ms):
            ms *= 4
            self.assertLess(ms, 1000 * DEADLINE_S)

    def reported(self, alice):
        """What alice says of somebody whom she does not serve."""
        event = alice.next("error")
        self.assertIsNotNone(event, alice.events)
        self.assertNotIn("(0)", event["text"])
        return event["text"]

    def waits_on(self, alice):
        """alice serves whoever is a peer, still."""
        bob = self.connect()
        bob.send(b"here I am")
        bob.end_input()
        self.end({bob: CLEAN})
        self.assertEqual(alice.next("end")["status"], CLEAN)

    def end(self, statuses):
        for host, status in statuses.items():
            self.assertEqual(host.status(), status, host.events)


class Data(Case):
    def test_passes_whole_in_both_directions(self):
        there, back = os.urandom(3000000), os.urandom(2000000)
        alice, bob = self.pair("--eof", "stay")
        writers = [threading.Thread(target=host.send, args=(octets,))
                   for host, octets in ((alice, back), (bob, there))]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join(DEADLINE_S)
        for host, octets in ((alice, there), (bob, back)):
            self.assertEqual(host.read(len(octets)), octets)
        alice.interrupt()
        self.end({alice: CLEAN, bob: CLEAN})
        self.assertEqual((alice.data, bob.data), (there, back))

    def test_end_of_input_closes_when_all_has_gone(self):
        there = os.urandom(3000000)
        alice, bob = self.serve(), self.connect()
        alice.end_input()  # which is nothing to a server
        bob.send(there)
        bob.end_input()
        self.end({bob: CLEAN, alice: CLEAN})
        self.assertEqual(alice.data, there)
        self.assertEqual(alice.events[-1]["received"], len(there))
        self.assertEqual(bob.events[-1]["sent"], len(there))

    def test_files(self):
        there = os.urandom(20000000)
        (self.scratch / "there").write_bytes(there)
        with open(self.scratch / "there", "rb") as file, open(
                self.scratch / "came", "wb") as came:
            alice = self.serve(stdout=came)
            bob = self.connect(stdin=file)
            self.end({bob: CLEAN, alice: CLEAN})
        self.assertEqual((self.scratch / "came").read_bytes(), there)

    def test_server_can_be_the_one_to_close(self):
        back = os.urandom(3000000)
        alice = self.serve("--eof", "close")
        bob = self.connect("--eof", "stay")
        bob.end_input()
        alice.send(back)
        alice.end_input()
        self.end({bob: CLEAN, alice: CLEAN})
        self.assertEqual(bob.data, back)

    def test_waits_for_the_gate(self):
        alice = self.serve()
        alice.send(b"early")
        bob = self.connect()
        bob.send(b"early too")
        for host in (alice, bob):
            host.next("receiving")
        bob.end_input()
        self.end({bob: CLEAN, alice: CLEAN})
        self.assertEqual((alice.data, bob.data), (b"early too", b"early"))
        for host in (alice, bob):
            names = host.names()
            gate = names.index("gate")
            for before in ("accepted", "confirmed"):
                self.assertLess(names.index(before), gate)
            for after in ("sending", "receiving"):
                self.assertLess(gate, names.index(after))

    def test_empty_input(self):
        alice, bob = self.serve(), self.connect()
        bob.end_input()
        self.end({bob: CLEAN, alice: CLEAN})
        for host in (alice, bob):
            self.assertIn("accepted", host.names())

    def test_input_that_cannot_be_read(self):
        directory = os.open(self.scratch, os.O_RDONLY)
        self.addCleanup(os.close, directory)
        alice, bob = self.serve(), self.connect(stdin=directory)
        self.end({bob: LOCAL, alice: CLEAN})

    def test_output_that_nobody_reads(self):
        reader, writer = os.pipe()
        alice = self.serve(stdout=writer)
        os.close(writer)
        os.close(reader)
        bob = self.connect()
        bob.send(b"to nobody")
        self.end({alice: LOCAL, bob: CLEAN})

    def test_peer_that_closes_too_early(self):
        with open("/dev/zero", "rb") as endless, open(os.devnull, "wb") as sink:
            alice = self.serve(stdout=sink)
            bob = self.connect(stdin=endless)
            self.assertIsNotNone(alice.next("receiving"))
            alice.interrupt()  # which is heard whatever else comes in
            self.end({bob: NETWORK, alice: CLEAN})

    def test_peer_that_closes_before_the_gate_opens(self):
        slow = self.scratch / "slow"  # to hash it takes more than the 1 ms
        with slow.open("wb") as file:
            file.truncate(1 << 25)
        alice = self.serve("--require", "none", "--posture", f"slow={slow}")
        os.utime(slow)  # so that it is hashed again for evidence
        bob = self.connect("--require", "peer", "--max-age", "1ms")
        self.assertIsNotNone(bob.next("undecided"))
        alice.interrupt()
        self.end({alice: CLEAN, bob: NETWORK})
        self.assertNotIn("gate", bob.names())


class Attestation(Case):
    def test_again_and_again(self):
        alice, bob = self.serve("--rounds", "7"), self.connect("--rounds", "3")
        for host, rounds in ((alice, 8), (bob, 4)):
            for _ in range(rounds):
                host.next("accepted")
        for host, rounds in ((alice, 4), (bob, 8)):
            while host.names().count("confirmed") < rounds:
                host.next("confirmed")
        bob.end_input()
        self.end({bob: CLEAN, alice: CLEAN})
        for host, rounds in ((alice, 8), (bob, 4)):
            self.assertEqual(host.events[-1]["accepted"], rounds)
            accepted = [event for event in host.events
                        if event["event"] == "accepted"]
            self.assertEqual(len(accepted), rounds)
            self.assertEqual(len({event["binder"] for event in accepted}),
                             rounds)
            self.assertTrue(all(event["handshake_key"] and
                                event["level"] == "bound"
                                for event in accepted))

    def test_end_of_input_waits_for_the_rounds(self):
        alice, bob = self.serve(), self.connect("--rounds", "9")
        bob.end_input()
        self.end({bob: CLEAN, alice: CLEAN})
        self.assertEqual(bob.events[-1]["accepted"], 10)

    def test_interval(self):
        alice = self.serve()
        bob = self.connect("--interval", "50ms")
        for _ in range(4):
            self.assertIsNotNone(bob.next("accepted"))
        bob.end_input()
        self.end({bob: CLEAN, alice: CLEAN})

    def test_acceptance_that_is_not_renewed_ends(self):
        def attempt(ms):
            alice = self.serve("--max-age", f"{ms}ms", "--interval", "0")
            bob = self.connect()
            first = alice.next("gate", "undecided", "expired")
            if first["event"] != "gate":
                return False
            self.assertTrue(first["open"])
            self.assertIsNotNone(alice.next("expired"))
            self.assertFalse(alice.next("gate")["open"])
            bob.next("denied")
            bob.send(b"too late")
            alice.send(b"too late")
            bob.interrupt()
            # alice has something unsent
            self.end({bob: CLEAN, alice: NETWORK})
            self.assertEqual((alice.data, bob.data), (b"", b""))
            return True
        self.in_time(attempt)

    def test_one_side_only(self):
        alice = self.serve("--attest", "no")
        bob = self.connect("--require", "none")
        bob.send(b"I am it")
        alice.next("receiving")
        bob.end_input()
        self.end({bob: CLEAN, alice: CLEAN})
        self.assertEqual(alice.data, b"I am it")
        self.assertEqual((alice.events[-1]["accepted"],
                          bob.events[-1]["accepted"]), (1, 0))

    def test_who_does_not_attest_is_refused(self):
        for mine, theirs in ((("--require", "peer"), ("--attest", "no")),
                             ((), ("--attest", "no")),
                             ((), ("--require", "none"))):
            alice, bob = self.serve(*mine), self.connect(*theirs)
            bob.send(b"nothing")
            self.end({alice: REFUSED, bob: REFUSED})
            self.assertEqual(alice.data, b"")
            self.assertNotIn("gate", alice.names())

    def test_other_program(self):
        copy = self.scratch / "copy"
        shutil.copy(VOUCH, copy)
        with copy.open("ab") as file:
            file.write(b"\0")
        alice = self.serve()
        bob = subprocess.run(
            [copy, "connect", self.scratch / "bob", self.address, "--peer",
             "alice.test"], input=b"nothing", capture_output=True,
            timeout=DEADLINE_S)
        self.assertEqual(bob.returncode, REFUSED, bob.stderr)
        self.end({alice: REFUSED})
        self.assertEqual((alice.data, bob.stdout), (b"", b""))
        refused = [event for event in alice.events
                   if event["event"] == "refused"]
        self.assertEqual(len(refused), 1)
        self.assertEqual((refused[0]["check"], refused[0]["name"]),
                         ("reference", "executable"))


class Peers(Case):
    def test_who_is_not_trusted_is_refused(self):
        alice, eve = self.serve(), self.connect(name="eve")
        self.assertEqual(eve.status(), NETWORK)
        self.assertIn("no trusted peer", self.reported(alice))
        self.assertNotIn("connected", alice.names())
        self.waits_on(alice)
        self.end({alice: CLEAN})
        self.assertEqual(alice.data, b"here I am")

    def test_another_peer_than_the_one_wanted(self):
        mallory = self.scratch / "mallory"
        subprocess.run([VOUCH, "init", mallory, "--name", "alice.test"],
                       check=True, stderr=subprocess.DEVNULL)
        subprocess.run([VOUCH, "trust", mallory, self.scratch / "bob.bundle"],
                       check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        alice = self.start("serve", mallory, "--listen", "127.0.0.1:0")
        self.address = alice.next("listening")["addr"]
        bob = self.connect()
        self.assertEqual(bob.status(), REFUSED)
        self.reported(alice)
        alice.interrupt()
        self.end({alice: CLEAN})

    def test_bundle_speaks_for_its_own_name_only(self):
        carol = self.scratch / "carol"
        bundle = json.loads((self.scratch / "alice.bundle").read_bytes())
        bundle["name"] = "other.test"
        changed = self.scratch / "other.bundle"
        changed.write_text(json.dumps(bundle))
        shutil.copytree(self.scratch / "bob/self", carol / "self")
        subprocess.run([VOUCH, "trust", carol, changed], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.serve()
        other = self.start("connect", carol, self.address, "--peer",
                           "other.test")
        self.end({other: REFUSED})
        self.assertNotIn("connected", other.names())

    def test_nobody_listens(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            self.address = "127.0.0.1:%d" % taken.getsockname()[1]
            self.end({self.connect(): NETWORK})
            self.end({self.start("serve", self.scratch / "alice", "--listen",
                                 self.address): NETWORK})

    def test_connection_is_cut(self):
        alice, bob = self.pair()
        bob.process.kill()
        self.end({alice: NETWORK})
        self.assertIn("failed", alice.names())


class Hostile(Case):
    """What somebody who connects can do: it ends that connection, and an honest
    peer is served after it."""

    def where(self):
        host, port = self.address.rsplit(":", 1)
        return host, int(port)

    def plain(self, *octets, reset=False):
        """A TCP connection on which `octets` are sent."""
        with socket.create_connection(self.where()) as plain:
            if reset:
                plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                 struct.pack("ii", 1, 0))
            for some in octets:
                plain.sendall(some)

    def half_open(self):
        with socket.create_connection(self.where()) as plain:
            plain.sendall(self.hello()[:50])
            plain.shutdown(socket.SHUT_WR)
            while self.received(plain):
                pass

    @staticmethod
    def received(plain):
        try:
            return plain.recv(65536)
        except OSError:
            return b""

    def context(self, *protocols, name=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if protocols:
            context.set_alpn_protocols(protocols)
        if name is not None:
            own = self.scratch / name / "self"
            context.load_cert_chain(own / "aik.pem", own / "aik.key")
        return context

    def hello(self):
        sent = ssl.MemoryBIO()
        context = self.context("vouch/1", name="bob")
        try:
            context.wrap_bio(ssl.MemoryBIO(), sent).do_handshake()
        except ssl.SSLWantReadError:
            return sent.read()
        self.fail("no hello")

    def secured(self, *octets, protocols=("vouch/1",), name="bob",
                reset=False, reads=True):
        """A TLS connection of another program, on which `octets` are sent, and
        all is read until alice ends it."""
        with socket.create_connection(self.where()) as plain:
            try:
                secured = self.context(*protocols, name=name).wrap_socket(
                    plain, suppress_ragged_eofs=True)
            except OSError:
                return
            with secured:
                if reset:
                    secured.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                       struct.pack("ii", 1, 0))
                try:
                    for some in octets:
                        secured.sendall(some)
                    while reads and not reset and secured.recv(65536):
                        pass
                except OSError:
                    pass

    def cut(self, num, reset):
        """bob's connection, cut when it has sent `num` octets: what it had
        sent by then."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            bob = self.start(
                "connect", self.scratch / "bob",
                "127.0.0.1:%d" % listener.getsockname()[1], "--peer",
                "alice.test", "--interval", "50ms")
            client, _ = listener.accept()
            with client, socket.create_connection(self.where()) as server:
                sent = self.carry(client, server, num)
                if reset:
                    server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                      struct.pack("ii", 1, 0))
            bob.status()
        return sent

    def carry(self, client, server, num):
        sent = b""
        while len(sent) < num:
            for ready in select.select((client, server), (), ())[0]:
                octets = self.received(ready)
                if not octets:
                    return sent
                if ready is client:
                    octets = octets[:num - len(sent)]
                    sent += octets
                (server if ready is client else client).sendall(octets)
        return sent

    def ends_of_records(self):
        """Where the first of bob's TLS records end. RFC 8446: the third has all
        of the handshake that follows his ClientHello."""
        ends, at, sent = [], 0, b""
        alice = self.serve("--keep")
        sent = self.cut(4000, False)
        alice.interrupt()
        self.end({alice: CLEAN})
        while (at := at + 5 + int.from_bytes(sent[at + 3:at + 5], "big")) < len(sent):
            ends.append(at)
        self.assertEqual(ends[1] - ends[0], 6)  # change_cipher_spec
        return ends

    def endless(self):
        """Processes that send for as long as somebody takes it, in turns."""
        with socket.create_connection(self.where()) as plain:
            for _ in range(3):
                flood = subprocess.Popen(
                    ["dd", "if=/dev/zero", "bs=16M"], stdout=plain,
                    stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                self.addCleanup(flood.wait)
                self.addCleanup(flood.kill)

    def strangers(self, ends):
        """Who never gets through the handshake."""
        hello = self.hello()
        yield "connects", lambda: self.plain()
        yield "resets", lambda: self.plain(reset=True)
        yield "speaks HTTP", lambda: self.plain(b"GET / HTTP/1.0\r\n\r\n")
        yield "sends zeros", lambda: self.plain(bytes(100000))
        yield "is half open", self.half_open
        for num in (1, 4, 5, 6, len(hello) - 1, len(hello)):
            yield f"ends after {num}", lambda n=num: self.plain(hello[:n])
            yield f"resets after {num}", lambda n=num: self.plain(
                hello[:n], reset=True)
        yield "has no certificate", lambda: self.secured(name=None)
        yield "is not trusted", lambda: self.secured(name="eve")
        yield "has no ALPN", lambda: self.secured(protocols=())
        yield "speaks h2", lambda: self.secured(protocols=("h2",))
        yield "has neither", lambda: self.secured(name="eve", protocols=())
        for num in (1, ends[0] - 1, ends[0], ends[1], ends[1] + 1,
                    ends[2] - 20):  # a signature is not always as long
            for reset in (False, True):
                yield f"is cut at {num}", lambda n=num, r=reset: self.cut(n, r)

    def peers(self, ends):
        """Who does, and then does this."""
        yield "closes", lambda: self.secured(reads=False)
        yield "resets", lambda: self.secured(reset=True)
        yield "sends zeros", lambda: self.secured(bytes(100000))
        yield "sends text", lambda: self.secured(b"hello", reset=True)
        for num in (ends[2], *(end + more for end in ends[3:7]
                               for more in (-1, 0)), 4000):
            for reset in (False, True):
                yield f"is cut at {num}", lambda n=num, r=reset: self.cut(n, r)

    def test_strangers(self):
        ends = self.ends_of_records()
        for options in ((), ("--keep",)):
            alice = self.serve(*options)
            for what, act in self.strangers(ends):
                with self.subTest(options=options, what=what):
                    act()
                    self.reported(alice)
                    self.assertIsNone(alice.process.poll())
            self.assertNotIn("connected", alice.names())
            self.waits_on(alice)
            alice.interrupt()
            self.end({alice: CLEAN})
            self.assertEqual(alice.data, b"here I am")

    def test_peers(self):
        ends = self.ends_of_records()
        alice = self.serve("--keep")
        for what, act in self.peers(ends):
            with self.subTest(what=what):
                act()
                event = alice.next("end", "error")
                self.assertIsNotNone(event, alice.events)
                self.assertNotIn("(0)", event.get("text", ""))
                self.assertIsNone(alice.process.poll())
        self.assertIn("connected", alice.names())
        bob = self.connect()
        bob.send(b"here I am")
        bob.end_input()
        self.end({bob: CLEAN})
        while alice.next("end")["received"] == 0:
            pass
        alice.interrupt()
        self.end({alice: CLEAN})
        self.assertEqual(alice.data, b"here I am")

    def test_a_peer_ends_what_is_not_kept(self):
        alice = self.serve()
        self.secured(bytes(100000))
        self.end({alice: NETWORK})

    def test_messages_name_what_happened(self):
        alice = self.serve()
        for act, text in (
                (lambda: self.plain(), "closed the connection"),
                (lambda: self.secured(protocols=()), "vouch/1"),
                (lambda: self.secured(name="eve"), "no trusted peer"),
                (lambda: self.plain(self.hello(), reset=True),
                 "Connection reset")):
            act()
            self.assertIn(text, self.reported(alice))
        alice.interrupt()
        self.end({alice: CLEAN})

    def test_who_stalls(self):
        alice = self.serve()
        with socket.create_connection(self.where()):
            self.assertIn("too slow", self.reported(alice))
        self.waits_on(alice)
        self.end({alice: CLEAN})

    def test_who_never_stops(self):
        alice = self.serve()
        self.endless()
        self.reported(alice)
        self.waits_on(alice)
        self.end({alice: CLEAN})

    def test_no_descriptor_for_a_connection(self):
        alice = self.serve("--keep")
        pid = alice.process.pid
        _, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        fds = {int(fd) for fd in os.listdir(f"/proc/{pid}/fd")}
        lowest = next(fd for fd in range(3, 1000) if fd not in fds)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (lowest, hard))
        with socket.create_connection(self.where()):
            self.assertIn("accept", self.reported(alice))
            self.assertIsNone(alice.process.poll())
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (hard, hard))
        self.waits_on(alice)
        alice.interrupt()
        self.end({alice: CLEAN})

    def test_output_that_is_broken_ends_what_is_kept(self):
        reader, writer = os.pipe()
        alice = self.serve("--keep", stdout=writer)
        os.close(writer)
        os.close(reader)
        bob = self.connect()
        bob.send(b"to nobody")
        self.end({alice: LOCAL, bob: CLEAN})


class End(Case):
    def test_interrupt_while_listening(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            alice = self.serve()
            alice.interrupt(number)
            self.end({alice: CLEAN})

    def test_interrupt_of_either_side(self):
        for end in (0, 1):
            pair = self.pair()
            pair[end].interrupt()
            self.end({pair[0]: CLEAN, pair[1]: CLEAN})
            self.assertIn("closed", pair[1 - end].names())
            self.assertNotIn("failed", pair[0].names() + pair[1].names())

    def test_interrupt_in_the_handshake(self):
        alice = self.serve()
        host, port = self.address.split(":")
        with socket.create_connection((host, int(port))):
            alice.interrupt()
            self.end({alice: CLEAN})

    def test_keep(self):
        alice = self.serve("--keep")
        for text in (b"one", b"two"):
            bob = self.connect()
            bob.send(text)
            bob.end_input()
            self.end({bob: CLEAN})
            self.assertEqual(alice.next("end")["status"], CLEAN)
        eve = self.connect(name="eve")
        self.end({eve: NETWORK})
        self.assertIsNotNone(alice.next("error"))
        bob = self.connect()
        bob.end_input()
        self.end({bob: CLEAN})
        self.assertEqual(alice.next("end")["status"], CLEAN)
        alice.interrupt()
        self.end({alice: CLEAN})
        self.assertEqual(alice.data, b"onetwo")

    def test_one_connection_unless_kept(self):
        alice, bob = self.pair()
        other = self.connect()
        self.end({other: NETWORK})
        bob.end_input()
        self.end({bob: CLEAN, alice: CLEAN})


class Commands(Case):
    def program(self, text):
        """A program that runs commands."""
        path = self.scratch / "program"
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return path

    def executing(self, text, *options, who="attested"):
        return self.serve("--execute", who, "--run", self.program(text),
                          *options)

    def held(self, *options):
        """bob, with one operation, and what its line will release it."""
        go, line = os.pipe()
        self.addCleanup(os.close, line)
        bob = self.connect("--operation", "it", "--release", f"/dev/fd/{go}",
                           *options, pass_fds=(go,))
        os.close(go)
        bob.end_input()
        return bob, line

    def replies(self, bob, num):
        return [bob.next("reply") for _ in range(num)]

    def test_are_run_in_order(self):
        for who in ("attested", "authenticated"):
            alice = self.executing("tr a-z A-Z", who=who)
            bob = self.connect("--operation", "one", "--operation", "",
                               "--operation", "three")
            bob.end_input()
            self.assertEqual([(event["status"], event["reply"])
                              for event in self.replies(bob, 3)],
                             [("done", "ONE"), ("done", ""),
                              ("done", "THREE")])
            self.end({bob: CLEAN, alice: CLEAN})
            self.assertEqual(alice.names().count("executed"), 3)
            for host, name in ((bob, "approved"), (alice, "approval")):
                self.assertEqual(host.names().count(name), 3)
            self.assertNotIn("audit", bob.names())
            # An approval is no acceptance of the connection.
            self.assertEqual(bob.events[-1]["accepted"], 1)

    def test_authenticated_asker_need_not_attest(self):
        alice = self.executing("cat", "--require", "none", who="authenticated")
        bob = self.connect("--attest", "no", "--operation", "it")
        bob.end_input()
        self.assertEqual(bob.next("reply")["reply"], "it")
        self.end({bob: CLEAN, alice: CLEAN})

    def test_asker_that_may_not(self):
        # design, Command gating: attested is more than authenticated.
        def attempt(ms):
            alice = self.executing("cat", "--max-age", f"{ms}ms",
                                   "--interval", "0")
            bob, line = self.held("--require", "peer")
            if alice.next("accepted", "undecided")["event"] != "accepted":
                return False
            self.assertIsNotNone(bob.next("approved"))
            self.assertIsNotNone(alice.next("expired"))
            os.write(line, b"\n")
            self.assertEqual(bob.next("reply")["status"], "not authorised")
            self.assertEqual(bob.status(), REFUSED)
            alice.status()
            self.assertNotIn("executed", alice.names())
            return True
        self.in_time(attempt)

    def test_that_fail(self):
        for text in ("echo partly; exit 3", "kill -9 $$",
                     "head -c 65537 /dev/zero", "exec /nowhere"):
            alice = self.executing(text)
            bob = self.connect("--operation", "it")
            bob.end_input()
            reply = bob.next("reply")
            self.assertEqual((reply["status"], reply["reply"]),
                             ("failed", ""), text)
            self.end({bob: REFUSED, alice: CLEAN})

    def test_program_that_is_not_there(self):
        alice = self.serve("--execute", "attested", "--run", "/nowhere/at/all")
        bob = self.connect("--operation", "it")
        bob.end_input()
        self.assertEqual(bob.next("reply")["status"], "failed")
        self.end({bob: REFUSED, alice: CLEAN})
        self.assertIn("error", alice.names())

    def test_limits_of_operation_and_reply(self):
        alice = self.executing("cat")
        bob = self.connect("--operation", 65536 * "x")
        bob.end_input()
        self.assertEqual(bob.next("reply")["reply"], 65536 * "x")
        self.end({bob: CLEAN, alice: CLEAN})

    def test_reply_that_is_no_text(self):
        alice = self.executing("printf '\\377\\000'")
        bob = self.connect("--operation", "it")
        bob.end_input()
        self.assertEqual(bob.next("reply")["reply_hex"], "ff00")
        self.end({bob: CLEAN, alice: CLEAN})

    def test_input_that_is_not_read(self):
        alice = self.executing("exit 0")
        bob = self.connect("--operation", 65536 * "x")
        bob.end_input()
        self.assertEqual(bob.next("reply")["status"], "done")
        self.end({bob: CLEAN, alice: CLEAN})

    def test_peer_that_executes_none(self):
        alice, bob = self.serve(), self.connect("--operation", "it")
        bob.end_input()
        self.end({bob: REFUSED, alice: CLEAN})
        self.assertNotIn("approved", bob.names())

    def test_connection_is_cut_while_one_runs(self):
        ready = self.scratch / "ready"
        os.mkfifo(ready)
        alice = self.executing(f"echo $$ >{ready}; exec sleep 1000")
        bob = self.connect("--operation", "it")
        self.addCleanup(os.kill, int(ready.read_bytes()), signal.SIGKILL)
        alice.process.kill()  # which leaves the program to us
        self.assertIsNotNone(bob.next("unknown"))
        self.assertEqual(bob.status(), NETWORK)

    def test_program_ends_with_the_connection(self):
        ready = self.scratch / "ready-too"
        os.mkfifo(ready)
        alice = self.executing(f"echo $$ >{ready}; exec sleep 1000")
        bob = self.connect("--operation", "it")
        pid = int(ready.read_bytes())
        bob.process.kill()
        self.end({alice: NETWORK})
        with self.assertRaises(ProcessLookupError):
            os.kill(pid, 0)

    def test_what_the_program_has_started_ends_with_it(self):
        self.executing("sleep 1000 & echo $!")
        bob = self.connect("--operation", "it")
        pid = int(bob.next("reply")["reply"])
        deadline = time.monotonic() + DEADLINE_S
        while not self.has_ended(pid):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)

    def has_ended(self, pid):
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii") as file:
                return file.read().split()[2] == "Z"
        except (FileNotFoundError, ProcessLookupError):
            return True

    def test_rounds_go_on_beside_them(self):
        self.executing("cat")
        bob = self.connect("--rounds", "5", *10 * ("--operation", "it"))
        bob.end_input()
        self.end({bob: CLEAN})
        self.assertEqual(bob.names().count("accepted"), 6)
        self.assertEqual(bob.names().count("reply"), 10)

    def test_approval_ends(self):
        def attempt(ms):
            self.executing("cat")
            bob, _ = self.held("--within", f"{ms}ms")
            if bob.next("approved", "undecided")["event"] != "approved":
                return False
            self.assertEqual(bob.next("undecided")["found"],
                             "the approval was not used in time")
            self.end({bob: REFUSED})
            return True
        self.in_time(attempt)

    def test_nobody_releases(self):
        alice = self.executing("cat")
        bob = self.connect("--operation", "it", "--release", "/dev/null")
        bob.end_input()
        self.assertIsNotNone(bob.next("undecided"))
        self.end({bob: REFUSED, alice: CLEAN})
        self.assertNotIn("command", alice.names())

    def test_audit(self):
        alice = self.executing("cat", "--audit")
        bob = self.connect("--operation", "it", "--audit")
        bob.end_input()
        self.end({bob: CLEAN, alice: CLEAN})
        for host, num in ((alice, 1), (bob, 2)):
            records = [event for event in host.events
                       if event["event"] == "audit"]
            self.assertEqual([record["verdict"] for record in records],
                             num * ["accepted"])
            accepted = host.events[host.names().index("accepted")]
            for member in ("aik", "binder", "evidence", "anchor", "policy"):
                self.assertEqual(records[0][member], accepted[member])


class Posture(Case):
    def change(self, text):
        """Another file in place of the old one, at once."""
        path = self.scratch / "component"
        new = self.scratch / "component-new"
        new.write_text(text)
        new.replace(path)
        return path

    def digest(self, text):
        return hashlib.sha256(text.encode()).hexdigest()

    def serving(self, *options):
        return self.serve("--posture", f"it={self.change('old')}", *options)

    def changed(self, alice, bob, text):
        """What follows a change."""
        event = alice.next("own_posture")
        self.assertEqual((event["name"], event["sha256"]),
                         ("it", self.digest(text) if text else 64 * "0"))
        self.assertIsNotNone(bob.next("posture"))
        self.assertEqual(bob.next("expired")["cause"], "posture")
        self.assertIsNotNone(bob.next("accepted"))  # again, by itself
        self.assertIsNotNone(alice.next("confirmed"))

    def test_change_is_noticed(self):
        alice, bob = self.serving("--posture-check", "10ms"), self.connect()
        for host in (alice, bob):
            self.assertTrue(host.next("gate")["open"])
        self.change("new")
        self.changed(alice, bob, "new")
        (self.scratch / "component").unlink()
        self.changed(alice, bob, None)
        bob.end_input()
        self.end({bob: CLEAN, alice: CLEAN})
        self.assertEqual(alice.names().count("own_posture"), 2)

    def test_change_is_looked_for_at_hangup(self):
        alice, bob = self.serving("--posture-check", "0"), self.connect()
        for host in (alice, bob):
            self.assertTrue(host.next("gate")["open"])
        self.change("new")
        alice.interrupt(signal.SIGHUP)
        self.changed(alice, bob, "new")
        alice.interrupt(signal.SIGHUP)  # which tells nothing new
        bob.end_input()
        self.end({bob: CLEAN, alice: CLEAN})
        self.assertEqual(alice.names().count("own_posture"), 1)

    def test_change_is_looked_for_before_evidence(self):
        alice = self.serving("--posture-check", "0")
        bob = self.connect("--interval", "100ms")
        for host in (alice, bob):
            self.assertTrue(host.next("gate")["open"])
        self.change("new")
        self.assertEqual(alice.next("own_posture")["sha256"],
                         self.digest("new"))
        self.assertIsNotNone(bob.next("posture"))
        self.assertIsNotNone(bob.next("accepted"))
        bob.end_input()
        self.end({bob: CLEAN, alice: CLEAN})

    def test_change_before_the_connection(self):
        alice = self.serving("--posture-check", "0")
        self.change("new")
        bob = self.connect()
        bob.end_input()
        self.end({bob: CLEAN, alice: CLEAN})
        self.assertNotIn("own_posture", alice.names())

    def commanded(self, *options):
        """bob has an approval, and waits for the line that is returned."""
        program = self.scratch / "cat"
        program.write_text("#!/bin/sh\nexec cat\n")
        program.chmod(0o755)
        alice = self.serving("--execute", "attested", "--run", program,
                             *options)
        go, line = os.pipe()
        self.addCleanup(os.close, line)
        bob = self.connect("--operation", "it", "--release", f"/dev/fd/{go}",
                           pass_fds=(go,))
        os.close(go)
        self.assertIsNotNone(bob.next("approved"))
        return alice, bob, line

    def test_change_between_approval_and_command(self):
        alice, bob, line = self.commanded("--posture-check", "0")
        self.change("new")
        os.write(line, b"\n")
        reply = bob.next("reply")
        self.assertEqual((reply["status"], reply["reply"]), ("stale", ""))
        bob.end_input()
        self.end({bob: REFUSED, alice: CLEAN})
        names = alice.names()
        self.assertLess(names.index("command"), names.index("own_posture"))
        self.assertIn("not_executed", names)
        self.assertNotIn("executed", names)

    def test_change_that_the_asker_knows_of(self):
        alice, bob, line = self.commanded("--posture-check", "10ms")
        self.change("new")
        self.assertEqual(bob.next("undecided")["found"],
                         "the peer's posture changed")
        os.write(line, b"\n")
        bob.end_input()
        self.end({bob: REFUSED, alice: CLEAN})
        self.assertNotIn("command", alice.names())

    def test_file_that_is_not_there(self):
        alice = self.start("serve", self.scratch / "alice", "--listen",
                           "127.0.0.1:0", "--posture",
                           f"it={self.scratch}/nothing")
        self.end({alice: LOCAL})
        alice = self.start("serve", self.scratch / "alice", "--listen",
                           "127.0.0.1:0", "--posture", f"it={self.scratch}")
        self.end({alice: LOCAL})


class Usage(Case):
    def test_options_that_contradict(self):
        posture = ("--posture", f"a={VOUCH}")
        execute = ("--execute", "attested", "--run", "cat")
        for options in (
                execute[:2], execute[2:], execute + ("--attest", "no"),
                execute + ("--require", "none"),
                ("--execute", "anybody", "--run", "cat"),
                posture + ("--attest", "no"), ("--posture-check", "1"),
                posture + ("--posture-check", "often"), posture + posture,
                ("--posture", "a"), ("--posture", "=a"), ("--posture", "a="),
                ("--posture", "\n=a"), ("--posture", 256 * "a" + "=a"),
                tuple(word for i in range(33)
                      for word in ("--posture", f"{i}={VOUCH}")),
                ("--operation", "a", "--require", "none"),
                ("--operation", 65537 * "a"), 257 * ("--operation", "a"),
                ("--within", "1s"), ("--release", "/dev/null"),
                ("--operation", "a", "--within", "0")):
            done = subprocess.run(
                [VOUCH, "connect", self.scratch / "bob", "127.0.0.1:1",
                 "--peer", "alice.test", *options], stdin=subprocess.DEVNULL,
                capture_output=True, timeout=DEADLINE_S)
            self.assertEqual(done.returncode, USAGE, (options, done.stderr))

    def test_options_that_agree(self):
        self.address = "127.0.0.1:1"
        for options in (
                ("--execute", "authenticated", "--run", "cat", "--require",
                 "none"),
                tuple(word for i in range(32)
                      for word in ("--posture", f"{i}={VOUCH}")),
                256 * ("--operation", "a"),
                ("--posture", 255 * "a" + f"={VOUCH}")):
            self.end({self.connect(*options): NETWORK})


if __name__ == "__main__":
    signal.alarm(840)
    unittest.main()

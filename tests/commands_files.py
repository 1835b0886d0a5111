#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""init, bundle and trust, and what every command says to wrong arguments."""

import base64
import fcntl
import hashlib
import json
import os
import pathlib
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import unittest

VOUCH = sys.argv.pop(1)
LOCAL, USAGE, NETWORK = 1, 2, 4
SELF = {"aik.key", "aik.pem", "attestation.key", "bundle.json"}
DEADLINE_S = 60


def vouch(*arguments, text=None):
    return subprocess.run([VOUCH, *map(str, arguments)], input=text,
                          capture_output=True, timeout=DEADLINE_S)


def badly_signed(pem):
    """The certificate, with another last bit in its signature."""
    der = bytearray(base64.b64decode("".join(pem.splitlines()[1:-1])))
    der[-1] ^= 1
    return ("-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(der).decode() +
            "-----END CERTIFICATE-----\n")


class Case(unittest.TestCase):
    def setUp(self):
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="vouch-files-"))
        self.addCleanup(shutil.rmtree, self.scratch)
        self.home = self.scratch / "home"

    def succeed(self, *arguments):
        done = vouch(*arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def fails(self, status, *arguments):
        done = vouch(*arguments)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertEqual(done.stdout, b"")
        self.assertNotEqual(done.stderr, b"")
        return done

    def init(self, directory=None, name="home.test"):
        return self.succeed("init", directory or self.home, "--name", name)

    def bundle(self, directory=None):
        return self.succeed("bundle", directory or self.home).stdout

    def tree(self, directory):
        return {str(path.relative_to(directory)): path.read_bytes()
                for path in directory.rglob("*") if path.is_file()}


class Init(Case):
    def test_files_are_private(self):
        self.init()
        self.assertEqual({p.name for p in (self.home / "self").iterdir()}, SELF)
        for path in (self.home, self.home / "self"):
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o700)
        for path in (self.home / "self").iterdir():
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600, path)

    def test_nothing_is_overwritten_unless_forced(self):
        self.init()
        before = self.tree(self.home)
        done = self.fails(LOCAL, "init", self.home, "--name", "home.test")
        self.assertIn(b"--force", done.stderr)
        self.assertEqual(self.tree(self.home), before)
        self.succeed("init", self.home, "--name", "home.test", "--force")
        after = self.tree(self.home)
        self.assertEqual(after.keys(), before.keys())
        for name, octets in before.items():
            self.assertNotEqual(after[name], octets, name)

    def test_force_keeps_peers(self):
        other = self.scratch / "other"
        self.init()
        self.init(other, "other.test")
        bundle = self.scratch / "bundle"
        bundle.write_bytes(self.bundle(other))
        self.succeed("trust", self.home, bundle)
        self.succeed("init", self.home, "--name", "home.test", "--force")
        self.assertEqual(
            (self.home / "peers/other.test/bundle.json").read_bytes(),
            bundle.read_bytes())

    def test_interrupted_it_leaves_the_old_or_the_new(self):
        self.init()
        self.init(self.scratch / "other", "other.test")
        bundle = self.scratch / "bundle"
        bundle.write_bytes(self.bundle(self.scratch / "other"))
        self.succeed("trust", self.home, bundle)
        # Earlier when it had come to its end, else later: where the one state
        # turns into the other is what most attempts come close to.
        pause = 1.0
        kept = replaced = 0
        before = self.bundle()
        for _ in range(24):
            init = subprocess.Popen(
                [VOUCH, "init", self.home, "--name", "home.test", "--force"],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(pause)
            init.kill()
            init.wait(DEADLINE_S)
            after = self.bundle()
            kept += after == before
            replaced += after != before
            pause *= 1.5 if after == before else 0.5
            before = after
            # Keys, certificate and bundle belong together: only the missing
            # peer is in the way.
            self.fails(NETWORK, "connect", self.home, "127.0.0.1:1", "--peer",
                       "other.test")
        self.succeed("init", self.home, "--name", "home.test", "--force")
        self.assertEqual({p.name for p in self.home.iterdir()},
                         {"self", "peers"}, "what was interrupted is cleared")
        self.assertGreater(kept, 0)
        self.assertGreater(replaced, 0)

    def test_certificate_is_what_peers_ask_for(self):
        for name, san in (("home.test", "DNS:home.test"),
                          ("192.0.2.1", "IP Address:192.0.2.1")):
            home = self.scratch / name
            self.init(home, name)
            text = subprocess.run(
                ["openssl", "x509", "-noout", "-text", "-in",
                 home / "self/aik.pem"],
                capture_output=True, check=True, text=True).stdout
            for part in (san, "Digital Signature", "CA:FALSE",
                         "TLS Web Server Authentication, "
                         "TLS Web Client Authentication"):
                self.assertIn(part, text)

    def test_wrong_names(self):
        for name in ("", "a/b", "-a.test", "a..b", "a" * 64, "x,DNS:y.test",
                     "a" + ".a" * 127, "*.test"):
            self.fails(USAGE, "init", self.home, "--name", name)
        self.assertFalse(self.home.exists())

    def test_directory_that_can_not_be_made(self):
        self.fails(LOCAL, "init", self.scratch / "no/such", "--name", "a.test")
        (self.scratch / "file").write_bytes(b"")
        self.fails(LOCAL, "init", self.scratch / "file", "--name", "a.test")

    def test_two_at_once(self):
        inits = [subprocess.Popen(
            [VOUCH, "init", self.home, "--name", "home.test"],
            stderr=subprocess.DEVNULL) for _ in range(4)]
        self.assertEqual(sorted(i.wait(DEADLINE_S) for i in inits),
                         [0, LOCAL, LOCAL, LOCAL])
        self.assertEqual({p.name for p in self.home.iterdir()}, {"self"})

    def test_one_at_a_time(self):
        self.home.mkdir()
        (self.home / ".self.other").mkdir()
        other = os.open(self.home, os.O_RDONLY)
        fcntl.flock(other, fcntl.LOCK_EX)
        self.fails(LOCAL, "init", self.home, "--name", "home.test")
        self.assertEqual([p.name for p in self.home.iterdir()],
                         [".self.other"])
        os.close(other)
        self.init()


class TwoHosts(Case):
    """home, and the bundle of other in a file."""

    def setUp(self):
        super().setUp()
        self.init()
        self.other = self.scratch / "other"
        self.init(self.other, "other.test")
        self.file = self.scratch / "bundle"
        self.file.write_bytes(self.bundle(self.other))

    def peers(self):
        return self.tree(self.home / "peers") if (
            self.home / "peers").exists() else {}

    def assert_trusted(self):
        self.fails(NETWORK, "connect", self.home, "127.0.0.1:1", "--peer",
                   "other.test")


class Trust(TwoHosts):
    def policy_of(self, text):
        """The CoRIM in a bundle, and what it says."""
        octets = base64.urlsafe_b64decode(json.loads(text)["policy"] + "===")
        path = self.scratch / "policy.corim"
        path.write_bytes(octets)
        shown = json.loads(self.succeed("policy", "show", path,
                                        "--json").stdout)
        return octets, shown["policies"]

    def stored(self, text):
        return {"other.test/bundle.json": text,
                "other.test/policy.corim": self.policy_of(text)[0]}

    def test_prints_the_digest(self):
        digest = hashlib.sha256(self.file.read_bytes()).hexdigest()
        done = self.succeed("trust", self.home, self.file)
        self.assertEqual(done.stdout.decode(), digest + "\n")
        self.assertEqual(self.peers(), self.stored(self.file.read_bytes()))
        peer = self.home / "peers/other.test"
        self.assertEqual(stat.S_IMODE(peer.stat().st_mode), 0o700)
        for path in peer.iterdir():
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        told = vouch("bundle", self.other, "--json").stderr
        self.assertEqual(json.loads(told),
                         {"event": "bundle", "sha256": digest})

    def test_bundle_says_what_is_measured(self):
        _, [policy] = self.policy_of(self.file.read_bytes())
        program = pathlib.Path(VOUCH).read_bytes()
        self.assertEqual(policy["references"]["executable"],
                         [hashlib.sha256(program).hexdigest()])
        self.assertTrue(any(name.startswith("library:")
                            for name in policy["references"]))
        self.assertEqual(len(policy["keys"]), 1)
        private = "".join((self.other / "self" / name).read_text()
                          for name in ("aik.key", "attestation.key"))
        for line in private.split():
            if "-" not in line:
                self.assertNotIn(line, self.file.read_text())

    def test_another_bundle_of_the_same_name_must_be_forced(self):
        self.succeed("trust", self.home, self.file)
        self.succeed("trust", self.home, self.file)  # the same again
        before = self.peers()
        self.succeed("init", self.other, "--name", "other.test", "--force")
        self.file.write_bytes(self.bundle(self.other))
        self.fails(LOCAL, "trust", self.home, self.file)
        self.assertEqual(self.peers(), before)
        self.succeed("trust", self.home, self.file, "--force")
        self.assertEqual(self.peers(), self.stored(self.file.read_bytes()))
        self.assert_trusted()

    def test_a_policy_that_was_edited_is_kept_until_forced(self):
        self.succeed("trust", self.home, self.file)
        policy = self.home / "peers/other.test/policy.corim"
        before = policy.read_bytes()
        self.succeed("policy", "add-measurement", policy, "executable",
                     "00" * 32)
        edited = policy.read_bytes()
        self.assertNotEqual(edited, before)
        self.succeed("trust", self.home, self.file)
        self.assertEqual(policy.read_bytes(), edited)
        self.assert_trusted()
        self.succeed("init", self.other, "--name", "other.test", "--force")
        self.file.write_bytes(self.bundle(self.other))
        done = self.fails(LOCAL, "trust", self.home, self.file)
        self.assertIn(b"and its policy", done.stderr)
        self.succeed("trust", self.home, self.file, "--force")
        self.assertEqual(self.peers(), self.stored(self.file.read_bytes()))

    def test_what_was_interrupted_is_cleared(self):
        beside = self.home / "peers/.peer.other"
        beside.mkdir(parents=True)
        (beside / "bundle.json").write_bytes(b"{}")
        self.succeed("trust", self.home, self.file)
        self.assertEqual({p.name for p in (self.home / "peers").iterdir()},
                         {"other.test"})
        beside.mkdir()
        self.assert_trusted()

    def test_an_older_bundle_is_made_anew(self):
        good = json.loads(self.file.read_bytes())
        old = json.dumps({**good, "vouch": 1}).encode()
        self.file.write_bytes(old)
        done = self.fails(LOCAL, "trust", self.home, self.file)
        self.assertIn(b"make it anew", done.stderr)
        (self.home / "peers").mkdir(exist_ok=True)
        (self.home / "peers/other.test").write_bytes(old)
        done = self.fails(LOCAL, "connect", self.home, "127.0.0.1:1", "--peer",
                          "other.test")
        self.assertIn(b"older vouch", done.stderr)
        self.file.write_bytes(json.dumps(good).encode())
        self.fails(LOCAL, "trust", self.home, self.file)
        self.assertEqual((self.home / "peers/other.test").read_bytes(), old)
        self.succeed("trust", self.home, self.file, "--force")
        self.assert_trusted()

    def refused(self, text):
        self.file.write_bytes(text)
        self.fails(LOCAL, "trust", self.home, self.file)
        self.assertEqual(self.peers(), {})

    def test_what_is_no_bundle_is_refused(self):
        good = self.file.read_bytes()
        for text in (b"", b"{}", b"[]", good[:-2], good + b"x",
                     b"[" * 100000, good.replace(b'"vouch"', b'"name"'),
                     good.replace(b'"vouch": 2', b'"vouch": 2, "vouch": 2')):
            self.refused(text)
        self.refused(good + b" " * (262145 - len(good)))
        self.file.write_bytes(good + b" " * (262144 - len(good)))
        self.succeed("trust", self.home, self.file)

    def policies(self, good):
        """Policies that accept nobody, in base64url."""
        def made(*edits):
            path = self.scratch / "made.corim"
            path.unlink(missing_ok=True)
            for edit in edits:
                self.succeed("policy", edit[0], path, *edit[1:])
            return base64.urlsafe_b64encode(
                path.read_bytes()).decode().rstrip("=")

        key = self.scratch / "key.pem"
        key.write_text(subprocess.run(
            "openssl ecparam -name prime256v1 -genkey -noout | "
            "openssl ec -pubout", shell=True, check=True, text=True,
            capture_output=True).stdout)
        anchor = ("add-anchor", key)
        measurement = ("add-measurement", "executable", "00" * 32)
        self.assertNotEqual(made(anchor, measurement), good)
        signed = base64.urlsafe_b64encode(vouch(
            "policy", "sign", self.scratch / "made.corim",
            self.other / "self/aik.key").stdout).decode().rstrip("=")
        return [made(anchor), made(measurement), signed,
                made((*anchor, "--format", "a/b"),
                     (*measurement, "--format", "a/b"))]

    def test_every_member_is_looked_at(self):
        good = json.loads(self.file.read_bytes())
        policies = self.policies(good["policy"])
        leaf = (self.other / "self/aik.pem").read_text()
        not_ca = subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:P-256", "-nodes", "-keyout", "/dev/null",
             "-subj", "/CN=x", "-addext", "basicConstraints=critical,CA:FALSE"],
            check=True, text=True, capture_output=True).stdout
        wrong = {
            "vouch": [1, 3, "2", None, [], 2.0],
            "name": ["", "Other.test", "../self", ".", "a b", 7, "*.test"],
            "ca": ["", leaf, not_ca, good["ca"] * 2, "x\n" + good["ca"],
                   good["ca"].replace("M", "N", 3), badly_signed(good["ca"])],
            "policy": ["", 7, good["policy"] + "=", good["policy"] + "AA",
                       good["policy"][:-1], good["policy"][:-4],
                       "+" + good["policy"][1:], " " + good["policy"],
                       *policies],
            "more": [1],
        }
        for member, values in wrong.items():
            for value in values:
                with self.subTest(member=member, value=str(value)[:40]):
                    self.refused(json.dumps({**good, member: value}).encode())
        for member in good:
            with self.subTest(without=member):
                self.refused(json.dumps({name: value
                                         for name, value in good.items()
                                         if name != member}).encode())

    def test_a_peer_that_was_changed_is_not_used(self):
        self.succeed("trust", self.home, self.file)
        for name in ("bundle.json", "policy.corim"):
            path = self.home / "peers/other.test" / name
            good = path.read_bytes()
            for wrong in (b"{}", b"", good[:-1], good + b"x"):
                path.write_bytes(wrong)
                self.fails(LOCAL, "connect", self.home, "127.0.0.1:1",
                           "--peer", "other.test")
            path.unlink()
            self.fails(LOCAL, "connect", self.home, "127.0.0.1:1", "--peer",
                       "other.test")
            path.write_bytes(good)
        self.assert_trusted()

    def test_a_key_that_others_can_read_is_not_used(self):
        self.succeed("trust", self.home, self.file)
        for name in ("aik.key", "attestation.key"):
            key = self.home / "self" / name
            key.chmod(0o640)
            self.fails(LOCAL, "connect", self.home, "127.0.0.1:1", "--peer",
                       "other.test")
            key.chmod(0o600)
        self.fails(NETWORK, "connect", self.home, "127.0.0.1:1", "--peer",
                   "other.test")

    def test_missing_files(self):
        self.fails(LOCAL, "trust", self.home, self.scratch / "none")
        self.fails(LOCAL, "trust", self.scratch / "none", self.file)
        self.fails(LOCAL, "bundle", self.scratch / "none")
        self.fails(LOCAL, "connect", self.home, "127.0.0.1:1")
        self.fails(LOCAL, "serve", self.home, "--listen", "127.0.0.1:0")

    def test_full_output(self):
        for arguments in (("bundle", self.other), ("--help",),
                          ("trust", self.home, self.file)):
            with open("/dev/full", "wb") as full:
                done = subprocess.run([VOUCH, *arguments], stdout=full,
                                      stderr=subprocess.DEVNULL)
            self.assertEqual(done.returncode, LOCAL, arguments)


class Bundle(TwoHosts):
    """What a bundle asks of whoever trusts it, one thing at a time."""

    RESULTS = ("--format",
               'application/eat+cwt; eat_profile="tag:ietf.org,2026:rats/ear#04"')

    def changed(self, *edits):
        """The bundle, with its policy edited."""
        good = json.loads(self.file.read_bytes())
        path = self.scratch / "edited.corim"
        path.write_bytes(base64.urlsafe_b64decode(good["policy"] + "==="))
        path.chmod(0o600)
        for edit in edits:
            self.succeed("policy", edit[0], path, *edit[1:])
        policy = base64.urlsafe_b64encode(path.read_bytes()).decode()
        changed = self.scratch / "changed.bundle"
        changed.write_text(json.dumps({**good, "policy": policy.rstrip("=")}))
        return changed

    def pem(self, name, command):
        path = self.scratch / name
        path.write_bytes(subprocess.run(
            command, shell=True, check=True, capture_output=True).stdout)
        return path

    def key(self):
        return self.pem("key.pem", "openssl ecparam -name prime256v1 -genkey -noout | "
                        "openssl ec -pubout")

    def ca(self):
        return self.pem(
            "ca.pem", "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 "
            "-nodes -keyout /dev/null -subj /CN=root -addext "
            "basicConstraints=critical,CA:TRUE")

    def loosening(self):
        for word in ("key-bound", "warning", "no-vector"):
            yield word, (("set", "--allow", word),)
        yield "debug", (("set", "--debug", "allowed"),)
        yield "max-age", (("set", "--max-age", "301"),)
        yield "ca", (("add-anchor", self.ca()),)
        yield "results", (("add-anchor", self.key(), *self.RESULTS),)
        yield "format", (
            ("add-anchor", self.key(), "--format", "a/b"),
            ("add-measurement", "x", "00" * 32, "--format", "a/b"))

    def test_what_loosens_is_asked_for(self):
        rows = list(self.loosening())
        words = [word for word, _ in rows]
        for word, edits in rows:
            with self.subTest(word=word):
                bundle = self.changed(*edits)
                others = [option for other in words if other != word
                          for option in ("--allow", other)]
                for options in ((), others):
                    done = self.fails(LOCAL, "trust", self.home, bundle,
                                      *options)
                    told = done.stderr.decode().splitlines()
                    self.assertEqual(len(told), 1)
                    self.assertIn(f"--allow {word} takes it", told[0])
                    self.assertEqual(self.peers(), {})
                done = self.succeed("trust", self.home, bundle, "--allow",
                                    word, "--json")
                events = [json.loads(line)
                          for line in done.stderr.splitlines()]
                self.assertEqual(events[1:], [{
                    "event": "allowed", "name": "other.test", "allow": word}])
                shutil.rmtree(self.home / "peers")

    def test_several_are_named_each(self):
        bundle = self.changed(("set", "--allow", "key-bound", "--debug",
                               "allowed"))
        done = self.fails(LOCAL, "trust", self.home, bundle)
        self.assertIn(b"--allow key-bound", done.stderr)
        self.assertIn(b"--allow debug", done.stderr)
        self.fails(LOCAL, "trust", self.home, bundle, "--allow", "debug")
        self.succeed("trust", self.home, bundle, "--allow", "debug", "--allow",
                     "key-bound")

    def test_what_tightens_is_taken(self):
        for edit in (
                ("set", "--max-age", "60"), ("set", "--max-age", "300"),
                ("set", "--debug", "disabled"),
                ("set", "--require-claim", "ueid"),
                ("set", "--forbid-claim", "epoch"),
                ("set", "--instance", "01" * 33),
                ("set", "--min-version", "1.0"),
                ("set", "--min-security-version", "1"),
                ("add-measurement", "rules", "00" * 32, "--component")):
            with self.subTest(edit=edit):
                done = self.succeed("trust", self.home, self.changed(edit),
                                    "--force", "--json")
                self.assertEqual(len(done.stderr.splitlines()), 1)

    def test_words(self):
        for word in ("", "all", "keybound"):
            self.fails(USAGE, "trust", self.home, self.file, "--allow", word)


@unittest.skipIf(os.geteuid() != 0, "only root can act as two users")
class Others(TwoHosts):
    """What somebody else can do to DIR and to what is in it: nothing."""

    STRANGER = 12345

    def setUp(self):
        super().setUp()
        self.succeed("trust", self.home, self.file)
        self.scratch.chmod(0o755)
        self.victim = self.scratch / "victim"
        self.victim.mkdir()
        for name in ("aik.key", "bundle.json", ".x", "precious"):
            (self.victim / name).write_text(name)
        self.safe = self.tree(self.victim)

    def as_stranger(self, act):
        """Does it in a process of another user."""
        child = os.fork()
        if child == 0:
            try:
                os.setresgid(*3 * (self.STRANGER,))
                os.setgroups([])
                os.setresuid(*3 * (self.STRANGER,))
                act()
                os._exit(0)
            finally:
                os._exit(1)
        self.assertEqual(os.waitpid(child, 0)[1], 0)

    def commands(self):
        """All that use DIR."""
        peer = ("--peer", "other.test")
        yield "init", self.home, "--name", "home.test", "--force"
        yield "bundle", self.home
        yield "trust", self.home, self.file, "--force"
        yield "connect", self.home, "127.0.0.1:1", *peer
        yield "serve", self.home, "--listen", "127.0.0.1:0", *peer

    def all_refuse(self, what):
        for command in self.commands():
            with self.subTest(command=command[0]):
                before = self.tree(self.home)
                done = self.fails(LOCAL, *command)
                self.assertIn(what, done.stderr.decode())
                self.assertEqual(self.tree(self.home), before)
        self.assertEqual(self.tree(self.victim), self.safe)

    def test_directory_of_another_user(self):
        os.chown(self.home, self.STRANGER, 0)
        self.all_refuse(f"belongs to user {self.STRANGER}")

    def test_directory_that_others_may_write(self):
        for mode in (0o777, 0o770, 0o707, 0o1777):
            self.home.chmod(mode)
            self.all_refuse(f"chmod go-w {self.home}")
        self.home.chmod(0o755)
        self.assert_trusted()

    def test_directory_above(self):
        above = self.scratch / "above"
        above.mkdir()
        shutil.move(self.home, above)
        self.home = above / "home"
        for mode in (0o777, 0o775):
            above.chmod(mode)
            self.all_refuse(f"chmod go-w {above}")
        above.chmod(0o1777)  # nobody else can replace what is in it
        self.assert_trusted()
        os.chown(above, self.STRANGER, 0)
        self.all_refuse(f"belongs to user {self.STRANGER}")

    def test_link_of_another_user(self):
        shared = self.scratch / "shared"
        shared.mkdir()
        shared.chmod(0o1777)
        home, self.home = self.home, shared / "home"
        self.as_stranger(lambda: self.home.symlink_to(home))
        for command in self.commands():
            done = self.fails(LOCAL, *command)
            self.assertRegex(done.stderr, b"belongs to user|denied")
        self.home.unlink()
        self.home.symlink_to(home)
        self.assert_trusted()

    def leave(self, directory, name):
        """What seems to be left by an interrupted one, and is not."""
        (directory / f"{name}link").symlink_to(self.victim)
        (directory / f"{name}file").write_text("precious")
        foreign = directory / f"{name}foreign"
        foreign.mkdir()
        os.chown(foreign, self.STRANGER, 0)
        mine = directory / f"{name}mine"
        (mine / "sub").mkdir(parents=True)
        for made in (foreign, mine):
            (made / "aik.key").write_text("key")
            (made / "notes").write_text("precious")
            (made / "bundle.json").symlink_to(self.victim / "precious")

    def test_leftovers_that_are_none(self):
        for directory, name, command in (
                (self.home, ".self.", next(iter(self.commands()))),
                (self.home / "peers", ".peer.",
                 ("trust", self.home, self.file))):
            self.leave(directory, name)
            self.succeed(*command)
            self.assertEqual(self.tree(self.victim), self.safe)
            self.assertTrue((directory / f"{name}link").is_symlink())
            self.assertTrue((directory / f"{name}foreign/aik.key").exists())
            for kept in ("foreign/notes", "mine/notes", "file"):
                self.assertEqual((directory / f"{name}{kept}").read_text(),
                                 "precious")
            self.assertTrue((directory / f"{name}mine/sub").is_dir())
            self.assertFalse((directory / f"{name}mine/aik.key").exists())

    def test_directories_that_are_links(self):
        for name in ("self", "peers", "peers/other.test"):
            with self.subTest(name=name):
                path = self.home / name
                path.rename(self.scratch / "moved")
                path.symlink_to(self.scratch / "moved")
                done = self.fails(LOCAL, "connect", self.home, "127.0.0.1:1",
                                  "--peer", "other.test")
                self.assertIn(b"symbolic link", done.stderr)
                path.unlink()
                (self.scratch / "moved").rename(path)
        self.assert_trusted()

    def test_forcing_replaces_the_link_and_not_what_it_names(self):
        for name, command in (
                ("self", ("init", self.home, "--name", "home.test")),
                ("peers/other.test", ("trust", self.home, self.file))):
            path = self.home / name
            shutil.rmtree(path)
            path.symlink_to(self.victim)
            self.fails(LOCAL, *command)
            self.succeed(*command, "--force")
            self.assertTrue(path.is_dir() and not path.is_symlink())
            self.assertEqual(self.tree(self.victim), self.safe)
        peers = self.home / "peers"
        shutil.rmtree(peers)
        peers.symlink_to(self.victim)
        self.fails(LOCAL, "trust", self.home, self.file, "--force")
        self.assertEqual(self.tree(self.victim), self.safe)

    def spoilt(self, path):
        """In place of a file, what is not to be read, and why not."""
        good = path.read_bytes()

        def put(make):
            path.unlink()
            make()
        yield "symbolic link", lambda: put(
            lambda: ((self.scratch / "copy").write_bytes(good),
                     (self.scratch / "copy").chmod(0o600),
                     path.symlink_to(self.scratch / "copy")))
        yield "not a regular file", lambda: put(lambda: os.mkfifo(path, 0o600))
        yield "not a regular file", lambda: put(lambda: path.mkdir(0o700))
        yield "not a regular file", lambda: put(
            lambda: os.mknod(path, 0o600 | stat.S_IFCHR, os.makedev(1, 5)))
        yield "others may write", lambda: path.chmod(0o620)
        yield "others may write", lambda: path.chmod(0o602)
        yield "belongs to user", lambda: os.chown(path, self.STRANGER, 0)

    def restore(self, path, good):
        if path.is_dir() and not path.is_symlink():
            path.rmdir()
        else:
            path.unlink()
        path.write_bytes(good)
        path.chmod(0o600)

    def test_files_of_the_directory(self):
        connect = ("connect", self.home, "127.0.0.1:1", "--peer", "other.test")
        for name, command in (
                *((f"self/{name}", connect) for name in SELF
                  if name != "bundle.json"),
                ("self/bundle.json", ("bundle", self.home)),
                ("peers/other.test/bundle.json", connect),
                ("peers/other.test/policy.corim", connect)):
            path = self.home / name
            good = path.read_bytes()
            for why, spoil in self.spoilt(path):
                with self.subTest(name=name, why=why):
                    spoil()
                    self.assertIn(why, self.fails(
                        LOCAL, *command).stderr.decode())
                    self.restore(path, good)
        self.assert_trusted()

    def test_files_that_are_named(self):
        made = {name: self.scratch / name
                for name in ("policy", "signer", "anchor", "key", "signed")}
        made["policy"].write_bytes(
            (self.home / "peers/other.test/policy.corim").read_bytes())
        made["anchor"].write_bytes(
            self.succeed("key", made["key"]).stdout)
        made["signer"].write_bytes(made["anchor"].read_bytes())
        made["signed"].write_bytes(self.succeed(
            "policy", "sign", made["policy"], made["key"]).stdout)
        evidence = self.scratch / "evidence"
        evidence.write_bytes(b"none")
        expected = ("--binder", "00" * 32, "--aik-pub-hash", "00" * 32)
        policy, key = made["policy"], made["key"]
        for path, command in (
                (self.file, ("trust", self.home, self.file)),
                (policy, ("policy", "show", policy)),
                (policy, ("policy", "set", policy, "--max-age", "60")),
                (policy, ("policy", "sign", policy, key)),
                (policy, ("policy", "check", policy, evidence, *expected)),
                (policy, ("appraise", policy, evidence, "--key", key,
                          *expected)),
                (key, ("policy", "sign", policy, key)),
                (key, ("appraise", policy, evidence, "--key", key,
                       *expected)),
                (made["signer"], ("policy", "show", made["signed"], "--signer",
                                  made["signer"])),
                (made["anchor"], ("policy", "add-anchor", policy,
                                  made["anchor"])),
                (evidence, ("serve", self.home, "--listen", "127.0.0.1:0",
                            "--attester", "passport", "--passport",
                            evidence))):
            good = path.read_bytes()
            for why, spoil in self.spoilt(path):
                if why == "symbolic link":
                    continue  # the user named it
                with self.subTest(command=command[:2], why=why):
                    spoil()
                    self.assertIn(why, self.fails(
                        LOCAL, *command).stderr.decode())
                    self.restore(path, good)

    def test_links_and_pipes_that_the_user_named(self):
        link = self.scratch / "link"
        link.symlink_to("bundle")
        shutil.rmtree(self.home / "peers")
        self.succeed("trust", self.home, link)
        shutil.rmtree(self.home / "peers")
        done = vouch("trust", self.home, "/dev/stdin",
                     text=self.file.read_bytes())
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assert_trusted()

    def test_a_policy_is_edited_where_it_is(self):
        policy = self.home / "peers/other.test/policy.corim"
        link = self.scratch / "link"
        link.symlink_to(policy)
        before = policy.read_bytes()
        self.succeed("policy", "set", link, "--max-age", "60")
        self.assertTrue(link.is_symlink())
        self.assertNotEqual(policy.read_bytes(), before)

    def test_a_hard_link_of_another_users_file(self):
        policy = self.home / "peers/other.test/policy.corim"
        stranger = self.scratch / "stranger"
        stranger.write_bytes(policy.read_bytes())
        os.chown(stranger, self.STRANGER, 0)
        policy.unlink()
        os.link(stranger, policy)
        done = self.fails(LOCAL, "connect", self.home, "127.0.0.1:1", "--peer",
                          "other.test")
        self.assertIn(b"belongs to user", done.stderr)

    def test_a_user_who_is_not_root(self):
        """The same for everybody: what root owns is good, too."""
        home = self.scratch / "theirs"
        program = self.scratch / "program"
        shutil.copy(VOUCH, program)
        home.mkdir()
        os.chown(home, self.STRANGER, 0)

        def run(status, *arguments):
            def act():
                done = subprocess.run(
                    [program, *map(str, arguments)], timeout=DEADLINE_S,
                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL)
                os._exit(0 if done.returncode == status else 1)
            self.as_stranger(act)
        run(0, "init", home, "--name", "theirs.test")
        run(0, "trust", home, self.file)
        run(NETWORK, "connect", home, "127.0.0.1:1", "--peer", "other.test")
        os.chown(home, self.STRANGER + 1, 0)
        home.chmod(0o755)
        run(LOCAL, "bundle", home)

    def test_paths_that_are_too_long(self):
        for path in ("/" + "a/" * 2047 + "a" * 5, "a" * 256,
                     self.scratch / ("a" * 256), "/" * 5000,
                     str(self.scratch) + "/." * 3000):
            self.home = path
            for command in self.commands():
                self.fails(LOCAL, *command)

    def test_names_are_not_paths(self):
        for name in ("../victim", "..", ".", "", "/", "other.test/..",
                     "other.test/"):
            self.fails(LOCAL, "connect", self.home, "127.0.0.1:1", "--peer",
                       name)


class Usage(Case):
    def test_wrong_arguments(self):
        serve = ("serve", "d", "--listen", "127.0.0.1:0")
        for arguments in (
                (), ("nothing",), ("init",), ("init", "a", "b"),
                ("init", "a", "--keep"), ("init", "a", "--name"),
                ("init", "a", "--nothing"), ("bundle", "a", "--force"),
                ("trust", "a"), ("serve", "d"), ("serve", "d", "--listen", "x"),
                ("serve", "d", "--listen", "::1:7"), ("connect", "d"),
                ("connect", "d", "host"), ("connect", "d", "host:"),
                ("connect", "d", "a:1", "--listen", "b:2"),
                (*serve, "--attest", "maybe"), (*serve, "--require", "all"),
                (*serve, "--attest", "no", "--require", "mutual"),
                (*serve, "--require", "none", "--rounds", "1"),
                (*serve, "--require", "none", "--interval", "1"),
                (*serve, "--interval", ""), (*serve, "--interval", "-1"),
                (*serve, "--interval", "1x"), (*serve, "--interval", " 1"),
                (*serve, "--interval", "9007199254741s"),
                (*serve, "--interval", "99999999999999999999"),
                (*serve, "--max-age", "0"), (*serve, "--rounds", "1000001"),
                (*serve, "--rounds", "1s"), (*serve, "--eof", "now")):
            with self.subTest(arguments=arguments):
                self.fails(USAGE, *arguments)

    def test_times_that_are_good(self):
        for time_text in ("0", "1", "1500ms", "2s", "3m", "4h", "5d",
                          "9007199254740s"):
            self.fails(LOCAL, "serve", self.home, "--listen", "127.0.0.1:0",
                       "--interval", time_text)

    def test_help(self):
        for arguments in (("--help",), ("--version",), ("init", "--help"),
                          ("bundle", "--help"), ("trust", "--help"),
                          ("serve", "--help"), ("connect", "--help"),
                          ("key", "--help"), ("appraise", "--help"),
                          ("policy", "--help"),
                          *(("policy", verb, "--help") for verb in (
                              "show", "add-measurement", "add-anchor", "set",
                              "sign", "check"))):
            done = self.succeed(*arguments)
            self.assertNotEqual(done.stdout, b"")
            self.assertEqual(done.stderr, b"")

    def test_commands_of_a_group_are_named(self):
        for arguments in (("policy",), ("policy", "shew")):
            done = self.fails(USAGE, *arguments)
            for verb in (b"show", b"sign", b"check"):
                self.assertIn(b" vouch policy " + verb, done.stderr)
            self.assertNotIn(b"bundle", done.stderr)


if __name__ == "__main__":
    signal.alarm(840)
    unittest.main()

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


class Trust(Case):
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

    def assert_trusted(self):
        self.fails(NETWORK, "connect", self.home, "127.0.0.1:1", "--peer",
                   "other.test")

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

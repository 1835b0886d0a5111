#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""vouch policy: show, add-measurement, add-anchor, set, sign and check."""

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
import unittest

VOUCH = os.path.abspath(sys.argv.pop(1))
LOCAL, USAGE, REFUSED = 1, 2, 3
DEADLINE_S = 60
ROOT = pathlib.Path(os.environ["VOUCH_SOURCE_ROOT"])
SOFTWARE = 'application/eat+cwt; eat_profile="tag:vouch,2026:software"'
ZEROS, ONES = "00" * 32, "11" * 32


def vouch(*arguments, **more):
    return subprocess.run([VOUCH, *map(str, arguments)], timeout=DEADLINE_S,
                          capture_output=True, **more)


def shell(command):
    return subprocess.run(command, shell=True, check=True,
                          capture_output=True).stdout


class Case(unittest.TestCase):
    def setUp(self):
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="vouch-policy-"))
        self.addCleanup(shutil.rmtree, self.scratch)
        self.file = self.scratch / "policy.corim"

    def succeed(self, *arguments):
        done = vouch("policy", *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def fails(self, status, *arguments):
        """It changes nothing, prints nothing, and says why."""
        before = self.file.read_bytes() if self.file.exists() else None
        done = vouch("policy", *arguments)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertEqual(done.stdout, b"")
        self.assertNotEqual(done.stderr, b"")
        after = self.file.read_bytes() if self.file.exists() else None
        self.assertEqual(after, before)
        self.assertEqual([p.name for p in self.scratch.iterdir()
                          if p.name.startswith(".")], [])
        return done.stderr.decode()

    def show(self, *options):
        return json.loads(self.succeed("show", self.file, "--json", *options))

    def policy(self):
        [policy] = self.show()["policies"]
        return policy

    def key(self, name, how="ecparam -name prime256v1 -genkey -noout"):
        path = self.scratch / name
        path.touch(0o600)
        path.write_bytes(shell(f"openssl {how} | openssl pkcs8 -topk8 -nocrypt"))
        public = self.scratch / f"{name}.pub"
        public.write_bytes(shell(f"openssl pkey -in '{path}' -pubout"))
        der = shell(f"openssl pkey -in '{path}' -pubout -outform DER")
        return path, public, hashlib.sha256(der).hexdigest()

    def certificate(self, name, ca):
        path = self.scratch / name
        path.write_bytes(shell(
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 "
            f"-nodes -keyout /dev/null -subj '/CN={name}' -addext "
            f"basicConstraints=critical,CA:{ca}"))
        der = shell(f"openssl x509 -in '{path}' -noout -pubkey | "
                    "openssl pkey -pubin -outform DER")
        return path, hashlib.sha256(der).hexdigest()


class Edit(Case):
    def test_measurements(self):
        self.assertEqual(
            self.succeed("add-measurement", self.file, "executable", ONES), b"")
        self.assertEqual(stat.S_IMODE(self.file.stat().st_mode), 0o600)
        self.succeed("add-measurement", self.file, "executable", ZEROS)
        self.succeed("add-measurement", self.file, "b", "AB" * 48)
        self.succeed("add-measurement", self.file, "rules", ZEROS,
                     "--component")
        before = self.file.read_bytes()
        self.succeed("add-measurement", self.file, "executable", ZEROS)
        self.assertEqual(self.file.read_bytes(), before)
        policy = self.policy()
        self.assertEqual(policy["format"], SOFTWARE)
        self.assertEqual(policy["references"],
                         {"b": ["ab" * 48], "executable": [ZEROS, ONES]})
        self.assertEqual(policy["components"], {"rules": [ZEROS]})
        self.assertEqual(policy["max_age"], 300)
        self.assertEqual(policy["debug"], "not-enabled")

    def test_formats(self):
        for format_ in ("a/b", "b/c"):
            self.succeed("add-measurement", self.file, "x", ONES, "--format",
                         format_)
        self.assertEqual([p["format"] for p in self.show()["policies"]],
                         ["a/b", "b/c"])
        for i in range(14):
            self.succeed("set", self.file, "--format", f"c/{i}")
        self.fails(LOCAL, "set", self.file, "--format", "c/14")

    def test_anchors(self):
        _, public, digest = self.key("key")
        self.assertEqual(self.succeed("add-anchor", self.file, public).decode(),
                         digest + "\n")
        ca, ca_digest = self.certificate("root", "TRUE")
        self.assertEqual(self.succeed("add-anchor", self.file, ca).decode(),
                         ca_digest + "\n")
        policy = self.policy()
        self.assertEqual(policy["keys"], [{"sha256": digest}])
        self.assertEqual(policy["cas"],
                         [{"sha256": ca_digest, "subject": "/CN=root"}])
        leaf, _ = self.certificate("leaf", "FALSE")
        private, *_ = self.key("private")
        nothing = self.scratch / "nothing"
        nothing.write_bytes(b"")
        for wrong in (leaf, private, nothing, self.scratch / "none",
                      self.file, self.scratch):
            self.fails(LOCAL, "add-anchor", self.file, wrong)

    def test_rules(self):
        self.succeed("set", self.file, "--max-age", "1m", "--min-version",
                     "1.10", "--min-security-version", str(2**64 - 1),
                     "--debug", "disabled", "--require-claim", "ueid",
                     "--require-claim", "epoch", "--forbid-claim", "dbgstat",
                     "--instance", "01" * 33, "--instance", "02" * 7,
                     "--allow", "warning", "--allow", "key-bound", "--allow",
                     "no-vector")
        policy = self.policy()
        for member, value in (
                ("max_age", 60), ("min_version", "1.10"),
                ("min_security_version", str(2**64 - 1)),
                ("debug", "disabled"), ("required", ["ueid", "epoch"]),
                ("forbidden", ["dbgstat"]),
                ("instances", ["01" * 33, "02" * 7]),
                ("allow", ["warning", "key-bound", "no-vector"])):
            self.assertEqual(policy[member], value)
        self.succeed("set", self.file, "--forbid-claim", "ueid", "--debug",
                     "allowed")
        policy = self.policy()
        self.assertEqual(policy["required"], ["epoch"])
        self.assertEqual(policy["forbidden"], ["ueid", "dbgstat"])
        self.assertEqual(policy["debug"], "allowed")
        self.assertEqual(policy["max_age"], 60)

    def test_what_is_no_value_is_refused(self):
        self.succeed("set", self.file)
        add = ("add-measurement", self.file)
        for arguments in (
                (*add, "x", "0" * 63), (*add, "x", "g" * 64), (*add, "x", ""),
                (*add, "x", "00" * 20), (*add, "x", ZEROS + "00"),
                (*add, "x", "00" * 48, "--component"), (*add, "x"),
                (*add, "x", ZEROS, "y"), (*add, "x", ZEROS, "--format", ""),
                (*add, "x", ZEROS, "--format", "\u00e9"),
                ("set", self.file, "--max-age", "1500ms"),
                ("set", self.file, "--max-age", "4294967296s"),
                ("set", self.file, "--min-security-version", "-1"),
                ("set", self.file, "--min-security-version", str(2**64)),
                ("set", self.file, "--min-version", ""),
                ("set", self.file, "--debug", "on"),
                ("set", self.file, "--require-claim", "none"),
                ("set", self.file, "--require-claim", "ueid",
                 "--forbid-claim", "ueid"),
                ("set", self.file, "--instance", "0"),
                ("set", self.file, "--instance", "00" * 34),
                ("set", self.file, "--allow", "anything"),
                ("set", self.file, "--keep"), ("set",), ("nothing",), (),
                ("show", self.file, "--format", "a/b"),
                ("sign", self.file, "key", "--name", "")):
            with self.subTest(arguments=arguments):
                self.fails(USAGE, *arguments)
        for arguments in (
                (*add, "", ZEROS), (*add, "n" * 256, ZEROS),
                (*add, "\udcff", ZEROS),
                ("set", self.file, "--min-version", "1."),
                ("set", self.file, "--instance", "01" * 6),
                ("set", self.file, "--instance", "01" + "00" * 16)):
            with self.subTest(arguments=arguments):
                self.fails(LOCAL, *arguments)

    def test_files_that_can_not_be_edited(self):
        self.fails(LOCAL, "add-measurement", self.scratch / "no/such", "x",
                   ZEROS)
        self.fails(LOCAL, "add-measurement", self.scratch, "x", ZEROS)
        self.fails(LOCAL, "show", self.scratch / "none")
        self.succeed("add-measurement", self.file, "x", ZEROS)
        good = self.file.read_bytes()
        for wrong in (b"", good[:-1], good + b"x", b"\xd9\1\xf5\xa0",
                      b"x" * 262145):
            self.file.write_bytes(wrong)
            self.fails(LOCAL, "add-measurement", self.file, "y", ZEROS)
            self.fails(LOCAL, "show", self.file)

    def test_in_the_working_directory(self):
        done = vouch("policy", "set", "policy.corim", cwd=self.scratch)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.policy()["max_age"], 300)

    def test_events(self):
        done = vouch("policy", "set", self.file, "--json")
        self.assertEqual(json.loads(done.stderr), {
            "event": "policy", "format": SOFTWARE,
            "sha256": self.policy()["sha256"]})
        done = vouch("policy", "add-measurement", self.file, "", ZEROS, "--json")
        self.assertEqual(json.loads(done.stderr)["event"], "error")

    def test_many_at_once(self):
        edits = [subprocess.Popen(
            [VOUCH, "policy", "add-measurement", self.file, "x", f"{i:064x}"],
            stderr=subprocess.DEVNULL) for i in range(12)]
        self.assertEqual([e.wait(DEADLINE_S) for e in edits], [0] * 12)
        self.assertEqual(self.policy()["references"]["x"],
                         [f"{i:064x}" for i in range(12)])

    def test_waits_for_others(self):
        held = os.open(self.scratch, os.O_RDONLY)
        fcntl.flock(held, fcntl.LOCK_EX)
        edit = subprocess.Popen([VOUCH, "policy", "set", self.file],
                                stderr=subprocess.DEVNULL)
        with self.assertRaises(subprocess.TimeoutExpired):
            edit.wait(0.5)
        self.assertFalse(self.file.exists())
        os.close(held)
        self.assertEqual(edit.wait(DEADLINE_S), 0)

    def test_full_output(self):
        self.succeed("set", self.file)
        private, *_ = self.key("key")
        for arguments in (("show", self.file), ("show", self.file, "--json"),
                          ("sign", self.file, private)):
            with open("/dev/full", "wb") as full:
                done = subprocess.run([VOUCH, "policy", *arguments],
                                      stdout=full, stderr=subprocess.DEVNULL)
            self.assertEqual(done.returncode, LOCAL)

    def test_table(self):
        _, public, digest = self.key("key")
        self.succeed("add-anchor", self.file, public)
        self.succeed("add-measurement", self.file, "a\x1b[31m\u00e9", ONES)
        table = self.succeed("show", self.file).decode("ascii")
        self.assertIn(SOFTWARE, table)
        self.assertRegex(table, rf"keys +{digest}\n")
        self.assertRegex(table, rf"references +a\?\[31m\?\?  {ONES}\n")
        self.assertRegex(table, r"max_age +300\n")


class Sign(Case):
    def test_signed(self):
        private, public, _ = self.key("signer")
        _, other, _ = self.key("other")
        self.succeed("add-measurement", self.file, "x", ZEROS)
        shown = self.show()
        plain = self.file.read_bytes()
        self.file.write_bytes(self.succeed("sign", self.file, private,
                                           "--name", "ACME Ltd."))
        self.assertIn(b"ACME Ltd.", self.file.read_bytes())
        self.assertEqual(self.show("--signer", public), shown)
        for why, arguments in (
                ("no signer was named", ("show", self.file)),
                ("not signed by", ("show", self.file, "--signer", other)),
                ("no public key", ("show", self.file, "--signer", private)),
                ("No such file", ("show", self.file, "--signer",
                                  self.scratch / "none")),
                ("no signer was named",
                 ("add-measurement", self.file, "y", ZEROS)),
                ("no signer was named", ("sign", self.file, private))):
            self.assertIn(why, self.fails(LOCAL, *arguments))
        self.file.write_bytes(plain)
        self.assertIn("no COSE_Sign1", self.fails(LOCAL, "show", self.file,
                                                  "--signer", public))

    def test_keys(self):
        self.succeed("set", self.file)
        for how in ("ecparam -name secp384r1 -genkey -noout",
                    "genpkey -algorithm ed25519"):
            private, public, _ = self.key("signer", how)
            signed = self.scratch / "signed"
            signed.write_bytes(self.succeed("sign", self.file, private))
            self.succeed("show", signed, "--signer", public)
        private.chmod(0o640)
        self.fails(LOCAL, "sign", self.file, private)
        self.fails(LOCAL, "sign", self.file, public)
        self.fails(LOCAL, "sign", self.scratch / "none", private)


class Check(Case):
    """Evidence of proto/vectors, which the library did not make."""

    def setUp(self):
        super().setUp()
        self.vector = json.loads(
            (ROOT / "proto/vectors/exchange.json").read_text())
        self.cmw = self.scratch / "evidence"
        self.cmw.write_bytes(bytes.fromhex(self.vector["cmw"]))
        self.pem = self.scratch / "key.pem"
        der = self.scratch / "key.der"
        der.write_bytes(bytes.fromhex(self.vector["attestation_spki"]))
        self.pem.write_bytes(shell(
            f"openssl pkey -pubin -inform DER -in '{der}'"))
        self.succeed("add-anchor", self.file, self.pem)
        for name, value in self.vector["claims"]["measurements"].items():
            self.succeed("add-measurement", self.file, name, value)
        self.expected = ("--binder", self.vector["binder"], "--aik-pub-hash",
                         self.vector["aik_pub_hash"])
        self.at = ("--at", self.vector["time"])

    def verdict(self, status, *arguments):
        done = vouch("policy", "check", self.file, *arguments, "--json")
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertEqual(done.stderr, b"")
        return json.loads(done.stdout)

    def test_accepted(self):
        verdict = self.verdict(0, self.cmw, *self.expected, *self.at,
                               "--aik-spki", self.vector["aik_spki"])
        self.assertEqual(verdict["verdict"], "accepted")
        self.assertEqual(verdict["level"], "bound")
        self.assertEqual(set(verdict["stages"].values()), {"passed"})
        token = self.scratch / "token"
        token.write_bytes(bytes.fromhex(self.vector["token"]))
        self.assertEqual(self.verdict(0, token, *self.expected, *self.at,
                                      "--format", SOFTWARE), verdict)
        table = self.succeed("check", self.file, self.cmw, *self.expected,
                             *self.at).decode()
        self.assertRegex(table, r"^verdict +accepted\n")
        self.assertRegex(table, r"\nsignature +passed\n")

    def test_refused(self):
        self.succeed("add-measurement", self.file, "more", ZEROS)
        verdict = self.verdict(REFUSED, self.cmw, *self.expected, *self.at)
        self.assertEqual(verdict["check"], "reference")
        self.assertEqual(verdict["claim"], "measurements")
        self.assertEqual(verdict["name"], "more")
        self.assertEqual(verdict["expected"], ZEROS)
        self.assertEqual(verdict["stages"]["signature"], "passed")
        self.assertEqual(verdict["stages"]["policy"], "failed")
        done = vouch("policy", "check", self.file, self.cmw, *self.expected,
                     *self.at)
        self.assertEqual(done.returncode, REFUSED)
        self.assertRegex(done.stdout, rb"^verdict +rejected\n")

    def test_each_expectation_counts(self):
        other = ("--binder", ZEROS, "--aik-pub-hash",
                 self.vector["aik_pub_hash"])
        self.assertEqual(self.verdict(REFUSED, self.cmw, *other,
                                      *self.at)["check"], "binding")
        other = ("--binder", self.vector["binder"], "--aik-pub-hash", ZEROS)
        self.assertEqual(self.verdict(REFUSED, self.cmw, *other,
                                      *self.at)["check"], "binding")
        self.assertEqual(self.verdict(REFUSED, self.cmw, *self.expected, "--at",
                                      "0")["check"], "age")
        self.assertEqual(self.verdict(
            REFUSED, self.cmw, *self.expected, *self.at, "--aik-spki",
            self.vector["attestation_spki"])["verdict"], "rejected")
        self.assertEqual(self.verdict(REFUSED, self.pem, *self.expected,
                                      *self.at)["verdict"], "rejected")

    def test_other_policies_accept_nothing(self):
        self.file.unlink()
        self.succeed("add-anchor", self.file, self.pem, "--format", "a/b")
        self.assertEqual(self.verdict(REFUSED, self.cmw, *self.expected,
                                      *self.at)["check"], "format")
        self.file.unlink()
        self.succeed("set", self.file)
        self.assertEqual(self.verdict(REFUSED, self.cmw, *self.expected,
                                      *self.at)["verdict"], "rejected")

    def test_wrong_arguments(self):
        good = ("check", self.file, self.cmw)
        for arguments in (
                good, (*good, "--binder", ZEROS),
                (*good, "--aik-pub-hash", ZEROS),
                (*good, "--binder", "00", "--aik-pub-hash", ZEROS),
                (*good, "--binder", ZEROS, "--aik-pub-hash", "00" * 49),
                (*good, "--binder", ZEROS, "--aik-pub-hash", "x"),
                (*good, *self.expected, "--nonce", "00" * 65),
                (*good, *self.expected, "--aik-spki", "0"),
                (*good, *self.expected, "--at", "now"),
                (*good, *self.expected, "--format", "\u00e9"),
                ("check", self.file, *self.expected)):
            with self.subTest(arguments=arguments):
                self.fails(USAGE, *arguments)
        for arguments in (
                ("check", self.file, self.scratch / "none", *self.expected),
                ("check", self.scratch / "none", self.cmw, *self.expected),
                ("check", self.cmw, self.cmw, *self.expected)):
            with self.subTest(arguments=arguments):
                self.fails(LOCAL, *arguments)


if __name__ == "__main__":
    signal.alarm(280)
    unittest.main()

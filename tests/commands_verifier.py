#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""vouch key and vouch appraise, and connections on which a Verifier judges: as
another process at the time (background check), or before (passport)."""

import base64
import hashlib
import json
import pathlib
import shlex
import shutil
import signal
import subprocess
import tempfile
import unittest

import commands_links
from commands_links import CLEAN, LOCAL, NETWORK, REFUSED, USAGE, VOUCH

CWT = 'application/eat+cwt; eat_profile="tag:ietf.org,2026:rats/ear#04"'
JWT = 'application/eat+jwt; eat_profile="tag:ietf.org,2026:rats/ear#04"'
FORMATS = {"cwt": CWT, "jwt": JWT}
KEY_BOUND = ("--allow", "key-bound")


def vouch(*arguments, **more):
    return subprocess.run([VOUCH, *map(str, arguments)], timeout=60,
                          capture_output=True, **more)


def base64url(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Case(commands_links.Case):
    """alice serves and attests; bob appraises, by what a Verifier says."""

    def setUp(self):
        self.own = pathlib.Path(tempfile.mkdtemp(prefix="vouch-verifier-"))
        self.addCleanup(shutil.rmtree, self.own)
        self.bob = self.own / "bob"
        shutil.copytree(self.scratch / "bob", self.bob)
        self.policy = self.bob / "peers/alice.test/policy.corim"
        self.judged_by = self.own / "judged-by.corim"
        shutil.copy(self.policy, self.judged_by)
        self.policy.unlink()
        self.key = self.make_key("verifier")

    def succeed(self, *arguments, **more):
        done = vouch(*arguments, **more)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def make_key(self, name):
        public = self.succeed("key", self.own / f"{name}.key")
        (self.own / f"{name}.pem").write_bytes(public)
        return self.own / f"{name}.key"

    def believe(self, form, *rules, key="verifier"):
        format = ("--format", FORMATS[form])
        self.succeed("policy", "add-anchor", self.policy,
                     self.own / f"{key}.pem", *format)
        if rules:
            self.succeed("policy", "set", self.policy, *format, *rules)

    def program(self, body):
        program = self.own / "program"
        program.write_text(f"#!/bin/sh\nset -e\n{body}\n")
        program.chmod(0o700)
        return program

    def appraise(self, *options, key=None):
        return shlex.join(map(str, (
            VOUCH, "appraise", self.judged_by, "-", "--key", key or self.key,
            *options)))

    def attest(self, *options):
        """alice, whom nobody has to attest to."""
        return self.serve("--require", "none", *options)

    def relate(self, *options):
        return self.start("connect", self.bob, self.address, "--peer",
                          "alice.test", "--attest", "no", *options)

    def accepted(self, bob, level):
        event = bob.next("accepted")
        self.assertIsNotNone(event, bob.events)
        self.assertEqual((event["level"], event["tier"]), (level, "affirming"))
        self.assertEqual(event["vector"], {"executables": 2})
        anchor = subprocess.run(
            ["openssl", "pkey", "-pubin", "-in", self.own / "verifier.pem",
             "-outform", "DER"], check=True, capture_output=True).stdout
        self.assertEqual(event["anchor"], hashlib.sha256(anchor).hexdigest())
        return event


class Key(Case):
    def test_is_private_and_its_public_half_is_printed(self):
        self.assertEqual(self.key.stat().st_mode & 0o777, 0o600)
        public = subprocess.run(
            ["openssl", "pkey", "-in", self.key, "-pubout"], check=True,
            capture_output=True).stdout
        self.assertEqual((self.own / "verifier.pem").read_bytes(), public)

    def test_is_replaced_only_when_told(self):
        before = self.key.read_bytes()
        self.assertEqual(vouch("key", self.key).returncode, LOCAL)
        self.assertEqual(self.key.read_bytes(), before)
        self.succeed("key", self.key, "--force")
        self.assertNotEqual(self.key.read_bytes(), before)

    def test_wrong_arguments(self):
        for arguments in ((), ("a", "b"), (self.own / "x", "--raw")):
            self.assertEqual(vouch("key", *arguments).returncode, USAGE)


class BackgroundCheck(Case):
    def test_result_is_bound_to_the_exchange(self):
        for form in FORMATS:
            with self.subTest(form=form):
                self.believe(form)
                program = self.program(self.appraise("--form", form))
                alice = self.attest()
                bob = self.relate("--verifier", program, "--rounds", "2")
                event = self.accepted(bob, "bound")
                self.assertEqual(event["attester"], "software")
                bob.send(b"after the verdict")
                bob.end_input()
                self.end({bob: CLEAN, alice: CLEAN})
                self.assertEqual(alice.data, b"after the verdict")
                self.assertEqual(bob.events[-1]["accepted"], 3)
                self.policy.unlink()

    def test_refusal_has_the_verifiers_reason(self):
        self.believe("cwt")
        self.succeed("policy", "add-measurement", self.judged_by, "more",
                     "00" * 32)
        self.attest()
        bob = self.relate("--verifier", self.program(self.appraise()))
        event = bob.next("refused")
        self.assertEqual((event["check"], event["claim"], event["name"],
                          event["expected"]),
                         ("reference", "measurements", "more", "00" * 32))
        self.end({bob: REFUSED})
        self.assertNotIn("accepted", bob.names())

    def test_only_who_is_believed_counts(self):
        self.believe("cwt")
        self.make_key("stranger")
        self.attest()
        bob = self.relate("--verifier", self.program(
            self.appraise(key=self.own / "stranger.key")))
        self.assertEqual(bob.next("refused")["check"], "anchor")
        self.end({bob: REFUSED})

    def test_result_for_another_exchange_is_refused(self):
        """The Verifier's first word is given again and again."""
        self.believe("cwt", "--allow", "key-bound")
        kept = shlex.quote(str(self.own / "kept"))
        alice = self.attest()
        bob = self.relate("--rounds", "1", *KEY_BOUND, "--verifier", self.program(
            f"[ -e {kept} ] || {self.appraise()} >{kept}\ncat {kept}"))
        self.accepted(bob, "bound")
        event = bob.next("refused")
        self.assertEqual((event["check"], event["claim"]),
                         ("binding", "eat_nonce"))
        self.end({bob: REFUSED, alice: REFUSED})

    def test_policy_for_an_older_profile_takes_no_newer_result(self):
        """What appraise writes is of the newest; the type must be exact."""
        self.succeed("policy", "add-anchor", self.policy,
                     self.own / "verifier.pem", "--format",
                     CWT.replace("#04", "#03"))
        self.attest()
        bob = self.relate("--verifier", self.program(self.appraise()))
        self.assertEqual(bob.next("refused")["check"], "format")
        self.end({bob: REFUSED})

    def test_passport_will_not_do_unless_allowed(self):
        self.believe("cwt")
        self.attest()
        bob = self.relate(*KEY_BOUND, "--verifier",
                          self.program(self.appraise("--key-bound")))
        self.assertEqual(bob.next("refused")["check"], "level")
        self.end({bob: REFUSED})

    def test_evidence_is_no_result(self):
        self.believe("cwt")
        self.attest()
        bob = self.relate("--verifier", self.program("exec cat"))
        self.assertEqual(bob.next("refused")["check"], "format")
        self.end({bob: REFUSED})

    def test_verifier_that_gives_none_decides_nothing(self):
        self.believe("cwt")
        for body in ("exit 7", "exec /none", "head -c 100000 /dev/zero"):
            with self.subTest(body=body):
                self.attest()
                bob = self.relate("--verifier", self.program(body))
                self.assertEqual(bob.next("undecided")["check"], "result")
                bob.interrupt()
                bob.status()
                self.assertNotIn("accepted", bob.names())
                self.assertNotIn("gate", bob.names())


class Passport(Case):
    def issue(self, *options, form="cwt"):
        """What a Verifier says of alice, by the evidence of a connection."""
        passport = self.own / "passport"
        self.believe(form)
        alice = self.attest()
        bob = self.relate("--verifier", self.program(
            f"tee {shlex.quote(str(self.own / 'evidence'))} | "
            f"{self.appraise('--form', form)} | "
            f"tee {shlex.quote(str(self.own / 'bound'))}\n"
            f"{self.appraise('--form', form, '--key-bound', *options)} "
            f"<{shlex.quote(str(self.own / 'evidence'))} "
            f">{shlex.quote(str(passport))}"))
        self.accepted(bob, "bound")
        bob.end_input()
        self.end({bob: CLEAN, alice: CLEAN})
        return passport

    def show(self, passport, *options):
        return self.attest("--attester", "passport", "--passport", passport,
                           *options)

    def test_is_key_bound(self):
        for form in FORMATS:
            with self.subTest(form=form):
                passport = self.issue(form=form)
                self.believe(form, "--allow", "key-bound")
                alice = self.show(passport)
                bob = self.relate("--rounds", "2", *KEY_BOUND)
                event = self.accepted(bob, "key bound")
                self.assertEqual(event["attester"], "passport")
                bob.send(b"to who has that key")
                bob.end_input()
                self.end({bob: CLEAN, alice: CLEAN})
                self.assertEqual(alice.data, b"to who has that key")
                self.policy.unlink()

    def test_needs_consent(self):
        passport = self.issue()
        self.show(passport)
        bob = self.relate(*KEY_BOUND)
        self.assertEqual(bob.next("refused")["check"], "level")
        self.end({bob: REFUSED})

    def test_needs_consent_of_this_side_as_well(self):
        passport = self.issue()
        self.believe("cwt", "--allow", "key-bound")
        self.show(passport)
        bob = self.relate()
        self.assertEqual(bob.next("refused")["check"], "level")
        self.end({bob: REFUSED})
        self.assertNotIn("gate", bob.names())

    def test_result_for_another_connection_is_no_passport(self):
        self.issue()
        self.believe("cwt", "--allow", "key-bound")
        self.show(self.own / "bound")
        bob = self.relate(*KEY_BOUND)
        self.assertEqual(bob.next("undecided")["error"], "declined")
        self.end({bob: REFUSED})
        self.assertNotIn("accepted", bob.names())

    def test_of_another_host_is_not_shown(self):
        passport = self.issue()
        self.believe("cwt", "--allow", "key-bound")
        shutil.copytree(self.bob / "peers/alice.test",
                        self.scratch / "eve-of-alice", dirs_exist_ok=True)
        eve = self.start("serve", self.scratch / "eve", "--listen",
                         "127.0.0.1:0", "--require", "none", "--attester",
                         "passport", "--passport", passport)
        self.address = eve.next("listening")["addr"]
        alice = self.start("connect", self.scratch / "alice", self.address,
                           "--peer", "eve.test", "--attest", "no", *KEY_BOUND)
        self.assertIsNone(alice.next("accepted"))

    def test_ends_with_its_lifetime(self):
        passport = self.issue("--lifetime", "1s")
        self.believe("cwt", "--allow", "key-bound")
        self.show(passport)
        # accepted once, if that is fast enough, and asked again at its end
        bob = self.relate("--max-age", "1h", *KEY_BOUND)
        while (event := bob.next("undecided")) is None:
            self.fail(bob.events)
        self.assertEqual(event["error"], "declined")
        bob.interrupt()
        bob.status()

    def test_is_about_no_operation(self):
        passport = self.issue()
        done = vouch("serve", self.scratch / "alice", "--listen", "127.0.0.1:0",
                     "--attester", "passport", "--passport", passport,
                     "--execute", "authenticated", "--run", "/bin/cat")
        self.assertEqual(done.returncode, USAGE)

    def test_what_is_none_is_not_shown(self):
        self.issue()
        for name in ("evidence", "verifier.pem", "none"):
            done = vouch("serve", self.scratch / "alice", "--listen",
                         "127.0.0.1:0", "--attester", "passport",
                         "--passport", self.own / name)
            self.assertEqual(done.returncode, LOCAL, done.stderr)
            self.assertIn(name.encode(), done.stderr)

    def test_options_that_need_each_other(self):
        for options in (("--attester", "passport"), ("--passport", "x"),
                        ("--attester", "software", "--passport", "x"),
                        ("--attester", "tpm"), ("--verifier", ""),
                        ("--attest", "no", "--attester", "passport",
                         "--passport", "x"),
                        ("--require", "none", "--verifier", "x"),
                        ("--require", "none", *KEY_BOUND),
                        ("--allow", "warning"), ("--allow", "")):
            done = vouch("serve", self.scratch / "alice", "--listen",
                         "127.0.0.1:0", *options)
            self.assertEqual(done.returncode, USAGE, options)


class Appraise(Case):
    """The command by itself, on evidence that was kept."""

    def setUp(self):
        super().setUp()
        self.expected = self.own / "expected"
        self.believe("cwt")
        alice = self.attest()
        bob = self.relate("--verifier", self.program(
            f"env >{shlex.quote(str(self.expected))}\n"
            f"tee {shlex.quote(str(self.own / 'kept'))} | {self.appraise()}"))
        self.accepted(bob, "bound")
        bob.end_input()
        self.end({bob: CLEAN, alice: CLEAN})
        self.policy.unlink()
        self.environment = dict(
            line.split("=", 1) for line in self.expected.read_text().split("\n")
            if line.startswith("VOUCH_") and "SOURCE" not in line)

    def run_it(self, *options, **environment):
        return vouch("appraise", self.judged_by, self.own / "kept", "--key",
                     self.key, *options,
                     env={**self.environment, **environment})

    def claims(self, *options):
        done = self.run_it("--form", "jwt", "--raw", *options)
        self.assertEqual(done.returncode, 0, done.stderr)
        header, payload, _ = done.stdout.decode().split(".")
        self.assertEqual(json.loads(base64url(header))["alg"], "ES256")
        return json.loads(base64url(payload))

    def test_claims_are_what_was_asked_for(self):
        claims = self.claims("--label", "alice", "--lifetime", "7s",
                             "--nonce", "0102030405060708")
        appraisal = claims["submods"]["alice"]
        self.assertEqual(claims["eat_profile"],
                         "tag:ietf.org,2026:rats/ear#04")
        self.assertEqual(claims["exp"] - claims["iat"], 7)
        self.assertEqual(base64url(claims["eat_nonce"]).hex(),
                         "0102030405060708")
        self.assertEqual(appraisal["ear_status"], "affirming")
        self.assertEqual(base64url(appraisal["eat_nonce"]).hex(),
                         self.environment["VOUCH_BINDER"])
        self.assertEqual(
            base64url(appraisal["vouch.aik_pub_hash"]).hex(),
            hashlib.sha256(bytes.fromhex(
                self.environment["VOUCH_AIK_SPKI"])).hexdigest())
        self.assertNotIn("eat_nonce",
                         self.claims("--key-bound")["submods"]["attester"])

    def test_other_expectations_are_refused_in_the_result(self):
        for option, length in (("--binder", 32), ("--aik-pub-hash", 32)):
            claims = self.claims(option, "00" * length, "--aik-spki", "")
            appraisal = claims["submods"]["attester"]
            self.assertEqual(appraisal["ear_status"], "contraindicated")
            self.assertEqual(appraisal["vouch.refusal"]["check"], "binding")

    def test_wrong_arguments(self):
        for options in (("--binder", "0"), ("--binder", "00" * 31),
                        ("--aik-pub-hash", "xy"), ("--form", "xml"),
                        ("--lifetime", "0"), ("--nonce", "00" * 65),
                        ("--label", "")):
            done = self.run_it(*options)
            self.assertEqual(done.returncode, USAGE, (options, done.stderr))
        done = vouch("appraise", self.judged_by, self.own / "kept", "--key",
                     self.key)
        self.assertEqual(done.returncode, USAGE)
        done = vouch("appraise", self.judged_by, self.own / "kept",
                     env=self.environment)
        self.assertEqual(done.returncode, USAGE)

    def test_what_can_not_be_read(self):
        for policy, evidence, key in (
                ("none", "kept", "verifier.key"),
                ("judged-by.corim", "none", "verifier.key"),
                ("judged-by.corim", "kept", "verifier.pem"),
                ("kept", "kept", "verifier.key")):
            done = vouch("appraise", self.own / policy, self.own / evidence,
                         "--key", self.own / key, env=self.environment)
            self.assertEqual(done.returncode, LOCAL, done.stderr)
            self.assertEqual(done.stdout, b"")


if __name__ == "__main__":
    signal.alarm(840)
    unittest.main()

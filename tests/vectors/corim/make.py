#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes corim.json beside it, or into the directory that is named. It is made
from draft-ietf-rats-corim-11 and proto/README.md, 18, with the CBOR and ECDSA
of proto/vectors/make.py, and shares no code with the library. README.md here
says what stands in the file."""

import base64
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE.parents[2] / "proto/vectors"))

from make import (Key, SOFTWARE, Tag, bit_string, cbor, certificate,  # noqa: E402
                  extension, raw_map, sequence)

TIME = 1800000000
PROFILE = Tag(32, "tag:vouch,2026:corim")
OCTETS = bytes(range(64))
UEID = b"\1" + OCTETS[:32]
OTHER = b"\2" + OCTETS[:16]
POSTURE = "application/vnd.vouch.posture+cbor"


def pem(label, octets):
    body = base64.b64encode(octets).decode()
    lines = [body[i:i + 64] for i in range(0, len(body), 64)]
    return "\n".join([f"-----BEGIN {label}-----", *lines,
                      f"-----END {label}-----", ""])


FIRST, SECOND, SIGNER, STRANGER = map(Key, (
    "first key of a policy", "second key of a policy", "signer", "stranger"))
ROOT = Key("root of a policy")
CA = certificate(1, "policy root", ROOT, "policy root", ROOT.spki,
                 [extension("2.5.29.19", True, sequence(b"\1\1\xff")),
                  extension("2.5.29.15", True, bit_string(b"\4", 2))])
LEAF = certificate(2, "policy root", ROOT, "leaf", FIRST.spki,
                   [extension("2.5.29.15", True, bit_string(b"\x80", 7))])
KEY = Tag(554, pem("PUBLIC KEY", FIRST.spki))


def environment(model=SOFTWARE, vendor="vouch", index=None, instance=None,
                **more):
    names = {"class_id": 0, "layer": 3}
    klass = {1: vendor, 2: model,
             **({} if index is None else {4: index}),
             **{names[k]: v for k, v in more.items() if k in names}}
    return {0: klass, **({} if instance is None else {1: instance}),
            **({2: more["group"]} if "group" in more else {})}


ENV = environment()
DIGESTS = [[1, OCTETS[:32]]]


def measurement(name=None, **values):
    numbers = {"svn": 1, "digests": 2, "flags": 3, "ueid": 9,
               "required": -80001, "forbidden": -80002, "max_age": -80003,
               "min_version": -80004, "allowed": -80005}
    mval = {numbers[k]: v for k, v in values.items()}
    return {1: mval} if name is None else {0: name, 1: mval}


EXECUTABLE = measurement("executable", digests=DIGESTS)


def comid(triples, tag_id="a", **more):
    names = {"language": 0, "entities": 2, "linked": 3, "extension": -1}
    identity = {0: tag_id, **({1: more["version"]} if "version" in more
                              else {})}
    return Tag(506, cbor({1: identity, 4: triples,
                          **{names[k]: v for k, v in more.items()
                             if k in names}}))


def corim(*tags, profile=PROFILE, **more):
    names = {"dependent": 2, "validity": 4, "entities": 5, "extension": -1}
    top = {0: more.get("id", "vector"), 1: list(tags), 3: profile,
           **{names[k]: v for k, v in more.items() if k in names}}
    return cbor(Tag(501, {k: v for k, v in top.items() if v is not None}))


def references(*records):
    return corim(comid({0: list(records)}))


def said(**values):
    """A CoRIM of one anonymous measurement."""
    return references([ENV, [measurement(**values)]])


def keys(*list_, environment=ENV, more=()):
    return corim(comid({3: [[environment, list(list_), *more]]}))


META = {0: {0: "ACME Ltd.", 1: Tag(32, "https://acme.example")}}
HEADER = {1: -7, 3: "application/rim+cbor", 4: b"any",
          8: cbor({**META, 1: {0: Tag(1, TIME), 1: Tag(1, TIME)}})}


def signed(payload, header=None, unprotected=None, key=SIGNER, tag=18,
           last=0):
    protected = cbor(HEADER if header is None else header)
    r, s = key.sign(cbor(["Signature1", protected, b"", payload]))
    signature = bytearray(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    signature[-1] ^= last
    return cbor(Tag(tag, [protected, unprotected or {}, payload,
                          bytes(signature)]))


def header(**changes):
    numbers = {"alg": 1, "content_type": 3, "meta": 8, "cwt": 15}
    changed = {**HEADER, **{numbers[k]: v for k, v in changes.items()}}
    return {k: v for k, v in changed.items() if v is not None}


# --- what is read -------------------------------------------------------------

ENTITY = {0: "ACME Inc.", 1: Tag(32, "https://acme.example"), 2: [1]}
PLAIN = references([ENV, [EXECUTABLE]])
PLAIN_SAYS = [[SOFTWARE, "reference", "executable", OCTETS[:32]]]


def backwards(item):
    """Maps in descending order of their keys, as nobody has to sort them."""
    if isinstance(item, dict):
        return raw_map(sorted(((backwards(k), backwards(v))
                               for k, v in item.items()), reverse=True))
    if isinstance(item, list):
        return cbor(item)[:1] + b"".join(map(backwards, item))
    if isinstance(item, Tag):
        inner = item.item
        if item.number == 506:
            raise ValueError("a tag within is written first")
        return cbor(Tag(item.number, 0))[:-1] + backwards(inner)
    return cbor(item)


def turned_round():
    triples = {0: [[environment(instance=Tag(550, UEID)),
                    [EXECUTABLE, measurement("library:libc.so.6",
                                             digests=DIGESTS)]]]}
    tag = cbor(Tag(506, backwards({1: {0: b"\7" * 16, 1: 3}, 4: triples})))
    head = cbor(Tag(501, 0))[:-1]
    pairs = [(cbor(3), cbor(PROFILE)), (cbor(1), b"\x81" + tag),
             (cbor(0), cbor(b"\5" * 16))]
    return head + raw_map(pairs)


def good():
    vectors = []

    def add(name, octets, says, is_signed=False, not_after=None):
        vectors.append({"name": name, "corim": octets, "signed": is_signed,
                        "says": says, "not_after": not_after})

    add("one measurement", PLAIN, PLAIN_SAYS)
    add("informative members",
        corim(comid({0: [[ENV, [EXECUTABLE]]]}, language="en", version=7,
                    entities=[{**ENTITY, 2: [0]}],
                    linked=[{0: "another", 1: 0}, {0: b"\3" * 16, 1: 0}]),
              entities=[ENTITY], id=b"\4" * 16,
              validity={0: Tag(1, TIME - 1), 1: Tag(1, TIME + 1)}),
        PLAIN_SAYS, not_after=TIME + 1)
    add("valid until this second",
        corim(comid({0: [[ENV, [EXECUTABLE]]]}),
              validity={0: Tag(1, TIME), 1: Tag(1, TIME)}),
        PLAIN_SAYS, not_after=TIME)
    add("keys in any order, one instance", turned_round(),
        PLAIN_SAYS + [[SOFTWARE, "reference", "library:libc.so.6",
                       OCTETS[:32]],
                      [SOFTWARE, "instance", UEID]])
    add("algorithms by name and number",
        references([ENV, [measurement("executable", digests=[
            ["sha-256", OCTETS[:32]], [7, OCTETS[:48]],
            ["sha-512", OCTETS]])]],
            [ENV, [measurement("library:a", digests=[["sha-384",
                                                     OCTETS[:48]]]),
                   measurement("library:b", digests=[[8, OCTETS]])]]),
        PLAIN_SAYS + [[SOFTWARE, "reference", "executable", OCTETS[:48]],
                      [SOFTWARE, "reference", "executable", OCTETS],
                      [SOFTWARE, "reference", "library:a", OCTETS[:48]],
                      [SOFTWARE, "reference", "library:b", OCTETS]])
    add("alternatives are triples of their own",
        references([ENV, [EXECUTABLE]],
                   [ENV, [measurement("executable",
                                      digests=[[1, OCTETS[32:]]])]],
                   [ENV, [measurement(ueid=UEID)]],
                   [ENV, [measurement(ueid=OTHER)]]),
        PLAIN_SAYS + [[SOFTWARE, "reference", "executable", OCTETS[32:]],
                      [SOFTWARE, "instance", UEID],
                      [SOFTWARE, "instance", OTHER]])
    add("the same value beside others, twice",
        references([ENV, [EXECUTABLE, measurement(ueid=UEID, max_age=60)]],
                   [ENV, [EXECUTABLE, measurement("library:a",
                                                  digests=DIGESTS)]]),
        PLAIN_SAYS + [[SOFTWARE, "instance", UEID],
                      [SOFTWARE, "max-age", 60],
                      [SOFTWARE, "reference", "library:a", OCTETS[:32]]])
    add("every rule",
        said(svn=Tag(553, 1 << 63), flags={3: False},
             required=[256, -80005, 10], forbidden=[263, 1000],
             max_age=(1 << 32) - 1, min_version="1.10", allowed=7),
        [[SOFTWARE, "min-security-version", 1 << 63],
         [SOFTWARE, "debug", "disabled"], [SOFTWARE, "require", "ueid"],
         [SOFTWARE, "require", "epoch"], [SOFTWARE, "require", "eat_nonce"],
         [SOFTWARE, "forbid", "dbgstat"], [SOFTWARE, "forbid", "ear_status"],
         [SOFTWARE, "max-age", (1 << 32) - 1],
         [SOFTWARE, "min-version", "1.10"], [SOFTWARE, "allow", "warning"],
         [SOFTWARE, "allow", "key-bound"], [SOFTWARE, "allow", "no-vector"]])
    add("every claim",
        said(required=[10, -80001, 256, 265, 6, 270, 271, -80002, -80003,
                       -80004, -80005, -80007, -80008, 4],
             forbidden=[5, 258, 259, 260, 261, 262, 263, 266, 267, 268, 1000,
                        1001, 1004]),
        [[SOFTWARE, "require", c] for c in (
            "eat_nonce", "aik_pub_hash", "ueid", "eat_profile", "iat",
            "swname", "swversion", "measurements", "kernel_release",
            "boot_id", "epoch", "posture", "security_version", "exp")] +
        [[SOFTWARE, "forbid", c] for c in (
            "nbf", "oemid", "hwmodel", "hwversion", "uptime", "oemboot",
            "dbgstat", "submods", "bootcount", "bootseed", "ear_status",
            "ear_trustworthiness_vector", "ear_verifier_id")])
    add("debugging allowed, nothing else", said(allowed=8),
        [[SOFTWARE, "debug", "allowed"]])
    add("keys and certificates",
        corim(comid({3: [[ENV, [KEY, Tag(555, pem("CERTIFICATE", CA))]],
                         [ENV, [Tag(562, CA)]]],
                     -80001: [[ENV, [[Tag(554, pem("PUBLIC KEY",
                                                   SECOND.spki)),
                                      b"key id"]]]]})),
        [[SOFTWARE, "key", FIRST.spki, b""], [SOFTWARE, "ca", CA],
         [SOFTWARE, "key", SECOND.spki, b"key id"]])
    add("two formats, and posture",
        corim(comid({0: [[environment(model="a/b", index=1),
                          [measurement("policy", digests=DIGESTS)]],
                         [ENV, [EXECUTABLE]]]}),
              comid({0: [[environment(model=POSTURE, index=1),
                          [measurement("model", digests=DIGESTS)]]]},
                    tag_id=b"a" + b"\0" * 15)),
        [["a/b", "component", "policy", OCTETS[:32]],
         [POSTURE, "component", "model", OCTETS[:32]]] + PLAIN_SAYS)
    add("a name of 255 octets",
        references([ENV, [measurement("n" * 255, digests=DIGESTS)]]),
        [[SOFTWARE, "reference", "n" * 255, OCTETS[:32]]])
    add("signed, with corim-meta", signed(PLAIN), PLAIN_SAYS, True, TIME)
    add("signed, with CWT claims",
        signed(PLAIN, header(meta=None, cwt={1: "ACME Ltd.", 2: "policies",
                                             4: TIME, 5: TIME, 99: b""})),
        PLAIN_SAYS, True, TIME)
    add("signed, with both and no validity",
        signed(PLAIN, header(meta=cbor(META), cwt={1: "ACME Ltd."})),
        PLAIN_SAYS, True)
    return vectors


# --- what is not ----------------------------------------------------------------


def refused():
    vectors = []

    def add(name, octets, error, why, is_signed=False):
        vectors.append({"name": name, "corim": octets, "signed": is_signed,
                        "error": error, "why": why})

    def illegal(name, octets, why):
        add(name, octets, "illegal", why)

    def wrong(name, octets, why):
        add(name, octets, "decode", why)

    # CoRIM, 4.1
    illegal("dependent-rims",
            corim(comid({0: [[ENV, [EXECUTABLE]]]}),
                  dependent=[{0: Tag(32, "https://acme.example")}]),
            "corim-map: is not read here, in number 2")
    illegal("an extension of corim-map",
            corim(comid({0: [[ENV, [EXECUTABLE]]]}), extension=0),
            "corim-map: is not read here, in number -1")
    wrong("no profile", corim(comid({0: [[ENV, [EXECUTABLE]]]}), profile=None),
          "corim-map: lacks number 3")
    for what, profile in (("another", Tag(32, "tag:vouch,2026:software")),
                          ("an OID for a", Tag(111, b"\x2a\3")),
                          ("an untagged", "tag:vouch,2026:corim")):
        illegal(f"{what} profile",
                corim(comid({0: [[ENV, [EXECUTABLE]]]}), profile=profile),
                "its profile is not tag:vouch,2026:corim")
    for number, what in ((505, "CoSWID"), (508, "CoTL")):
        illegal(f"a {what}", corim(Tag(number, b"\xa0")),
                f"$concise-tag-type-choice: is not read here, in number {number}")
    wrong("no tags", corim(), "corim-map: not as the draft has it")
    wrong("an untagged tag", corim(b"\xa0"), "$concise-tag-type-choice")
    wrong("a number for an id", corim(comid({0: [[ENV, [EXECUTABLE]]]}), id=1),
          "corim-map: not as the draft has it")
    wrong("an id of 15 octets",
          corim(comid({0: [[ENV, [EXECUTABLE]]]}), id=b"a" * 15), "corim-map")
    illegal("not valid any more",
            corim(comid({0: [[ENV, [EXECUTABLE]]]}),
                  validity={1: Tag(1, TIME - 1)}),
            f"validity-map: not valid after {TIME - 1}")
    illegal("not valid yet",
            corim(comid({0: [[ENV, [EXECUTABLE]]]}),
                  validity={0: Tag(1, TIME + 1), 1: Tag(1, TIME + 2)}),
            f"validity-map: not valid before {TIME + 1}")
    for what, validity in (("no end", {0: Tag(1, TIME)}), ("no map", []),
                           ("an untagged time", {1: TIME}),
                           ("a text for a time", {1: Tag(1, "now")})):
        wrong(f"validity with {what}",
              corim(comid({0: [[ENV, [EXECUTABLE]]]}), validity=validity),
              "validity-map")
    wrong("another tag", cbor(Tag(500, {})), "corim: not as the draft has it")
    wrong("no tag", cbor({0: "vector"}), "corim: not as the draft has it")
    add("a tag within that is no CBOR", corim(Tag(506, b"\xa1")), "cbor",
        "concise-mid-tag: not CBOR")

    # CoRIM, 5.1
    illegal("an extension of concise-mid-tag",
            corim(comid({0: [[ENV, [EXECUTABLE]]]}, extension=0)),
            "concise-mid-tag: is not read here, in number -1")
    illegal("a tag that replaces another",
            corim(comid({0: [[ENV, [EXECUTABLE]]]},
                        linked=[{0: "b", 1: 0}, {0: "c", 1: 1}])),
            "linked-tag-map: a tag that replaces another")
    wrong("two tags of one name",
          corim(comid({0: [[ENV, [EXECUTABLE]]]}),
                comid({3: [[ENV, [KEY]]]}, version=1)),
          "tag-identity-map: two tags have the same tag-id")
    wrong("a tag-id that is a number",
          corim(comid({0: [[ENV, [EXECUTABLE]]]}, tag_id=1)),
          "tag-identity-map")
    wrong("a version that is text",
          corim(comid({0: [[ENV, [EXECUTABLE]]]}, version="1")),
          "tag-identity-map")
    for number in (1, 2, 4, 5, 6, 8, 10, -80002):
        illegal(f"triples {number}",
                corim(comid({0: [[ENV, [EXECUTABLE]]], number: [[ENV, []]]})),
                f"triples-map: is not read here, in number {number}")
    wrong("no triples", corim(comid({})), "triples-map: not as the draft")
    wrong("no triple", corim(comid({0: []})), "triples-map: not as the draft")

    # environments
    illegal("a class-id", references([environment(class_id=Tag(560, b"x")),
                                      [EXECUTABLE]]),
            "class-map: is not read here, in number 0")
    illegal("a layer", references([environment(layer=1), [EXECUTABLE]]),
            "class-map: is not read here, in number 3")
    illegal("a group", references([environment(group=Tag(560, b"x")),
                                   [EXECUTABLE]]),
            "environment-map: is not read here, in number 2")
    illegal("another index", references([environment(index=0), [EXECUTABLE]]),
            "class-map: its index is not 1")
    illegal("another vendor", references([environment(vendor="ACME"),
                                          [EXECUTABLE]]),
            'class-map: its vendor is not "vouch"')
    wrong("no vendor", references([{0: {2: SOFTWARE}}, [EXECUTABLE]]),
          "class-map: lacks number 1")
    wrong("no model", references([{0: {1: "vouch"}}, [EXECUTABLE]]),
          "class-map: lacks number 2")
    for model in ("", "a" * 256, "a/\u00e9", "a\0"):
        illegal(f"model {model[:4]!r}",
                references([environment(model=model), [EXECUTABLE]]),
                "class-map: its model is no media type")
    wrong("no class", references([{1: Tag(550, UEID)}, [EXECUTABLE]]),
          "environment-map: lacks number 0")
    for number in (37, 554, 560, 558):
        illegal(f"an instance of tag {number}",
                references([environment(instance=Tag(number, b"i" * 16)),
                            [EXECUTABLE]]),
                f"$instance-id-type-choice: is not read here, in number {number}")
    for size in (6, 34):
        wrong(f"an instance of {size} octets",
              references([environment(instance=Tag(550, b"i" * size)),
                          [EXECUTABLE]]), "$instance-id-type-choice")
    illegal("an instance of zeros",
            references([environment(instance=Tag(550, b"\1" + b"\0" * 16)),
                        [EXECUTABLE]]), "environment-map: an instance of zeros")
    illegal("two instances",
            references([environment(instance=Tag(550, UEID)), [EXECUTABLE]],
                       [environment(instance=Tag(550, OTHER)), [EXECUTABLE]]),
            "not all of one model have the same instance")
    illegal("with an instance and without",
            references([environment(instance=Tag(550, UEID)), [EXECUTABLE]],
                       [ENV, [EXECUTABLE]]),
            "not all of one model have the same instance")
    illegal("an instance, and a ueid",
            references([environment(instance=Tag(550, UEID)),
                        [measurement(ueid=UEID)]]),
            "environment-map: its instance has a ueid besides")

    for what, klass in (("vendor", {1: 1, 2: SOFTWARE}),
                        ("model", {1: "vouch", 2: b"a/b"})):
        wrong(f"a {what} that is no text",
              references([{0: klass}, [EXECUTABLE]]),
              "class-map: not as the draft has it")
    wrong("an untagged instance",
          references([environment(instance=UEID), [EXECUTABLE]]),
          "$instance-id-type-choice: not as the draft has it")

    # measurements
    illegal("authorized-by", references([ENV, [{**EXECUTABLE, 2: [KEY]}]]),
            "measurement-map: is not read here, in number 2")
    for what, mkey in (("number", 1), ("UUID", Tag(37, b"u" * 16)),
                       ("OID", Tag(111, b"\x2a\3"))):
        illegal(f"a name that is a {what}",
                references([ENV, [measurement(mkey, digests=DIGESTS)]]),
                "$measured-element-type-choice: what is no text")
    for name in ("", "n" * 256):
        illegal(f"a name of {len(name)} octets",
                references([ENV, [measurement(name, digests=DIGESTS)]]),
                "$measured-element-type-choice")
    illegal("a name with NUL",
            references([ENV, [measurement("a\0b", digests=DIGESTS)]]),
            "digest: a value that no policy can have")
    for number, value in ((0, {0: "1"}), (4, Tag(560, b"x")), (5, b"x"),
                          (6, b"m" * 6), (7, b"i" * 4), (8, "serial"),
                          (10, b"u" * 16), (11, "name"), (13, [KEY]),
                          (14, {0: DIGESTS}), (15, 1), (-80006, 1)):
        illegal(f"measurement value {number}",
                references([ENV, [{0: "executable",
                                   1: {2: DIGESTS, number: value}}]]),
                f"measurement-values-map: is not read here, in number {number}")
    wrong("no measurement value", references([ENV, [{0: "a", 1: {}}]]),
          "measurement-values-map: not as the draft has it")
    wrong("a reference triple of one item", references([ENV]),
          "reference-triple-record: not as the draft has it")
    wrong("a reference triple that is a map", references(ENV),
          "reference-triple-record: not as the draft has it")
    wrong("a key triple that is a map", corim(comid({3: [ENV]})),
          "attest-key-triple-record: not as the draft has it")
    wrong("linked tags that are none",
          corim(comid({0: [[ENV, [EXECUTABLE]]]}, linked=[])),
          "linked-tag-map: not as the draft has it")
    wrong("no measurement", references([ENV, []]),
          "reference-triple-record: not as the draft has it")
    illegal("digests without a name", said(digests=DIGESTS),
            "measurement-values-map: is not read without a name, in number 2")
    for name, number, value in (("svn", 1, Tag(553, 1)),
                                ("flags", 3, {3: False}), ("ueid", 9, UEID),
                                ("max_age", -80003, 1)):
        illegal(f"{name} of a named measurement",
                references([ENV, [measurement("executable", digests=DIGESTS,
                                              **{name: value})]]),
                f"is not read of a named measurement, in number {number}")
        illegal(f"{name} of the posture",
                references([environment(index=1),
                            [measurement(**{name: value})]]),
                f"is not read of the posture, in number {number}")
    illegal("SHA-384 of a component",
            references([environment(index=1),
                        [measurement("policy", digests=[[7, OCTETS[:48]]])]]),
            "digest: a value that no policy can have")
    for svn in (1, Tag(552, 1)):
        illegal(f"an exact svn, {'tagged' if svn != 1 else 'untagged'}",
                said(svn=svn), "svn-type-choice: what is no min-svn")
    wrong("a negative svn", said(svn=Tag(553, -1)), "svn-type-choice")
    illegal("debugging must be on", said(flags={3: True}),
            "flags-map: that debugging must be on")
    for number in (0, 1, 2, 4, 5, 6, 7, 8, 9, 10, -1):
        illegal(f"flag {number}", said(flags={3: False, number: True}),
                f"flags-map: is not read here, in number {number}")
    wrong("no flag", said(flags={}), "flags-map: lacks number 3")
    wrong("a flag that is a number", said(flags={3: 0}), "flags-map")
    for alg in (0, 2, 6, 9, -1):
        illegal(f"hash algorithm {alg}",
                references([ENV, [measurement("a", digests=[[alg,
                                                             OCTETS[:32]]])]]),
                f"digest: is not read here, in number {alg}")
    illegal("hash algorithm sha256",
            references([ENV, [measurement("a", digests=[["sha256",
                                                         OCTETS[:32]]])]]),
            "digest: an algorithm that is not read here")
    for alg, size in ((1, 31), (1, 33), (7, 32), (8, 48)):
        wrong(f"a digest of algorithm {alg} with {size} octets",
              references([ENV, [measurement("a", digests=[[alg,
                                                           OCTETS[:size]]])]]),
              "digest: not as the draft has it")
    for what, digest in (("of one item", [1]), ("that is none", OCTETS[:32]),
                         ("of an algorithm in octets",
                          [b"sha-256", OCTETS[:32]])):
        wrong(f"a digest {what}",
              references([ENV, [measurement("a", digests=[digest])]]),
              "digest: not as the draft has it")
    wrong("no digest", references([ENV, [measurement("a", digests=[])]]),
          "digests-type")
    wrong("one algorithm twice, by number and name",
          references([ENV, [measurement("a", digests=[
              [1, OCTETS[:32]], ["sha-256", OCTETS[32:]]])]]),
          "digest: an algorithm stands twice")
    illegal("an instance of zeros, measured", said(ueid=b"\1" + b"\0" * 16),
            "ueid-type: a value that no policy can have")
    wrong("a ueid of 6 octets", said(ueid=b"u" * 6), "ueid-type")

    # what would be wider as a policy than it was meant
    second = measurement("executable", digests=[[1, OCTETS[32:]]])
    other = measurement("library:a", digests=DIGESTS)
    company = ("reference-triple-record: what has alternatives stands beside "
               "something else")
    illegal("alternatives of what two names have together",
            references([ENV, [EXECUTABLE, other]], [ENV, [second]]), company)
    illegal("alternatives of what two names have together, the other way round",
            references([ENV, [second]], [ENV, [EXECUTABLE, other]]), company)
    illegal("one name with two values in one triple",
            references([ENV, [EXECUTABLE, second]]), company)
    illegal("alternatives of components",
            references([environment(index=1), [EXECUTABLE, other]],
                       [environment(index=1), [second]]), company)
    illegal("an instance that goes with a measurement, and another",
            references([ENV, [EXECUTABLE, measurement(ueid=UEID)]],
                       [ENV, [measurement(ueid=OTHER)]]), company)
    illegal("an algorithm more beside something else",
            references([ENV, [EXECUTABLE, other]],
                       [ENV, [measurement("executable",
                                          digests=[[7, OCTETS[:48]]])]]),
            company)
    for name, value in (("svn", Tag(553, 1)), ("flags", {3: False}),
                        ("required", [10]), ("forbidden", [10]),
                        ("max_age", 1), ("min_version", "1"), ("allowed", 1)):
        illegal(f"alternatives of {name}",
                references([ENV, [measurement(**{name: value})]],
                           [ENV, [measurement(**{name: value})]]),
                "alternatives are not read here")

    # the profile's own
    illegal("an unknown claim", said(required=[10, 11]),
            "required claims: a value that no policy can have")
    illegal("a claim required and forbidden",
            said(required=[10, 256], forbidden=[256]),
            "forbidden claims: a value that no policy can have")
    wrong("no claims", said(required=[]), "claims of tag:vouch,2026:corim")
    wrong("a claim that is text", said(forbidden=["ueid"]),
          "claims of tag:vouch,2026:corim")
    illegal("a maximum age that is too long", said(max_age=1 << 32),
            "max-age: a value that no policy can have")
    wrong("a negative maximum age", said(max_age=-1), "max-age")
    for version in ("", "1.", "1.a", "1" * 256, "1\0"):
        illegal(f"least version {version[:4]!r}", said(min_version=version),
                "min-version: a value that no policy can have")
    wrong("a least version that is a number", said(min_version=1),
          "min-version")
    wrong("a permission that is text", said(allowed="warning"),
          "allowed of tag:vouch,2026:corim")
    illegal("an unknown permission", said(allowed=16), "an unknown bit")
    illegal("debugging allowed and forbidden",
            said(flags={3: False}, allowed=8),
            "flags-map: debugging is both allowed and forbidden")

    # keys
    for number in (556, 557, 558, 559, 560, 561):
        illegal(f"a key of tag {number}", keys(Tag(number, "key")),
                f"$crypto-key-type-choice: is not read here, in number {number}")
    wrong("an untagged key", keys(pem("PUBLIC KEY", FIRST.spki)),
          "$crypto-key-type-choice")
    wrong("no keys", keys(), "attest-key-triple-record")
    illegal("conditions", keys(KEY, more=[{0: "executable"}]),
            "attest-key-triple-record: conditions are not read here")
    wrong("more than conditions", keys(KEY, more=[{}, {}]),
          "attest-key-triple-record")
    illegal("keys of the posture", keys(KEY, environment=environment(index=1)),
            "attest-key-triple-record: keys of the posture")
    text = pem("PUBLIC KEY", FIRST.spki)
    for what, key in (("no PEM", "key"), ("two", text * 2),
                      ("text before it", "x\n" + text),
                      ("text behind it", text + "x"),
                      ("another label", pem("CERTIFICATE", FIRST.spki)),
                      ("no SubjectPublicKeyInfo", pem("PUBLIC KEY", b"\x30\0")),
                      ("an octet behind it",
                       pem("PUBLIC KEY", FIRST.spki + b"\0"))):
        illegal(f"a key with {what}", keys(Tag(554, key)),
                "PEM public key: a value that no policy can have")
    for what, cert in (("of no CA", pem("CERTIFICATE", LEAF)),
                       ("that is a key", text),
                       ("with an octet behind it",
                        pem("CERTIFICATE", CA + b"\0"))):
        illegal(f"a certificate {what}", keys(Tag(555, cert)),
                "PEM certificate: a value that no policy can have")
    illegal("a certificate of no CA in DER", keys(Tag(562, LEAF)),
            "DER certificate: a value that no policy can have")
    for size in (0, 65):
        wrong(f"a key id of {size} octets",
              corim(comid({-80001: [[ENV, [[KEY, b"k" * size]]]]})),
              "named-key of tag:vouch,2026:corim")
    wrong("a named certificate",
          corim(comid({-80001: [[ENV, [[Tag(562, CA), b"k"]]]]})),
          "named-key of tag:vouch,2026:corim")
    illegal("a key id of two keys",
            corim(comid({-80001: [[ENV, [[KEY, b"k"], [Tag(554, pem(
                "PUBLIC KEY", SECOND.spki)), b"k"]]]]})),
            "PEM public key: a value that no policy can have")

    # signatures
    def bad(name, octets, error, why):
        add(name, octets, error, why, True)

    illegal("signed, and no signer named", signed(PLAIN),
            "signed-corim: it is signed, and no signer was named")
    bad("not signed", PLAIN, "cbor", "signed-corim: no COSE_Sign1")
    bad("signed by another", signed(PLAIN, key=STRANGER), "signature",
        "it is not signed by the signer's key")
    bad("another signature", signed(PLAIN, last=1), "signature",
        "it is not signed by the signer's key")
    bad("another algorithm", signed(PLAIN, header(alg=-35)), "cose_algorithm",
        "it is not signed by the signer's key")
    bad("no algorithm", signed(PLAIN, header(alg=None)), "cose_algorithm",
        "signed-corim")
    bad("the algorithm unprotected",
        signed(PLAIN, header(alg=None), {1: -7}), "cose_algorithm",
        "signed-corim")
    bad("another tag than COSE_Sign1's", signed(PLAIN, tag=98), "cbor",
        "signed-corim")
    bad("no content type", signed(PLAIN, header(content_type=None)), "decode",
        "protected-corim-header-map: lacks number 3")
    bad("the content type unprotected",
        signed(PLAIN, header(content_type=None), {3: "application/rim+cbor"}),
        "decode", "protected-corim-header-map: lacks number 3")
    for type_ in ("application/corim-unsigned+cbor", 60):
        bad(f"content type {type_}", signed(PLAIN, header(content_type=type_)),
            "decode", "its content-type is not application/rim+cbor")
    bad("nobody named", signed(PLAIN, header(meta=None)), "decode",
        "neither corim-meta nor CWT-Claims names the signer")
    for what, meta in (("no signer", cbor({})), ("no name", cbor({0: {}})),
                       ("a number for a name", cbor({0: {0: 1}})),
                       ("a map", {0: {0: "ACME Ltd."}}),
                       ("an octet behind it", cbor(META) + b"\0")):
        bad(f"corim-meta with {what}", signed(PLAIN, header(meta=meta)),
            "decode", "corim-")
    bad("corim-meta with something more",
        signed(PLAIN, header(meta=cbor({**META, 2: 0}))), "illegal",
        "corim-meta-map: is not read here, in number 2")
    for what, claims in (("no issuer", {2: "policies"}), ("a number", {1: 1}),
                         ("a text for a time", {1: "x", 4: "now"}),
                         ("octets", b"\xa1\1\x61x")):
        bad(f"CWT claims with {what}",
            signed(PLAIN, header(meta=None, cwt=claims)), "decode",
            "cwt-claims")
    before = f"validity-map: not valid before {TIME + 1}"
    after = f"validity-map: not valid after {TIME - 1}"
    for what, meta, why in (
            ("not valid yet", {0: Tag(1, TIME + 1), 1: Tag(1, TIME + 2)},
             before), ("not valid any more", {1: Tag(1, TIME - 1)}, after)):
        bad(f"signature {what}",
            signed(PLAIN, header(meta=cbor({**META, 1: meta}))), "illegal",
            why)
    for what, claims, why in (("not valid yet", {5: TIME + 1}, before),
                              ("not valid any more", {4: TIME - 1}, after)):
        bad(f"signature {what} by its claims",
            signed(PLAIN, header(meta=cbor(META), cwt={1: "x", **claims})),
            "illegal", why)
    bad("signed, not valid any more",
        signed(corim(comid({0: [[ENV, [EXECUTABLE]]]}),
                     validity={1: Tag(1, TIME - 1)})), "illegal", after)
    bad("signed twice", signed(signed(PLAIN)), "illegal",
        "it is signed, and no signer was named")
    bad("a critical parameter", signed(PLAIN, {**HEADER, 2: [3]}), "illegal",
        "signed-corim")
    return vectors


def as_json(value):
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list):
        return [as_json(item) for item in value]
    if isinstance(value, dict):
        return {key: as_json(item) for key, item in value.items()}
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value


def main():
    where = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    vectors = {"time": TIME, "signer": SIGNER.spki, "good": good(),
               "refused": refused()}
    (where / "corim.json").write_text(
        json.dumps(as_json(vectors), indent=1) + "\n", encoding="ascii")


if __name__ == "__main__":
    main()

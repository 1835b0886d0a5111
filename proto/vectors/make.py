#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the vectors of this directory: messages.json, refused.json,
exchange.json and labels.json. It is written from ../README.md and the RFCs, uses nothing but
Python's own library, and shares no code with the C codecs. README.md here says
what stands in the files."""

import hashlib
import hmac
import json
import os

# --- CBOR (RFC 8949), deterministic -------------------------------------------


def head(major, value):
    if value < 24:
        return bytes([major << 5 | value])
    for form, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if value < 1 << 8 * size:
            return bytes([major << 5 | form]) + value.to_bytes(size, "big")
    raise ValueError(value)


class Tag:
    def __init__(self, number, item):
        self.number, self.item = number, item


def cbor(item):
    if isinstance(item, bool):
        return b"\xf5" if item else b"\xf4"
    if isinstance(item, int):
        return head(0, item) if item >= 0 else head(1, -1 - item)
    if isinstance(item, bytes):
        return head(2, len(item)) + item
    if isinstance(item, str):
        return head(3, len(item.encode())) + item.encode()
    if isinstance(item, list):
        return head(4, len(item)) + b"".join(map(cbor, item))
    if isinstance(item, dict):
        return raw_map(sorted((cbor(k), cbor(v)) for k, v in item.items()))
    if isinstance(item, Tag):
        return head(6, item.number) + cbor(item.item)
    raise TypeError(type(item))


def raw_map(pairs):
    return head(5, len(pairs)) + b"".join(k + v for k, v in pairs)


# --- capsules (RFC 9297, 3.2; RFC 9000, 16) ------------------------------------


def varint(value):
    for bits, size in ((0, 1), (1, 2), (2, 4), (3, 8)):
        if value < 1 << 8 * size - 2:
            return (bits << 8 * size - 2 | value).to_bytes(size, "big")
    raise ValueError(value)


def capsule(kind, value):
    return varint(kind) + varint(len(value)) + value


# --- the messages, as README.md has them ---------------------------------------

KEYS = {
    "capabilities": ["version", "produces", "appraises", "flags", "max_capsule",
                     "max_evidence", "max_in_flight", "conn_check"],
    "request": [None, "id", "request", "accepts", "operation", "nonce",
                "within_ms"],
    "authenticator": [None, "id", "authenticator", "reason", "retry_ms"],
    "outcome": [None, "id", "verdict", "reason", "hold_ms"],
    "posture": [None, "epoch"],
    "command": [None, "id", "operation"],
    "reply": [None, "id", "status", "octets", "posture_changed"],
    "close": [None, "code"],
}
CAPSULES = {"capabilities": 0x2F5601, "request": 0x2F5602,
            "authenticator": 0x2F5603, "outcome": 0x2F5604,
            "posture": 0x2F5605, "command": 0x2F5606, "reply": 0x2F5607,
            "close": 0x2F5608}
OPTIONAL = {("request", 4), ("request", 5), ("authenticator", 3),
            ("authenticator", 4), ("outcome", 4), ("reply", 3), ("reply", 4)}


def as_map(message, fields):
    return {KEYS[message].index(name): value for name, value in fields.items()}


def as_json(value):
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value.hex() if isinstance(value, bytes) else value


def positive(name, message, extra=None, **fields):
    plain = cbor(as_map(message, fields))
    value = cbor({**as_map(message, fields), **extra}) if extra else plain
    vector = {"name": name, "message": message,
              "fields": {k: as_json(v) for k, v in fields.items()},
              "value": value.hex(),
              "capsule": capsule(CAPSULES[message], value).hex()}
    if extra:
        vector["encodes_to"] = plain.hex()
    return vector


SOFTWARE = 'application/eat+cwt; eat_profile="tag:vouch,2026:software"'
MOST = (1 << 64) - 1
OCTETS = bytes(range(64))


def messages(exchange):
    full = dict(version=1, produces=[SOFTWARE], appraises=[SOFTWARE, "a/b"],
                flags=33, max_capsule=133184, max_evidence=65529,
                max_in_flight=4, conn_check=OCTETS[:8])
    ask = dict(id=1, request=exchange["request"], accepts=[SOFTWARE],
               within_ms=30000)
    texts = [chr(ord("a") + i) + "/" + "x" * i for i in range(16)]
    vectors = [
        positive("capabilities", "capabilities", **full),
        positive("capabilities of a side that does nothing", "capabilities",
                 **{**full, "produces": [], "appraises": [], "flags": 0,
                    "max_in_flight": 0}),
        positive("capabilities at every limit", "capabilities",
                 **{**full, "produces": texts, "appraises": ["~" * 255],
                    "flags": MOST, "max_capsule": MOST, "max_evidence": MOST,
                    "max_in_flight": MOST}),
        positive("capabilities with unknown keys", "capabilities",
                 extra={8: "later", 23: [1, {2: b""}], -1: 0, "x": Tag(2, b"")},
                 **full),
        positive("request", "request", **ask),
        positive("request with operation and nonce", "request",
                 **{**ask, "id": 0xE000000000000007, "operation": OCTETS[:32],
                    "nonce": OCTETS, "accepts": texts, "within_ms": MOST}),
        positive("request with the shortest nonce", "request",
                 **{**ask, "id": 0x2000000000000007, "nonce": OCTETS[:8]}),
        positive("authenticator", "authenticator", id=1,
                 authenticator=exchange["authenticator"]),
        positive("authenticator that declines", "authenticator", id=1,
                 authenticator=exchange["empty"], reason=2, retry_ms=1000),
        positive("authenticator that declines and says why only",
                 "authenticator", id=1, authenticator=exchange["empty"],
                 reason=4),
        positive("outcome accepted", "outcome", id=1, verdict=0, reason=0,
                 hold_ms=600000),
        positive("outcome rejected", "outcome", id=1, verdict=1, reason=1),
        positive("outcome indeterminate", "outcome", id=0x8000000000000001,
                 verdict=2, reason=5),
        positive("outcome with an unknown reason", "outcome", id=1, verdict=2,
                 reason=MOST),
        positive("outcome with an unknown key", "outcome", extra={5: 0}, id=1,
                 verdict=1, reason=1),
        positive("posture", "posture", epoch=1),
        positive("the last posture", "posture", epoch=MOST),
        positive("command", "command", id=0x4000000000000001,
                 operation=b"restart"),
        positive("command of no octets", "command", id=0x4000000000000001,
                 operation=b""),
        positive("reply", "reply", id=0x4000000000000001, status=0,
                 octets=b"done", posture_changed=True),
        positive("reply without octets", "reply", id=0xC000000000000001,
                 status=2),
        positive("reply with no octets", "reply", id=0x4000000000000001,
                 status=0, octets=b""),
        positive("reply with an unknown status", "reply",
                 id=0x4000000000000001, status=MOST, posture_changed=True),
    ]
    for code in (0, 1, 2, 3, 4, 5, 6, MOST):
        vectors.append(positive(f"close {code}", "close", code=code))
    # Lengths at which the heads of CBOR and of capsules grow.
    for size in (0, 23, 24, 255, 256):
        vectors.append(positive(f"authenticator of {size} octets",
                                "authenticator", id=1, authenticator=b"a" * size))
    return vectors


# --- what is refused -------------------------------------------------------------

OTHER_TYPES = [("uint", cbor(0)), ("nint", cbor(-1)), ("bstr", cbor(b"")),
               ("tstr", cbor("")), ("array", cbor([])), ("map", cbor({})),
               ("tag", cbor(Tag(2, b"\1"))), ("false", b"\xf4"),
               ("true", b"\xf5"),
               ("null", b"\xf6"), ("float", b"\xf9\x3c\x00")]


def own_type(message, key):
    value = BASES[message][KEYS[message][key]]
    return {int: "uint", bytes: "bstr", list: "array", bool: "true"}[type(value)]


BASES = {
    "capabilities": dict(version=1, produces=["a/b"], appraises=["c/d"],
                         flags=33, max_capsule=133184, max_evidence=65529,
                         max_in_flight=4, conn_check=OCTETS[:8]),
    "request": dict(id=1, request=OCTETS[:40], accepts=["a/b"],
                    operation=OCTETS[:32], nonce=OCTETS[:8], within_ms=30000),
    "authenticator": dict(id=1, authenticator=OCTETS[:40], reason=1,
                          retry_ms=1000),
    "outcome": dict(id=1, verdict=0, reason=0, hold_ms=1000),
    "posture": dict(epoch=1),
    "command": dict(id=1, operation=OCTETS[:40]),
    "reply": dict(id=1, status=0, octets=OCTETS[:40], posture_changed=True),
    "close": dict(code=4),
}


def refused():
    vectors = []

    def add(name, message, value, error="cbor"):
        vectors.append({"name": f"{message}: {name}", "message": message,
                        "value": value.hex(), "error": error})

    def variants(message):
        base = as_map(message, BASES[message])
        good = cbor(base)
        pairs = [(cbor(k), cbor(v)) for k, v in sorted(base.items())]

        def with_pair(i, key, value):
            return raw_map(pairs[:i] + [(key, value)] + pairs[i + 1:])

        add("nothing", message, b"")
        add("an octet behind it", message, good + b"\0")
        add("the last octet is missing", message, good[:-1])
        add("indefinite length", message,
            b"\xbf" + b"".join(k + v for k, v in pairs) + b"\xff")
        add("count of pairs in two octets", message,
            bytes([0xB8, len(pairs)]) + good[1:])
        add("one pair too few is announced", message,
            bytes([good[0] - 1]) + good[1:])
        add("an array in its place", message, cbor(list(base.values())))
        add("a tag before it", message, b"\xd9\xd9\xf7" + good)
        add("the first pair twice", message, raw_map(pairs[:1] + pairs))
        add("an unknown key twice", message,
            raw_map(pairs + [(cbor(100), cbor(0))] * 2))
        add("an unknown key before its place", message,
            raw_map([(cbor(100), cbor(0))] + pairs))
        if len(pairs) > 1:
            add("keys in descending order", message, raw_map(pairs[::-1]))
        for value, what in ((b"\xf8\x20", "a simple value"),
                            (b"\x61\xff", "text that is not UTF-8"),
                            (b"\xfa\x3f\x80\x00\x00", "a float that is too long"),
                            (b"\x5f\x41\x61\xff", "a string in pieces"),
                            (b"\x9f\xff", "an array without a count"),
                            (b"\x1c", "a reserved head"),
                            (b"\xa2\x01\x00\x01\x00", "a map with a key twice"),
                            (b"\x9b" + b"\xff" * 8, "an array without end")):
            add(f"unknown key with {what}", message,
                raw_map(pairs + [(cbor(100), value)]))
        add("unknown key with arrays 16 deep", message,
            raw_map(pairs + [(cbor(100), b"\x81" * 16 + b"\0")]), "too_many")
        add("unknown key with 4096 items", message,
            raw_map(pairs + [(cbor(100), cbor([0] * 4096))]), "too_many")
        for i, (key, value) in enumerate(pairs):
            number = sorted(base)[i]
            name = KEYS[message][number]
            add(f"key of {name} in two octets", message,
                with_pair(i, bytes([0x18, number]), value))
            if (message, number) not in OPTIONAL:
                add(f"no {name}", message, raw_map(pairs[:i] + pairs[i + 1:]))
            for kind, other in OTHER_TYPES:
                if kind != own_type(message, number):
                    add(f"{name} is of type {kind}", message,
                        with_pair(i, key, other))
            if own_type(message, number) == "uint":
                add(f"{name} in nine octets", message,
                    with_pair(i, key, b"\x1b" + base[number].to_bytes(8, "big")))
            if own_type(message, number) == "bstr":
                size = len(base[number])
                add(f"length of {name} in three octets", message,
                    with_pair(i, key, b"\x59" + size.to_bytes(2, "big") +
                              base[number]))
                add(f"{name} in pieces", message,
                    with_pair(i, key, b"\x5f" + value + b"\xff"))
            if own_type(message, number) == "array":
                for what, list_, error in (
                        ("17 formats", ["a/b"] * 17, "too_many"),
                        ("a format of no characters", [""], "cbor"),
                        ("a format of 256", ["a" * 256], "cbor"),
                        ("a format that is not ASCII", ["a/\u00e9"], "cbor"),
                        ("a format with DEL", ["a/\x7f"], "cbor"),
                        ("a format with NUL", ["a/\0"], "cbor"),
                        ("a number for a format", [1], "cbor")):
                    add(f"{name} with {what}", message,
                        with_pair(i, key, cbor(list_)), error)
                add(f"{name} without a count", message,
                    with_pair(i, key, b"\x9f" + value[1:] + b"\xff"))

    for message in BASES:
        variants(message)

    def changed(name, message, error, **fields):
        values = {k: v for k, v in {**BASES[message], **fields}.items()
                  if v is not None}
        add(name, message, cbor(as_map(message, values)), error)

    for version in (0, 2, MOST):
        changed(f"version {version}", "capabilities", "illegal", version=version)
    for size in (0, 7, 9):
        changed(f"conn_check of {size} octets", "capabilities", "cbor",
                conn_check=OCTETS[:size])
    changed("no format is accepted", "request", "cbor", accepts=[])
    for size in (0, 31, 33):
        changed(f"operation of {size} octets", "request", "cbor",
                operation=OCTETS[:size])
    for size in (0, 7, 65):
        changed(f"nonce of {size} octets", "request", "cbor",
                nonce=(OCTETS + b"x")[:size])
    for message in ("request", "authenticator", "outcome", "command", "reply"):
        for kind in range(8):
            changed(f"counter 0, kind {kind} in the id", message, "illegal",
                    id=kind << 61)
    changed("epoch 0", "posture", "illegal", epoch=0)
    for verdict in (3, MOST):
        changed(f"verdict {verdict}", "outcome", "illegal", verdict=verdict)
        changed(f"verdict {verdict} without hold", "outcome", "illegal",
                verdict=verdict, hold_ms=None)
    changed("accepted without hold", "outcome", "illegal", hold_ms=None)
    changed("rejected with a hold", "outcome", "illegal", verdict=1, reason=1)
    changed("indeterminate with a hold", "outcome", "illegal", verdict=2,
            reason=5)
    return vectors


# --- P-256 (FIPS 186-4; RFC 6979 for k) --------------------------------------------

P = 2**256 - 2**224 + 2**192 + 2**96 - 1
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
G = (0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
     0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5)


def add_points(a, b):
    if a is None or b is None:
        return a or b
    if a[0] == b[0]:
        if (a[1] + b[1]) % P == 0:
            return None
        slope = (3 * a[0] * a[0] - 3) * pow(2 * a[1], -1, P)
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P)
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def multiply(k, point):
    result = None
    for bit in bin(k)[2:]:
        result = add_points(result, result)
        if bit == "1":
            result = add_points(result, point)
    return result


class Key:
    def __init__(self, name):
        seed = hashlib.sha256(("vouch vectors: " + name).encode()).digest()
        self.secret = int.from_bytes(seed, "big") % (N - 1) + 1
        x, y = multiply(self.secret, G)
        self.spki = sequence(
            sequence(oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7")),
            bit_string(b"\4" + x.to_bytes(32, "big") + y.to_bytes(32, "big")))

    def sign(self, message):
        """ECDSA with SHA-256: (r, s)."""
        digest = hashlib.sha256(message).digest()
        z = int.from_bytes(digest, "big")
        seed = self.secret.to_bytes(32, "big") + (z % N).to_bytes(32, "big")
        v, k = b"\1" * 32, b"\0" * 32
        for octet in (b"\0", b"\1"):
            k = hmac.digest(k, v + octet + seed, "sha256")
            v = hmac.digest(k, v, "sha256")
        v = hmac.digest(k, v, "sha256")
        nonce = int.from_bytes(v, "big")
        r = multiply(nonce, G)[0] % N
        return r, pow(nonce, -1, N) * (z + r * self.secret) % N


# --- DER and certificates (X.690; RFC 5280) ------------------------------------------


def der(tag, *contents):
    body = b"".join(contents)
    if len(body) < 128:
        return bytes([tag, len(body)]) + body
    size = (len(body).bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + len(body).to_bytes(size, "big") + body


def sequence(*contents):
    return der(0x30, *contents)


def integer(value):
    return der(2, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def bit_string(octets, unused=0):
    return der(3, bytes([unused]), octets)


def oid(dotted):
    first, second, *rest = map(int, dotted.split("."))
    body = bytes([40 * first + second])
    for arc in rest:
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.insert(0, 0x80 | arc & 0x7F)
        body += bytes(groups)
    return der(6, body)


def name(common):
    return sequence(der(0x31, sequence(oid("2.5.4.3"),
                                       der(0x0C, common.encode()))))


def extension(dotted, critical, value):
    return sequence(oid(dotted), b"\1\1\xff" if critical else b"", der(4, value))


def certificate(serial, issuer, issuer_key, subject, spki, extensions):
    algorithm = sequence(oid("1.2.840.10045.4.3.2"))
    body = sequence(
        der(0xA0, integer(2)), integer(serial), algorithm, name(issuer),
        sequence(der(0x17, b"250101000000Z"), der(0x17, b"350101000000Z")),
        name(subject), spki, der(0xA3, sequence(*extensions)))
    signature = sequence(*map(integer, issuer_key.sign(body)))
    return sequence(body, algorithm, bit_string(signature))


# --- TLS (RFC 8446, RFC 9261) -----------------------------------------------------------


def vector(size, octets):
    return len(octets).to_bytes(size, "big") + octets


def handshake(kind, body):
    return bytes([kind]) + vector(3, body)


def extensions(*pairs):
    return vector(2, b"".join(t.to_bytes(2, "big") + vector(2, b)
                              for t, b in pairs))


def digest(name, octets):
    return hashlib.new(name, octets).digest()


def expand_label(name, secret, label, context, size):
    info = (size.to_bytes(2, "big") + vector(1, b"tls13 " + label) +
            vector(1, context))
    out, block, i = b"", b"", 1
    while len(out) < size:
        block = hmac.digest(secret, block + info + bytes([i]), name)
        out, i = out + block, i + 1
    return out[:size]


def exporter(name, secret, label, context, size):
    empty = digest(name, b"")
    derived = expand_label(name, secret, label.encode(), empty, len(empty))
    return expand_label(name, derived, b"exporter", digest(name, context), size)


# The exporter's label in draft-fossati-seat-expat, by version.
LABELS = {"04": "EXPORTER-cmw-attestation", "03": "Attestation"}
SENDERS = {"server": (17, "1.3.6.1.5.5.7.3.1"),
           "client": (13, "1.3.6.1.5.5.7.3.2")}


def exchange(label=LABELS["04"], suite="sha256", sender="server"):
    """One exchange; `sender` is the attester, and answers the other side."""
    time = 1800000000
    request_type, purpose = SENDERS[sender]
    root, aik, attestation = Key("root"), Key("AIK"), Key("attestation key")
    anchor = certificate(1, "vouch vectors root", root, "vouch vectors root",
                         root.spki,
                         [extension("2.5.29.19", True, sequence(b"\1\1\xff")),
                          extension("2.5.29.15", True, bit_string(b"\4", 2))])
    leaf = certificate(
        2, "vouch vectors root", root, "attester.test", aik.spki,
        [extension("2.5.29.15", True, bit_string(b"\x80", 7)),
         extension("2.5.29.17", False, sequence(der(0x82, b"attester.test"))),
         extension("2.5.29.37", False, sequence(oid(purpose)))])

    secret = digest(suite, b"vouch vectors: exporter secret")
    random = hashlib.sha256(b"vouch vectors: random").digest()[:24]
    context = (1).to_bytes(8, "big") + random
    request = handshake(request_type, vector(1, context) + extensions(
        (13, vector(2, bytes.fromhex("0403050308040807"))), (0xFF00, b"")))

    size = len(digest(suite, b""))
    exported = exporter(suite, secret, label, context, 32)
    binder = digest(suite, aik.spki + exported)
    aik_pub_hash = digest(suite, aik.spki)
    key_id = hashlib.sha256(attestation.spki).digest()
    measured = {"executable": OCTETS[:32], "library:libc.so.6": OCTETS[16:48],
                "file:/etc/policy": OCTETS[32:]}
    claims = {"iat": time - 1, "nonce": binder, "ueid": b"\1" + key_id,
              "profile": "tag:vouch,2026:software", "swname": "vectors",
              "swversion": "1.0", "aik_pub_hash": aik_pub_hash,
              "measurements": measured, "kernel": "6.1.0-1-amd64",
              "boot_id": "00010203-0405-4607-8809-0a0b0c0d0e0f"}
    numbers = {"iat": 6, "nonce": 10, "ueid": 256, "profile": 265,
               "swname": 270, "swversion": 271, "aik_pub_hash": -80001,
               "measurements": -80002, "kernel": -80003, "boot_id": -80004}
    payload = cbor({numbers[k]: [v] if k == "swversion" else v
                    for k, v in claims.items()})
    protected = cbor({1: -7, 4: key_id})
    r, s = attestation.sign(cbor(["Signature1", protected, b"", payload]))
    token = cbor(Tag(18, [protected, {}, payload,
                          r.to_bytes(32, "big") + s.to_bytes(32, "big")]))
    cmw = cbor([SOFTWARE, token, 4])

    hs_context = exporter(
        suite, secret, f"EXPORTER-{sender} authenticator handshake context",
        b"", size)
    finished_key = exporter(
        suite, secret, f"EXPORTER-{sender} authenticator finished key", b"",
        size)

    def transcript(*parts):
        return digest(suite, b"".join((hs_context, request) + parts))

    def finished(*parts):
        return handshake(20, hmac.digest(finished_key, transcript(*parts),
                                         suite))

    chain = handshake(11, vector(1, context) + vector(
        3, vector(3, leaf) + extensions((0xFF00, vector(2, cmw)))))
    content = b" " * 64 + b"Exported Authenticator\0" + transcript(chain)
    signature = sequence(*map(integer, aik.sign(content)))
    verify = handshake(15, b"\4\3" + vector(2, signature))
    nothing = handshake(11, vector(1, context) + vector(3, b""))
    data = b"for a peer that is accepted"
    shown = {**{k: as_json(v) for k, v in claims.items()},
             "measurements": {k: v.hex() for k, v in measured.items()}}
    return {
        "time": time, "server_name": "attester.test", "trust_anchor": anchor,
        "certificate": leaf, "aik_spki": aik.spki,
        "attestation_spki": attestation.spki, "exporter_secret": secret,
        "conn_check": exporter(suite, secret,
                               "EXPORTER-vouch-connection-check", b"", 32)[:8],
        "handshake_context": hs_context, "finished_key": finished_key,
        "id": "1", "random": random, "context": context, "request": request,
        "attestation_exporter": exported, "binder": binder,
        "aik_pub_hash": aik_pub_hash, "claims": shown, "payload": payload,
        "protected": protected, "token": token, "cmw": cmw,
        "signature": signature,
        "authenticator": chain + verify + finished(chain, verify),
        "empty": finished(nothing),
        "data": data, "data_capsule": capsule(0x2F5600, data),
    }


def labels():
    """Exchanges in the form of tests/vectors/exported_authenticators.json, with
    what appraises the evidence beside it."""
    for version, label in LABELS.items():
        for suite in ("sha256", "sha384"):
            for sender in SENDERS:
                one = exchange(label, suite, sender)
                yield {
                    "name": f"expat-{version}-{suite}-{sender}",
                    "expect": "accept", "label": label, "sender": sender,
                    "hash": suite, "signature_scheme": "0403",
                    "certificate_request_context": one["context"].hex(),
                    "cmw_data": one["cmw"].hex(), "spki": one["aik_spki"].hex(),
                    "measurements": one["claims"]["measurements"],
                    **{name: as_json(one[name]) for name in (
                        "exporter_secret", "server_name", "trust_anchor",
                        "handshake_context", "finished_key", "request",
                        "authenticator", "attestation_exporter", "binder",
                        "aik_pub_hash", "attestation_spki")},
                    "time": one["time"],
                }


def write(file, content):
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, file), "w", encoding="ascii") as out:
        json.dump(content, out, indent=1)
        out.write("\n")


def main():
    one = exchange()
    write("messages.json", {"vectors": messages(one)})
    write("refused.json", {"vectors": refused()})
    write("exchange.json", {k: v.hex() if isinstance(v, bytes) else v
                            for k, v in one.items()})
    write("labels.json", {"vectors": list(labels())})


if __name__ == "__main__":
    main()

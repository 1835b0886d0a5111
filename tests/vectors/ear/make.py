#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes results.json: Attestation Results that are to be accepted. It is
written from draft-ietf-rats-ear, RFC 7515, RFC 9052 and proto/README.md, and
shares no code with the C library; CBOR and ECDSA are those of
proto/vectors/make.py. README.md here says what stands in the file."""

import base64
import hashlib
import importlib.util
import json
import pathlib

HERE = pathlib.Path(__file__).parent
NOW = 1800000000
EAR = "tag:ietf.org,2026:rats/ear#04"
EAR_03 = "tag:ietf.org,2026:rats/ear#03"
TRUSTEE = "tag:github.com,2024:confidential-containers/Trustee"
VERAISON = "tag:github.com,2023:veraison/ear"


def load(path):
    spec = importlib.util.spec_from_file_location("vectors", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


base = load(HERE.parents[2] / "proto/vectors/make.py")
verifier, aik = base.Key("verifier"), base.Key("passport AIK")
aik_hash = hashlib.sha256(aik.spki).digest()
binder = hashlib.sha256(b"binder").digest()
binder48 = hashlib.sha384(b"binder").digest()
nonce = hashlib.sha256(b"remote verifier's nonce").digest()[:16]
ueid = b"\1" + hashlib.sha256(b"instance").digest()

# --- claims: what they are, before they are written ---------------------------------

# name: key in CBOR, name in JSON, name of Veraison in JSON
EAR_CLAIMS = {
    "exp": (4, "exp", "exp"), "nbf": (5, "nbf", "nbf"), "iat": (6, "iat", "iat"),
    "eat_nonce": (10, "eat_nonce", "eat_nonce"),
    "profile": (265, "eat_profile", "eat_profile"),
    "submods": (266, "submods", "submods"),
    "status": (1000, "ear_status", "ear.status"),
    "raw": (1002, "ear_raw_evidence", "ear.raw-evidence"),
    "verifier_id": (1004, "ear_verifier_id", "ear.verifier-id"),
    "topology": (1007, "ear_device_topology", "ear_device_topology"),
    "extension": (-70003, "vouch.extension", "vouch.extension"),
    # of an appraisal
    "ueid": (256, "ueid", "ueid"),
    "vector": (1001, "ear_trustworthiness_vector", "ear.trustworthiness-vector"),
    "policies": (1003, "ear_appraisal_policy_ids", "ear.appraisal-policy-id"),
    "attester_claims": (1005, "ear_attester_claims", "ear_attester_claims"),
    "verifier_claims": (1006, "ear_verifier_claims", "ear_verifier_claims"),
    "evidence": (-70000, "ear_veraison_annotated_evidence",
                 "ear.veraison.annotated-evidence"),
    "aik": (-80001, "vouch.aik_pub_hash", "vouch.aik_pub_hash"),
}
CATEGORIES = ["instance-identity", "configuration", "executables", "file-system",
              "hardware", "runtime-opaque", "storage-opaque", "sourced-data"]
TIERS = {"none": 0, "affirming": 2, "warning": 32, "contraindicated": 96}


def appraisal(**changed):
    claims = {
        "status": "affirming",
        "vector": {"instance-identity": 2, "executables": 3, "hardware": 2},
        "policies": ["https://verifier.example/policy/1"],
        "eat_nonce": binder,
        "aik": aik_hash,
    }
    claims.update(changed)
    return {name: value for name, value in claims.items() if value is not None}


def result(*appraisals, **changed):
    claims = {
        "profile": EAR, "iat": NOW, "exp": NOW + 300,
        "verifier_id": {"developer": "https://verifier.example",
                        "build": "independent 1.0"},
        "submods": {("platform", "workload")[i]: one
                    for i, one in enumerate(appraisals)},
    }
    claims.update(changed)
    return {name: value for name, value in claims.items() if value is not None}


def in_cbor(claims):
    def value(name, what):
        if name == "submods":
            return {label: in_cbor(one) for label, one in what.items()}
        if name == "status":
            return TIERS[what]
        if name == "vector":
            return {CATEGORIES.index(key): claim for key, claim in what.items()}
        if name == "verifier_id":
            return {0: what["developer"], 1: what["build"]}
        return what
    return {EAR_CLAIMS[name][0]: value(name, what) for name, what in claims.items()}


def base64url(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def in_json(claims, veraison=False):
    def value(name, what):
        if name == "submods":
            return {label: in_json(one, veraison) for label, one in what.items()}
        if name == "policies" and veraison:
            return what[0]
        if name == "raw" and isinstance(what, list):  # a CMW record
            return [what[0], base64url(what[1]), *what[2:]]
        return base64url(what) if isinstance(what, bytes) else what
    column = 2 if veraison else 1
    return {EAR_CLAIMS[name][column]: value(name, what)
            for name, what in claims.items()}

# --- envelopes -------------------------------------------------------------------------


def raw_signature(message):
    return b"".join(n.to_bytes(32, "big") for n in verifier.sign(message))


def cwt(claims, kid=True):
    header = {1: -7}
    if kid:
        header[4] = hashlib.sha256(verifier.spki).digest()
    header, payload = base.cbor(header), base.cbor(in_cbor(claims))
    signed = base.cbor(["Signature1", header, b"", payload])
    return base.cbor(base.Tag(18, [header, {}, payload, raw_signature(signed)]))


def jwt(claims, veraison=False, kid=True, jwk=False):
    header = {"typ": "JWT", "alg": "ES256"}
    if jwk:
        header["jwk"] = {"alg": "ES256", "kty": "EC", "crv": "P-256",
                         "x": base64url(verifier.spki[-64:-32]),
                         "y": base64url(verifier.spki[-32:])}
    if kid:
        header["kid"] = base64url(hashlib.sha256(verifier.spki).digest())
    signed = ".".join(base64url(json.dumps(part).encode())
                      for part in (header, in_json(claims, veraison)))
    return signed + "." + base64url(raw_signature(signed.encode()))


def media_type(kind, profile):
    return f'application/eat+{kind}; eat_profile="{profile}"'

# --- vectors ---------------------------------------------------------------------------


CASES = [
    # name, what it says, level, what the policy allows
    ("bound", result(appraisal()), "bound", []),
    ("no-exp", result(appraisal(), exp=None), "bound", []),
    ("passport", result(appraisal(eat_nonce=None)), "key bound", ["key bound"]),
    ("sha384", result(appraisal(eat_nonce=binder48)), "bound", []),
    ("remote-nonce", result(appraisal(), eat_nonce=nonce), "bound", []),
    ("warning", result(appraisal(status="warning",
                                 vector={"configuration": 32, "executables": 2}),
                       status="warning"), "bound", ["warning"]),
    ("no-vector", result(appraisal(vector=None)), "bound", ["no vector"]),
    ("composite", result(appraisal(ueid=ueid, policies=None),
                         appraisal(vector={"executables": -2}),
                         status="affirming", nbf=NOW), "bound", []),
    ("extended", result(appraisal(extension={"a": [1, False]}),
                        extension={"b": True}), "bound", []),
]

# What one profile has and another has not. Where a claim is unknown, it is
# ignored, whatever it is.
RECORD = ["application/vnd.example", b"evidence", 4]
OPTIONAL = {"raw": RECORD, "topology": {"root": ["cpu", "gpu"]}}
OF_AN_APPRAISAL = {"attester_claims": {"a": [1, {}]},
                   "verifier_claims": ["b", True]}

# As confidential-containers/trustee writes it (attestation-service,
# src/token/ear_broker.rs), with the AIK beside it: without, it is bound to
# nothing.
TRUSTEE_RESULT = {
    "profile": TRUSTEE, "iat": NOW, "exp": NOW + 300,
    "verifier_id": {"developer": "https://confidentialcontainers.org",
                    "build": "attestation-service 0.1.0"},
    "submods": {
        "cpu0": {"status": "affirming",
                 "vector": {"configuration": 2, "executables": 3,
                            "file-system": 2, "hardware": 2},
                 "policies": ["default"],
                 "evidence": {"report_data": "00" * 64, "init_data": "",
                              "tdx": {"quote": {"size": "88020000"},
                                      "uefi_event_logs": [{"index": 1}]}},
                 "aik": aik_hash},
        "gpu0": {"status": "warning", "vector": {"hardware": 32},
                 "policies": ["default"],
                 "evidence": {"report_data": "00" * 32}, "aik": aik_hash}},
}


def without_aik(claims):
    return dict(claims, submods={
        label: {name: value for name, value in one.items() if name != "aik"}
        for label, one in claims["submods"].items()})


def vectors():
    def case(name, kind, profile, token, level, allows):
        return {"name": f"{name}-{kind}", "format": media_type(kind, profile),
                "token": token, "level": level, "allows": allows,
                "binder": (binder48 if name.startswith("sha384") else binder).hex(),
                "nonce": nonce.hex() if name.startswith("remote-nonce") else ""}
    def both(name, profile, claims, level="bound", allows=()):
        claims = dict(claims, profile=profile)
        yield case(name, "cwt", profile, cwt(claims).hex(), level, list(allows))
        yield case(name, "jwt", profile, jwt(claims), level, list(allows))

    for name, claims, level, allows in CASES:
        yield from both(name, EAR, claims, level, allows)
        yield from both(f"{name}-03", EAR_03, claims, level, allows)
        claims = dict(claims, profile=VERAISON)
        yield dict(case(name, "jwt", VERAISON, jwt(claims, True), level, allows),
                   name=f"{name}-veraison")
    full = result(appraisal(**OF_AN_APPRAISAL), **OPTIONAL)
    yield from both("optional", EAR, full)
    yield from both("optional-alone", EAR, result(appraisal(), raw=RECORD[:2]))
    yield from both("raw-03", EAR_03, result(appraisal(), raw=b"evidence"))
    yield from both("unknown-03", EAR_03, full)
    yield dict(case("raw", "jwt", VERAISON,
                    jwt(result(appraisal(), profile=VERAISON, raw=b"evidence"),
                        True), "bound", []), name="raw-veraison")
    yield case("trustee", "jwt", TRUSTEE,
               jwt(TRUSTEE_RESULT, True, kid=False, jwk=True), "key bound",
               ["key bound", "warning"])
    yield dict(case("trustee-without-aik", "jwt", TRUSTEE,
                    jwt(without_aik(TRUSTEE_RESULT), True, kid=False, jwk=True),
                    "none", ["key bound", "warning"]),
               refused=["binding", "aik_pub_hash"])
    yield case("no-kid", "cwt", EAR, cwt(CASES[0][1], False).hex(), "bound", [])
    yield case("no-kid", "jwt", EAR, jwt(CASES[0][1], kid=False), "bound", [])


def main():
    content = {
        "note": "made by make.py", "now": NOW + 1,
        "verifier": verifier.spki.hex(), "aik": aik.spki.hex(),
        "ueid": ueid.hex(), "vectors": list(vectors()),
    }
    (HERE / "results.json").write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: Apache-2.0
"""A Verifier for the demo: a host that others attest to, and that writes what
`vouch appraise` makes of their evidence down for them, as a passport."""

import shlex

RESULTS = 'application/eat+cwt; eat_profile="tag:ietf.org,2026:rats/ear#04"'


class Verifier:
    """carol, who judges alice and bob by the policies of their bundles."""

    def __init__(self, demo):
        self.demo = demo
        self.key = demo.scratch / "verifier.key"
        self.anchor = demo.scratch / "verifier.pem"

    def prepare(self):
        demo = self.demo
        demo.initialise("carol")
        self.anchor.write_bytes(demo.vouch("key", self.key))
        for name in ("alice", "bob"):
            demo.trust("carol", name)
            demo.trust(name, "carol")
            self.believe("carol", name)  # her own word about this connection
        for name, other in (("alice", "bob"), ("bob", "alice")):
            self.policy(name, other).unlink()  # the other's own word
            self.believe(name, other, "--allow", "key-bound")
            demo.output.say("prepare", f"{name} believes what the Verifier "
                            f"says of {other}, and nothing else")

    def policy(self, name, other):
        return (self.demo.directory(name) / "peers" / f"{other}.test" /
                "policy.corim")

    def believe(self, name, other, *rules):
        """`name` trusts results about `other` that the Verifier has signed."""
        policy = self.policy(name, other)
        self.demo.vouch("policy", "add-anchor", policy, self.anchor,
                        "--format", RESULTS)
        if rules:
            self.demo.vouch("policy", "set", policy, "--format", RESULTS,
                            *rules)

    def program(self, name):
        """What carol runs for evidence of `name`: it answers for this
        connection, and writes a passport for others."""
        scratch = self.demo.scratch
        appraise = shlex.join(map(str, (
            self.demo.program, "appraise", self.policy("carol", name),
            scratch / f"{name}.evidence", "--key", self.key)))
        program = scratch / f"verifier-{name}"
        program.write_text(
            "#!/bin/sh\nset -e\n"
            f"cat >{shlex.quote(str(scratch / name))}.evidence\n"
            f"{appraise} --key-bound --lifetime 1h "
            f">{shlex.quote(str(scratch / name))}.passport\n"
            f"exec {appraise}\n")
        program.chmod(0o700)
        return program

    def passport(self, name, program, verdict):
        """Has `name`, which runs `program`, attest to carol; its passport."""
        demo = self.demo
        carol = demo.start_quietly(
            "carol", demo.program, "serve", demo.directory("carol"),
            "--listen", "127.0.0.1:0", "--peer", f"{name}.test", "--attest",
            "no", "--require", "peer", "--verifier", self.program(name))
        carol.wait(lambda: carol.events, "a word")
        host = demo.start_quietly(
            name, program, "connect", demo.directory(name),
            carol.events[0]["addr"], "--peer", "carol.test", "--require",
            "none")
        carol.wait(lambda: carol.count(verdict), f"{verdict} {name}")
        host.process.stdin.close()
        for one in (carol, host):
            one.finish()
        demo.output.say("verifier", f"{name} attested to the Verifier: "
                        f"{verdict}; the result is its passport")
        return demo.scratch / f"{name}.passport"

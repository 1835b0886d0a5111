#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds the library with ThreadSanitizer, whatever else this build is made
# with, and has several threads share it (threads.c). Arguments: how to compile
# and link, "--", and the sources of the library. Exit status 77: there is no
# clang that could.
set -eu

root=$VOUCH_SOURCE_ROOT
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

echo 'int main(void) { return 0; }' |
    clang -fsanitize=thread -x c - -o "$scratch/trial" 2>/dev/null || exit 77

flags=
while [ "$1" != -- ]; do
    flags="$flags $1"
    shift
done
shift

# compile SOURCE OBJECT [ARGUMENT...]
cat >"$scratch/compile" <<END
#!/bin/sh
source=\$1 object=\$2
shift 2
exec clang -std=c11 -O1 -g -fsanitize=thread -D_GNU_SOURCE -I'$root' \
    -I'$root/include' $flags -Wno-unused-command-line-argument "\$@" -c "\$source" -o "\$object"
END
chmod +x "$scratch/compile"

support=$root/tests/support
printf '%s\n' "$@" "$support"/attested.c "$support"/files.c \
    "$support"/main.c "$support"/octets.c "$support"/pki.c \
    "$support"/session_pair.c "$support"/tls_pair.c "$root"/tests/threads.c |
    awk -v to="$scratch" '{ name = $0; gsub("/", "_", name);
        print $0, to "/o" name ".o" }' |
    xargs -P "$(nproc)" -n 2 "$scratch/compile"

# run: links all that was compiled, and runs it.
run() {
    # shellcheck disable=SC2046,SC2086
    clang -fsanitize=thread "$scratch"/*.o $flags -lcbor -lmbedcrypto \
        $(pkg-config --libs check) -lpthread -o "$scratch/threads" || exit 1
    # BoringSSL and mbedTLS are not built to be watched.
    CK_FORK=no TSAN_OPTIONS='ignore_noninstrumented_modules=1 halt_on_error=1' \
        "$scratch/threads" >"$scratch/log" 2>&1
}

if ! run; then
    cat "$scratch/log" >&2
    echo 'threads: a race, or a failure' >&2
    exit 1
fi
grep -q '^ok 1' "$scratch/log"

# What is watched for is seen: without the callers' locks there are races.
"$scratch/compile" "$root/tests/threads.c" \
    "$scratch/o$(echo "$root/tests/threads.c" | tr / _).o" -DWITHOUT_LOCKS
if run || ! grep -q 'data race' "$scratch/log"; then
    echo 'threads: races go unnoticed' >&2
    exit 1
fi

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run.sh [--quick] [NAME-REGEX]: checks every configuration below, or those
# whose names match; --quick, those marked with q. `ok`: every rule is on, and
# every property holds. `bad`: one rule is off, or one claim is too bold, and
# there is a counterexample. Works in $OUT, a new directory by default; each
# search ends after $LIMIT seconds (900). Needs spin and gcc.
set -eu
cd "$(dirname "$0")"

usage_error() {
    echo "usage: run.sh [--quick] [NAME-REGEX]" >&2
    exit 2
}

only='.*' marks='[-q]'
if [ "${1-}" = --quick ]; then
    marks=q OPT=-O0
    export OPT
    shift
fi
[ $# -le 1 ] || usage_error
case ${1-} in
-*) usage_error ;;
?*) only=$1 ;;
esac
command -v spin >/dev/null || {
    echo "run.sh: no spin here (Debian: apt-get install spin)" >&2
    exit 2
}

# name, wanted result, q or -, definitions; $A1: only A requires the peer;
# $OPS: and asks about operations.
configurations() {
    A1="-DPOL0=1 -DPOL1=0"
    OPS="$A1 -DOPS -DNX=2 -DNP=1 -DNP0=0"
    HELD="-DR_DATA_GATED=0 -DHOLDS"
    cat <<END
coop_np1       ok q -DCOOP -DNX=3 -DNP=1
coop_np2       ok - -DCOOP -DNX=3 -DNP=2 -DQSZ=10
coop_order     ok - -DCOOP -DNX=3 -DNP=1 -DORD0=1
coop_lim1      ok - -DCOOP -DNX=3 -DNP=1 -DLIM=1
anypol_quiet   ok - -DANYPOL -DNX=1 -DNP=0
anypol_quiet2  ok - -DANYPOL -DNX=2 -DNP=0
anypol_timers  ok - -DANYPOL -DNX=1 -DNP=1 -DTIMERS -DQSZ=8
mutual_timers  ok - -DNX=2 -DNP=1 -DTIMERS -DQSZ=10
order_timers   ok - -DNX=2 -DNP=1 -DTIMERS -DORD1=1 -DQSZ=10
refresh        ok - $A1 -DNX=3 -DNP=2 -DNP0=0 -DTIMERS -DREFRESH -DQSZ=12
data           ok - -DNX=2 -DNP=1 -DND=2 -DQSZ=10
data_timers    ok - $A1 -DNX=2 -DNP=2 -DNP0=0 -DND=1 -DTIMERS -DREFRESH -DQSZ=10
data_coop      ok q -DCOOP -DNOLOSS -DNX=3 -DNP=1 -DND=2 -DQSZ=12
data_noreject  ok - -DNOREJECT -DNOLOSS -DNX=2 -DNP=2 -DND=2 -DQSZ=12
data_anypol    ok - -DANYPOL -DNOREJECT -DNOLOSS -DNX=2 -DNP=1 -DND=1 -DQSZ=12
data_refresh   ok - -DNOREJECT -DNOLOSS -DNX=2 -DNP=1 -DND=1 -DREFRESH -DQSZ=12
data_timeouts  ok - -DNOREJECT -DNOLOSS -DTIMERS -DNOEXPIRY -DLATE -DNX=2 -DNP=1 -DNP0=0 -DND=1 -DQSZ=12
data_closes    ok - -DNOREJECT -DNOLOSS -DNX=2 -DNP=1 -DND=1 -DCLOSES -DQSZ=12
data_closes2   ok - -DANYPOL -DNOREJECT -DNOLOSS -DNX=1 -DNP=1 -DND=1 -DCLOSES -DQSZ=12
data_closes3   ok - -DNX=1 -DNP=1 -DND=2 -DCLOSES -DTIMERS -DQSZ=12
data_ops       ok - $A1 -DOPS -DNX=2 -DNP=1 -DNP0=0 -DND=1 -DREFRESH -DTIMERS -DQSZ=12
data_clock     ok - $A1 -DNX=2 -DNP=1 -DNP0=0 -DND=1 -DREFRESH -DCLOCK -DTMAX=4 -DQSZ=12
data_held      ok q $A1 $HELD -DNX=2 -DNP=1 -DND=2 -DQSZ=12
data_held_max  ok - $A1 $HELD -DNX=2 -DNP=1 -DND=3 -DHMAX=1 -DQSZ=12
data_held_time ok - $A1 $HELD -DNX=2 -DNP=1 -DND=2 -DTIMERS -DQSZ=12
data_held_ops  ok - $A1 $HELD -DOPS -DNX=2 -DNP=1 -DNP0=0 -DND=2 -DCLOSES -DQSZ=12
data_held_both ok - -DPOL1=3 -DHOLDS -DR_SEND_ACCEPTED=0 -DNX=2 -DNP=1 -DND=2 -DQSZ=12
data_lossy     ok - -DALLOWLOSS -DNX=2 -DNP=1 -DND=2 -DTIMERS -DNP0=0 -DQSZ=12
ops            ok q $OPS -DREFRESH -DQSZ=10
ops_timers     ok - $OPS -DTIMERS -DREFRESH -DNX=3 -DQSZ=12
ops_opgate0    ok - $OPS -DTIMERS -DREFRESH -DQSZ=10 -DR_OPGATE=0
revokes        ok - $OPS -DREVOKES -DREFRESH -DQSZ=12
revokes_data   ok - -DNX=2 -DNP=1 -DND=1 -DREVOKES -DQSZ=14
clock_refresh  ok - $A1 -DNX=2 -DNP=1 -DNP0=0 -DTIMERS -DREFRESH -DCLOCK -DTMAX=4 -DQSZ=10
clock_ops      ok - $A1 -DOPS -DNX=2 -DNP=1 -DNP0=0 -DCLOCK -DTMAX=4 -DQSZ=10
death          ok - $OPS -DDEATH -DTIMERS -DREFRESH -DND=1 -DQSZ=10
death_mutual   ok - -DNX=1 -DNP=1 -DDEATH -DTIMERS -DND=1 -DQSZ=10
closes         ok - $OPS -DCLOSES -DTIMERS -DND=1 -DQSZ=10
closes_quiet   ok - -DPOL0=1 -DPOL1=1 -DOPS -DNX=1 -DNP=1 -DCLOSES -DND=1 -DQSZ=10
deviant        ok - -DDEVIANT -DOPS -DNX=1 -DNP=1 -DNDEV=3 -DSTRICTQ -DQSZ=2
deviant_np0    ok - -DDEVIANT -DNX=1 -DNP=0 -DNDEV=4 -DSTRICTQ -DQSZ=1
deviant_held   ok - -DDEVIANT -DHOLDS -DND=1 -DHMAX=2 -DNX=1 -DNP=0 -DNDEV=4 -DQSZ=8
ltl_L1         ok - -DL1 -DCOOP -DNX=2 -DNP=1
ltl_L2         ok - -DL2 -DNX=2 -DNP=1 -DREFRESH -DQSZ=8
loss_expiry    bad - -DNOREJECT -DNOLOSS -DTIMERS -DNX=1 -DNP=0 -DND=1 -DQSZ=10
loss_rejection bad - -DNOLOSS -DREFRESH -DNX=2 -DNP=0 -DND=1 -DQSZ=10
gap_accept_epoch bad - -DNX=2 -DNP=1 -DR_ACCEPT_EPOCH=0 -DQSZ=10
gap_conf_epoch bad - -DNX=2 -DNP=1 -DR_CONF_EPOCH=0 -DQSZ=10
gap_late_drop  bad - -DNX=1 -DNP=0 -DTIMERS -DR_LATE_DROP=0
gap_cancel     bad - -DNX=1 -DNP=0 -DTIMERS -DR_CANCEL=0
gap_take_epoch bad - $OPS -DR_TAKE_EPOCH=0 -DQSZ=10
gap_held_drop  bad - $A1 $HELD -DNX=2 -DNP=1 -DND=1 -DR_HELD_DROP=0 -DQSZ=10
gap_release    bad - $A1 $HELD -DNX=1 -DNP=0 -DND=2 -DR_RELEASE=0 -DQSZ=10
gap_no_hole    bad q $A1 $HELD -DNX=2 -DNP=1 -DND=2 -DR_NO_HOLE=0 -DQSZ=10
gap_take_accepted bad q -DNOREJECT -DNOLOSS -DNX=2 -DNP=1 -DND=1 -DR_TAKE_ACCEPTED=0 -DQSZ=12
gap_take_hole  bad - -DNOREJECT -DNX=2 -DNP=1 -DND=2 -DR_TAKE_ACCEPTED=0 -DR_NO_HOLE=0 -DQSZ=12
gap_take_opened bad - -DNOREJECT -DNOLOSS -DNX=2 -DNP=1 -DND=1 -DR_TAKE_ACCEPTED=2 -DQSZ=12
gap_data_gated bad - $A1 -DCOOP -DNOLOSS -DNX=1 -DNP=0 -DND=1 -DR_DATA_GATED=0 -DQSZ=10
gap_send_accepted bad - -DPOL1=3 -DCOOP -DNOLOSS -DNX=1 -DNP=0 -DND=1 -DR_SEND_ACCEPTED=0 -DQSZ=10
gap_lim_dir    bad - -DCOOP -DNX=3 -DNP=0 -DLIM=1 -DR_LIM_DIR=0
gap_caps       bad - -DANYPOL -DNX=1 -DNP=0 -DR_CAPS=0
gap_caps_ask   bad - -DPOL0=0 -DPOL1=2 -DNX=1 -DNP=0 -DR_CAPS=0
gap_caps_order bad - -DPOL0=0 -DPOL1=1 -DORD0=1 -DNX=1 -DNP=0 -DR_CAPS=0 -DR_DEFER_END=0
gap_order_send bad - -DNX=2 -DNP=1 -DORD0=1 -DR_ORDER_SEND=0 -DQSZ=10
gap_defer_end  bad - -DANYPOL -DNX=1 -DNP=0 -DR_DEFER_END=0
gap_confirmed  bad - -DDEVIANT -DOPS -DNX=1 -DNP=0 -DNDEV=2 -DR_CONFIRMED=0 -DSTRICTQ -DQSZ=2
gap_hold_sent  bad - $A1 -DNX=1 -DNP=0 -DCLOCK -DR_HOLD_SENT=0
gap_exec_dl    bad - $OPS -DCLOCK -DR_EXEC_DL=0 -DQSZ=10
gap_exec_dl2   bad - $OPS -DCLOCK -DR_HOLD_SENT=0 -DQSZ=10
gap_grace      bad - $A1 -DNX=2 -DNP=0 -DTIMERS -DREFRESH -DCLOCK -DR_GRACE=0
gap_revoke     bad - $A1 -DNX=2 -DNP=0 -DREFRESH -DR_REVOKE=0
gap_revoke_always bad q $OPS -DREVOKES -DR_REVOKE_ALWAYS=0 -DQSZ=12
gap_close      bad - $OPS -DCLOSES -DR_CLOSE=0 -DQSZ=10
gap_pending    bad - $OPS -DR_PENDING=0 -DQSZ=10
gap_queue1     bad - -DCOOP -DNX=1 -DNP=1 -DSTRICTQ -DQSZ=1
gap_queue2     bad - -DCOOP -DNX=2 -DNP=1 -DSTRICTQ -DQSZ=2
END
}

OUT=${OUT:-$(mktemp -d)}
export OUT
results=$OUT/results
list=$OUT/list
mkdir -p "$OUT"
configurations | awk -v only="$only" -v marks="^$marks\$" '
    $1 ~ only && $3 ~ marks {
        pan = $1 ~ /^ltl/ ? "-a -f -m1000000" : "-m1000000"
        name = $1; want = $2
        $1 = $2 = $3 = ""
        printf "%s|%s|%s|%s\n", name, want, $0, pan
    }' >"$list"
[ -s "$list" ] || {
    echo "run.sh: no configuration matches $only" >&2
    exit 2
}
echo "run.sh: $(wc -l <"$list") configurations, in $OUT" >&2

# shellcheck disable=SC2016 # for the inner shell
xargs -P "$(nproc)" -d '\n' -I{} sh -c '
    IFS="|"; set -- $1; unset IFS
    # shellcheck disable=SC2086 # options of pan
    exec ./one.sh "$1" "$2" "$3" $4' sh {} <"$list" | tee "$results" || true
checked=$(wc -l <"$list")
good=$(grep -c '^ok ' "$results" || true)
if [ "$good" -eq "$checked" ]; then
    echo "ok: $checked configurations"
else
    echo "FAIL: $((checked - good)) of $checked configurations"
    exit 1
fi

/* SPDX-License-Identifier: Apache-2.0
 *
 * The vouch protocol (proto/README.md, 10 to 14) in Promela. README.md says
 * what is modelled, what the properties S1.. are, and how to run it.
 *
 * Two peers, 0 = A (TLS client) and 1 = B (TLS server), over one FIFO each way.
 * Each may be attester and relying party. An exchange is numbered k = 1..NX on
 * the side that asks; its id on the wire is ID(i,k) = role bit and counter.
 * Cryptography is perfect: what an AUTHENTICATOR says about epoch and operation
 * is true (except from DEVIANT).
 *
 * Every run is finite (bounded requests, posture changes, DATA), so a hang is a
 * state in which nothing is enabled: process Quiet checks what must hold then.
 * Process Watch checks the invariants.
 */
/* ---- configuration (see run.sh) ---- */
#ifndef NX
#define NX 2            /* requests that each side may issue (<= 3) */
#endif
#ifndef NP
#define NP 1            /* posture changes on each side */
#endif
#ifndef NP0
#define NP0 NP          /* ... on A */
#endif
#ifndef ND
#define ND 0            /* DATA capsules that each side may send */
#endif
#ifndef QSZ
#define QSZ 6           /* capacity of each direction */
#endif
#ifndef LIM
#define LIM 0           /* exchanges in flight before "busy"; 0 = no limit */
#endif
#ifndef HOLD
#define HOLD 2          /* CLOCK: how long a result holds */
#endif
#ifndef TMAX
#define TMAX 6          /* CLOCK: the last instant */
#endif
#ifndef POL0
#define POL0 2          /* gate: 0 none, 1 require peer, 2 mutual, 3 restricted */
#endif
#ifndef POL1
#define POL1 2
#endif
#ifndef ORD0
#define ORD0 0          /* 1 = privacy order: the peer attests first */
#endif
#ifndef ORD1
#define ORD1 0
#endif
#ifndef HMAX
#define HMAX ND         /* DATA that a side holds (with HOLDS); one more is CLOSE 2 */
#endif
/* Switches, off unless defined: see README.md. */
/* ---- the rules; each is on unless run.sh says -DR_xxx=0 ---- */
#ifndef R_TAKE_ACCEPTED
#define R_TAKE_ACCEPTED 1  /* mutual: DATA is taken when the peer is accepted, once an OUTCOME accepted has ever come;
                              0: when accepted and confirmed at that moment; 2: once the gate has been open */
#endif
#ifndef R_NO_HOLE
#define R_NO_HOLE 1        /* lost DATA end the session */
#endif
#ifndef R_RELEASE
#define R_RELEASE 1        /* held DATA is released in the step that opens the gate; 0: later */
#endif
#ifndef R_DATA_GATED
#define R_DATA_GATED 1     /* a data-gated peer gets DATA only from a side that is confirmed */
#endif
#ifndef R_SEND_ACCEPTED
#define R_SEND_ACCEPTED 1  /* ... and, if that side asks, only after its own OUTCOME accepted */
#endif
#ifndef R_REVOKE_ALWAYS
#define R_REVOKE_ALWAYS 1  /* OUTCOME rejected revokes older confirmations even if its own exchange does not wait */
#endif
#ifndef R_ACCEPT_EPOCH
#define R_ACCEPT_EPOCH 1   /* "accepted" counts only if the evidence's epoch is the last one told */
#endif
#ifndef R_LATE_DROP
#define R_LATE_DROP 1      /* capsules of exchanges that ended are dropped, not violations */
#endif
#ifndef R_CANCEL
#define R_CANCEL 1         /* an exchange that the asker gives up ends with OUTCOME; the attester takes it any time */
#endif
#ifndef R_CONF_EPOCH
#define R_CONF_EPOCH 1     /* attester: CONFIRMED only if own posture has not moved since the evidence */
#endif
#ifndef R_TAKE_EPOCH
#define R_TAKE_EPOCH 1     /* executor checks posture again when the application takes the command */
#endif
#ifndef R_HELD_DROP
#define R_HELD_DROP 1      /* POSTURE discards DATA held from before it */
#endif
#ifndef R_LIM_DIR
#define R_LIM_DIR 1        /* limits count each direction apart */
#endif
#ifndef R_CAPS
#define R_CAPS 1           /* CAPABILITIES say "I shall ask" and "you first"; impossible pairs are told at once */
#endif
#ifndef R_ORDER_SEND
#define R_ORDER_SEND 1     /* privacy order is checked again when the evidence leaves */
#endif
#ifndef R_DEFER_END
#define R_DEFER_END 1      /* a deferred REQUEST is refused when the own exchange ended badly */
#endif
#ifndef R_CONFIRMED
#define R_CONFIRMED 1      /* executor: COMMAND only in CONFIRMED */
#endif
#ifndef R_HOLD_SENT
#define R_HOLD_SENT 1      /* attester counts "how long it holds" from AUTHENTICATOR sent, not OUTCOME received */
#endif
#ifndef R_EXEC_DL
#define R_EXEC_DL 1        /* executor applies the deadline too */
#endif
#ifndef R_REVOKE
#define R_REVOKE 1         /* a "rejected" verdict ends the older results for that peer */
#endif
#ifndef R_CLOSE
#define R_CLOSE 1          /* CLOSE only after running commands have replied; no command starts after it */
#endif
#ifndef R_GRACE
#define R_GRACE 1          /* 0 = (mutation) a failed refresh lends one more unit of time */
#endif
#ifndef R_OPGATE
#define R_OPGATE 1         /* an operation exchange opens its command only, never the data gate */
#endif
#ifndef R_PENDING
#define R_PENDING 1        /* POSTURE leaves a sent command pending; 0 = ends it as refused at once */
#endif

mtype = { CAPS, DATA, REQ, AUTH, OUTC, POST, CMD, REPLY, CLOSE };
chan ch[2] = [QSZ] of { mtype, byte, byte, byte };    /* ch[i] is read by peer i */

/* relying-party states */
#define WAITING    1
#define APPRAISING 2
#define ACCEPTED   3
#define REFUSED    4
#define EXPIRED    5
#define SPENT      6       /* an accepted operation exchange whose command has been sent */
/* attester states */
#define ASKED      1
#define PRODUCING  2
#define ANSWERED   3
#define CONFIRMED  4
#define DENIED     5
/* command at the asking side / at the executor */
#define SENT       1
#define GOTREPLY   2
#define GOTREFUSAL 3
#define UNKNOWN    4       /* time-out, CLOSE or death: it may have run */
#define QUEUED     1
#define RUNNING    2
#define DONE       3
/* AUTHENTICATOR: 0 evidence, 1 refusal, 2 busy.  OUTCOME: */
#define YES 0
#define NO  1
#define INDET 2

#define IX(i,k) ((i)*4+(k))
#define ID(i,k) ((i)*16+(k))
byte rst[8], rep[8], cst[8];      /* RP: state, epoch in the evidence, command */
bit  rop[8];                      /* RP: bound to operation k */
byte ast[8], aep[8], cin[8];      /* attester: state, epoch of the evidence, command */
bit  aop[8];
bit  ran[8], seen[8], conf[8];    /* ghosts: executed; id accepted before; OUTCOME yes seen */
byte n[2], last[2];               /* last id issued; last id accepted from the peer */
byte epoch[2], told[2];           /* own posture; the peer's as far as told */
byte nd[2];                       /* DATA sent */
byte got[2], gone[2];             /* DATA delivered; lost, each with an event */
byte held[2], heldep[2];          /* DATA held, a run; the epoch of its sender */
bit  told_yes[2];                 /* an OUTCOME accepted of a plain exchange has come, of whatever posture */
bit  said_yes[2];                 /* ... has been sent */
bit  opened[2];                   /* DATA could be taken once */
bit  gopened[2];                  /* DATA could be sent once; R_TAKE_ACCEPTED 2 only */
byte rejk[2];                     /* ghost: the highest exchange of which OUTCOME rejected came */
bit  ev[2];                       /* the application has been told of a refusal, time-out or deadlock */
bit  stop[2];                     /* policy deadlock or impossible pair: ask no more */
bit  csent[2], pclosed[2], closed[2], capin[2], capout[2], nomore[2];
byte badk[2];                     /* the latest exchange that was rejected */
byte pcap[2];                     /* what the peer said */
bit  dead, cooked;
byte pol[2]; bit first[2]; bit can[2];
#ifdef CLOCK
byte now, until[8], auntil[8], sentat[8], ghostuntil[2];
#define FRESH(x)  (now < until[x])
#define AFRESH(x) (now < auntil[x])
#else
#define FRESH(x)  true
#define AFRESH(x) true
#endif

/* ---- the derived gate: functions of state, policy and time ---- */
#define OK1(x)      (rst[x]==ACCEPTED && FRESH(x) && !(R_OPGATE && rop[x]))
#define VALID(i)    (OK1(IX(i,1)) || OK1(IX(i,2)) || OK1(IX(i,3)))
#define CF1(x)      (ast[x]==CONFIRMED && AFRESH(x) && !(R_OPGATE && aop[x]))
#define CONFD(i)    (CF1(IX(i,1)) || CF1(IX(i,2)) || CF1(IX(i,3)))
#define UP(i)       (capin[i] && !closed[i] && !csent[i] && !pclosed[i])
#define NEEDACC(i)  (pol[i]==1 || pol[i]==2)
#define GATE(i)     (UP(i) && (!NEEDACC(i) || VALID(i)) && (pol[i]!=2 || CONFD(i)))
#define WILLASK(i)  (pol[i]>0 || (R_CAPS && first[i]))
#define MAYSEND(i)  (GATE(i) && (!R_DATA_GATED || !(pcap[i] & 8) || \
                     (CONFD(i) && (!R_SEND_ACCEPTED || !WILLASK(i) || said_yes[i]))))
#if R_TAKE_ACCEPTED==1
#define AGREED(i)   told_yes[i]
#elif R_TAKE_ACCEPTED==2
#define AGREED(i)   (gopened[i] || CONFD(i))
#else
#define AGREED(i)   CONFD(i)
#endif
#define MAYTAKE(i)  (capin[i] && !closed[i] && !pclosed[i] && (!NEEDACC(i) || VALID(i)) && (pol[i]!=2 || AGREED(i)))
#define ORDEROK(i)  (!first[i] || VALID(i))
#define FLY1(x)     (rst[x]==WAITING || rst[x]==APPRAISING)
#define INFLY(i)    (FLY1(IX(i,1)) + FLY1(IX(i,2)) + FLY1(IX(i,3)))
#define PLAIN1(x)   (FLY1(x) && !rop[x])
#define PLAINFLY(i) (PLAIN1(IX(i,1)) || PLAIN1(IX(i,2)) || PLAIN1(IX(i,3)))
#define BUSY1(x)    (ast[x]>=ASKED && ast[x]<=ANSWERED)
#define ABUSY(i)    (BUSY1(IX(i,1)) + BUSY1(IX(i,2)) + BUSY1(IX(i,3)))
#define CRUN1(x)    (cin[x]==QUEUED || cin[x]==RUNNING)
#define CRUN(i)     (CRUN1(IX(i,1)) || CRUN1(IX(i,2)) || CRUN1(IX(i,3)))

/* ---- the properties' predicates, written apart from the gate ---- */
#define CUR1(i,x)   (rst[x]==ACCEPTED && rep[x]==told[i] && FRESH(x))
#define CURRENT(i)  (CUR1(i,IX(i,1)) || CUR1(i,IX(i,2)) || CUR1(i,IX(i,3)))
#define S1(i)       (!(GATE(i) && NEEDACC(i)) || CURRENT(i))
/* S7: the attester's belief "I am trusted" concerns its present posture */
#define BEL1(i,x)   (!(ast[x]==CONFIRMED && AFRESH(x)) || aep[x]==epoch[i])
#define S7(i)       (BEL1(i,IX(i,1)) && BEL1(i,IX(i,2)) && BEL1(i,IX(i,3)))
#ifdef CLOCK
/* S6: no gate beyond the end of the last acceptance;  S7t: the attester never believes longer than the RP does */
#define S6(i)       (!(GATE(i) && NEEDACC(i)) || now < ghostuntil[i])
#define BT1(i,k)    (!(ast[IX(i,k)]==CONFIRMED && AFRESH(IX(i,k))) || now < until[IX(1-i,k)])
#define S7T(i)      (BT1(i,1) && BT1(i,2) && BT1(i,3))
#else
#define S6(i)       true
#define S7T(i)      true
#endif
/* S6b: a rejected verdict is not outlived by an older acceptance */
#define NB1(i,k)    (OK1(IX(i,k)) && k>badk[i])
#define S6B(i)      (!(GATE(i) && NEEDACC(i)) || NB1(i,1) || NB1(i,2) || NB1(i,3))
/* S3c: what is reported as refused has not run and will not */
#define RF1(k)      (cst[IX(0,k)]==GOTREFUSAL && ran[IX(1,k)])
#define STALE(i)    (GATE(i) && NEEDACC(i) && !dead && \
                     !(rep[IX(i,1)]==epoch[1-i] && OK1(IX(i,1))) && !(rep[IX(i,2)]==epoch[1-i] && OK1(IX(i,2))) && \
                     !(rep[IX(i,3)]==epoch[1-i] && OK1(IX(i,3))))

/* ---- helpers; i = me, o = peer, x = index ---- */
#ifdef STRICTQ
#define ROOM        (len(ch[1-i]) < QSZ)      /* a peer that waits for room before it reads */
#else
#define ROOM        true                      /* queues are sized so that they never fill: asserted in SEND */
#endif
inline SEND(t, a, b, c) {
  if
  :: csent[i] || closed[i] || dead -> skip
  :: else -> assert(len(ch[1-i]) < QSZ); ch[1-i]!t(a, b, c)
  fi
}
inline ENDCMD(x, how) { assert(cst[x]==SENT); cst[x] = how }             /* S3: exactly one end */
inline END1(x) {                                                           /* CLOSE or death: everything ends, aloud */
  if :: FLY1(x) -> rst[x] = REFUSED :: rst[x]==ACCEPTED -> rst[x] = EXPIRED :: else fi;
  if :: cst[x]==SENT -> ENDCMD(x, UNKNOWN) :: else fi
}
/* How this step ends the session: fin is a CLOSE code to be sent, or one of these; END_STEP acts on it */
#define FIN_EXCHANGES 10                               /* the peer's CLOSE: its exchanges only */
#define FIN_SILENT    11                               /* nothing can be sent */
#if defined(NOLOSS)
#define LOSSOK false
#else
#define LOSSOK true
#endif
#if R_NO_HOLE==0 || defined(ALLOWLOSS)
#define QUITS false
#else
#define QUITS true
#endif
inline LOSE_DATA(num) {                  /* DATA_DROPPED, and the end unless the application allowed loss */
  assert(LOSSOK); gone[i] = gone[i] + num; ev[i] = 1;
  fin = (QUITS -> (badk[i]>0 -> 4 : 5) : fin)
}
inline DISCARD() { if :: held[i]>0 -> LOSE_DATA(held[i]); held[i] = 0; heldep[i] = 0 :: else fi }
inline FATAL() {                                       /* no table entry: fail closed.  Honest peers never get here */
#ifndef DEVIANT
  assert(false);
#endif
  fin = FIN_SILENT
}
inline END_STEP() {
#if ND>0
#if R_TAKE_ACCEPTED==2
  if :: GATE(i) -> gopened[i] = 1 :: else fi;
#endif
  if
  :: MAYTAKE(i) && fin==0 -> opened[i] = 1; if :: R_RELEASE -> RELEASE() :: else fi
  :: else
  fi;
#endif
  if
  :: fin>0 ->
     if :: fin<FIN_EXCHANGES -> SEND(CLOSE, 0, fin, 0); csent[i] = 1 :: else fi;
     closed[i] = (fin!=FIN_EXCHANGES || closed[i]);
     END1(IX(i,1)); END1(IX(i,2)); END1(IX(i,3));
     gone[i] = gone[i] + held[i]; held[i] = 0; heldep[i] = 0; ev[i] = 1
  :: else
  fi;
  id = 0; a = 0; b = 0; k = 0; d = 0; fin = 0
}
inline STALE1(x) { if :: rst[x]==ACCEPTED -> rst[x] = EXPIRED
#if R_PENDING==0
  :: cst[x]==SENT -> ENDCMD(x, GOTREFUSAL)
#endif
  :: else fi }
inline BELOW1(k2, kk) { if :: kk>k2 && rst[IX(i,k2)]==ACCEPTED -> rst[IX(i,k2)] = EXPIRED :: else fi }
inline STALEBELOW(kk) { BELOW1(1,kk); BELOW1(2,kk) }
inline LOSEB1(k2, kk) {
  if :: kk>k2 && ast[IX(i,k2)]==CONFIRMED -> ast[IX(i,k2)] = DENIED; RECALL(k2) :: else fi
}
inline RECALL(k2) {                                    /* OFFERED: REPLY 4.  RUNNING goes on */
  if :: cin[IX(i,k2)]==QUEUED -> cin[IX(i,k2)] = DONE; SEND(REPLY, ID(o,k2), 1, 0) :: else fi
}
inline LOSEBELOW(kk) { LOSEB1(1,kk); LOSEB1(2,kk) }
inline STALEALL() { STALE1(IX(i,1)); STALE1(IX(i,2)); STALE1(IX(i,3)) }
inline LOSE1(x)  { if :: ast[x]==CONFIRMED -> ast[x] = DENIED :: else fi }
inline LOSEALL() { LOSE1(IX(i,1)); LOSE1(IX(i,2)); LOSE1(IX(i,3)) }
#ifdef DEVIANT
#define GHOSTOK true                                   /* a deviant's DATA carry no meaningful ghost epoch */
#else
#define GHOSTOK false
#endif
inline DELIVER(e, first_no, num) {                     /* S9: DATA comes only from an accepted posture */
  assert(GHOSTOK || !NEEDACC(i) || (rst[IX(i,1)]==ACCEPTED && rep[IX(i,1)]==e)
                   || (rst[IX(i,2)]==ACCEPTED && rep[IX(i,2)]==e) || (rst[IX(i,3)]==ACCEPTED && rep[IX(i,3)]==e));
#ifndef ALLOWLOSS
  assert(gone[i]==0);                                  /* S10: no hole */
#endif
  assert(GHOSTOK || first_no==got[i]+gone[i]+1);       /* S11: in order, and each hole is an event */
  got[i] = got[i] + num
}
inline RELEASE() {
  if
  :: held[i]>0 -> DELIVER(heldep[i], got[i]+gone[i]+1, held[i]); held[i] = 0; heldep[i] = 0
  :: else
  fi
}
inline FAILED(x) {                                     /* refused, rejected, timed out: never better than before */
  rst[x] = REFUSED; ev[i] = 1;
#ifdef CLOCK
#if R_GRACE==0
  if :: until[IX(i,1)]==now+1 && rst[IX(i,1)]==ACCEPTED -> until[IX(i,1)] = now+2 :: else fi;
#endif
#endif
}
inline GIVEN_UP(x) {                                   /* the last exchange that held DATA waited for ended so */
  if :: !rop[x] && !PLAINFLY(i) && !VALID(i) -> DISCARD() :: else fi
}
inline OVERTURN(k2) {                                  /* rejected, at first or after it was accepted */
  if :: k2>badk[i] -> badk[i] = k2 :: else fi;
  if :: R_REVOKE -> STALEBELOW(k2) :: else fi;
  SEND(OUTC, ID(i,k2), NO, 0); DISCARD()
}

/* ---- spontaneous steps, for exchange k that I asked / that the peer asked ---- */
#define RPSTEPS(k) \
  :: rst[IX(i,k)]==APPRAISING && !closed[i] && ROOM ->              /* the appraiser accepts */ \
       if :: (R_ACCEPT_EPOCH && rep[IX(i,k)]!=told[i]) || (R_REVOKE && k<badk[i]) -> \
             FAILED(IX(i,k)); SEND(OUTC, ID(i,k), INDET, 0); GIVEN_UP(IX(i,k)) \
          :: else -> rst[IX(i,k)] = ACCEPTED; SETUNTIL(IX(i,k)); SEND(OUTC, ID(i,k), YES, 0); \
             SAID_YES(IX(i,k)) fi \
  :: REJECTS && rst[IX(i,k)]==APPRAISING && !closed[i] && ROOM ->   /* ... or rejects */ \
       FAILED(IX(i,k)); OVERTURN(k) \
  :: REVOCATIONS && (rst[IX(i,k)]==ACCEPTED || rst[IX(i,k)]==SPENT) && !closed[i] && ROOM -> \
       rst[IX(i,k)] = REFUSED; ev[i] = 1; OVERTURN(k) \
  :: TIMEOUTS && FLY1(IX(i,k)) && !closed[i] && ROOM ->             /* ... or the time is over */ \
       FAILED(IX(i,k)); if :: R_CANCEL -> SEND(OUTC, ID(i,k), INDET, 0) :: else fi; GIVEN_UP(IX(i,k)) \
  :: EXPIRIES && rst[IX(i,k)]==ACCEPTED -> rst[IX(i,k)] = EXPIRED; ev[i] = 1 \
  :: rst[IX(i,k)]==ACCEPTED && rop[IX(i,k)] && FRESH(IX(i,k)) && UP(i) && ROOM -> /* the gate opens once */ \
       rst[IX(i,k)] = SPENT; cst[IX(i,k)] = SENT; SEND(CMD, ID(i,k), k, 0) \
  :: TIMEOUTS && cst[IX(i,k)]==SENT -> ENDCMD(IX(i,k), UNKNOWN); ev[i] = 1
#define ATSTEPS(k) \
  :: ast[IX(i,k)]==ASKED && UP(i) && ORDEROK(i) -> ast[IX(i,k)] = PRODUCING; aep[IX(i,k)] = epoch[i] \
  :: R_DEFER_END && ast[IX(i,k)]==ASKED && UP(i) && !ORDEROK(i) && GAVEUP && ROOM -> \
       ast[IX(i,k)] = DENIED; ev[i] = 1; SEND(AUTH, ID(o,k), 1, 0) \
  :: ast[IX(i,k)]==PRODUCING && UP(i) && ROOM ->                    /* the evidence is there */ \
       if :: aep[IX(i,k)]==epoch[i] && (!R_ORDER_SEND || ORDEROK(i)) -> \
             assert(ORDEROK(i));                                             /* S8: privacy order */ \
             ast[IX(i,k)] = ANSWERED; SETSENT(IX(i,k)); SEND(AUTH, ID(o,k), 0, aep[IX(i,k)]) \
          :: aep[IX(i,k)]!=epoch[i] -> aep[IX(i,k)] = epoch[i]                /* made anew */ \
          :: else -> ast[IX(i,k)] = DENIED; ev[i] = 1; SEND(AUTH, ID(o,k), 1, 0) fi \
  :: DECLINES && (ast[IX(i,k)]==PRODUCING) && UP(i) && ROOM -> \
       ast[IX(i,k)] = DENIED; ev[i] = 1; SEND(AUTH, ID(o,k), 1, 0) \
  :: IMPATIENT && ast[IX(i,k)]==ANSWERED && !closed[i] -> ast[IX(i,k)] = DENIED; ev[i] = 1   /* no OUTCOME came */ \
  :: cin[IX(i,k)]==QUEUED && !closed[i] && ROOM ->                  /* the application takes the command */ \
       if :: (R_TAKE_EPOCH && aep[IX(i,k)]!=epoch[i]) || (R_EXEC_DL && !AFRESH(IX(i,k))) || (R_CLOSE && csent[i]) -> \
             cin[IX(i,k)] = DONE; SEND(REPLY, ID(o,k), 1, 0) \
          :: else -> cin[IX(i,k)] = RUNNING; \
             assert(!ran[IX(i,k)] && conf[IX(i,k)] && aop[IX(i,k)] && aep[IX(i,k)]==epoch[i]);  /* S2 */ \
             HONESTCHECK(k); ran[IX(i,k)] = 1 fi \
  :: cin[IX(i,k)]==RUNNING && !closed[i] && ROOM -> cin[IX(i,k)] = DONE; SEND(REPLY, ID(o,k), 0, 0)
#ifdef CLOCK
#define SETUNTIL(x) until[x] = now+HOLD; if :: !rop[x] || !R_OPGATE -> ghostuntil[i] = now+HOLD :: else fi
#define SETSENT(x)  sentat[x] = now
#define EXPIRIES    false
#else
#define SETUNTIL(x) skip
#define SETSENT(x)  skip
#endif
#ifdef REVOKES
#define NOTE_REJECTED(k) if :: k>rejk[i] -> rejk[i] = k :: else fi
#else
#define NOTE_REJECTED(k) skip
#endif
#if ND>0
#define SAID_YES(x) if :: !rop[x] -> said_yes[i] = 1 :: else fi
#define TOLD_YES(x) if :: !aop[x] -> told_yes[i] = 1 :: else fi
#else
#define SAID_YES(x) skip
#define TOLD_YES(x) skip
#endif
#ifdef DEVIANT
#define HONESTCHECK(k) skip
#elif defined(REVOKES)
#define HONESTCHECK(k) assert(k>rejk[i])   /* S2: no OUTCOME rejected of this or a later exchange came */
#elif defined(CLOCK)
#define HONESTCHECK(k) assert(rst[IX(o,k)]==SPENT && now < until[IX(o,k)]) /* S2: accepted there, in time */
#else
#define HONESTCHECK(k) assert(rst[IX(o,k)]==SPENT)
#endif
#ifdef COOP
#define DECLINES false
#else
#define DECLINES true
#endif
#if defined(COOP) || defined(NOREJECT)
#define REJECTS false
#else
#define REJECTS true
#endif
#ifdef LATE
#define IMPATIENT true
#else
#define IMPATIENT false
#endif
#ifdef REVOKES
#define REVOCATIONS true
#else
#define REVOCATIONS false
#endif
#ifdef TIMERS
#define TIMEOUTS true
#if !defined(CLOCK) && defined(NOEXPIRY)
#define EXPIRIES false
#elif !defined(CLOCK)
#define EXPIRIES true
#endif
#else
#define TIMEOUTS false
#ifndef CLOCK
#define EXPIRIES false
#endif
#endif
#ifdef REFRESH
#define AGAIN(i) true
#else
#define AGAIN(i) (!VALID(i) && INFLY(i)==0)
#endif
#define GAVEUP   (stop[i] || !WILLASK(i) || (INFLY(i)==0 && n[i]==NX))
#define MAXP     (i==0 -> NP0 : NP)

/* ---- what arrives ---- */
inline GOT_CAPS() {
  capin[i] = 1; pcap[i] = a;        /* bit 0 can attest, 1 will ask, 2 "you first", 3 data-gated */
  if
  :: first[i] && (a & 4) -> ev[i] = 1; stop[i] = 1                          /* policy deadlock */
  :: R_CAPS && WILLASK(i) && !(a & 1) -> ev[i] = 1; stop[i] = 1             /* required of one that cannot */
  :: R_CAPS && pol[i]==2 && !(a & 2) -> ev[i] = 1; stop[i] = 1              /* wants to be asked by one that won't */
  :: R_CAPS && pol[i]==2 && !can[i] -> ev[i] = 1; stop[i] = 1              /* wants to be asked, cannot answer */
  :: else
  fi
}
inline GOT_REQ() {
  k = id & 15;
  if
  :: (id >> 4)!=o || k<=last[i] -> FATAL()
  :: else ->
     assert((id >> 4)!=i && !seen[IX(i,k)]);                                 /* S4 */
     seen[IX(i,k)] = 1; last[i] = k; aop[IX(i,k)] = a;
     if
     :: !can[i] || stop[i] -> ast[IX(i,k)] = DENIED; SEND(AUTH, id, 1, 0)
     :: else ->
        if
        :: LIM && (ABUSY(i) + (R_LIM_DIR -> 0 : INFLY(i))) >= LIM -> ast[IX(i,k)] = DENIED; SEND(AUTH, id, 2, 0)
        :: else -> ast[IX(i,k)] = ASKED
        fi
     fi
  fi
}
inline GOT_AUTH() {
  k = id & 15;
  if
  :: (id >> 4)!=i || k==0 || k>n[i] -> FATAL()
  :: else ->
     if
     :: rst[IX(i,k)]==WAITING && a==0 -> rst[IX(i,k)] = APPRAISING; rep[IX(i,k)] = b
     :: rst[IX(i,k)]==WAITING && a!=0 -> FAILED(IX(i,k)); GIVEN_UP(IX(i,k))
     :: rst[IX(i,k)]!=WAITING && R_LATE_DROP -> skip
     :: rst[IX(i,k)]!=WAITING && !R_LATE_DROP -> FATAL()
     fi
  fi
}
#define OVER(x) (cin[x]!=0 || ast[x]==DENIED)              /* OFFERED, RUNNING, and after */
inline GOT_OUTC() {
  k = id & 15;
  if
  :: (id >> 4)!=o || k==0 || k>last[i] -> FATAL()
  :: else ->
     d = OVER(IX(i,k));
     if :: a==YES -> TOLD_YES(IX(i,k)) :: else fi;        /* even if the exchange is over */
     if
     :: ast[IX(i,k)]==ANSWERED && a==YES ->
        if
        :: !R_CONF_EPOCH || aep[IX(i,k)]==epoch[i] ->
           ast[IX(i,k)] = CONFIRMED; conf[IX(i,k)] = 1;
#ifdef CLOCK
           auntil[IX(i,k)] = (R_HOLD_SENT -> sentat[IX(i,k)] : now) + HOLD;
#endif
        :: else -> ast[IX(i,k)] = DENIED
        fi
     :: ast[IX(i,k)]==ANSWERED && a!=YES -> ast[IX(i,k)] = DENIED; ev[i] = 1
     :: (ast[IX(i,k)]==ASKED || ast[IX(i,k)]==PRODUCING) && R_CANCEL && a!=YES -> ast[IX(i,k)] = DENIED; ev[i] = 1
     :: (ast[IX(i,k)]==ASKED || ast[IX(i,k)]==PRODUCING) && !(R_CANCEL && a!=YES) -> FATAL()
     :: ast[IX(i,k)]==0 -> FATAL()                        /* an id that the asker skipped never was an exchange */
     :: ast[IX(i,k)]==CONFIRMED && a==NO -> ast[IX(i,k)] = DENIED; RECALL(k); ev[i] = 1
     :: ast[IX(i,k)]>=CONFIRMED && !(ast[IX(i,k)]==CONFIRMED && a==NO) && R_LATE_DROP -> skip
     :: ast[IX(i,k)]>=CONFIRMED && !(ast[IX(i,k)]==CONFIRMED && a==NO) && !R_LATE_DROP -> FATAL()
     fi;
     if
     :: a==NO && fin==0 ->
        if :: R_REVOKE && (R_REVOKE_ALWAYS || !d) -> LOSEBELOW(k) :: else fi;
        NOTE_REJECTED(k)
     :: else
     fi
  fi
}
inline GOT_POST() {
  if
  :: a<=told[i] -> FATAL()
  :: else -> told[i] = a; ev[i] = 1; STALEALL(); if :: R_HELD_DROP -> DISCARD() :: else fi
  fi
}
inline GOT_CMD() {
  k = id & 15;
  if
  :: (id >> 4)!=o || k==0 || k>last[i] -> FATAL()
  :: else ->
     if
     :: cin[IX(i,k)]==0 && aop[IX(i,k)] && a==k && aep[IX(i,k)]==epoch[i] && ast[IX(i,k)]>=ANSWERED &&
        (!R_CONFIRMED || (ast[IX(i,k)]==CONFIRMED && !pclosed[i])) && !(R_CLOSE && csent[i]) -> cin[IX(i,k)] = QUEUED
     :: else -> if :: cin[IX(i,k)]==0 -> cin[IX(i,k)] = DONE :: else fi; SEND(REPLY, id, 1, 0)
     fi
  fi
}
inline GOT_REPLY() {
  k = id & 15;
  if
  :: (id >> 4)!=i || k==0 || k>n[i] || cst[IX(i,k)]==0 -> FATAL()
  :: else ->
     if
     :: cst[IX(i,k)]==SENT && a==0 -> ENDCMD(IX(i,k), GOTREPLY)
     :: cst[IX(i,k)]==SENT && a!=0 -> ENDCMD(IX(i,k), GOTREFUSAL); ev[i] = 1
     :: cst[IX(i,k)]!=SENT && R_LATE_DROP -> skip
     :: cst[IX(i,k)]!=SENT && !R_LATE_DROP -> FATAL()
     fi
  fi
}
#ifdef HOLDS
#define HOLDING(i) (!opened[i])
#else
#define HOLDING(i) false
#endif
inline GOT_DATA() {
  if
  :: MAYTAKE(i) -> DELIVER(a, b, 1)
  :: !MAYTAKE(i) && HOLDING(i) && held[i]<HMAX -> if :: held[i]==0 -> heldep[i] = a :: else fi; held[i]++
  :: !MAYTAKE(i) && HOLDING(i) && held[i]>=HMAX -> gone[i]++; fin = 2
  :: !MAYTAKE(i) && !HOLDING(i) -> LOSE_DATA(1)
  fi
}
#define LOSTRUN(k) (cst[IX(i,k)]==SENT && ran[IX(o,k)])
inline GOT_CLOSE() {
#ifdef CLOSES
  assert(a!=0 || !(LOSTRUN(1) || LOSTRUN(2) || LOSTRUN(3)));   /* S3: an orderly end never hides that a command ran */
#endif
  DISCARD();
  assert(a!=0 || fin>0 || GHOSTOK || got[i]+gone[i]==nd[o]);   /* S12: nor that DATA was lost */
  pclosed[i] = 1;
  if :: csent[i] || a!=0 -> closed[i] = 1 :: else fi;     /* CLOSE 0 is answered, no other */
  fin = (fin==0 -> FIN_EXCHANGES : fin)
}

proctype Peer(byte i) {
  byte o, id, a, b, k, d, fin;
  o = 1-i;
  atomic { capout[i] = 1; SEND(CAPS, can[i] | (WILLASK(i)<<1) | (first[i]<<2) | (NEEDACC(i)<<3), 0, 0) }
end:
  do
  :: atomic { if
  /* receive one capsule */
  :: len(ch[i]) > 0 && !closed[i] && !(dead && nomore[i]) && ROOM ->
       if
       :: ch[i]?CAPS(a,_,_)   -> GOT_CAPS()
       :: ch[i]?REQ(id,a,_)   -> GOT_REQ()
       :: ch[i]?AUTH(id,a,b)  -> GOT_AUTH()
       :: ch[i]?OUTC(id,a,_)  -> GOT_OUTC()
       :: ch[i]?POST(_,a,_)   -> GOT_POST()
       :: ch[i]?CMD(id,a,_)   -> GOT_CMD()
       :: ch[i]?REPLY(id,a,_) -> GOT_REPLY()
       :: ch[i]?DATA(_,a,b)   -> GOT_DATA()
       :: ch[i]?CLOSE(_,a,_)  -> GOT_CLOSE()
       fi
  /* ask: first time, again after a loss, or as a refresh; A may bind the request to an operation */
  :: UP(i) && WILLASK(i) && !stop[i] && n[i]<NX && AGAIN(i) && ROOM ->
       n[i]++; rst[IX(i,n[i])] = WAITING; SEND(REQ, ID(i,n[i]), 0, 0)
#ifdef OPS
  :: i==0 && UP(i) && !stop[i] && n[i]<NX && ROOM ->
       n[i]++; rst[IX(i,n[i])] = WAITING; rop[IX(i,n[i])] = 1; SEND(REQ, ID(i,n[i]), 1, 0)
#endif
  RPSTEPS(1) RPSTEPS(2) RPSTEPS(3)
  ATSTEPS(1) ATSTEPS(2) ATSTEPS(3)
  /* my posture changes */
  :: UP(i) && can[i] && epoch[i]<MAXP && ROOM -> epoch[i]++; ev[i] = 1; LOSEALL(); SEND(POST, 0, epoch[i], 0)
  /* DATA leaves through the gate */
  :: nd[i]<ND && MAYSEND(i) && ROOM -> nd[i]++; SEND(DATA, 0, epoch[i], nd[i])
#if R_RELEASE==0
  :: held[i]>0 && MAYTAKE(i) -> RELEASE()
#endif
#ifdef CLOSES
  :: (capin[i] && !closed[i] && !csent[i]) && !(R_CLOSE && CRUN(i)) && ROOM ->
       SEND(CLOSE, 0, 0, 0); csent[i] = 1; if :: pclosed[i] -> closed[i] = 1 :: else fi
#endif
#ifdef DEATH
  :: dead && !closed[i] -> nomore[i] = 1; closed[i] = 1; fin = FIN_SILENT      /* the rest of the stream is lost */
#endif
  fi; END_STEP() }
  od
}

#ifdef DEATH
proctype Death() { end: dead = 1 }
#endif
#ifdef CLOCK
proctype Clock() { end: do :: now<TMAX -> now++ od }
#endif
#ifdef DEVIANT
/* B says anything: NDEV capsules with any id, any epoch, any verdict */
#ifndef NDEV
#define NDEV 7
#endif
proctype Deviant() {
  byte c, id, a, b; mtype t;
  ch[0]!CAPS(3,0,0);
end:
  do
  :: atomic { len(ch[1])>0 -> ch[1]?t(id,a,b); t = 0; id = 0; a = 0; b = 0 }
  :: atomic { c<NDEV && len(ch[0])<QSZ -> c++;
       if :: t = REQ :: t = AUTH :: t = OUTC :: t = CMD :: t = POST :: t = DATA :: t = REPLY fi;
       if :: t==POST || t==DATA -> id = 0 :: else -> if :: id = 1 :: id = 2 :: id = 17 :: id = 18 fi fi;
       if :: a = 0 :: a = 1 :: a = 2 fi;
       if :: t==AUTH && a==0 -> if :: b = 0 :: b = 1 fi :: else fi;
       ch[0]!t(id,a,b); t = 0; id = 0; a = 0; b = 0 }
  od
}
#endif

#define REST1(i)  (!(cst[IX(i,1)]==SENT || cst[IX(i,2)]==SENT || cst[IX(i,3)]==SENT))
/* all DATA that reached an end that still reads was delivered, is held for a shut gate, or lost with an event */
#define ACCOUNTED(i) (closed[i] || dead || (got[i]+gone[i]+held[i]==nd[1-i] && !(held[i]>0 && MAYTAKE(i))))
#define BOTH1(i,k)  (ast[IX(i,k)]!=CONFIRMED || aop[IX(i,k)] || rst[IX(1-i,k)]==ACCEPTED)
#define SAME(k)     (closed[0] || closed[1] || (BOTH1(0,k) && BOTH1(1,k)))
active proctype Watch() {
end:
  if
  :: cooked && !(S1(0) && S1(1)) -> assert(false)        /* S1 */
  :: cooked && !(S6(0) && S6(1)) -> assert(false)        /* S6 */
  :: cooked && !(S6B(0) && S6B(1)) -> assert(false)      /* S6b */
#ifndef DEVIANT
  :: cooked && (RF1(1) || RF1(2) || RF1(3)) -> assert(false)   /* S3c */
  :: cooked && !(S7(0) && S7(1)) -> assert(false)        /* S7 */
  :: cooked && !(S7T(0) && S7T(1)) -> assert(false)      /* S7, time */
#endif
  fi
}
active proctype Quiet() {
end:
  (cooked);
endq:
  timeout ->
#ifndef DEVIANT
    assert(ACCOUNTED(0) && ACCOUNTED(1));                 /* S11, S12 */
#if !defined(TIMERS) && !defined(CLOCK) && !defined(DEATH) && !defined(CLOSES)
    assert(SAME(1) && SAME(2) && SAME(3));                /* S7: belief and acceptance agree at rest */
#endif
    assert(REST1(0) && REST1(1));                         /* S3: no command left without an end */
    assert((closed[0] || ABUSY(0)==0) && (closed[1] || ABUSY(1)==0));          /* no exchange kept for ever */
#ifndef CLOCK
    assert(GATE(0) || ev[0] || closed[0]);                /* S5: progress or an event */
    assert(GATE(1) || ev[1] || closed[1]);
#endif
    assert(!(len(ch[0])>0 && !closed[0]) && !(len(ch[1])>0 && !closed[1]));   /* nobody stuck before unread bytes */
#ifdef COOP
    assert(GATE(0) && GATE(1));                           /* L1 as seen at rest */
#endif
#endif
    skip
}

init {
  atomic {
#ifdef ANYPOL
    if :: pol[0] = 0 :: pol[0] = 1 :: pol[0] = 2 :: pol[0] = 3 fi;
    if :: pol[1] = 0 :: pol[1] = 1 :: pol[1] = 2 :: pol[1] = 3 fi;
    if :: first[0] = 0 :: first[0] = 1 fi; if :: first[1] = 0 :: first[1] = 1 fi;
    if :: can[0] = 0 :: can[0] = 1 fi; if :: can[1] = 0 :: can[1] = 1 fi;
#else
    pol[0] = POL0; pol[1] = POL1; first[0] = ORD0; first[1] = ORD1; can[0] = 1; can[1] = 1;
#endif
    cooked = 1;
    run Peer(0);
#ifdef DEVIANT
    run Deviant();
#else
    run Peer(1);
#endif
#ifdef DEATH
    run Death();
#endif
#ifdef CLOCK
    run Clock();
#endif
  }
}
#ifdef L1
ltl l1 { <> (GATE(0) && GATE(1)) }
#endif
#ifdef L2
ltl l2 { [] ((STALE(0) -> <> !STALE(0)) && (STALE(1) -> <> !STALE(1))) }
#endif

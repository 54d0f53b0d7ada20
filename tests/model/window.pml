/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The window in which code is patched, and everything that may come in it.  run.py checks it as it stands, and once
 * with each fault, which spin must find.  README.md maps each step to the function that it stands for.
 *
 * CPU 0 runs one of three things: the patcher, the handler of events, or the handler of NMIs.  Which one is a matter of
 * two flags, and `provided` holds back whoever was interrupted.
 *
 *	XEN_PV	the hypervisor honours evtchn_upcall_mask; else RFLAGS.IF (native, HVM, PVH and the rest)
 *	SECOND	the second CPU: not_started, or parked
 *	FAULT	breaks the code in one way
 *
 * These three never change, and are no part of a state.  run.py makes one program for all cases, which has them from its
 * environment.
 */
hidden byte XEN_PV, SECOND, FAULT;

mtype:second = { not_started, parked };

mtype:fault = {
	none,
	/* Those of tests/mutate/fault.h and of the test builds. */
	no_mask, late_serialise, test_first, two_steps, two_windows, wrong_mask, second_not_parked, started_early,
	/* The wrong mask again, with one of mask_enter()'s two checks left in. */
	wrong_mask_suits, wrong_mask_read_back,
	/* What else can be got wrong, so that every property is seen to fail. */
	short_store, nmi_site, pending_dropped, not_acknowledged,
	not_asked, not_counted, count_reused, leaves_stale, parks_masked
};
#define WRONG_MASK (FAULT == wrong_mask || FAULT == wrong_mask_suits || FAULT == wrong_mask_read_back)

/*
 * What must never be.  pan names the variable in the message of a failed assertion, and run.py reads it there.  All are
 * true and never change, so that whoever comes as far as the assertion fails it.
 */
hidden byte torn_fetch = true, wrong_fetch = true, stale_fetch = true, second_ran = true;
hidden byte unmasked_store = true, stored_twice = true, read_back_differs = true;
hidden byte unmasked_unserialised = true, event_inside = true, proof_not_once = true;
#define NEVER(property, happens) if :: (happens) -> assert(!property) :: else fi

/*
 * Text: one site of each kind, and how many stores commit.c's copy() takes for it.  What a site holds is the image from
 * before the window, the one from after it, the intermediate one of a nested alternative, or part of two.
 */
#define LOCK 0		/* 1 byte: 1 store */
#define BRANCH 1	/* 5 bytes, two of 4 that overlap: 2 stores */
#define CALL 2		/* 6 bytes, the same: 2 stores */
#define NESTED 3	/* 8 bytes: 1 store */
#define SITES 4
mtype:image = { old_bytes, new_bytes, middle_bytes, torn_bytes };
mtype:image text[SITES] = old_bytes;

/* What each CPU may have fetched ahead: the text as it was when the CPU serialised last. */
typedef view { mtype:image site[SITES] = old_bytes };
view fetched[2];

/* Set by every store while there is a second CPU, cleared when that serialises. */
bool second_must_serialise;

inline serialise(cpu)
{
	d_step {
		fetched[cpu].site[LOCK] = text[LOCK];
		fetched[cpu].site[BRANCH] = text[BRANCH];
		fetched[cpu].site[CALL] = text[CALL];
		fetched[cpu].site[NESTED] = text[NESTED];
		second_must_serialise = second_must_serialise && cpu != 1;
	}
}

/* A CPU that has not serialised runs what is there or what it fetched before, so they must be one. */
inline run_site(cpu, which)
{
	NEVER(torn_fetch, text[which] == torn_bytes);
	NEVER(wrong_fetch, text[which] == middle_bytes);
	NEVER(stale_fetch, text[which] != fetched[cpu].site[which]);
	NEVER(second_ran, cpu == 1 && second_must_serialise);
}

/* One step is enough: a fetch changes nothing, so it does not matter which of the four comes first. */
inline run_sites(cpu)
{
	d_step {
		run_site(cpu, LOCK);
		run_site(cpu, BRANCH);
		run_site(cpu, CALL);
		run_site(cpu, NESTED);
	}
}

/* Events.  Each is a bit, as a port or a vector is: one that is pending already cannot be raised a second time. */
#define DEVICE 0	/* from the hypervisor */
#define PROOF 1		/* from the patcher */
#define REQUEST 2	/* from the second CPU */
bool pending[3];
bool owed[3];		/* raised and not yet delivered; nothing but delivery clears it */
byte proofs;		/* how often PROOF was delivered in this window */
#define UPCALL_PENDING (pending[DEVICE] || pending[PROOF] || pending[REQUEST])

/* The mask that the hypervisor honours, and the one that it does not look at. */
bool masked;
bool other_masked;

bool window_open;	/* from mask_enter() to the unmask */
bool in_handler, in_nmi;
bool kicked;		/* Xen has been told to look at CPU 0, and will */
bool storm = true;	/* events are raised again and again, for as long as it lasts */

/* Native and HVM: a pending interrupt comes before the next instruction. */
#define INTERRUPT_DUE (!XEN_PV && UPCALL_PENDING && !masked)

inline deliver()
{
	NEVER(event_inside, window_open);
	masked = true;
	in_handler = true;
	proofs = proofs + pending[PROOF];
	NEVER(proof_not_once, proofs > 1);
	pending[DEVICE] = false;
	pending[PROOF] = FAULT == not_acknowledged && pending[PROOF];
	pending[REQUEST] = false;
	owed[DEVICE] = false;
	owed[PROOF] = false;
	owed[REQUEST] = false;
}

/* Xen PV: the vCPU leaves Xen, which is when Xen looks (test_all_events in x86_64/entry.S), and the only time. */
inline leave_xen()
{
	if
	:: XEN_PV && UPCALL_PENDING && !masked && !in_nmi -> deliver()
	:: else
	fi
}

/* Xen kicks a vCPU only when its evtchn_upcall_pending goes from 0 to 1 (vcpu_mark_events_pending). */
inline raise(event)
{
	d_step {
		kicked = kicked || XEN_PV && !UPCALL_PENDING;
		pending[event] = true;
		owed[event] = true;
	}
}

/* A kick arrives at any time after its cause: before, in, or after the patcher's own test of what is pending. */
active proctype hypervisor()
{
end:	do
	:: storm && !pending[DEVICE] -> raise(DEVICE)
	:: storm -> storm = false
	:: INTERRUPT_DUE && !in_nmi -> d_step { deliver() }
	:: kicked && !in_nmi -> d_step { kicked = false; leave_xen() }
	od
}

/* IRET and HYPERVISOR_iret return and unmask in one step.  That they serialise is not relied upon. */
active proctype handler() provided (!in_nmi)
{
end:	do
	:: in_handler ->
		run_sites(0);
		d_step {
			in_handler = false;
			masked = false;
			leave_xen()
		}
	od
}

/*
 * An NMI comes at any moment, whatever is masked; it changes nothing, so one stands for all.  Under Xen PV nobody has
 * registered a handler in the window, and Xen drops it (set_guest_nmi_trapbounce): there it comes only with the fault.
 */
active proctype nmi()
{
end:	do
	:: !XEN_PV || FAULT == nmi_site ->
		in_nmi = true;
		if
		:: FAULT == nmi_site -> run_sites(0)
		:: else
		fi;
		d_step {
			in_nmi = false;
			leave_xen()
		}
		break
	od
}

/* The rendezvous.  The second CPU takes the request between two instructions: it is not masked for ever. */
bool started, park_wanted, counted;

active proctype second_cpu()
{
end_off:
	if
	:: SECOND == parked
	:: started || FAULT == started_early -> serialise(1)
	fi;
end:	do
	:: !park_wanted -> run_sites(1)
	/* Asks something of CPU 0, and masked, waits for the answer, as a TLB shootdown does. */
	:: !park_wanted && storm && !pending[REQUEST] -> raise(REQUEST); !owed[REQUEST]
	:: park_wanted ->
		counted = true;
		!park_wanted;
		if
		:: FAULT != leaves_stale -> serialise(1)
		:: else
		fi;
		counted = false
	od
}

inline park_second()
{
	if
	:: SECOND == parked && FAULT != second_not_parked ->
		/* It may still be on its way out of the window before. */
		if
		:: FAULT != count_reused -> !counted
		:: else
		fi;
		park_wanted = FAULT != not_asked;
		if
		:: FAULT != not_counted -> counted
		:: else
		fi
	:: else
	fi
}

/* Backend: is_masked(), mask(), unmask().  Under Xen PV CLI has no effect and RFLAGS.IF reads as set. */
#define IS_MASKED (WRONG_MASK -> other_masked : masked)

inline mask()
{
	if
	:: FAULT == no_mask
	:: WRONG_MASK -> other_masked = !XEN_PV
	:: else -> masked = true
	fi
}

/* The last instruction under the mask, whatever mask that is. */
inline unmask_now()
{
	d_step {
		NEVER(unmasked_unserialised, text[LOCK] != fetched[0].site[LOCK] ||
		      text[BRANCH] != fetched[0].site[BRANCH] || text[CALL] != fetched[0].site[CALL] ||
		      text[NESTED] != fetched[0].site[NESTED]);
		window_open = false;
		other_masked = false;
		masked = false
	}
}

/* The barrier between store and test is one for the compiler: what it forbids is test_first. */
inline unmask()
{
	if
	:: FAULT == pending_dropped ->
		d_step { pending[DEVICE] = false; pending[PROOF] = false; pending[REQUEST] = false }
	:: else
	fi;
	if
	:: !XEN_PV -> unmask_now()
	:: XEN_PV && FAULT != test_first ->
		unmask_now();
		if
		:: UPCALL_PENDING -> d_step { leave_xen() }
		:: else
		fi
	:: XEN_PV && FAULT == test_first ->
		if
		:: UPCALL_PENDING -> unmask_now(); d_step { leave_xen() }
		:: else -> unmask_now()
		fi
	fi
}

/* mask.c. */
inline mask_enter()
{
	if
	:: WRONG_MASK && FAULT == wrong_mask_suits -> goto refused
	:: else
	fi;
	mask();
	if
	:: FAULT != no_mask && FAULT != wrong_mask && !IS_MASKED -> goto refused
	:: else -> window_open = true
	fi
}

inline mask_exit()
{
	unmask();
	if
	:: FAULT == late_serialise -> serialise(0)
	:: else
	fi
}

/* commit.c: copy() of one edit, a store at a time. */
inline store(which, stores, image)
{
	stored = 0;
	do
	:: stored < stores ->
		d_step {
			NEVER(unmasked_store, !masked);
			NEVER(stored_twice, stored == 0 && text[which] != before);
			stored++;
			text[which] = (stored == stores -> image : torn_bytes);
			second_must_serialise = SECOND == parked || FAULT == started_early
		}
	:: else -> break
	od
}

inline commit()
{
	store(LOCK, 1, after);
	store(BRANCH, 2, after);
	store(CALL, 2, (FAULT == short_store -> torn_bytes : after));
	if
	:: FAULT == two_steps -> store(NESTED, 1, middle_bytes)
	/* As it was in 2026: a mask for each step. */
	:: FAULT == two_windows -> store(NESTED, 1, middle_bytes); serialise(0); mask_exit(); mask_enter()
	:: else
	fi;
	store(NESTED, 1, after);
	if
	:: FAULT != late_serialise -> serialise(0)
	:: else
	fi;
	d_step {
		NEVER(read_back_differs, text[LOCK] != after || text[BRANCH] != after || text[CALL] != after ||
		      text[NESTED] != after)
	}
}

/* Two windows: apply, revert.  With a proof it is window_run(); without one, a kernel that calls the journal itself. */
active proctype patcher() provided (!in_handler && !in_nmi && !INTERRUPT_DUE)
{
	mtype:image before = old_bytes, after = new_bytes;
	byte stored, windows;
	bool proving;

	do
	:: windows < 2 ->
		run_sites(0);
		if
		:: proving = true
		:: proving = false
		fi;
		if
		:: FAULT != parks_masked -> park_second(); mask_enter()
		:: else -> mask_enter(); park_second()
		fi;
		if
		:: proving -> proofs = 0; raise(PROOF)
		:: else
		fi;
		commit();
		d_step { NEVER(proof_not_once, proving && !(pending[PROOF] && proofs == 0)) };
		mask_exit();
		d_step { NEVER(proof_not_once, proving && proofs != 1); proofs = 0 };
		park_wanted = false;
		d_step { before = after; after = (after == new_bytes -> old_bytes : new_bytes); windows++ }
	:: else -> break
	od;
refused:
	park_wanted = false;
	started = true
}

ltl no_event_lost { [] (owed[DEVICE] -> <> !owed[DEVICE]) }
ltl window_ends { <> !storm -> [] (window_open -> <> !window_open) }
ltl patcher_ends { <> !storm -> <> started }

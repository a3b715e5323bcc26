/* plan_inner.h: the planner's working state. Layer 3.
 *
 * The live steps and loops of the graph become a line of events (a loop is two: its begin and its
 * end). A buffer lives from one event to another, both included; that is all the memory plan needs
 * to know. */
#ifndef TD_PLAN_INNER_H
#define TD_PLAN_INNER_H

#include "plan.h"

typedef enum { TD_EV_STEP, TD_EV_LOOP, TD_EV_END } td_event_kind;

typedef struct {
	td_event_kind kind;
	int id;   /* step or loop */
	int loop; /* innermost loop around it (for a loop's events: the loop itself) */
} td_event;

/* When a buffer lives. */
typedef struct {
	int begin, end;
} td_span_of_life;

/* A copy from one place to the other, before an event. */
typedef struct {
	int event, value;
	td_place to;
} td_crossing;

typedef struct {
	td_plan *p;
	td_graph *g;
	td_diags *d;
	const td_plan_options *o;
	bool *live_step, *live_value;
	TD_LIST(td_event) events;
	int *step_event, *loop_begin, *loop_end; /* TD_NONE: not live */
	const td_impl **impl;                    /* per step */
	td_place *place;                         /* per step */
	int *root;               /* per value: the value whose buffer it shares, itself if none */
	int *fresh[TD_N_PLACES]; /* per value: epoch of its last crossing to the place */
	int *run_of;             /* per step: its number in p->runs */
	TD_LIST(td_span_of_life) lives; /* parallel to p->buffers */
	TD_LIST(td_crossing) crossings;
	td_arena arena;
} td_planner;

/* choose.c: impl and place of every live step; TD0401, TD0402, TD0403. */
void td_plan_choose(td_planner *x);
/* live.c: events, buffers and their lives, crossings, runs. */
void td_plan_live(td_planner *x);
/* emit.c: the ops. */
void td_plan_emit(td_planner *x);
/* place.c: offsets, blocks, peaks. */
void td_plan_place(td_planner *x);
/* fit.c: TD0404, TD0405, TD0406, TD0502, TD0503 */
void td_plan_fit(td_planner *x);

/* The buffer of a value at a place, or TD_NONE. */
int td_plan_buffer(const td_planner *x, int value, td_place place);
/* Where a value is made: the place of its step; inputs and constants come to every place. */
td_place td_plan_home(const td_planner *x, int value);

#endif

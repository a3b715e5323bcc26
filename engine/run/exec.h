/* exec.h: one plan on one device, op by op. Layer 4.
 *
 * `td_exec_op` carries out the op under the program counter and moves on; a run is a loop around
 * it. Compare keeps several executors in step and looks at buffers between the ops. */
#ifndef TD_RUN_EXEC_H
#define TD_RUN_EXEC_H

#include "../model/input.h"
#include "record.h"

/* The files of a graph, loaded once and shared by all executors. */
typedef struct {
	td_input_data *items; /* by input number; not loaded where no output needs it */
	bool *loaded;
	int n;
} td_run_inputs;
TD_MUST_USE bool td_run_inputs_load(const td_graph *g, td_run_inputs *in, td_err *e);
void td_run_inputs_fini(td_run_inputs *in);

typedef struct td_exec td_exec;

/* Takes memory for the whole plan and builds its kernels. Everything given is borrowed. `sink` may
 * be NULL; `run` is the number its records carry. A plan with guard zones is watched: outputs are
 * poisoned before each RUN and the zones looked at after it. */
TD_MUST_USE bool td_exec_new(const td_plan *p, td_device *dev, const td_run_inputs *in,
                             const td_sink *sink, int run, td_exec **out, td_err *e);
void td_exec_free(td_exec *x);
const td_build *td_exec_build(const td_exec *x);

/* What nodes think of their data (td_node.accept) is not said again: another executor says it, or it is no news. */
void td_exec_hush(td_exec *x);
/* Back to the first op; records carry `repeat` (negative: warm-up) from now on. */
void td_exec_restart(td_exec *x, int repeat);
/* The op that comes next; NULL at the end. */
const td_op *td_exec_next(const td_exec *x);
TD_MUST_USE bool td_exec_op(td_exec *x, td_err *e);
/* All ops to the end, then waits for the device. */
TD_MUST_USE bool td_exec_run(td_exec *x, td_err *e);
/* Waits and emits what was launched. */
TD_MUST_USE bool td_exec_settle(td_exec *x, td_err *e);

/* Most bytes alive at once so far, per place; within the plan's promise, or the run has failed. */
int64_t td_exec_peak(const td_exec *x, td_place place);
/* Turn of the innermost open loop, 0 outside. */
int64_t td_exec_turn(const td_exec *x);

/* A buffer as it is now: dims with late ones fixed; `data` points to a copy that lives until the
 * next call with the same `slot` (0 … TD_MAX_PORTS * 4 - 1). NULL data for TD_NONE. */
TD_MUST_USE bool td_exec_look(td_exec *x, int buffer, int slot, td_tensor *out, td_err *e);
/* An output after the end of a run, in its declared dtype, by output number. Lives until the next
 * restart. */
const td_tensor *td_exec_output(const td_exec *x, int output);

/* What one step took in one repeat. */
typedef struct {
	int64_t kernel_ns; /* device time of its launches */
	int64_t wall_ns;   /* from the end of what came before it to its own end */
	int launches;
	td_cost cost;
} td_step_time;
/* By number in plan->runs, for the last finished repeat (after td_exec_run). */
const td_step_time *td_exec_times(const td_exec *x);

#endif

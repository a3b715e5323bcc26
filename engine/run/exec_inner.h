/* exec_inner.h: the executor's state, for exec.c, exec_memory.c and exec_watch.c. Layer 4. */
#ifndef TD_RUN_EXEC_INNER_H
#define TD_RUN_EXEC_INNER_H

#include "exec.h"

typedef struct {
	int loop;
	int64_t turn;
} td_open_loop;

struct td_exec {
	const td_plan *p;
	td_device
		*dev[TD_N_PLACES]; /* [TD_HOST]: a native device of our own, NULL when not needed */
	const td_run_inputs *inputs;
	const td_sink *sink;
	bool hushed;
	int run, repeat, pc;
	td_build build;
	td_arena arena;
	td_mem *block;     /* per block of the plan */
	td_mem *mem;       /* per buffer: a part of a block, or an input's memory */
	td_tensor *tensor; /* per buffer */
	int *memory;       /* per buffer: the buffer whose place in the block it has (SWAP) */
	bool *alive;
	int64_t *symbols;   /* values of the graph's symbols; late ones -1 until BIND */
	td_open_loop *open; /* stack */
	int n_open;
	int64_t own_bytes[TD_N_PLACES], peak[TD_N_PLACES];
	td_tensor *output;  /* per output of the graph: host data */
	bool *output_owned; /* data was allocated here */
	struct {
		void *data;
		size_t bytes;
	} look[TD_MAX_PORTS * 4];
	td_tensor in[TD_MAX_PORTS], out[TD_MAX_PORTS],
		scratch[TD_MAX_PORTS]; /* of the call under way */
	td_step_time *times;           /* per run of the plan */
	int64_t last_end_ns;
	int unsettled; /* runs since the last settle */
};

/* -- exec_memory.c ---------------------------------------------------------- */

td_device *td_exec_device(const td_exec *x, td_place place);
/* Blocks, and the parts of them that buffers are. */
TD_MUST_USE bool td_exec_take_memory(td_exec *x, td_err *e);
void td_exec_give_memory(td_exec *x);
TD_MUST_USE bool td_exec_alloc(td_exec *x, int buffer, td_err *e);
void td_exec_drop(td_exec *x, int buffer);
TD_MUST_USE bool td_exec_upload(td_exec *x, int to, int from, td_err *e);
TD_MUST_USE bool td_exec_download(td_exec *x, int from, int to, int output, td_err *e);
void td_exec_swap(td_exec *x, int a, int b);
/* Dims of a buffer with the symbols known now. */
TD_MUST_USE bool td_exec_size(td_exec *x, int buffer, td_err *e);

/* -- exec_watch.c: guard zones and poison ------------------------------------- */

TD_MUST_USE bool td_exec_arm(td_exec *x, int buffer, td_err *e);
TD_MUST_USE bool td_exec_poison(td_exec *x, int buffer, td_err *e);
TD_MUST_USE bool td_exec_watch(td_exec *x, const td_run_op *r, td_err *e);

#endif

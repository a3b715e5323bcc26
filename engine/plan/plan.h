/* plan.h: a graph on one device, as a flat program of nine ops. Layer 3; pure data.
 *
 * The planner fixes everything before the start: order, impls, transfers, and a place in memory for
 * every buffer, so that the peak is a proved number. Only late dims are open; their buffers are
 * sized by the upper bound.
 *
 * A step runs on the main device, or, where the pipeline allows it and the device has no impl, on
 * the host; a value that crosses has a buffer on both sides. */
#ifndef TD_PLAN_PLAN_H
#define TD_PLAN_PLAN_H

#include "../check/check.h"
#include "../model/caps.h"

typedef enum { TD_MAIN, TD_HOST, TD_N_PLACES } td_place;

typedef enum {
	TD_OP_ALLOC, /* a: buffer comes alive */
	TD_OP_UPLOAD, /* a: buffer on the main device; b: TD_NONE from the input or constant, else host buffer */
	TD_OP_RUN, /* a: run */
	TD_OP_DOWNLOAD, /* a: buffer; b: TD_NONE to the output of the graph (see `output`), else host buffer */
	TD_OP_FREE, /* a: buffer */
	TD_OP_LOOP, /* a: loop of the graph; b: op after its END; sets the index buffer */
	TD_OP_END,  /* a: loop; b: op of its LOOP */
	TD_OP_SWAP, /* a, b: buffers exchange their memory */
	TD_OP_BIND, /* a: late symbol; b: buffer that holds its value */
} td_opcode;

typedef struct {
	td_opcode code;
	int a, b;
} td_op;

typedef struct {
	int value; /* value of the graph it holds, TD_NONE: scratch */
	td_place place;
	td_shape shape; /* dims of the graph's pool; late ones move with BIND */
	bool late;      /* some dim is late */
	bool own;       /* input memory of its own: mapped on unified devices, no part of a block */
	int64_t bytes;  /* at most; a multiple of the alignment */
	int block;      /* which block of its place's memory; TD_NONE: own */
	int64_t offset; /* where in the block, guard zones not counted */
} td_buffer;

/* One RUN: a step with its impl and buffers. An absent optional input is TD_NONE. */
typedef struct {
	int step;
	const td_node *node;
	const td_impl *impl;
	td_place place;
	const void *params;
	int n_in, n_out, n_scratch;
	int *in, *out, *scratch;
} td_run_op;

typedef struct {
	td_place place;
	int64_t bytes;
} td_block_size;

typedef struct {
	td_arena arena;
	td_graph *graph;  /* borrowed */
	td_caps caps;     /* of the main device */
	int64_t *symbols; /* value of each symbol of the graph, -1: late */
	int n_symbols;
	TD_LIST(td_op) ops;
	TD_LIST(td_buffer) buffers;
	TD_LIST(td_run_op) runs;
	TD_LIST(td_block_size) blocks;
	int *value_buffer[TD_N_PLACES];   /* per value: its buffer there, or TD_NONE */
	int64_t peak_bytes[TD_N_PLACES];  /* blocks + own buffers alive at once: the promise */
	int64_t lower_bytes[TD_N_PLACES]; /* no plan needs less */
	int64_t transfer_bytes; /* between main device and host, inputs and outputs included */
	int64_t guard_bytes;    /* on both sides of each buffer */
	const char **impls;     /* wishes from outside that it was made with */
	int n_impls;
} td_plan;

typedef struct {
	const td_caps *caps;
	int64_t guard_bytes;
	/* "tensor.matmul=clblast": impls wanted from outside, n of them; a step's own wish wins */
	const char *const *impls;
	int n_impls;
} td_plan_options;

/* Plans a graph that passed check and whose symbols are fixed. What does not fit (TD04xx, TD05xx) is
 * added to `d`; NULL when there are errors among it. */
td_plan *td_plan_new(td_graph *g, const td_plan_options *o, td_diags *d);
void td_plan_free(td_plan *p);

/* What an impl needs for a step of a checked graph and an OpenCL device does not have, in words; NULL: nothing. */
const char *td_impl_lacks(const td_graph *g, const td_step *s, const td_impl *impl,
                          const td_caps *c);

/* People's and golden tests' text: one op a line, then memory. */
void td_plan_print(const td_plan *p, td_str *out);
void td_plan_json(const td_plan *p, td_str *out);

/* The saved plan: device, bindings, sources of inputs, ops, and the graph's text. Reading plans the
 * graph again for the same device and refuses when the result differs from what was saved. */
void td_plan_save(const td_plan *p, td_str *out);
td_sha256 td_plan_sha256(const td_plan *p);
bool td_plan_is_saved(const char *text, size_t n); /* does the text look like a saved plan? */
/* The graph is returned in `*graph` and owned by the caller, also after an error. */
td_plan *td_plan_load(const td_registry *r, const char *file, const char *text, size_t n,
                      td_graph **graph, td_diags *d, td_err *e);

/* Independent proof, for tests: no two buffers that are alive together overlap; every peak is
 * within the promise. O(n^2). */
TD_MUST_USE bool td_plan_verify(const td_plan *p, td_err *e);

#endif

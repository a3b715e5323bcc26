/* graph.h: a pipeline as plain data: values and steps joined by numbers. Layer 1.
 *
 * A graph knows no device. It is built by Lua (lua/bind_graph.c) or read from its text form
 * (model/text.c); both may build it wrong: what is wrong is kept as faults, so that `check` can
 * report everything at once. A graph that passes `check` has a shape, a dtype and a unit for every
 * value and a params struct for every step.
 *
 * Loops: a loop's body is a run of steps traced once. A CARRY value holds the initial value before
 * the loop, the current one inside and the last one after it; its buffer swaps with that of `next`
 * at the end of each turn. */
#ifndef TD_MODEL_GRAPH_H
#define TD_MODEL_GRAPH_H

#include "../base/hash.h"
#include "../base/intern.h"
#include "dim.h"
#include "param.h"
#include "registry.h"
#include "unit.h"

#define TD_NONE (-1)

/* Where the user wrote it. `file` lives in the graph; col 0 is unknown. */
typedef struct {
	const char *file;
	int line, col;
} td_origin;

typedef enum { TD_INPUT, TD_CONST, TD_OUTPUT_OF, TD_CARRY, TD_INDEX } td_value_kind;

typedef struct {
	td_value_kind kind;
	int maker; /* number of the input, constant, step or loop that makes it */
	int port; /* TD_OUTPUT_OF: output port, or TD_NONE on an unknown node; TD_CARRY: which carry */
	int loop; /* innermost loop whose body defines it, TD_NONE outside; a carry belongs to its loop's parent */
	const char *port_name; /* TD_OUTPUT_OF */
	td_origin at;
	/* set by check */
	td_shape shape; /* rank -1 until known */
	td_unit unit;
	double lo, hi; /* range; lo > hi: unknown */
} td_value;

/* What of a file an input is: of a recording (.edf) its signal, its epochs; of a table which rows. Lists of
 * names are separated by commas, texts of annotations by line ends. */
typedef struct {
	const char *part;   /* .edf: "calibration", "starts", "codes", "times"; NULL: the signal */
	const char *except; /* channels that are left out */
	const char *events; /* annotations that epochs lie around … */
	double from, until; /* … from and until so many seconds after their onset */
	int64_t samples, count; /* else epochs of so many samples; count 0: as many as there are */
	const char
		*like; /* .csv: a row for each channel of the input of this name, in its order … */
	const char *rows; /* … which are these; NULL: that file was not there yet */
} td_pick;

/* A file parameter of the pipeline that the graph reads. */
typedef struct {
	const char *name; /* the pipeline parameter, "series" */
	int value;
	const char *path, *url; /* either, or both NULL: nothing given yet */
	const char *pin;        /* SHA-256 in hex, NULL: not pinned */
	int64_t pin_bytes;      /* size, -1: not pinned */
	/* .csv: the columns to read, .edf: the channels; separated by commas, NULL: all. The channels of
	 * a recording are written down here when it is opened. */
	const char *columns;
	td_pick pick;
	const char *tensor; /* .safetensors: the name of the tensor in the file; NULL: not given */
	bool supplied;      /* who runs the graph brings the data: no file (twin cases) */
	bool literal;       /* the path stands in the pipeline itself, not on the command line */
	td_dtype dtype;
	int rank;
	td_dim dim[TD_MAX_RANK];
	td_origin at;
} td_input;

/* A small literal tensor. */
typedef struct {
	td_dtype dtype;
	int rank;
	int64_t dim[TD_MAX_RANK];
	const double *items; /* row-major */
	int64_t n;
} td_constant;

typedef struct {
	const char *node_name;  /* as written */
	const td_node *node;    /* NULL: unknown (a fault says so) */
	const char *name;       /* unique; "corr", "corr_2" or the user's */
	bool named;             /* the user's */
	const char *impl;       /* impl the pipeline asks for, NULL: the device's default */
	const char *tol_reason; /* reason for `tol_factor`, NULL: none given */
	double tol_factor;      /* widens the limits of this step; 1: as the node says */
	bool native_allowed;    /* may run on the host where the device lacks an impl */
	int stage, loop;        /* TD_NONE: none */
	int n_in, n_out;
	int *in;      /* value per input port (unknown node: as written), TD_NONE: unbound */
	int *out;     /* value per output port (unknown node: as asked for) */
	void *params; /* the node's params struct */
	td_origin at;
} td_step;

typedef struct {
	int init, value, next; /* `next` is TD_NONE until the body is closed */
} td_carry;

typedef struct {
	int64_t trips;
	int parent;      /* enclosing loop or TD_NONE */
	int index;       /* value of kind TD_INDEX, i64 [1], counts from 0; TD_NONE: not used */
	int first, last; /* steps [first, last) */
	td_carry *items; /* carries */
	int n, cap;
	td_origin at;
} td_loop;

typedef struct {
	const char *name;
	int value;
	/* the input, a recording, whose channels name those of this output, which is then written as a
	 * recording, too; NULL: none */
	const char *channels_of;
	td_origin at;
} td_output;

/* How outputs are looked at in reports. `spec` is theirs alone (lua/tandem/picture.lua). */
enum { TD_PICTURE_OUTPUTS = 4 };
typedef struct {
	const char *spec, *output[TD_PICTURE_OUTPUTS]; /* names */
	int n;
} td_picture;

/* A parameter of the pipeline, for the record. */
typedef struct {
	const char *name, *type, *value, *doc;
	bool given; /* on the command line */
	bool used;
	td_origin at;
} td_pipeline_param;

/* Found wrong while building. `rule` is a code of docs/checks.md. */
typedef struct {
	const char *rule, *text, *fix; /* fix may be NULL */
	td_origin at;
} td_fault;

/* A source text that made the graph. */
typedef struct {
	const char *name, *text;
	td_sha256 sha;
} td_source;

#define TD_LIST(type)        \
	struct {             \
		type *items; \
		int n, cap;  \
	}

typedef struct {
	td_arena arena;
	const td_registry *registry;
	td_dims *dims;
	const char *name;
	int determinism; /* level the pipeline demands, TD_D0 when it says nothing */
	TD_LIST(td_value) values;
	TD_LIST(td_step) steps;
	TD_LIST(td_input) inputs;
	TD_LIST(td_constant) constants;
	TD_LIST(td_loop) loops;
	TD_LIST(const char *) stages;
	TD_LIST(td_output) outputs;
	TD_LIST(td_picture) pictures;
	TD_LIST(td_pipeline_param) params;
	TD_LIST(td_fault) faults;
	TD_LIST(td_source) sources;
	int open_loop; /* while building: the innermost loop being traced */
	td_intern step_names, output_names, stage_names; /* number i is that of item i */
} td_graph;

td_graph *td_graph_new(const td_registry *registry, const char *name);
void td_graph_free(td_graph *g);

/* -- building ----------------------------------------------------------------
 * Strings are copied. Nothing here fails: what is wrong becomes a fault. Values and steps are
 * numbered in the order of their making. */

void td_graph_fault(td_graph *g, const char *rule, td_origin at, const char *fix, const char *fmt,
                    ...) TD_PRINTF(5, 6);

/* Adds `in` (its value is set) with the given unit and range (lo > hi: none); returns the value. */
int td_graph_input(td_graph *g, const td_input *in, const td_unit *unit, double lo, double hi);
int td_graph_const(td_graph *g, const td_constant *c, td_origin at);

/* One input of a step: by position (`port` NULL) or by port name. */
typedef struct {
	const char *port;
	int value;
} td_binding;

/* What a step may be told besides inputs and parameters; {0} is nothing. */
typedef struct {
	const char *name, *impl, *tol_reason;
	double tol_factor; /* 0: not given */
	bool native_allowed;
} td_step_options;

/* Adds a step in the open loop; its outputs become values. The values it takes are stored, not
 * looked at. */
int td_graph_step(td_graph *g, const char *node, const td_binding *in, int n_in,
                  const td_setting *set, int n_set, const td_step_options *options, td_origin at);
/* The value of an output, by port name; NULL: the first. An unknown name is a fault at `at`, and the
 * value returned is one of unknown shape. */
int td_graph_out(td_graph *g, int step, const char *port, td_origin at);

/* Opens a loop; steps added from now on are its body. Then carries; then close with their nexts. */
int td_graph_loop(td_graph *g, int64_t trips, td_origin at);
int td_graph_carry(td_graph *g, int loop, int init, td_origin at);
int td_graph_index(td_graph *g, int loop);
void td_graph_next(td_graph *g, int loop, int carry, int next);
/* Moves the last n steps out of the body of the loop being traced to before it; they use nothing that
 * the body makes. Steps get new numbers, values keep theirs. (hoist.c) */
void td_graph_hoist(td_graph *g, int loop, int n);
void td_graph_loop_end(td_graph *g);

int td_graph_stage(td_graph *g, const char *name);
void td_graph_output(td_graph *g, const char *name, int value, td_origin at);
/* The output that was added last is written as a recording, with the channels of the input of that name. */
void td_graph_output_edf(td_graph *g, const char *input);
/* A picture of outputs that are there already; one that is not is a fault. */
void td_graph_picture(td_graph *g, const char *spec, const char *const *outputs, int n,
                      td_origin at);
/* Does a picture show this output? */
bool td_output_shown(const td_graph *g, int output);
/* The names of its channels, separated by commas; NULL: the recording was not opened. */
const char *td_output_channels(const td_graph *g, const td_output *o);
void td_graph_param(td_graph *g, const td_pipeline_param *p);
void td_graph_source(td_graph *g, const char *name, const char *text, size_t n);

/* -- asking --------------------------------------------------------------- */

/* "corr.weight", "series", a constant's or carry's description: how messages call a value. */
void td_value_text(const td_graph *g, int value, td_str *out);
/* Is `inner` this loop or inside it? Any loop is inside TD_NONE. */
bool td_loop_within(const td_graph *g, int inner, int outer);

/* Which steps and values the outputs depend on; `step` and `value` are zeroed arrays of steps.n and
 * values.n. */
void td_graph_live(const td_graph *g, bool *step, bool *value);

/* -- text form (text_write.c, text_read.c) ----------------------------------
 *
 *   tandem graph 1
 *   name "brain_graph"
 *   determinism D3
 *   dim N 1:2147483647
 *   dim T 1:2147483647 rate=160
 *   %0 = input "series" f32 [N T] unit="V" range=-1:1 columns="a,b" tensor="w" bytes=9 sha256="5f…"
 *        and of what td_pick holds: part except events window=-0.2:0.5 samples count like rows
 *   %1 = const i32 [3] 1 2 4
 *   %2 %3 = graph.standardise@1(%0 -) eps=1e-12 as "std" stage "correlation"
 *   loop 10
 *   %4 = index
 *   %5 = carry %2 next %6
 *   %6 = tensor.add@1(%5 %0) as "add" impl "cl" native tol 4 "reason"
 *   end
 *   output "edge_src" = %5
 *   output "clean" = %6 edf "recording"
 *   picture "kind=matrix…" "loss" "best"
 *
 * One line a thing, words separated by blanks; empty lines and lines that start with # say nothing.
 * Inputs of a step stand in port order, - for none; all parameters are there, in table order.
 * Written, values are numbered in the order of the text; read, "%" and any word is a name, which
 * may be used before the line that defines it, and "@version" and "as" may be left out.
 * Strings are quoted: \" \\ and \xHH. Paths, URLs and origins are no part of it; pins are. Late
 * dims are derived by check and not written. */

/* The canonical text: equal graphs give equal text, and reading it gives the same graph. */
void td_graph_text(const td_graph *g, td_str *out);
td_sha256 td_graph_sha256(const td_graph *g);
/* Reads a text form, which becomes a source of the graph; `file` names it in messages. Structural
 * mistakes become faults, with origins in the text; a text that cannot be read at all is an error
 * (TD_E_USAGE) with file:line:col. Takes linear time. NULL on error. */
td_graph *td_graph_read(const td_registry *registry, const char *file, const char *text, size_t n,
                        td_err *e);

#endif

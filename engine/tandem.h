/* tandem.h: the node ABI, layer 0. The only header that nodes and plug-ins include.
 *
 * A node is one `const td_node`: named ports with symbolic shapes, typed parameters, and a list of
 * impls whose first is `ref`. Everything else (manual page, Lua constructor, editor annotations,
 * checks, twin tests, database rows) is derived from it.
 *
 * A node never allocates, never logs and keeps no state. Buffers come in `td_call`, failure goes
 * into `td_err`. */
#ifndef TANDEM_H
#define TANDEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TD_ABI 1u
#define TD_MAX_RANK 8
#define TD_MAX_PORTS 16 /* inputs, outputs or scratch buffers of one node */

#define TD_COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TD_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define TD_MUST_USE __attribute__((warn_unused_result))
#define TD_NONNULL __attribute__((nonnull))

/* -- errors --------------------------------------------------------------- */

/* What went wrong, as the exit code of the program (docs/pipelines.md, "Exit codes"). */
typedef enum {
	TD_OK = 0,
	TD_E_DISAGREE = 1, /* results differ, a gate failed */
	TD_E_USAGE = 2,    /* wrong arguments, or a pipeline that does not pass `check` */
	TD_E_UNDECIDED = 3,
	TD_E_DEVICE = 4, /* device, driver, memory or other resource */
	TD_E_DATA = 5,   /* missing, corrupt or unfitting input data */
} td_code;

typedef struct {
	td_code code;
	char text[1020];
} td_err;

/* Records an error and returns false, so that a failing function can say `return td_fail(…)`.
 * `e` may be NULL. */
bool td_fail(td_err *e, td_code code, const char *fmt, ...) TD_PRINTF(3, 4);
/* Puts "text: " before the message on its way up; keeps the code; returns false. */
bool td_within(td_err *e, const char *fmt, ...) TD_PRINTF(2, 3);

/* -- types ---------------------------------------------------------------- */

typedef enum { TD_F32, TD_F64, TD_I32, TD_I64, TD_U8, TD_F16, TD_BF16, TD_N_DTYPES } td_dtype;

#define TD_BIT(dtype) (1u << (dtype))
enum {
	TD_SET_F32 = TD_BIT(TD_F32),
	TD_SET_F64 = TD_BIT(TD_F64),
	TD_SET_I32 = TD_BIT(TD_I32),
	TD_SET_I64 = TD_BIT(TD_I64),
	TD_SET_U8 = TD_BIT(TD_U8),
	TD_SET_FLOAT = TD_SET_F32 | TD_SET_F64,
	TD_SET_INT = TD_SET_I32 | TD_SET_I64 | TD_SET_U8,
	TD_SET_ANY = TD_SET_FLOAT | TD_SET_INT,
	TD_SET_HALF = TD_BIT(TD_F16) | TD_BIT(TD_BF16), /* storage: nodes compute in f32 */
};

/* A tensor is contiguous and row-major, nothing else. `data` is a host address (native, ref) and
 * NULL on an OpenCL device, where `mem` is the cl_mem. An absent optional input has both NULL. */
typedef struct {
	td_dtype dtype;
	int rank;
	int64_t dim[TD_MAX_RANK];
	void *data;
	void *mem;
} td_tensor;

/* Number of elements (1 for rank 0). */
int64_t td_numel(const td_tensor *t) TD_NONNULL;
/* Product of the dims first, first+1, … last (exclusive); negative indices count from the end, and
 * `last` may be the rank. td_span(t, 0, -2) is the batch size of a matrix product. */
int64_t td_span(const td_tensor *t, int first, int last) TD_NONNULL;
size_t td_sizeof(td_dtype dtype);
/* Elements and bytes as doubles, for cost functions. */
double td_elements(const td_tensor *t) TD_NONNULL;
double td_bytes(const td_tensor *t) TD_NONNULL;

/* -- ports ---------------------------------------------------------------- */

/* How close an output has to come to `ref`; the limits are in docs/measuring.md. */
typedef enum {
	/* the same bits as `ref` rounded to the port's dtype: copies, integers, compares */
	TD_EXACT = 1,
	/* within `ulp` units in the last place of the rounded `ref` */
	TD_ULP,
	/* a sum of `length` rounded terms: |a-r| <= u c min(length, 8 + 2 sqrt(length)) with
	 * c = sum of |terms|, which `ref` writes into `td_call.mag`; `ulp` is added to the limit,
	 * for what follows the sum */
	TD_SUM,
	/* judged by the node's `decide`: flips inside the at-risk margin are allowed */
	TD_DECISION,
} td_closeness;

typedef struct {
	td_closeness kind;
	double ulp;
	/* TD_SUM: dim expression over the shape symbols, "T"; NULL: elements of the first input for
	 * each of the output */
	const char *length;
} td_tol;

enum {
	TD_OPTIONAL = 1u << 0, /* input: may be left out */
	TD_TIMED = 1u << 1,    /* input: the last axis must carry a sampling rate */
	/* input "...": axes are matched from the last one on; a missing one, or one of extent 1, fits
	 * any. "..." of an output is what they make together. The node has no scratch "...". */
	TD_BROADCAST = 1u << 2,
	TD_FREE = 1u << 3, /* input "...": of its own; the node's shape function sees to it */
	TD_READ = 1u << 4, /* output: a few numbers, which `accept` is shown on the host */
};

/* Tables of ports end with a row whose name is NULL.
 *
 * `dtypes`: a set. All ports of a node whose set has several members share one dtype, the dtype T
 * of the node; an output takes the parameter "dtype" instead, if the node has one.
 *
 * `shape`: dims separated by spaces. A dim is an expression over symbols, numbers, integer
 * parameters and flags (0 or 1) with + - * / (floor) and parentheses, without blanks: "E C (T-win)/hop+1". An input
 * symbol is bound by its first plain use. "..." at the start stands for any leading dims, the same
 * in all ports. "1|E" in an input fits an extent of 1 as well as E. "kept<=E" in an output declares a late dim: its capacity is E and its extent is
 * what the run finds in the output port named `kept` (i32 or i64, shape "1").
 *
 * `unit`: "V", "Hz/s", "1" (a pure number); "?a" a variable; outputs may combine variables
 * ("?a*?b", "?a^2"); "=to" is the unit named by the choice parameter `to`; NULL: no unit. */
typedef struct {
	const char *name;
	unsigned dtypes;
	const char *shape;
	const char *unit;
	const char *doc;
	td_tol tol; /* outputs only */
	unsigned flags;
	const char *over; /* output: written over this input, in its buffer */
	/* range: an input's contract or an output's promise; both 0: none; TD_RANGE_KEPT: the output
	 * has the range of the first input */
	double lo, hi;
} td_port;

#define TD_RANGE_KEPT __builtin_nan(""), __builtin_nan("")

/* -- parameters ----------------------------------------------------------- */

typedef enum {
	TD_INT,    /* int64_t */
	TD_REAL,   /* double */
	TD_FLAG,   /* bool */
	TD_CHOICE, /* int32_t: index into `choices`, a list that ends with NULL */
} td_ptype;

/* Tables of parameters end with a row whose name is NULL. A NaN as `def` means: must be given. */
typedef struct {
	const char *name, *unit, *doc;
	td_ptype type;
	size_t offset; /* into the node's own params struct */
	double def, min, max;
	const char *const *choices;
} td_param;

#define TD_REQUIRED __builtin_nan("")

/* -- calls ---------------------------------------------------------------- */

typedef struct td_runtime td_runtime; /* the device a call runs on; opaque to nodes */

/* One call of an impl. `in`, `out` and `scratch` follow the port tables.
 * For `ref` every float port is f64 and every integer port is i64, whatever the pipeline uses:
 * `ref` is the oracle, and knows two types only. */
typedef struct td_call {
	const td_tensor *in, *out, *scratch;
	const void *params;
	/* `ref`: per output NULL, or where to write c of TD_SUM, one per element */
	double *const *mag;
	td_runtime *rt;
} td_call;

/* Runs body(arg, lo, hi) over [0, n) in pieces of at least `grain` items on the native threads;
 * returns when all are done. The pieces depend on n, grain and the thread count: a body must not
 * let its results depend on them. */
void td_parallel(const td_call *c, int64_t n, int64_t grain,
                 void (*body)(const void *arg, int64_t lo, int64_t hi), const void *arg);

typedef enum { TD_ARG_TENSOR, TD_ARG_I32, TD_ARG_I64, TD_ARG_F32, TD_ARG_F64 } td_argtype;

typedef struct {
	td_argtype type;
	union {
		const td_tensor *tensor;
		int32_t i32;
		int64_t i64;
		float f32;
		double f64;
	} as;
} td_arg;

#define TD_T(x) ((td_arg){.type = TD_ARG_TENSOR, .as.tensor = (x)})
#define TD_I(x) ((td_arg){.type = TD_ARG_I32, .as.i32 = (int32_t)(x)})
#define TD_L(x) ((td_arg){.type = TD_ARG_I64, .as.i64 = (x)})
#define TD_F(x) ((td_arg){.type = TD_ARG_F32, .as.f32 = (float)(x)})
#define TD_D(x) ((td_arg){.type = TD_ARG_F64, .as.f64 = (x)})

/* Enqueues one OpenCL kernel of the impl's source on at least items[0] x items[1] x items[2] work
 * items (0 anywhere: nothing to do). The local size is the kernel's own
 * reqd_work_group_size; the engine rounds the items up to a multiple of it, so kernels guard their
 * index. Every launch is timed and recorded by name. An absent optional tensor is passed as NULL. */
TD_MUST_USE bool td_launch(const td_call *c, const char *kernel, const int64_t items[3],
                           const td_arg *args, size_t n_args, td_err *e);
/* True on a device whose kernels are built with TD_CPU (few fat work items, no local memory) and
 * false with TD_GPU (many thin items); the prelude gives kernels the same choice. */
bool td_is_cpu(const td_call *c);

/* For library impls (CLBlast): the cl_command_queue, and the time of what the library enqueued,
 * from the cl_event it returned (taken over by the engine). */
void *td_cl_queue(const td_call *c);
TD_MUST_USE bool td_cl_record(const td_call *c, const char *kernel, void *event, td_err *e);

/* -- shape functions ------------------------------------------------------ */

typedef struct td_dims td_dims; /* the pool that owns dims */
typedef int32_t td_dim;         /* a dim: a polynomial over symbols, by its number in the pool */

typedef struct {
	td_dtype dtype;
	int rank;
	td_dim dim[TD_MAX_RANK];
} td_shape;

td_dim td_dim_int(td_dims *d, int64_t value);
td_dim td_dim_add(td_dims *d, td_dim a, td_dim b);
td_dim td_dim_sub(td_dims *d, td_dim a, td_dim b);
td_dim td_dim_mul(td_dims *d, td_dim a, td_dim b);
td_dim td_dim_div(td_dims *d, td_dim a, td_dim b); /* floor(a / b) */

/* -- the node ------------------------------------------------------------- */

typedef struct {
	double flops, bytes; /* the roofline: useful operations, bytes that must cross memory */
} td_cost;

/* Outcome of comparing decisions (kept edges, labels, arg max …) with those of `ref`. */
typedef struct {
	int64_t n;       /* decisions taken */
	int64_t at_risk; /* decisions whose margin is within rounding */
	int64_t flips;   /* decisions that differ */
	int64_t wrong;   /* … although they were not at risk: a defect */
	int port;        /* where the first wrong (else first flipped) one stands: output port, */
	int64_t worst;   /* and flat index in it; -1: none */
} td_decisions;

typedef enum { TD_ON_HOST, TD_ON_OPENCL } td_backend;

/* td_impl.needs: capabilities of the device */
enum {
	TD_NEEDS_F64 = 1u << 0,
	TD_NEEDS_F16 = 1u << 1,
	TD_NEEDS_I64_ATOMICS = 1u << 2,
	TD_NEEDS_LIBRARY = 1u << 3, /* links a vendor library: never chosen by default */
};

/* Tables of impls end with a row whose name is NULL. */
typedef struct {
	const char *name; /* "ref", "native", "cl", "clblast" */
	td_backend on;
	bool (*run)(const td_call *c, td_err *e);
	const char *source;  /* OpenCL: the file "graph/corr.cl", embedded in the program */
	const char *text;    /* OpenCL, plug-ins: the text of that file; NULL for built-in nodes */
	unsigned needs;      /* what the device must have */
	unsigned needs_wide; /* … and what it must have besides when the node's dtype is f64 */
	const char *local_bytes; /* local memory a group takes: dim expression; NULL: none */
	int group;               /* work items a group needs at most; 0: 1 */
	unsigned dtypes;         /* those T of the node that it takes, a set; 0: all */
} td_impl;

/* td_node.flags: the determinism level (docs/measuring.md) and traits */
enum {
	TD_D0 = 0, /* no promise */
	TD_D1 = 1, /* same device, same binary: same bits */
	TD_D2 = 2, /* and independent of group sizes and compute units */
	TD_D3 = 3, /* same bits on every device that rounds correctly, native included */
	TD_D_MASK = 7,
	TD_RANDOM = 1u << 3, /* draws random numbers: needs a parameter `seed` */
};

typedef struct td_infer {
	td_dims *dims;
	const td_shape *in; /* an absent optional input has rank -1 */
	td_shape *out;
	const void *params;
} td_infer;

typedef struct td_node {
	uint32_t abi;     /* TD_ABI */
	uint32_t version; /* bump it when results may change; stored with each run */
	const char *name; /* "graph.corr" */
	const char *doc;  /* first sentence: what it computes; then the formula */
	const td_port *in, *out, *scratch;
	const td_param *params;
	size_t params_size;
	/* Only where shape strings cannot say it: fills all of out[] from in[] and the parameters. */
	bool (*shape)(const td_infer *s, td_err *e);
	/* A parameter rule that ranges cannot say ("lo < hi"). */
	bool (*validate)(const void *params, td_err *e);
	td_cost (*cost)(const td_call *c);
	/* Can the run go on? Sees, after the impl, its outputs with TD_READ on the host (`ref`: i64 and f64), and
	 * no other data. False ends the run: input data that makes no sense. True with a text in `e` is a
	 * warning. */
	bool (*accept)(const td_call *c, td_err *e);
	/* TD_DECISION outputs: compares `got` with `ref`, both on the inputs of `ref`. */
	bool (*decide)(const td_call *ref, const td_call *got, td_decisions *d, td_err *e);
	unsigned flags;
	const td_impl *impls; /* [0] is ref */
} td_node;

/* TD_DEFINE_NODE(td_tensor_copy) = {…}; declares and defines a node. */
#define TD_DEFINE_NODE(id)       \
	extern const td_node id; \
	const td_node id

/* A plug-in exports `const td_plugin tandem_plugin`. */
typedef struct {
	uint32_t abi;
	const char *build; /* what this was built from: a version or commit; must not be empty */
	const td_node *const *nodes; /* ends with NULL */
} td_plugin;

#endif

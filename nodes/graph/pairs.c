/* graph.union, graph.mutual: pairs of rows that directed edges join.
 *
 *   src, dst, weight [E], degree [N] -> pair [pairs 2], weight [pairs], pairs
 *   union: {a, b} with an edge either way, the larger weight
 *   mutual: {a, b} with edges both ways, the smaller weight
 *
 * The lower end comes first; pairs are sorted by it, then by the upper end. Edges may come in any
 * order; those from a row to itself and to rows that are not there join nothing. NaN stays NaN. */
#include "tandem.h"

#include "pairs.h"

#include <math.h>

enum { SRC, DST, WEIGHT, DEGREE };                         /* in */
enum { PAIR, PAIR_WEIGHT, PAIRS };                         /* out */
enum { COUNT, START, FIRST, UPPER, EDGE, STANDS, JOINED }; /* scratch */

/* -- ref --------------------------------------------------------------------- */

/* The pairs of one lower end while they are gathered, sorted by upper end. */
typedef struct {
	int64_t n, *pair;
	double *weight;
	int64_t *ways; /* 1: an edge up, 2: one down */
} gathered;

static double ref_join(double a, double b, bool smaller)
{
	if (isnan(a) || isnan(b))
		return (double)NAN;
	return ((a < b) == smaller ? a : b) + 0.0;
}

static void ref_gather(gathered *g, int64_t a, int64_t b, double w, int64_t way, bool mutual)
{
	int64_t at = 0;
	while (at < g->n && g->pair[2 * at + 1] < b)
		at++;
	if (at == g->n || g->pair[2 * at + 1] != b) {
		for (int64_t i = g->n++; i > at; i--) {
			g->pair[2 * i + 1] = g->pair[2 * i - 1];
			g->weight[i] = g->weight[i - 1];
			g->ways[i] = g->ways[i - 1];
		}
		g->weight[at] = w;
		g->ways[at] = 0;
	}
	g->pair[2 * at] = g->pair[2 * (g->n - 1)] = a;
	g->pair[2 * at + 1] = b;
	g->weight[at] = ref_join(g->weight[at], w, mutual);
	g->ways[at] |= way;
}

/* Takes out the pairs that edges join one way only. */
static void ref_drop_single(gathered *g)
{
	int64_t kept = 0;
	for (int64_t i = 0; i < g->n; i++) {
		if (g->ways[i] != 3)
			continue;
		g->pair[2 * kept] = g->pair[2 * i];
		g->pair[2 * kept + 1] = g->pair[2 * i + 1];
		g->weight[kept++] = g->weight[i];
	}
	g->n = kept;
}

static bool ref_pairs(const td_call *c, bool mutual)
{
	const int64_t *src = c->in[SRC].data, *dst = c->in[DST].data;
	int64_t n = td_numel(&c->in[DEGREE]), pairs = 0;
	for (int64_t a = 0; a < n; a++) {
		gathered g = {0, (int64_t *)c->out[PAIR].data + 2 * pairs,
		              (double *)c->out[PAIR_WEIGHT].data + pairs, c->scratch[STANDS].data};
		for (int64_t e = 0; e < td_numel(&c->in[SRC]); e++) {
			int64_t low = src[e] < dst[e] ? src[e] : dst[e],
				high = src[e] + dst[e] - low;
			if (low == a && high > a && high < n)
				ref_gather(&g, a, high, ((const double *)c->in[WEIGHT].data)[e],
				           src[e] == a ? 1 : 2, mutual);
		}
		if (mutual)
			ref_drop_single(&g);
		pairs += g.n;
	}
	((int64_t *)c->out[PAIRS].data)[0] = pairs;
	return true;
}

static bool ref_union(const td_call *c, td_err *e)
{
	(void)e;
	return ref_pairs(c, false);
}

static bool ref_mutual(const td_call *c, td_err *e)
{
	(void)e;
	return ref_pairs(c, true);
}

/* -- native ------------------------------------------------------------------ */

typedef struct {
	const td_call *c;
	graph_slots s;
	int n;
	bool mutual;
} job;

static job make_job(const td_call *c, bool mutual)
{
	graph_slots s = {c->in[SRC].data,        c->in[DST].data,        c->in[WEIGHT].data,
	                 c->scratch[START].data, c->scratch[UPPER].data, c->scratch[EDGE].data};
	return (job){c, s, (int)td_numel(&c->in[DEGREE]), mutual};
}

/* start[i] = the sum of count[0 … i), for i up to n. */
static void add_up(const int32_t *count, int n, int32_t *start)
{
	start[0] = 0;
	for (int i = 0; i < n; i++)
		start[i + 1] = start[i] + count[i];
}

static void fill_slots(const job *j)
{
	int32_t *count = j->c->scratch[COUNT].data, *start = j->c->scratch[START].data;
	int32_t *upper = j->c->scratch[UPPER].data, *edge = j->c->scratch[EDGE].data;
	int64_t edges = td_numel(&j->c->in[SRC]);
	memset(count, 0, (size_t)j->n * sizeof *count);
	for (int64_t e = 0; e < edges; e++) {
		int a = graph_lower_end(j->s.src[e], j->s.dst[e], j->n);
		if (a >= 0)
			count[a]++;
	}
	add_up(count, j->n, start);
	for (int64_t e = 0; e < edges; e++) {
		int a = graph_lower_end(j->s.src[e], j->s.dst[e], j->n);
		if (a < 0)
			continue;
		int32_t slot = start[a] + --count[a];
		upper[slot] = j->s.src[e] + j->s.dst[e] - a;
		edge[slot] = (int32_t)e;
	}
}

/* Rows lo … hi as lower ends: which of their slots stand for a pair, and how many pairs there are. */
static void judge(const void *arg, int64_t lo, int64_t hi)
{
	const job *j = arg;
	int32_t *stands = j->c->scratch[STANDS].data, *count = j->c->scratch[COUNT].data;
	float *joined = j->c->scratch[JOINED].data;
	for (int64_t a = lo; a < hi; a++) {
		count[a] = 0;
		for (int32_t p = j->s.start[a]; p < j->s.start[a + 1]; p++) {
			stands[p] = graph_slot_stands(j->s, p, j->mutual, &joined[p]);
			count[a] += stands[p];
		}
	}
}

static void emit(const void *arg, int64_t lo, int64_t hi)
{
	const job *j = arg;
	const int32_t *stands = j->c->scratch[STANDS].data, *first = j->c->scratch[FIRST].data;
	const float *joined = j->c->scratch[JOINED].data;
	int32_t *out = j->c->out[PAIR].data;
	float *weight = j->c->out[PAIR_WEIGHT].data;
	for (int64_t a = lo; a < hi; a++)
		for (int32_t p = j->s.start[a]; p < j->s.start[a + 1]; p++) {
			if (!stands[p])
				continue;
			int at = first[a] + graph_slot_rank(j->s, p, stands);
			out[2 * at] = (int32_t)a;
			out[2 * at + 1] = j->s.upper[p];
			weight[at] = joined[p];
		}
}

static bool native_pairs(const td_call *c, bool mutual)
{
	job j = make_job(c, mutual);
	int32_t *first = c->scratch[FIRST].data;
	fill_slots(&j);
	td_parallel(c, j.n, 256, judge, &j);
	add_up(c->scratch[COUNT].data, j.n, first);
	td_parallel(c, j.n, 256, emit, &j);
	((int32_t *)c->out[PAIRS].data)[0] = first[j.n];
	return true;
}

static bool native_union(const td_call *c, td_err *e)
{
	(void)e;
	return native_pairs(c, false);
}

static bool native_mutual(const td_call *c, td_err *e)
{
	(void)e;
	return native_pairs(c, true);
}

/* -- cl ---------------------------------------------------------------------- */

/* Counts edges under their lower ends and puts them in slots. */
static bool cl_slots(const td_call *c, td_err *e)
{
	const td_tensor *s = c->scratch;
	const td_arg n = TD_I(td_numel(&c->in[DEGREE])), m = TD_I(td_numel(&c->in[SRC]));
	const td_arg src = TD_T(&c->in[SRC]), dst = TD_T(&c->in[DST]), count = TD_T(&s[COUNT]);
	const td_arg clear[] = {count, n}, tell[] = {src, dst, m, n, count};
	const td_arg sum[] = {count, n, TD_T(&s[START]), TD_T(&c->out[PAIRS])};
	const td_arg place[] = {src,           dst, m, n, count, TD_T(&s[START]), TD_T(&s[UPPER]),
	                        TD_T(&s[EDGE])};
	const int64_t rows[3] = {n.as.i32, 1, 1}, edges[3] = {m.as.i32, 1, 1}, once[3] = {1, 1, 1};
	return td_launch(c, "graph_pairs_clear", rows, clear, TD_COUNT(clear), e) &&
	       td_launch(c, "graph_pairs_count", edges, tell, TD_COUNT(tell), e) &&
	       td_launch(c, "graph_offsets", once, sum, TD_COUNT(sum), e) &&
	       td_launch(c, "graph_pairs_place", edges, place, TD_COUNT(place), e);
}

static bool cl_pairs(const td_call *c, bool mutual, td_err *e)
{
	const td_tensor *s = c->scratch;
	const td_arg n = TD_I(td_numel(&c->in[DEGREE])), count = TD_T(&s[COUNT]);
	const td_arg src = TD_T(&c->in[SRC]), dst = TD_T(&c->in[DST]), w = TD_T(&c->in[WEIGHT]);
	const td_arg start = TD_T(&s[START]), upper = TD_T(&s[UPPER]), edge = TD_T(&s[EDGE]);
	const td_arg stands = TD_T(&s[STANDS]), joined = TD_T(&s[JOINED]), first = TD_T(&s[FIRST]);
	const td_arg judge_args[] = {src, dst,          w,      start,  upper, edge,
	                             n,   TD_I(mutual), stands, joined, count};
	const td_arg sum[] = {count, n, first, TD_T(&c->out[PAIRS])};
	const td_arg emit_args[] = {src,
	                            dst,
	                            w,
	                            start,
	                            upper,
	                            edge,
	                            n,
	                            stands,
	                            joined,
	                            first,
	                            TD_T(&c->out[PAIR]),
	                            TD_T(&c->out[PAIR_WEIGHT])};
	const int64_t edges[3] = {td_numel(&c->in[SRC]), 1, 1}, once[3] = {1, 1, 1};
	return cl_slots(c, e) &&
	       td_launch(c, "graph_pairs_judge", edges, judge_args, TD_COUNT(judge_args), e) &&
	       td_launch(c, "graph_offsets", once, sum, TD_COUNT(sum), e) &&
	       td_launch(c, "graph_pairs_emit", edges, emit_args, TD_COUNT(emit_args), e);
}

static bool cl_union(const td_call *c, td_err *e)
{
	return cl_pairs(c, false, e);
}

static bool cl_mutual(const td_call *c, td_err *e)
{
	return cl_pairs(c, true, e);
}

/* -- the nodes --------------------------------------------------------------- */

static td_cost cost(const td_call *c)
{
	return (td_cost){.bytes = 3 * td_bytes(&c->in[SRC]) + td_bytes(&c->out[PAIR])};
}

static const td_port in[] = {
	{"src", TD_SET_I32, "E", NULL, "source of each edge"},
	{"dst", TD_SET_I32, "E", NULL, "target of each edge"},
	{"weight", TD_SET_F32, "E", "?a", "its weight"},
	{"degree", TD_SET_I32, "N", NULL,
         "of each row, from graph.knn: says how many rows there are"},
	{0},
};

static const td_port out[] = {
	{"pair", TD_SET_I32, "pairs<=E 2", NULL, "lower and upper end, sorted", {TD_EXACT}},
	{"weight", TD_SET_F32, "pairs<=E", "?a", "of each pair", {TD_EXACT}},
	{"pairs", TD_SET_I32, "1", NULL, "how many pairs there are", {TD_EXACT}},
	{0},
};

static const td_port scratch[] = {
	{"count", TD_SET_I32, "N", NULL, "slots, then pairs, of each lower end"},
	{"start", TD_SET_I32, "N+1", NULL, "its first slot"},
	{"first", TD_SET_I32, "N+1", NULL, "its first pair"},
	{"upper", TD_SET_I32, "E", NULL, "of each slot: the upper end"},
	{"edge", TD_SET_I32, "E", NULL, "… the edge"},
	{"stands", TD_SET_I32, "E", NULL, "… whether it stands for its pair"},
	{"joined", TD_SET_F32, "E", NULL, "… the pair's weight"},
	{0},
};

TD_DEFINE_NODE(td_graph_union) = {
	.abi = TD_ABI,
	.version = 1,
	.name = "graph.union",
	.doc = "Undirected edges: pairs of rows with an edge either way, with the larger weight, "
	       "sorted by lower and upper end.",
	.in = in,
	.out = out,
	.scratch = scratch,
	.cost = cost,
	.flags = TD_D3,
	.impls =
		(const td_impl[]){
			{"ref", TD_ON_HOST, ref_union},
			{"native", TD_ON_HOST, native_union},
			{"cl", TD_ON_OPENCL, cl_union, "graph/pairs.cl"},
			{0},
		},
};

TD_DEFINE_NODE(td_graph_mutual) = {
	.abi = TD_ABI,
	.version = 1,
	.name = "graph.mutual",
	.doc = "Undirected edges: pairs of rows with edges both ways, with the smaller weight, "
	       "sorted by lower and upper end.",
	.in = in,
	.out = out,
	.scratch = scratch,
	.cost = cost,
	.flags = TD_D3,
	.impls =
		(const td_impl[]){
			{"ref", TD_ON_HOST, ref_mutual},
			{"native", TD_ON_HOST, native_mutual},
			{"cl", TD_ON_OPENCL, cl_mutual, "graph/pairs.cl"},
			{0},
		},
};

/* scores.h: what attention works on, sizes, heads and tiles of queries, and what masks and biases do to scores; the
 * same in C and in OpenCL C on CPUs. */
#ifndef TD_NODES_ATTENTION_SCORES_H
#define TD_NODES_ATTENTION_SCORES_H

#include "td_exp2.h"
#include "td_stored.h"

enum { ATTENTION_LANES = 48, ATTENTION_BLOCK = 64, ATTENTION_MOST = 256 };

#define ATTENTION_LOG2E 0x1.715476p+0f
#define ATTENTION_LN2 0x1.62e430p-1f

#ifdef __OPENCL_C_VERSION__
typedef uchar attention_u8;
#else
typedef uint8_t attention_u8;
#endif

/* How far apart neighbours along an axis of a mask or a bias are; 0 where all share one. */
typedef struct {
	td_i64 b, h, i, j;
} attention_steps;

typedef struct {
	int heads, s, t, d, e, causal; /* s queries of d numbers, t keys, values of e numbers */
	float scale, c;                /* c = scale log2(e) */
	attention_steps mask, bias;
} attention_sizes;

/* One head: absent masks and biases are NULL; q, k and v are of that kind. */
typedef struct {
	td_stored q, k, v;
	const TD_GLOBAL float *bias;
	const TD_GLOBAL attention_u8 *keys, *mask;
	int kind;
} attention_head;

/* The head-th head of all batches, out of the first one. */
TD_VINLINE attention_head attention_head_at(attention_head x, attention_sizes z, td_i64 head)
{
	td_i64 b = z.heads ? head / z.heads : 0, h = head - b * z.heads;
	x.q = td_stored_at(x.q, head * z.s * z.d, x.kind);
	x.k = td_stored_at(x.k, head * z.t * z.d, x.kind);
	x.v = td_stored_at(x.v, head * z.t * z.e, x.kind);
	x.keys = x.keys ? x.keys + b * z.t : x.keys;
	x.mask = x.mask ? x.mask + b * z.mask.b + h * z.mask.h : x.mask;
	x.bias = x.bias ? x.bias + b * z.bias.b + h * z.bias.h : x.bias;
	return x;
}

/* The queries first … first + n of a head; columns: n in whole vectors. */
typedef struct {
	int first, n, columns;
} attention_tile;

TD_VINLINE attention_tile attention_tile_at(attention_sizes z, int first)
{
	attention_tile t;
	t.first = first;
	t.n = z.s - first < ATTENTION_LANES ? z.s - first : ATTENTION_LANES;
	t.columns = (t.n + 15) / 16 * 16;
	return t;
}

/* The first query of the r-th tile to be made: from both ends in turn, so that causal tiles, which
 * grow, make even shares. */
TD_VINLINE int attention_first(attention_sizes z, int r)
{
	int tiles = (z.s + ATTENTION_LANES - 1) / ATTENTION_LANES;
	return (r % 2 == 0 ? r / 2 : tiles - 1 - r / 2) * ATTENTION_LANES;
}

/* Keys that some query of the tile sees. */
TD_VINLINE int attention_seen(attention_sizes z, attention_tile t)
{
	int seen = t.first + t.n + z.t - z.s;
	if (!z.causal || seen > z.t)
		return z.t;
	return seen < 0 ? 0 : seen;
}

/* -- masks and biases ------------------------------------------------------------------ */

/* What masks and bias say of query i and key j: -Inf where the key is masked. */
TD_VINLINE float attention_addend(attention_head x, attention_sizes z, int i, int j)
{
	bool seen = (!x.keys || x.keys[j] != 0) &&
	            (!x.mask || x.mask[i * z.mask.i + j * z.mask.j] != 0);
	float bias = x.bias ? x.bias[i * z.bias.i + j * z.bias.j] * ATTENTION_LOG2E : 0;
	return seen ? bias : -INFINITY;
}

/* -1 where one of 16 bytes, `step` apart, is not 0; those behind the first n repeat the first. */
TD_VINLINE td_m16 attention_true(const TD_GLOBAL attention_u8 *p, td_i64 step, int n)
{
	int some[16];
	if (n >= 16 && step == 1)
		for (int l = 0; l < 16; l++)
			some[l] = p[l] ? -1 : 0;
	else
		for (int l = 0; l < 16; l++)
			some[l] = p[l < n ? l * step : 0] ? -1 : 0;
	return td_vload_ids(some);
}

/* attention_addend of query i and the 16 keys from j on, of which n are there. */
TD_VINLINE td_v16 attention_addends(attention_head x, attention_sizes z, int i, int j, int n)
{
	td_m16 seen = td_mall(-1);
	td_v16 bias = td_vall(0);
	if (x.keys)
		seen = attention_true(x.keys + j, 1, n);
	if (x.mask)
		seen = seen & attention_true(x.mask + i * z.mask.i + j * z.mask.j, z.mask.j, n);
	if (x.bias && z.bias.j)
		bias = td_vload_part(x.bias + i * z.bias.i + j, n, 0) * td_vall(ATTENTION_LOG2E);
	else if (x.bias)
		bias = td_vall(x.bias[i * z.bias.i]) * td_vall(ATTENTION_LOG2E);
	return td_vselect(seen, bias, td_vall(-INFINITY));
}

/* Those of n keys from `from` on and the queries of a tile, keys along rows: 16 x 16 at a time, turned. */
TD_VINLINE void attention_turned_addends(attention_head x, attention_sizes z, attention_tile t,
                                         int from, int n, float *add)
{
	for (int v = 0; v < t.columns; v += 16)
		for (int j = 0; j < n; j += 16) {
			td_v16 m[16];
			for (int l = 0; l < 16;
			     l++) { /* queries that are not there repeat the last */
				int i = v + l < t.n ? v + l : t.n - 1;
				m[l] = attention_addends(x, z, t.first + i, from + j, n - j);
			}
			td_turn(m);
			TD_UNROLLED(16)
			for (int r = 0; r < 16; r++)
				td_vstore(m[r], add + (j + r) * ATTENTION_LANES + v);
		}
}

/* s += what masks and bias say, which wins over NaN where it is -Inf. `add`: room for it. */
TD_VINLINE void attention_edit(attention_head x, attention_sizes z, attention_tile t, int from,
                               int n, float *s, float *add)
{
	attention_turned_addends(x, z, t, from, n, add);
	for (int j = 0; j < n; j++)
		for (int v = 0; v < t.columns; v += 16) {
			int at = j * ATTENTION_LANES + v;
			td_v16 a = td_vload(add + at);
			td_vstore(td_vselect(a > td_vall(-INFINITY), td_vload(s + at) + a, a),
			          s + at);
		}
}

/* Keys that come after a query are masked. */
TD_VINLINE void attention_edit_causal(attention_sizes z, attention_tile t, int from, int n,
                                      float *s)
{
	for (int j = 0; j < n; j++)
		for (int v = 0; v < t.columns; v += 16) {
			int least = from + j - (z.t - z.s) - t.first -
			            v; /* the first lane that sees j */
			float *at = s + j * ATTENTION_LANES + v;
			td_m16 sees = td_lane_ids() >= td_mall(least);
			td_vstore(td_vselect(sees, td_vload(at), td_vall(-INFINITY)), at);
		}
}

#endif

/* attention.h: softmax(scale q k^T) v for a tile of queries, the same in C and in OpenCL C on CPUs.
 *
 * A tile is up to 48 queries, one a lane of three vectors; everything else goes along the other axis, so no sum
 * goes across lanes. Keys come in blocks of 64. For each query, in this order whatever the tile:
 *
 *   s_j  = sum_d k_jd (q_d c)     one chain of fma in ascending d; c = scale log2(e), rounded to float
 *   s_j += bias log2(e)           where there is one; -Inf where the key is masked
 *   m'   = max(m, s of the block) from -Inf on
 *   a    = 2^(m - m'), p_j = 2^(s_j - m')     td_exp2_low; 0 for m' where it is -Inf
 *   l    = l a + sum_j p_j        the sum is a chain in ascending j; then one fma
 *   o_e  = o_e a + sum_j p_j v_je a is multiplied in first; one chain of fma in ascending j
 *
 * and out = o (1 / l), lse = m ln 2 + log l, top = m, sum = l. Blocks that no query of a tile sees are left out: they would
 * change nothing, because 2^0 is 1 and p is 0. */
#ifndef TD_NODES_ATTENTION_H
#define TD_NODES_ATTENTION_H

#include "td_exp2.h"
#include "td_product.h"

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

/* One head: absent masks and biases are NULL. */
typedef struct {
	const TD_GLOBAL float *q, *k, *v, *bias;
	const TD_GLOBAL attention_u8 *keys, *mask;
} attention_head;

/* The head-th head of all batches, out of the first one. */
TD_VINLINE attention_head attention_head_at(attention_head x, attention_sizes z, td_i64 head)
{
	td_i64 b = z.heads ? head / z.heads : 0, h = head - b * z.heads;
	x.q += head * z.s * z.d;
	x.k += head * z.t * z.d;
	x.v += head * z.t * z.e;
	x.keys = x.keys ? x.keys + b * z.t : x.keys;
	x.mask = x.mask ? x.mask + b * z.mask.b + h * z.mask.h : x.mask;
	x.bias = x.bias ? x.bias + b * z.bias.b + h * z.bias.h : x.bias;
	return x;
}

/* What a tile keeps. Element [d][lane] of q stands at d LANES + lane, the others alike. */
typedef struct {
	float q[ATTENTION_MOST * ATTENTION_LANES], o[ATTENTION_MOST * ATTENTION_LANES];
	float s[ATTENTION_BLOCK * ATTENTION_LANES], add[ATTENTION_BLOCK * ATTENTION_LANES];
	float m[ATTENTION_LANES], l[ATTENTION_LANES];
} attention_room;

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

/* -- one block ------------------------------------------------------------------------ */

/* sum[r][lane] (+)= sum_k a(r, k) b[k][lane], rows r of `rows` in strips; a(r, k) = a[r row + k column].
 * Meanwhile `n_ahead` floats that are needed next are asked for. */
TD_VINLINE void attention_product_ahead(const TD_GLOBAL float *a, td_i64 row, td_i64 column,
                                        const float *b, int rows, int n, bool first, float *sum,
                                        int columns, const TD_GLOBAL float *ahead, int n_ahead)
{
	const int strips = (rows + TD_STRIP - 1) / TD_STRIP;
	for (int i = 0; i < strips; i++) {
		td_i64 at[TD_STRIP];
		TD_UNROLLED(8)
		for (int r = 0; r < TD_STRIP; r++) { /* rows that are not there repeat the last */
			int there = i * TD_STRIP + r;
			at[r] = (there < rows ? there : rows - 1) * row;
		}
		for (int k = n_ahead / strips * i; k < n_ahead / strips * (i + 1); k += 16)
			td_ahead(ahead + k);
		td_strip_edge_(a, at, column, b, ATTENTION_LANES, n, first,
		               sum + i * TD_STRIP * ATTENTION_LANES, ATTENTION_LANES, columns);
	}
}

TD_VINLINE void attention_product(const TD_GLOBAL float *a, td_i64 row, td_i64 column,
                                  const float *b, int rows, int n, bool first, float *sum,
                                  int columns)
{
	attention_product_ahead(a, row, column, b, rows, n, first, sum, columns, a, 0);
}

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

/* Scores to weights, for one vector of lanes; m, l and the rows of o follow. */
TD_VINLINE void attention_weigh(float *s, int n, float *m, float *l, float *o, int rows, bool first)
{
	td_v16 before = td_vload(m), most = before, other = before;
	int j = 0;
	for (; j + 2 <= n; j += 2) {
		most = td_vlarger(most, td_vload(s + j * ATTENTION_LANES));
		other = td_vlarger(other, td_vload(s + (j + 1) * ATTENTION_LANES));
	}
	if (j < n)
		most = td_vlarger(most, td_vload(s + j * ATTENTION_LANES));
	most = td_vlarger(most, other);
	td_vstore(most, m);
	td_v16 base = td_float16(td_bits16(most) & (most > td_vall(-INFINITY)));
	td_v16 sum = td_vall(0), shrink = td_exp2_low_x16(before - base);
	for (j = 0; j < n; j++) {
		float *at = s + j * ATTENTION_LANES;
		td_v16 p = td_exp2_low_x16(td_vload(at) - base);
		td_vstore(p, at);
		sum = sum + p;
	}
	td_vstore(td_vfma(td_vload(l), shrink, sum), l);
	for (int e = 0; e < rows && !first; e++) {
		float *at = o + e * ATTENTION_LANES;
		td_vstore(td_vload(at) * shrink, at);
	}
}

/* -- a tile --------------------------------------------------------------------------- */

/* q c, queries to lanes. */
TD_VINLINE void attention_queries(attention_head x, attention_sizes z, attention_tile t, float *q)
{
	for (int v = 0; v < t.columns; v += 16)
		td_pack_turned(x.q + (t.first + v) * (td_i64)z.d, z.d, t.n - v, z.d, q + v,
		               ATTENTION_LANES);
	for (int i = 0; i < z.d; i++)
		for (int v = 0; v < t.columns; v += 16) {
			float *at = q + i * ATTENTION_LANES + v;
			td_vstore(td_vload(at) * td_vall(z.c), at);
		}
}

/* rows [n][numbers] from x [numbers][lane], each lane by its factor. */
TD_VINLINE void attention_turn(const float *x, const float *factor, int n, int numbers,
                               TD_GLOBAL float *rows)
{
	for (int v = 0; v < n; v += 16)
		for (int e = 0; e < numbers; e += 16) {
			td_v16 m[16], by = td_vload(factor + v);
			TD_UNROLLED(16)
			for (int i = 0; i < 16;
			     i++) /* numbers that are not there repeat the last */
				m[i] = td_vone_nan(
					td_vload(x +
				                 (e + i < numbers ? e + i : numbers - 1) *
				                         ATTENTION_LANES +
				                 v) *
					by);
			td_turn(m);
			for (int i = 0; i < 16 && v + i < n; i++) {
				TD_GLOBAL float *at = rows + (v + i) * (td_i64)numbers + e;
				td_vstore_part(m[i], at, numbers - e);
			}
		}
}

/* Results of one head. */
typedef struct {
	TD_GLOBAL float *out, *lse, *top, *sum; /* out [s][e], the others [s] */
} attention_results;

TD_VINLINE attention_results attention_results_at(attention_results r, attention_sizes z,
                                                  td_i64 head)
{
	r.out += head * z.s * z.e;
	r.lse += head * z.s;
	r.top += head * z.s;
	r.sum += head * z.s;
	return r;
}

/* lse, top and sum of query i, from m and l. */
TD_VINLINE void attention_summary(attention_results r, int i, float m, float l)
{
	r.lse[i] = td_one_nan(td_fma1(m, ATTENTION_LN2, td_log(l)));
	r.top[i] = m;
	r.sum[i] = td_one_nan(l);
}

/* Of a tile; rows that see no key: out 0, lse -Inf. */
TD_VINLINE void attention_result(attention_room *room, attention_sizes z, attention_tile t,
                                 attention_results r)
{
	for (int i = 0; i < t.n; i++)
		attention_summary(r, t.first + i, room->m[i], room->l[i]);
	for (int v = 0; v < t.columns; v += 16) {
		td_v16 l = td_vload(room->l + v);
		td_vstore(td_vselect(td_bits16(l) == td_mall(0), l, td_vall(1) / l), room->l + v);
	}
	attention_turn(room->o, room->l, t.n, z.e, r.out + t.first * (td_i64)z.e);
}

/* All of a tile of one head. */
TD_VINLINE void attention_rows(attention_head x, attention_sizes z, int first, attention_results r,
                               attention_room *room)
{
	const attention_tile t = attention_tile_at(z, first);
	const int seen = attention_seen(z, t);
	attention_queries(x, z, t, room->q);
	for (int i = 0; i < ATTENTION_LANES; i++) {
		room->m[i] = -INFINITY;
		room->l[i] = 0;
	}
	for (int i = 0; i < z.e * ATTENTION_LANES && seen == 0; i++)
		room->o[i] = 0;
	for (int from = 0; from < seen; from += ATTENTION_BLOCK) {
		int n = seen - from < ATTENTION_BLOCK ? seen - from : ATTENTION_BLOCK;
		const int left = seen - from - n, next = left < n ? left : n;
		const TD_GLOBAL float *k = x.k + from * (td_i64)z.d, *v = x.v + from * (td_i64)z.e;
		attention_product_ahead(k, z.d, 1, room->q, n, z.d, true, room->s, t.columns, v,
		                        n * z.e);
		if (x.keys || x.mask || x.bias)
			attention_edit(x, z, t, from, n, room->s, room->add);
		if (z.causal && from + n - 1 > t.first + z.t - z.s)
			attention_edit_causal(z, t, from, n, room->s);
		for (int i = 0; i < t.columns; i += 16)
			attention_weigh(room->s + i, n, room->m + i, room->l + i, room->o + i, z.e,
			                from == 0);
		attention_product_ahead(v, 1, z.e, room->s, z.e, n, from == 0, room->o, t.columns,
		                        k + n * (td_i64)z.d, next * z.d);
	}
	attention_result(room, z, t, r);
}

#endif

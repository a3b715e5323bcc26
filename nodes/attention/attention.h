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
 * change nothing, because 2^0 is 1 and p is 0. Where q, k and v are f16 or bf16, so is out: blocks are widened on
 * their way in, out is rounded once, and everything between is the floats it would be. */
#ifndef TD_NODES_ATTENTION_H
#define TD_NODES_ATTENTION_H

#include "scores.h"

/* What a tile keeps. Element [d][lane] of q stands at d LANES + lane, the others alike. */
typedef struct {
	float q[ATTENTION_MOST * ATTENTION_LANES], o[ATTENTION_MOST * ATTENTION_LANES];
	float s[ATTENTION_BLOCK * ATTENTION_LANES], add[ATTENTION_BLOCK * ATTENTION_LANES];
	float m[ATTENTION_LANES], l[ATTENTION_LANES];
	float wide[ATTENTION_BLOCK * ATTENTION_MOST]; /* a block of keys or values, widened */
} attention_room;

/* -- one block ------------------------------------------------------------------------ */

/* Where the rows of a strip begin: those that are not there repeat the last. */
TD_VINLINE void attention_strip(int strip, int rows, td_i64 row, td_i64 *at)
{
	TD_UNROLLED(8)
	for (int r = 0; r < TD_STRIP; r++) {
		int there = strip * TD_STRIP + r;
		at[r] = (there < rows ? there : rows - 1) * row;
	}
}

/* sum[r][lane] (+)= sum_k a(r, k) b[k][lane], rows r of `rows` in strips; a(r, k) = a[r row + k column].
 * Meanwhile `n_ahead` floats that are needed next are asked for. */
TD_VINLINE void attention_product_ahead(const TD_GLOBAL float *a, td_i64 row, td_i64 column,
                                        const float *b, int rows, int n, bool first, float *sum,
                                        int columns, const TD_GLOBAL float *ahead, int n_ahead)
{
	const int strips = (rows + TD_STRIP - 1) / TD_STRIP;
	for (int i = 0; i < strips; i++) {
		td_i64 at[TD_STRIP];
		attention_strip(i, rows, row, at);
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

/* The same, where a is of any kind, rows times n neighbours; `wide`: room for them. */
TD_VINLINE void attention_product_stored(td_stored a, int kind, td_i64 row, td_i64 column,
                                         const float *b, int rows, int n, bool first, float *sum,
                                         int columns, td_stored ahead, int n_ahead, float *wide)
{
	if (kind == TD_STORED_F32) {
		attention_product_ahead((const TD_GLOBAL float *)a, row, column, b, rows, n, first,
		                        sum, columns, (const TD_GLOBAL float *)ahead, n_ahead);
		return;
	}
	td_stored_widen(a, 0, rows * n, kind, wide);
	for (int i = 0; i * TD_STRIP < rows; i++) {
		td_i64 at[TD_STRIP];
		attention_strip(i, rows, row, at);
		td_strip_room_(wide, at, column, b, ATTENTION_LANES, n, first,
		               sum + i * TD_STRIP * ATTENTION_LANES, ATTENTION_LANES, columns);
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
		td_stored_turned(x.q, (t.first + v) * (td_i64)z.d, z.d, t.n - v, z.d, x.kind, q + v,
		                 ATTENTION_LANES);
	for (int i = 0; i < z.d; i++)
		for (int v = 0; v < t.columns; v += 16) {
			float *at = q + i * ATTENTION_LANES + v;
			td_vstore(td_vload(at) * td_vall(z.c), at);
		}
}

/* rows [n][numbers], from number `at` of `to` on, from x [numbers][lane], each lane by its factor. */
TD_VINLINE void attention_turn(const float *x, const float *factor, int n, int numbers,
                               TD_GLOBAL void *to, td_i64 at, int kind)
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
			for (int i = 0; i < 16 && v + i < n; i++)
				td_stored_store(m[i], to, at + (v + i) * (td_i64)numbers + e,
				                numbers - e, kind);
		}
}

/* Results of one head. */
typedef struct {
	TD_GLOBAL void *out; /* of the kind of the head, [s][e] from number `first` on */
	td_i64 first;
	TD_GLOBAL float *lse, *top, *sum; /* [s] */
} attention_results;

TD_VINLINE attention_results attention_results_at(attention_results r, attention_sizes z,
                                                  td_i64 head)
{
	r.first = head * z.s * z.e;
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
                                 attention_results r, int kind)
{
	for (int i = 0; i < t.n; i++)
		attention_summary(r, t.first + i, room->m[i], room->l[i]);
	for (int v = 0; v < t.columns; v += 16) {
		td_v16 l = td_vload(room->l + v);
		td_vstore(td_vselect(td_bits16(l) == td_mall(0), l, td_vall(1) / l), room->l + v);
	}
	attention_turn(room->o, room->l, t.n, z.e, r.out, r.first + t.first * (td_i64)z.e, kind);
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
		td_stored k = td_stored_at(x.k, from * (td_i64)z.d, x.kind),
			  v = td_stored_at(x.v, from * (td_i64)z.e, x.kind),
			  k_next = td_stored_at(k, n * (td_i64)z.d, x.kind);
		attention_product_stored(k, x.kind, z.d, 1, room->q, n, z.d, true, room->s,
		                         t.columns, v, n * z.e, room->wide);
		if (x.keys || x.mask || x.bias)
			attention_edit(x, z, t, from, n, room->s, room->add);
		if (z.causal && from + n - 1 > t.first + z.t - z.s)
			attention_edit_causal(z, t, from, n, room->s);
		for (int i = 0; i < t.columns; i += 16)
			attention_weigh(room->s + i, n, room->m + i, room->l + i, room->o + i, z.e,
			                from == 0);
		attention_product_stored(v, x.kind, 1, z.e, room->s, z.e, n, from == 0, room->o,
		                         t.columns, k_next, next * z.d, room->wide);
	}
	attention_result(room, z, t, r, x.kind);
}

#endif

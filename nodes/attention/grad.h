/* grad.h: gradients of attention.h, the same in C and in OpenCL C on CPUs.
 *
 *   p_ij  = 2^(s_ij - top_i) / sum_i     s_ij as there, bit for bit; times 1 / sum, rounded
 *   ds_ij = p_ij (sum_e dout_ie v_je - delta_i),   delta_i = sum_e dout_ie out_ie - dlse_i
 *   dv_je = sum_i p_ij dout_ie, dk_jd = ln 2 sum_i ds_ij (q_id c), dq_id = scale sum_j ds_ij k_jd
 *
 * Every sum is one chain of fma in ascending order (delta: the 16 lanes of td_dot), so bits do not depend on
 * tiles. A tile is up to 48 keys, one a lane, by blocks of 32 queries: scores are made again, and nothing of
 * size S T is held. dq is gathered key tile after key tile, or made on its own by tiles of queries. */
#ifndef TD_NODES_ATTENTION_GRAD_H
#define TD_NODES_ATTENTION_GRAD_H

#include "attention.h"
#include "td_reduce.h"

enum { ATTENTION_ROWS = 32 }; /* queries of a block */

/* What gradients need besides; one head of each. */
typedef struct {
	const TD_GLOBAL float *q, *dout; /* q: times c */
	const TD_GLOBAL float *row; /* top, 0 where it is -Inf; 1 / sum, 0 where it is 0; delta */
	TD_GLOBAL float *wide;      /* dq on its way: rows of whole vectors, not yet times scale */
	TD_GLOBAL float *dq, *dk, *dv;
	TD_GLOBAL float *dbias; /* [s][t] or NULL */
} attention_back;

/* Numbers of a row in whole vectors. */
TD_VINLINE int attention_wide(int d)
{
	return (d + 15) / 16 * 16;
}

/* Where row i of all heads stands in `wide`: eight rows between heads, where strips may end. */
TD_VINLINE td_i64 attention_wide_row(int s, int d, td_i64 i)
{
	return (i / s * (s + 8) + i % s) * attention_wide(d);
}

/* The head-th head of all. */
TD_VINLINE attention_back attention_back_at(attention_back g, attention_sizes z, td_i64 head)
{
	g.q += head * z.s * z.d;
	g.dout += head * z.s * z.e;
	g.row += head * z.s * 3;
	g.wide += head * (z.s + 8) * attention_wide(z.d);
	g.dq += head * z.s * z.d;
	g.dk += head * z.t * z.d;
	g.dv += head * z.t * z.e;
	g.dbias = g.dbias ? g.dbias + head * z.s * z.t : g.dbias;
	return g;
}

/* What a tile of keys keeps: keys, values and gradients with keys in lanes; keys once more, in rows. */
typedef struct {
	float k[ATTENTION_MOST * ATTENTION_LANES], v[ATTENTION_MOST * ATTENTION_LANES];
	float dk[ATTENTION_MOST * ATTENTION_LANES], dv[ATTENTION_MOST * ATTENTION_LANES];
	float rows[ATTENTION_MOST * ATTENTION_LANES];
	float p[ATTENTION_ROWS * ATTENTION_LANES], ds[ATTENTION_ROWS * ATTENTION_LANES];
	float factor[3 * ATTENTION_LANES];
} attention_back_room;

/* What one query needs besides: row [3]; q times c; its dq begins at 0. */
TD_VINLINE void attention_row(int d, int e, float c, const TD_GLOBAL float *q,
                              const TD_GLOBAL float *out, const TD_GLOBAL float *dout, float top,
                              float sum, float dlse, TD_GLOBAL float *row, TD_GLOBAL float *scaled,
                              TD_GLOBAL float *dq)
{
	row[0] = isinf(top) && top < 0 ? 0 : top;
	row[1] = sum > 0 ? 1 / sum : sum; /* 0 or NaN */
	row[2] = td_dot(dout, out, e) - dlse;
	for (int i = 0; i < d; i++)
		scaled[i] = q[i] * c;
	for (int i = 0; i < attention_wide(d); i += 16)
		td_vstore(td_vall(0), dq + i);
}

/* dq of one query, finished. */
TD_VINLINE void attention_row_back(int d, float scale, const TD_GLOBAL float *dq,
                                   TD_GLOBAL float *out)
{
	for (int i = 0; i < d; i++)
		out[i] = td_one_nan(dq[i] * scale);
}

/* -- one block ------------------------------------------------------------------------ */

/* Scores of n queries from `from` on and their gradients: p and ds from products. */
TD_VINLINE void attention_unweigh(attention_head x, attention_sizes z, attention_tile t,
                                  attention_back g, int from, int n, attention_back_room *room)
{
	const bool edited = x.keys || x.mask || x.bias;
	const bool diagonal = z.causal && from + z.t - z.s < t.first + t.n - 1;
	for (int i = 0; i < n; i++) {
		const TD_GLOBAL float *row = g.row + (from + i) * (td_i64)3;
		const td_v16 top = td_vall(row[0]), inverse = td_vall(row[1]),
			     delta = td_vall(row[2]);
		for (int v = 0; v < t.columns; v += 16) {
			float *p = room->p + i * ATTENTION_LANES + v,
			      *ds = room->ds + i * ATTENTION_LANES + v;
			td_v16 s = td_vload(p);
			if (edited) {
				td_v16 add =
					attention_addends(x, z, from + i, t.first + v, t.n - v);
				s = td_vselect(add > td_vall(-INFINITY), s + add, add);
			}
			if (diagonal) {
				int most =
					from + i + z.t - z.s - t.first - v; /* the last lane seen */
				s = td_vselect(td_lane_ids() <= td_mall(most), s,
				               td_vall(-INFINITY));
			}
			s = td_exp2_low_x16(s - top) * inverse;
			td_vstore(s, p);
			td_vstore(s * (td_vload(ds) - delta), ds);
		}
	}
}

/* dq [n][wide] += ds [n][keys] rows [keys][wide]. */
TD_VINLINE void attention_queries_back(attention_back_room *room, int keys, int n, int wide,
                                       TD_GLOBAL float *dq)
{
	const int step = wide % 48 && wide % 32 == 0 ? 32 : 48;
	for (int i = 0; i < n; i += TD_STRIP) {
		td_i64 at[TD_STRIP];
		TD_UNROLLED(8)
		for (int r = 0; r < TD_STRIP; r++)
			at[r] = (i + r) * ATTENTION_LANES;
		for (int d = 0; d < wide; d += step)
			td_strip_own_(room->ds, at, 1, room->rows + d, wide, keys, false,
			              dq + i * (td_i64)wide + d, wide,
			              wide - d < step ? wide - d : step);
	}
}

/* A gradient of a score as it is stored; of zeros the positive one. */
TD_VINLINE float attention_score_back(float ds)
{
	return td_one_nan(ds + 0.0f);
}

/* Gradients of scores of n queries from `from` on; NULL: zeros. */
TD_VINLINE void attention_bias_back(attention_sizes z, attention_tile t, int from, int n,
                                    const float *ds, TD_GLOBAL float *dbias)
{
	for (int i = 0; i < n; i++)
		for (int j = 0; j < t.n; j++)
			dbias[(from + i) * (td_i64)z.t + t.first + j] =
				ds ? attention_score_back(ds[i * ATTENTION_LANES + j]) : 0;
}

/* -- a tile --------------------------------------------------------------------------- */

/* Keys or values, [n][numbers], to lanes. */
TD_VINLINE void attention_lanes(const TD_GLOBAL float *x, attention_tile t, int numbers, float *to)
{
	for (int v = 0; v < t.columns; v += 16)
		td_pack_turned(x + (t.first + v) * (td_i64)numbers, numbers, t.n - v, numbers,
		               to + v, ATTENTION_LANES);
}

TD_VINLINE void attention_clear(float *x, int rows)
{
	for (int i = 0; i < rows * ATTENTION_LANES; i += 16)
		td_vstore(td_vall(0), x + i);
}

TD_VINLINE void attention_fill(float *x, float value)
{
	for (int i = 0; i < ATTENTION_LANES; i += 16)
		td_vstore(td_vall(value), x + i);
}

/* A tile of keys: its dk and dv, and with `queries` what it adds to dq. */
TD_VINLINE void attention_keys_back(attention_head x, attention_sizes z, attention_back g,
                                    int first, bool queries, attention_back_room *room)
{
	attention_tile t;
	const int wide = attention_wide(z.d), later = z.causal ? first - (z.t - z.s) : 0;
	const int least = later < 0     ? 0
	                  : later < z.s ? later
	                                : z.s; /* the first query that sees it */
	t.first = first;
	t.n = z.t - first < ATTENTION_LANES ? z.t - first : ATTENTION_LANES;
	t.columns = (t.n + 15) / 16 * 16;
	const TD_GLOBAL float *all = (const TD_GLOBAL float *)x.k;
	attention_lanes(all, t, z.d, room->k);
	attention_lanes((const TD_GLOBAL float *)x.v, t, z.e, room->v);
	attention_clear(room->dk, z.d);
	attention_clear(room->dv, z.e);
	for (int j = 0; j < t.n && queries; j++)
		for (int d = 0; d < wide; d++)
			room->rows[j * wide + d] = d < z.d ? all[(first + j) * (td_i64)z.d + d] : 0;
	if (g.dbias)
		attention_bias_back(z, t, 0, least, 0, g.dbias);
	for (int from = least; from < z.s; from += ATTENTION_ROWS) {
		const int n = z.s - from < ATTENTION_ROWS ? z.s - from : ATTENTION_ROWS;
		const TD_GLOBAL float *q = g.q + from * (td_i64)z.d,
				      *dout = g.dout + from * (td_i64)z.e;
		attention_product(q, z.d, 1, room->k, n, z.d, true, room->p, t.columns);
		attention_product(dout, z.e, 1, room->v, n, z.e, true, room->ds, t.columns);
		attention_unweigh(x, z, t, g, from, n, room);
		if (g.dbias)
			attention_bias_back(z, t, from, n, room->ds, g.dbias);
		attention_product(dout, 1, z.e, room->p, z.e, n, false, room->dv, t.columns);
		attention_product(q, 1, z.d, room->ds, z.d, n, false, room->dk, t.columns);
		if (queries)
			attention_queries_back(room, t.n, n, wide, g.wide + from * (td_i64)wide);
	}
	attention_fill(room->factor, ATTENTION_LN2);
	attention_turn(room->dk, room->factor, t.n, z.d, g.dk, first * (td_i64)z.d, TD_STORED_F32);
	attention_fill(room->factor, 1);
	attention_turn(room->dv, room->factor, t.n, z.e, g.dv, first * (td_i64)z.e, TD_STORED_F32);
}

/* p and ds of n keys, as attention_unweigh, with queries in lanes; p is not wanted. */
TD_VINLINE void attention_unweigh_keys(attention_back_room *room, attention_tile t, int n)
{
	for (int v = 0; v < t.columns; v += 16) {
		const float *row = room->factor + v;
		const td_v16 top = td_vload(row), inverse = td_vload(row + ATTENTION_LANES),
			     delta = td_vload(row + 2 * ATTENTION_LANES);
		for (int j = 0; j < n; j++) {
			float *ds = room->ds + j * ATTENTION_LANES + v;
			td_v16 s = td_vload(room->p + j * ATTENTION_LANES + v);
			s = td_exp2_low_x16(s - top) * inverse;
			td_vstore(s * (td_vload(ds) - delta), ds);
		}
	}
}

/* A tile of queries: its dq. For where heads are too few to share them out. */
TD_VINLINE void attention_rows_back(attention_head x, attention_sizes z, attention_back g,
                                    int first, attention_back_room *room)
{
	const attention_tile t = attention_tile_at(z, first);
	const int seen = attention_seen(z, t);
	attention_lanes(g.q, t, z.d, room->k);
	attention_lanes(g.dout, t, z.e, room->v);
	attention_clear(room->dk, z.d);
	for (int i = 0; i < 3 * ATTENTION_LANES; i++) {
		int lane = i % ATTENTION_LANES;
		room->factor[i] =
			lane < t.n ? g.row[(first + lane) * (td_i64)3 + i / ATTENTION_LANES] : 0;
	}
	for (int from = 0; from < seen; from += ATTENTION_ROWS) {
		const int n = seen - from < ATTENTION_ROWS ? seen - from : ATTENTION_ROWS;
		const TD_GLOBAL float *k = (const TD_GLOBAL float *)x.k + from * (td_i64)z.d,
				      *v = (const TD_GLOBAL float *)x.v + from * (td_i64)z.e;
		attention_product(k, z.d, 1, room->k, n, z.d, true, room->p, t.columns);
		attention_product(v, z.e, 1, room->v, n, z.e, true, room->ds, t.columns);
		if (x.keys || x.mask || x.bias)
			attention_edit(x, z, t, from, n, room->p, room->rows);
		if (z.causal && from + n - 1 > first + z.t - z.s)
			attention_edit_causal(z, t, from, n, room->p);
		attention_unweigh_keys(room, t, n);
		attention_product(k, 1, z.d, room->ds, z.d, n, false, room->dk, t.columns);
	}
	attention_fill(room->factor, z.scale);
	attention_turn(room->dk, room->factor, t.n, z.d, g.dq, first * (td_i64)z.d, TD_STORED_F32);
}

#endif

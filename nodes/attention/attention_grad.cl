/* attention.attention_grad: on CPUs an item a head, tile of keys after tile of keys; on GPUs an item a key for dk
 * and dv, an item a query for dq. */
#include "tandem.clh"

#include "attention_cl.h"
#include "grad.h"

#define ATTENTION_BACK_CL                                                                           \
	ATTENTION_CL(float), __global const float *restrict dout, __global const float *restrict rows,     \
		__global const float *restrict scaled, __global float *restrict wide,               \
		__global float *restrict dq, __global float *restrict dk,                           \
		__global float *restrict dv, __global float *restrict dbias, int bias_too

static inline attention_back attention_back_of(__global const float *scaled, __global const float *dout,
                                               __global const float *rows, __global float *wide,
                                               __global float *dq, __global float *dk,
                                               __global float *dv, __global float *dbias,
                                               attention_sizes z, long head)
{
	attention_back g;
	g.q = scaled;
	g.dout = dout;
	g.row = rows;
	g.wide = wide;
	g.dq = dq;
	g.dk = dk;
	g.dv = dv;
	g.dbias = dbias;
	return attention_back_at(g, z, head);
}

#define ATTENTION_BACK(z, head) attention_back_of(scaled, dout, rows, wide, dq, dk, dv, bias_too ? dbias : 0, z, head)

__kernel TD_WG(TD_LANES) void attention_grad_rows(
	__global const float *restrict q, __global const float *restrict out,
	__global const float *restrict top, __global const float *restrict sum,
	__global const float *restrict dout, __global const float *restrict dlse,
	__global float *restrict rows, __global float *restrict scaled, __global float *restrict wide, int s,
	int d, int e, float c)
{
	const long row = (long)get_global_id(0), i = (long)get_global_id(1) * s + row;
	if (row < s)
		attention_row(d, e, c, q + i * d, out + i * e, dout + i * e, top[i], sum[i],
		              dlse ? dlse[i] : 0, rows + 3 * i, scaled + i * d,
		              wide + attention_wide_row(s, d, i));
}

__kernel TD_WG(TD_LANES) void attention_grad_finish(__global const float *restrict wide,
                                                    __global float *restrict dq, int s, int d, float scale)
{
	const long row = (long)get_global_id(0), i = (long)get_global_id(1) * s + row;
	if (row < s)
		attention_row_back(d, scale, wide + attention_wide_row(s, d, i), dq + i * d);
}

#ifdef TD_CPU

__kernel TD_WG(1) void attention_grad_heads(ATTENTION_BACK_CL)
{
	const attention_sizes z = ATTENTION_SIZES;
	const long head = (long)get_global_id(0);
	attention_back_room room;
	for (int first = 0; first < t; first += ATTENTION_LANES)
		attention_keys_back(ATTENTION_HEAD(z, head, TD_STORED_F32), z, ATTENTION_BACK(z, head), first, true, &room);
}

__kernel TD_WG(1) void attention_grad_keys(ATTENTION_BACK_CL)
{
	const attention_sizes z = ATTENTION_SIZES;
	const long head = (long)get_global_id(1);
	attention_back_room room;
	attention_keys_back(ATTENTION_HEAD(z, head, TD_STORED_F32), z, ATTENTION_BACK(z, head),
	                    (int)get_global_id(0) * ATTENTION_LANES, false, &room);
}

__kernel TD_WG(1) void attention_grad_queries(ATTENTION_BACK_CL)
{
	const attention_sizes z = ATTENTION_SIZES;
	const long head = (long)get_global_id(1);
	attention_back_room room;
	attention_rows_back(ATTENTION_HEAD(z, head, TD_STORED_F32), z, ATTENTION_BACK(z, head),
	                    attention_first(z, (int)get_global_id(0)), &room);
}

#else

/* p and ds of one query and one key. */
static inline float2 attention_pair(attention_head x, attention_sizes z, attention_back g, int i, int j)
{
	float dot = 0, dp = 0, add = attention_addend(x, z, i, j);
	__global const float *k = x.k, *v = x.v;
	for (int d = 0; d < z.d; d++)
		dot = fma(g.q[(long)i * z.d + d], k[(long)j * z.d + d], dot);
	for (int e = 0; e < z.e; e++)
		dp = fma(g.dout[(long)i * z.e + e], v[(long)j * z.e + e], dp);
	float p = add > -INFINITY ? dot + add : add;
	p = z.causal && j > i + z.t - z.s ? -INFINITY : p;
	p = td_exp2_low(p - g.row[3 * (long)i]) * g.row[3 * (long)i + 1];
	return (float2)(p, p * (dp - g.row[3 * (long)i + 2]));
}

__kernel TD_WG(TD_LANES) void attention_grad_keys(ATTENTION_BACK_CL)
{
	const attention_sizes z = ATTENTION_SIZES;
	const long head = (long)get_global_id(1);
	const attention_head x = ATTENTION_HEAD(z, head, TD_STORED_F32);
	const attention_back g = ATTENTION_BACK(z, head);
	const int j = (int)get_global_id(0);
	if (j >= t)
		return;
	__global float *dk_j = g.dk + (long)j * d, *dv_j = g.dv + (long)j * e;
	for (int n = 0; n < d; n++)
		dk_j[n] = 0;
	for (int n = 0; n < e; n++)
		dv_j[n] = 0;
	for (int i = causal ? max(j - (t - s), 0) : 0; i < s; i++) {
		float2 w = attention_pair(x, z, g, i, j);
		for (int n = 0; n < d; n++)
			dk_j[n] = fma(g.q[(long)i * d + n], w.y, dk_j[n]);
		for (int n = 0; n < e; n++)
			dv_j[n] = fma(g.dout[(long)i * e + n], w.x, dv_j[n]);
	}
	for (int n = 0; n < d; n++)
		dk_j[n] = td_one_nan(dk_j[n] * ATTENTION_LN2);
	for (int n = 0; n < e; n++)
		dv_j[n] = td_one_nan(dv_j[n]);
}

__kernel TD_WG(TD_LANES) void attention_grad_queries(ATTENTION_BACK_CL)
{
	const attention_sizes z = ATTENTION_SIZES;
	const long head = (long)get_global_id(1);
	const attention_head x = ATTENTION_HEAD(z, head, TD_STORED_F32);
	const attention_back g = ATTENTION_BACK(z, head);
	const int i = (int)get_global_id(0);
	if (i >= s)
		return;
	__global float *dq_i = g.dq + (long)i * d;
	__global const float *keys_of = x.k;
	for (int n = 0; n < d; n++)
		dq_i[n] = 0;
	for (int j = 0; g.dbias && j < t; j++)
		g.dbias[(long)i * t + j] = 0;
	for (int j = 0; j < t && (!causal || j <= i + t - s); j++) {
		float2 w = attention_pair(x, z, g, i, j);
		for (int n = 0; n < d; n++)
			dq_i[n] = fma(w.y, keys_of[(long)j * d + n], dq_i[n]);
		if (g.dbias)
			g.dbias[(long)i * t + j] = attention_score_back(w.y);
	}
	for (int n = 0; n < d; n++)
		dq_i[n] = td_one_nan(dq_i[n] * scale);
}

#endif

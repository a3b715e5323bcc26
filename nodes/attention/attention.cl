/* attention.attention: on CPUs an item a tile of 48 queries; on GPUs a group of 16 x 16 items 64 queries,
 * blocks of 64 keys by way of local memory, each item 4 x 4 scores and 4 rows of every 16th column of out. */
#include "tandem.clh"

#include "attention_cl.h"

#define ATTENTION_RESULTS_CL(S)                                                                 \
	__global S *restrict out, __global float *restrict lse, __global float *restrict top, \
		__global float *restrict sum

static inline attention_results attention_results_of(__global void *out, __global float *lse,
                                                     __global float *top, __global float *sum,
                                                     attention_sizes z, long head)
{
	attention_results r;
	r.out = out;
	r.first = 0;
	r.lse = lse;
	r.top = top;
	r.sum = sum;
	return attention_results_at(r, z, head);
}

#define ATTENTION_RESULTS(z, head) attention_results_of(out, lse, top, sum, z, head)

#ifdef TD_GPU

enum { SIDE = 64, SLICE = 16 };

/* x[to][r] = 16 columns from `from` on of 64 rows from `first` on; zeros outside. */
static inline void load_slice(td_stored x, int kind, int rows, int columns, int first, int from,
                              __local float (*slice)[SIDE + 1])
{
	int k = (int)get_local_id(0);
	for (int r = (int)get_local_id(1); r < SIDE; r += 16)
		slice[k][r] = first + r < rows && from + k < columns
		                      ? td_stored_get(x, (long)(first + r) * columns + from + k, kind)
		                      : 0;
}

/* Scores of this item: rows y … y + 3, keys x … x + 3. */
static inline void group_scores(attention_head a, attention_sizes z, int row, int key, int y, int x,
                                __local float (*left)[SIDE + 1], __local float (*right)[SIDE + 1],
                                float s[4][4])
{
	for (int i = 0; i < 16; i++)
		s[i / 4][i % 4] = 0;
	for (int from = 0; from < z.d; from += SLICE) {
		barrier(CLK_LOCAL_MEM_FENCE);
		load_slice(a.q, a.kind, z.s, z.d, row, from, left);
		load_slice(a.k, a.kind, z.t, z.d, key, from, right);
		barrier(CLK_LOCAL_MEM_FENCE);
		for (int n = 0; n < min((int)SLICE, z.d - from); n++)
			for (int i = 0; i < 4; i++)
				for (int j = 0; j < 4; j++)
					s[i][j] = fma(right[n][x + j], left[n][y + i] * z.c, s[i][j]);
	}
	for (int n = 0; n < 16; n++) {
		int i = row + y + n / 4, j = key + x + n % 4;
		bool there = i < z.s && j < z.t && !(z.causal && j > i + z.t - z.s);
		float add = there ? attention_addend(a, z, i, j) : -INFINITY;
		s[n / 4][n % 4] = add > -INFINITY ? s[n / 4][n % 4] + add : add;
	}
}

/* The block's largest score of a row, what that makes of the sums before, the base of exponents. */
static inline void row_most(__local float *p, int n, __local float *m, __local float *shrink,
                            __local float *base)
{
	float most = *m;
	for (int j = 0; j < n; j++)
		most = most < p[j] ? p[j] : most;
	*base = most > -INFINITY ? most : 0;
	*shrink = td_exp2_low(*m - *base);
	*m = most;
}

/* o += weights times values, for 4 rows and columns x, x + 16 … of out. */
static inline void group_values(attention_head a, attention_sizes z, int key, int n, int y,
                                __local float (*p)[SIDE + 1], float o[4][ATTENTION_MOST / 16])
{
	int x = (int)get_local_id(0);
	for (int j = 0; j < n; j++)
		for (int e = 0; e < ATTENTION_MOST / 16; e++)
			for (int i = 0; i < 4 && x + 16 * e < z.e; i++)
				o[i][e] = fma(p[y + i][j],
				              td_stored_get(a.v, (long)(key + j) * z.e + x + 16 * e, a.kind),
				              o[i][e]);
}

#endif

#define NAME attention_forward_float
#define S float
#define KIND TD_STORED_F32
#include "attention_body.h"
#undef NAME
#undef S
#undef KIND

#define S ushort
#define NAME attention_forward_half
#define KIND TD_STORED_F16
#include "attention_body.h"
#undef NAME
#undef KIND

#define NAME attention_forward_bfloat
#define KIND TD_STORED_BF16
#include "attention_body.h"
#undef NAME
#undef KIND
#undef S

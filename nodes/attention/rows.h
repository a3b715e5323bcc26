/* rows.h: softmax and layer norm of one row, and their gradients, the same in C and in OpenCL C.
 *
 * Sums go in the 16 lanes of td_reduce.h. A weight of softmax is td_exp2_low((x - max) log2(e)): 0 below
 * 2^-126. NaN in a row makes all of it NaN, always the one NaN. */
#ifndef TD_NODES_ATTENTION_ROWS_H
#define TD_NODES_ATTENTION_ROWS_H

#include "td_exp2.h"
#include "td_reduce.h"

#ifdef __OPENCL_C_VERSION__
#define rows_fold_sum(v) td_fold_sum(v)
#define rows_fold_max(v) td_fold_max(v)
#else
TD_VINLINE float rows_fold_sum(td_v16 v)
{
	float lane[16];
	td_vstore(v, lane);
	return td_fold_sum(lane);
}

TD_VINLINE float rows_fold_max(td_v16 v)
{
	float lane[16];
	td_vstore(v, lane);
	return td_fold_max(lane);
}
#endif

/* -- softmax ------------------------------------------------------------------ */

/* y_i = e^(x_i - max) / sum; a row of -Inf alone gives zeros. */
TD_VINLINE void rows_softmax(const TD_GLOBAL float *x, td_i64 n, TD_GLOBAL float *y)
{
	td_v16 most = td_vall(-INFINITY), sum = td_vall(0);
	for (td_i64 i = 0; i < n; i += 16)
		most = td_vlarger(most, td_vload_part(x + i, n - i, -INFINITY));
	float top = rows_fold_max(most), base = top > -INFINITY ? top : 0;
	for (td_i64 i = 0; i < n; i += 16) {
		td_v16 s = td_vload_part(x + i, n - i, -INFINITY) - td_vall(base);
		td_v16 p = td_exp2_low_x16(s * td_vall(0x1.715476p+0f));
		td_vstore_part(p, y + i, n - i);
		sum = sum + p;
	}
	float all = rows_fold_sum(sum), by = all > 0 ? all : 1; /* nothing is 0, NaN is in p */
	for (td_i64 i = 0; i < n; i += 16) {
		td_v16 p = td_vload_part(y + i, n - i, 0) / td_vall(isnan(all) ? all : by);
		td_vstore_part(td_vone_nan(p), y + i, n - i);
	}
}

/* dx_i = y_i (dy_i - sum_j dy_j y_j). */
TD_VINLINE void rows_softmax_back(const TD_GLOBAL float *y, const TD_GLOBAL float *dy, td_i64 n,
                                  TD_GLOBAL float *dx)
{
	td_v16 sum = td_vall(td_dot(dy, y, n));
	for (td_i64 i = 0; i < n; i += 16) {
		td_v16 g = td_vload_part(dy + i, n - i, 0) - sum;
		td_vstore_part(td_vone_nan(td_vload_part(y + i, n - i, 0) * g), dx + i, n - i);
	}
}

/* -- layer norm --------------------------------------------------------------- */

/* Mean of a row and 1 / sqrt(variance + eps), the variance about that mean. */
typedef struct {
	float mean, scale;
} rows_moments;

TD_VINLINE rows_moments rows_moments_of(const TD_GLOBAL float *x, td_i64 n, float eps)
{
	rows_moments m;
	td_v16 squares = td_vall(0);
	m.mean = td_sum(x, n) / (float)n;
	for (td_i64 i = 0; i < n; i += 16) {
		td_v16 c = td_vload_part(x + i, n - i, m.mean) - td_vall(m.mean);
		squares = td_vfma(c, c, squares);
	}
	m.scale = td_rsqrt(rows_fold_sum(squares) / (float)n + eps);
	return m;
}

/* (x - mean) scale, of 16 numbers from i on. */
TD_VINLINE td_v16 rows_normal(const TD_GLOBAL float *x, td_i64 i, td_i64 n, rows_moments m)
{
	return (td_vload_part(x + i, n - i, m.mean) - td_vall(m.mean)) * td_vall(m.scale);
}

/* y = normal weight + bias, one fma; absent weights are 1, absent biases 0. */
TD_VINLINE void rows_layernorm(const TD_GLOBAL float *x, const TD_GLOBAL float *weight,
                               const TD_GLOBAL float *bias, td_i64 n, float eps, TD_GLOBAL float *y)
{
	const rows_moments m = rows_moments_of(x, n, eps);
	for (td_i64 i = 0; i < n; i += 16) {
		td_v16 w = weight ? td_vload_part(weight + i, n - i, 1) : td_vall(1);
		td_v16 b = bias ? td_vload_part(bias + i, n - i, 0) : td_vall(0);
		td_vstore_part(td_vone_nan(td_vfma(rows_normal(x, i, n, m), w, b)), y + i, n - i);
	}
}

/* g = dy weight; dx = scale (g - mean(g) - normal mean(g normal)). The moments go into m [2]. */
TD_VINLINE void rows_layernorm_back(const TD_GLOBAL float *x, const TD_GLOBAL float *weight,
                                    const TD_GLOBAL float *dy, td_i64 n, float eps,
                                    TD_GLOBAL float *dx, TD_GLOBAL float *moments)
{
	const rows_moments m = rows_moments_of(x, n, eps);
	td_v16 sum = td_vall(0), along = td_vall(0);
	for (td_i64 i = 0; i < n; i += 16) {
		td_v16 g = td_vload_part(dy + i, n - i, 0);
		g = weight ? g * td_vload_part(weight + i, n - i, 1) : g;
		sum = sum + g;
		along = td_vfma(g, rows_normal(x, i, n, m), along);
	}
	td_v16 a = td_vall(rows_fold_sum(sum) / (float)n),
	       b = td_vall(rows_fold_sum(along) / (float)n);
	for (td_i64 i = 0; i < n; i += 16) {
		td_v16 g = td_vload_part(dy + i, n - i, 0);
		g = weight ? g * td_vload_part(weight + i, n - i, 1) : g;
		g = (g - td_vfma(rows_normal(x, i, n, m), b, a)) * td_vall(m.scale);
		td_vstore_part(td_vone_nan(g), dx + i, n - i);
	}
	moments[0] = m.mean;
	moments[1] = m.scale;
}

/* Gradients of 16 weights and biases from column i on: sums over rows in the order of td_reduce.h, row r in
 * lane r mod 16. */
TD_VINLINE void rows_layernorm_columns(const TD_GLOBAL float *x, const TD_GLOBAL float *dy,
                                       const TD_GLOBAL float *moments, td_i64 rows, td_i64 n,
                                       td_i64 i, TD_GLOBAL float *dweight, TD_GLOBAL float *dbias)
{
	td_v16 w[16], b[16];
	for (int l = 0; l < 16; l++)
		w[l] = b[l] = td_vall(0);
	for (td_i64 r = 0; r < rows; r++) {
		rows_moments m;
		m.mean = moments[2 * r];
		m.scale = moments[2 * r + 1];
		td_v16 g = td_vload_part(dy + r * n + i, n - i, 0);
		w[r % 16] = td_vfma(g, rows_normal(x + r * n, i, n, m), w[r % 16]);
		b[r % 16] = b[r % 16] + g;
	}
	for (int apart = 8; apart; apart /= 2)
		for (int l = 0; l < apart; l++) {
			w[l] = (w[l] + td_vall(0)) + (w[l + apart] + td_vall(0));
			b[l] = (b[l] + td_vall(0)) + (b[l + apart] + td_vall(0));
		}
	td_vstore_part(td_vone_nan(w[0]), dweight + i, n - i);
	td_vstore_part(td_vone_nan(b[0]), dbias + i, n - i);
}

#endif

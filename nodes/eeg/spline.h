/* spline.h: spherical splines (Perrin et al., 1989), in C and in OpenCL C.
 *
 *   g(x) = 1/(4 pi) sum_{n=1..50} (2n + 1) / (n (n + 1))^4 P_n(x)
 *   M = [G + 1e-5 I, 1; 1', 0] of all channels, P = M^-1
 *
 * P predicts any bad channels B from the others A: R = -(P_BB)^-1 P_BA. One channel alone: the row
 * -P_cj / P_cc. A group of items works on one matrix; in C it is a group of one. */
#ifndef TD_NODES_EEG_SPLINE_H
#define TD_NODES_EEG_SPLINE_H

#include "td_math.h"
#include "td_vectors.h"

#if !defined __OPENCL_C_VERSION__ || defined TD_FP64

#ifdef __OPENCL_C_VERSION__
#define SPLINE_ITEM ((int)get_local_id(0))
#define SPLINE_ITEMS ((int)get_local_size(0))
#define SPLINE_TOGETHER barrier(CLK_GLOBAL_MEM_FENCE)
#else
#define SPLINE_ITEM 0
#define SPLINE_ITEMS 1
#define SPLINE_TOGETHER ((void)0)
#endif

enum { SPLINE_TERMS = 50 };

static inline double spline_g(double x)
{
	double before = 1, now = x, sum = 0; /* P_{n-1}, P_n */
	for (int n = 1; n <= SPLINE_TERMS; n++) {
		double f = (double)n * (n + 1),
		       next = ((2 * n + 1) * (x * now) - n * before) / (n + 1);
		sum += (2 * n + 1) / (f * f * (f * f)) * now;
		before = now;
		now = next;
	}
	return sum / 12.566370614359172954;
}

/* Cosine of the angle between two channels; 0 with one in the middle of the head. */
static inline double spline_cosine(const TD_GLOBAL double *a, const TD_GLOBAL double *b)
{
	double n = td_sqrt_f64(a[0] * a[0] + a[1] * a[1] + a[2] * a[2]);
	double m = td_sqrt_f64(b[0] * b[0] + b[1] * b[1] + b[2] * b[2]);
	n = n > 0 ? n : 1;
	m = m > 0 ? m : 1;
	return (a[0] / n) * (b[0] / m) + (a[1] / n) * (b[1] / m) + (a[2] / n) * (b[2] / m);
}

/* Row i of M; there are `channels` + 1. */
static inline void spline_row(const TD_GLOBAL double *pos, int channels, int i, TD_GLOBAL double *m)
{
	for (int j = 0; j < channels; j++)
		m[j] = i == channels ? 1
		                     : spline_g(spline_cosine(pos + 3 * i, pos + 3 * j)) +
		                               (i == j ? 1e-5 : 0);
	m[channels] = i < channels;
}

/* The row whose element in column k is largest, from row k on. */
static inline int spline_pivot(const TD_GLOBAL double *m, int n, int k)
{
	int best = k;
	for (int i = k + 1; i < n; i++)
		if (fabs(m[(td_i64)i * n + k]) > fabs(m[(td_i64)best * n + k]))
			best = i;
	return best;
}

/* One step of Gauss and Jordan: column k of m becomes that of the inverse. */
static inline void spline_step(TD_GLOBAL double *m, int n, int k, TD_GLOBAL double *column,
                               TD_GLOBAL int *pivot)
{
	int p = spline_pivot(m, n, k);
	TD_GLOBAL double *row = m + (td_i64)k * n, *other = m + (td_i64)p * n;
	double factor = 1 / other[k];
	SPLINE_TOGETHER;
	for (int j = SPLINE_ITEM; j < n; j += SPLINE_ITEMS) {
		double x = other[j];
		other[j] = row[j];
		row[j] = x;
	}
	if (SPLINE_ITEM == 0)
		pivot[k] = p;
	SPLINE_TOGETHER;
	for (int i = SPLINE_ITEM; i < n; i += SPLINE_ITEMS)
		column[i] = m[(td_i64)i * n + k];
	SPLINE_TOGETHER;
	for (int j = SPLINE_ITEM; j < n; j += SPLINE_ITEMS)
		row[j] = (j == k ? 1 : row[j]) * factor;
	SPLINE_TOGETHER;
	for (int i = 0; i < n; i++) {
		TD_GLOBAL double *at = m + (td_i64)i * n;
		double f = -column[i];
		if (i == k)
			continue;
		for (int j = SPLINE_ITEM; j < n; j += SPLINE_ITEMS)
			at[j] = fma(f, row[j], j == k ? 0 : at[j]);
	}
	SPLINE_TOGETHER;
}

/* m becomes its inverse, by partial pivoting; `column` and `pivot` have room for n. */
static inline void spline_invert(TD_GLOBAL double *m, int n, TD_GLOBAL double *column,
                                 TD_GLOBAL int *pivot)
{
	for (int k = 0; k < n; k++)
		spline_step(m, n, k, column, pivot);
	for (int k = n - 1; k >= 0; k--)
		for (int i = SPLINE_ITEM; i < n; i += SPLINE_ITEMS) {
			double x = m[(td_i64)i * n + k];
			m[(td_i64)i * n + k] = m[(td_i64)i * n + pivot[k]];
			m[(td_i64)i * n + pivot[k]] = x;
		}
}

/* Row c of what predicts each channel from all others. */
static inline void spline_alone(const TD_GLOBAL double *inverse, int channels, int c,
                                TD_GLOBAL double *weights)
{
	const TD_GLOBAL double *p = inverse + (td_i64)c * (channels + 1);
	for (int j = 0; j < channels; j++)
		weights[j] = j == c ? 0 : -p[j] / p[c];
}

/* w [n_bad][channels] = what predicts the bad channels from the others, 0 in the columns of bad ones.
 * P_BB is positive definite unless all are bad: no pivoting. Then, w is 0. */
static inline void spline_together(const TD_GLOBAL double *inverse, int channels,
                                   const TD_GLOBAL int *bad, int n_bad, TD_GLOBAL double *w)
{
	for (int i = 0; i < n_bad; i++)
		for (int j = 0; j < channels; j++)
			w[i * channels + j] =
				n_bad == channels ? 0
						  : inverse[(td_i64)bad[i] * (channels + 1) + j];
	for (int k = 0; k < n_bad && n_bad < channels; k++) {
		TD_GLOBAL double *row = w + k * channels;
		double factor = 1 / row[bad[k]];
		for (int j = 0; j < channels; j++)
			row[j] *= factor;
		for (int i = 0; i < n_bad; i++) {
			TD_GLOBAL double *at = w + i * channels;
			double f = -at[bad[k]];
			if (i == k)
				continue;
			for (int j = 0; j < channels; j++)
				at[j] = fma(f, row[j], at[j]);
		}
	}
	for (int i = 0; i < n_bad; i++) {
		for (int j = 0; j < channels; j++)
			w[i * channels + j] = -w[i * channels + j];
		for (int k = 0; k < n_bad; k++)
			w[i * channels + bad[k]] = 0;
	}
}

#endif
#endif

/* spline.h: spherical splines (Perrin et al., 1989), in C and in OpenCL C.
 *
 *   g(x) = 1/(4 pi) sum_{n=1..50} (2n + 1) / (n (n + 1))^4 P_n(x)
 *   M = [G + 1e-5 I, 1; 1', 0] of all channels, P = M^-1
 *
 * P predicts any bad channels B from the others A: R = -(P_BB)^-1 P_BA. One channel alone: the row
 * -P_cj / P_cc. A group of items works on one matrix, or one set; in C it is a group of one. */
#ifndef TD_NODES_EEG_SPLINE_H
#define TD_NODES_EEG_SPLINE_H

#include "places.h"

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

/* P_{n+1}(x) = ((2n + 1) x P_n - n P_{n-1}) / (n + 1) */
static inline td_f64 spline_next(int n, td_f64 x, td_f64 now, td_f64 before)
{
	td_f64 a = td_mul_f64(td_int_f64(2 * n + 1), td_mul_f64(x, now));
	td_f64 b = td_mul_f64(td_int_f64(n), before);
	return td_div_f64(td_sub_f64(a, b), td_int_f64(n + 1));
}

static inline td_f64 spline_g(td_f64 x)
{
	td_f64 before = td_int_f64(1), now = x, sum = td_int_f64(0); /* P_{n-1}, P_n */
	for (int n = 1; n <= SPLINE_TERMS; n++) {
		td_f64 f = td_int_f64(n * (n + 1)), f2 = td_mul_f64(f, f);
		td_f64 factor = td_div_f64(td_int_f64(2 * n + 1), td_mul_f64(f2, f2));
		td_f64 next = spline_next(n, x, now, before);
		sum = td_add_f64(sum, td_mul_f64(factor, now));
		before = now;
		now = next;
	}
	return td_div_f64(sum, td_bits_f64(0x402921fb54442d18u)); /* 4 pi */
}

/* Cosine of the angle between two channels; 0 with one in the middle of the head. */
static inline td_f64 spline_cosine(const TD_GLOBAL td_f64 *a, const TD_GLOBAL td_f64 *b)
{
	td_f64 n = places_length(a), m = places_length(b), part[3];
	for (int i = 0; i < 3; i++)
		part[i] = td_mul_f64(td_div_f64(a[i], n), td_div_f64(b[i], m));
	return td_add_f64(td_add_f64(part[0], part[1]), part[2]);
}

/* Row i of M; there are `channels` + 1. */
static inline void spline_row(const TD_GLOBAL td_f64 *pos, int channels, int i, TD_GLOBAL td_f64 *m)
{
	td_f64 none = td_int_f64(0), ridge = td_div_f64(td_int_f64(1), td_int_f64(100000));
	for (int j = 0; j < channels; j++) {
		if (i == channels)
			m[j] = td_int_f64(1);
		else
			m[j] = td_add_f64(spline_g(spline_cosine(pos + 3 * i, pos + 3 * j)),
			                  i == j ? ridge : none);
	}
	m[channels] = td_int_f64(i < channels);
}

/* The row whose element in column k is largest, from row k on. */
static inline int spline_pivot(const TD_GLOBAL td_f64 *m, int n, int k)
{
	int best = k;
	for (int i = k + 1; i < n; i++)
		if (td_lt_f64(td_abs_f64(m[(td_i64)best * n + k]),
		              td_abs_f64(m[(td_i64)i * n + k])))
			best = i;
	return best;
}

/* One step of Gauss and Jordan: column k of m becomes that of the inverse. */
static inline void spline_step(TD_GLOBAL td_f64 *m, int n, int k, TD_GLOBAL td_f64 *column,
                               TD_GLOBAL int *pivot)
{
	int p = spline_pivot(m, n, k);
	TD_GLOBAL td_f64 *row = m + (td_i64)k * n, *other = m + (td_i64)p * n;
	td_f64 none = td_int_f64(0), one = td_int_f64(1), factor = td_div_f64(one, other[k]);
	SPLINE_TOGETHER;
	for (int j = SPLINE_ITEM; j < n; j += SPLINE_ITEMS) {
		td_f64 x = other[j];
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
		row[j] = td_mul_f64(j == k ? one : row[j], factor);
	SPLINE_TOGETHER;
	for (int i = 0; i < n; i++) {
		TD_GLOBAL td_f64 *at = m + (td_i64)i * n;
		td_f64 f = td_neg_f64(column[i]);
		if (i == k)
			continue;
		for (int j = SPLINE_ITEM; j < n; j += SPLINE_ITEMS)
			at[j] = td_fma_f64(f, row[j], j == k ? none : at[j]);
	}
	SPLINE_TOGETHER;
}

/* m becomes its inverse, by partial pivoting; `column` and `pivot` have room for n. */
static inline void spline_invert(TD_GLOBAL td_f64 *m, int n, TD_GLOBAL td_f64 *column,
                                 TD_GLOBAL int *pivot)
{
	for (int k = 0; k < n; k++)
		spline_step(m, n, k, column, pivot);
	for (int k = n - 1; k >= 0; k--)
		for (int i = SPLINE_ITEM; i < n; i += SPLINE_ITEMS) {
			td_f64 x = m[(td_i64)i * n + k];
			m[(td_i64)i * n + k] = m[(td_i64)i * n + pivot[k]];
			m[(td_i64)i * n + pivot[k]] = x;
		}
}

/* Row c of what predicts each channel from all others. */
static inline void spline_alone(const TD_GLOBAL td_f64 *inverse, int channels, int c,
                                TD_GLOBAL td_f64 *weights)
{
	const TD_GLOBAL td_f64 *p = inverse + (td_i64)c * (channels + 1);
	for (int j = 0; j < channels; j++)
		weights[j] = j == c ? td_int_f64(0) : td_div_f64(td_neg_f64(p[j]), p[c]);
}

/* Up to so many items of a group share a row; there are as many as make whole rows. */
#define SPLINE_WIDE (SPLINE_ITEMS < 32 ? SPLINE_ITEMS : 32)

/* Makes column `at` of n rows of w that of row k of a unit matrix; `column` has room for n. */
static inline void spline_clear(TD_GLOBAL td_f64 *w, int channels, int n, int k, int at,
                                TD_GLOBAL td_f64 *column)
{
	TD_GLOBAL td_f64 *row = w + k * channels;
	for (int i = SPLINE_ITEM; i < n; i += SPLINE_ITEMS)
		column[i] = w[i * channels + at];
	SPLINE_TOGETHER;
	td_f64 factor = td_div_f64(td_int_f64(1), column[k]);
	for (int j = SPLINE_ITEM; j < channels; j += SPLINE_ITEMS)
		row[j] = td_mul_f64(row[j], factor);
	SPLINE_TOGETHER;
	for (int i = SPLINE_ITEM / SPLINE_WIDE; i < n; i += SPLINE_ITEMS / SPLINE_WIDE) {
		TD_GLOBAL td_f64 *to = w + i * channels;
		td_f64 f = td_neg_f64(column[i]);
		if (i == k)
			continue;
		for (int j = SPLINE_ITEM % SPLINE_WIDE; j < channels; j += SPLINE_WIDE)
			to[j] = td_fma_f64(f, row[j], to[j]);
	}
	SPLINE_TOGETHER;
}

/* w [n_bad][channels] = what predicts the bad channels from the others, 0 in the columns of bad ones.
 * P_BB is positive definite unless all are bad: no pivoting. Then, w is 0. Otherwise there is room behind it. */
static inline void spline_together(const TD_GLOBAL td_f64 *inverse, int channels,
                                   const TD_GLOBAL int *bad, int n_bad, TD_GLOBAL td_f64 *w)
{
	int x = SPLINE_ITEM % SPLINE_WIDE, y = SPLINE_ITEM / SPLINE_WIDE;
	int wide = SPLINE_WIDE, high = SPLINE_ITEMS / SPLINE_WIDE;
	td_f64 none = td_int_f64(0);
	for (int i = y; i < n_bad; i += high)
		for (int j = x; j < channels; j += wide)
			w[i * channels + j] =
				n_bad == channels ? none
						  : inverse[(td_i64)bad[i] * (channels + 1) + j];
	SPLINE_TOGETHER;
	for (int k = 0; k < n_bad && n_bad < channels; k++)
		spline_clear(w, channels, n_bad, k, bad[k], w + n_bad * channels);
	for (int i = y; i < n_bad; i += high)
		for (int j = x; j < channels; j += wide)
			w[i * channels + j] = td_neg_f64(w[i * channels + j]);
	SPLINE_TOGETHER;
	for (int i = SPLINE_ITEM; i < n_bad; i += SPLINE_ITEMS)
		for (int k = 0; k < n_bad; k++)
			w[i * channels + bad[k]] = none;
}

#endif

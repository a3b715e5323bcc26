/* ransac_gpu_cl.h: eeg.ransac by many items. OpenCL C only.
 *
 * An item has one lane of the sums of RANSAC_CHANNELS channels of an epoch: every eighth sample. It
 * predicts them from each subset, finds the medians and adds to its sums, so that these keep the order
 * that they have in ransac.h. Eight neighbours read eight neighbouring samples, all items the same weights or
 * those beside them. `room` holds what the subsets say of one sample, [subsets][RANSAC_CHANNELS][items], as
 * keys, and behind that the sums, [items / 8][RANSAC_CHANNELS][3][8]. */
#ifndef TD_NODES_EEG_RANSAC_GPU_CL_H
#define TD_NODES_EEG_RANSAC_GPU_CL_H

#include "ransac.h"

/* The median of n numbers whose keys are `step` apart, `lo` the smallest and `hi` the largest. Which of -0 and 0
 * is found makes no difference to the sums. */
static inline td_f64 ransac_median(const __global ulong *key, int n, long step, ulong lo, ulong hi)
{
	median_pick p = median_start(n);
	p.lo = lo;
	p.hi = hi;
	p.mid = lo + (hi - lo) / 2;
	do {
		for (int i = 0; i < n; i++)
			median_see(&p, key[i * step]);
		if (2 * p.count == n) { /* the two are on either side of the middle */
			p.lo = p.below;
			p.hi = p.above;
			break;
		}
	} while (median_next(&p));
	return td_mul_f64(td_add_f64(median_value_f64(p.hi), median_value_f64(p.lo)), TD_HALF_F64);
}

/* The weights of subset r, with the channels of its list as rows: an item a weight. G is symmetric to the
 * bit. */
static inline void ransac_columns(ransac m, int r)
{
	const __global int *list = m.list + (long)r * (m.channels + 1);
	const __global td_f64 *p = ransac_inverse(m, r);
	int n = list[0];
	for (int i = SPLINE_ITEM; i < n * m.channels; i += SPLINE_ITEMS) {
		int j = i / m.channels, c = i % m.channels;
		td_f64 w = p[n * (n + 1) + j];
		for (int k = 0; k < n; k++)
			w = td_fma_f64(m.g[(long)list[1 + k] * m.channels + c], p[k * (n + 1) + j],
			               w);
		m.weights[(long)r * m.channels * m.width + i] = w;
	}
}

/* What an item is about. */
typedef struct {
	const __global float *x; /* of its epoch */
	int c[RANSAC_CHANNELS];  /* its channels: behind the last, that one again */
	__global ulong *key;     /* its own, `step` apart */
	long step;
} ransac_item;

/* Keys of what all subsets say of sample t; the smallest and the largest of each channel. */
static inline void ransac_keys(ransac m, ransac_item own, int t, ulong *lo, ulong *hi)
{
	for (int k = 0; k < RANSAC_CHANNELS; k++) {
		lo[k] = ~0ul;
		hi[k] = 0;
	}
	for (int r = 0; r < m.subsets; r++) {
		const __global int *list = m.list + (long)r * (m.channels + 1);
		const __global td_f64 *w = m.weights + (long)r * m.channels * m.width;
		td_f64 s[RANSAC_CHANNELS];
		for (int k = 0; k < RANSAC_CHANNELS; k++)
			s[k] = td_int_f64(0);
		for (int j = 0; j < list[0]; j++, w += m.channels) {
			td_f64 x = td_wide_f64(own.x[(long)list[1 + j] * m.samples + t]);
			TD_UNROLLED(4)
			for (int k = 0; k < RANSAC_CHANNELS; k++)
				s[k] = td_fma_f64(w[own.c[k]], x, s[k]);
		}
		TD_UNROLLED(4)
		for (int k = 0; k < RANSAC_CHANNELS; k++) {
			ulong key = median_key_f64(s[k]);
			own.key[(r * RANSAC_CHANNELS + k) * own.step] = key;
			lo[k] = min(lo[k], key);
			hi[k] = max(hi[k], key);
		}
	}
}

/* The sums of one lane: sum [RANSAC_CHANNELS][3][8] from the lane on. Zeros follow the last sample up to a
 * multiple of 16, as in ransac.h. */
static inline void ransac_lane(ransac m, ransac_item own, int lane, __global td_f64 *sum)
{
	td_f64 xp[RANSAC_CHANNELS], xx[RANSAC_CHANNELS], pp[RANSAC_CHANNELS];
	ulong lo[RANSAC_CHANNELS], hi[RANSAC_CHANNELS];
	for (int k = 0; k < RANSAC_CHANNELS; k++)
		xp[k] = xx[k] = pp[k] = td_int_f64(0);
	for (int t = lane; t < (m.samples + 15) / 16 * 16; t += 8) {
		bool there = t < m.samples;
		if (there)
			ransac_keys(m, own, t, lo, hi);
		TD_UNROLLED(4)
		for (int k = 0; k < RANSAC_CHANNELS; k++) {
			td_f64 v = td_int_f64(0), p = v;
			if (there) {
				v = td_wide_f64(own.x[(long)own.c[k] * m.samples + t]);
				p = ransac_median(own.key + k * own.step, m.subsets,
				                  RANSAC_CHANNELS * own.step, lo[k], hi[k]);
			}
			xp[k] = td_fma_f64(v, p, xp[k]);
			xx[k] = td_fma_f64(v, v, xx[k]);
			pp[k] = td_fma_f64(p, p, pp[k]);
		}
	}
	for (int k = 0; k < RANSAC_CHANNELS; k++) {
		sum[k * 24] = xp[k];
		sum[k * 24 + 8] = xx[k];
		sum[k * 24 + 16] = pp[k];
	}
}

/* Item `item` of `items`, which begin with number `first` of all. */
static inline void ransac_own(ransac m, __global ulong *room, long first, int item, int items)
{
	int blocks = (m.channels + RANSAC_CHANNELS - 1) / RANSAC_CHANNELS, lane = item % 8;
	long at = (first + item) / 8;
	__global td_f64 *sum =
		(__global td_f64 *)(room + (long)m.subsets * RANSAC_CHANNELS * items);
	ransac_item own;
	own.x = m.x + at / blocks * m.channels * m.samples;
	own.key = room + item;
	own.step = items;
	for (int k = 0; k < RANSAC_CHANNELS; k++)
		own.c[k] = min((int)(at % blocks) * RANSAC_CHANNELS + k, m.channels - 1);
	ransac_lane(m, own, lane, sum + item / 8 * RANSAC_CHANNELS * 24 + lane);
}

/* The correlation that 8 such items have made the sums of. */
static inline void ransac_from(ransac m, const __global td_f64 *sum, long first, int i)
{
	int blocks = (m.channels + RANSAC_CHANNELS - 1) / RANSAC_CHANNELS;
	long at = first / 8 + i / RANSAC_CHANNELS, e = at / blocks;
	int c = (int)(at % blocks) * RANSAC_CHANNELS + i % RANSAC_CHANNELS;
	if (c < m.channels)
		m.corr[e * m.channels + c] = ransac_corr(sum + (long)i * 24);
}

#endif

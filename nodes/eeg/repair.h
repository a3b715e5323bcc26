/* repair.h: epochs with their bad channels repaired, a tile at a time; in C and in OpenCL C.
 *
 * REPAIR_CHUNK epochs are prepared (what predicts their bad channels), then tiles of all of them are made.
 * No repaired copy of the data is ever held. */
#ifndef TD_NODES_EEG_REPAIR_H
#define TD_NODES_EEG_REPAIR_H

#include "labels.h"
#include "rows.h"
#include "spline.h"
#include "td_f64.h"

enum { REPAIR_CHUNK = 64 };

/* items of a group that prepares an epoch */
#ifdef TD_GPU
#define REPAIR_GROUP 256
#else
#define REPAIR_GROUP 1
#endif

/* The recording, and what predicts the bad channels of the epochs of a chunk. */
typedef struct {
	const TD_GLOBAL float *x;
	const TD_GLOBAL td_f64 *inverse;
	TD_GLOBAL td_f64 *weights; /* [REPAIR_CHUNK][channels][channels] */
	TD_GLOBAL int *bad;        /* [REPAIR_CHUNK][channels + 1]: how many, then which */
	int channels, samples;
} repairs;

/* Prepares the epoch whose labels are l, in a slot of the chunk; without labels there are -1 bad channels. A group
 * of items does it, each of which counts for itself. */
static inline void repair_prepare(repairs m, int slot, const TD_GLOBAL label *l)
{
	TD_GLOBAL int *bad = m.bad + (td_i64)slot * (m.channels + 1);
	int n = 0;
	for (int c = 0; c < m.channels && l; c++)
		if (l[c] == 2 && ++n % SPLINE_ITEMS == SPLINE_ITEM)
			bad[n] = c;
	if (SPLINE_ITEM == 0)
		bad[0] = l ? n : -1;
	SPLINE_TOGETHER;
	spline_together(m.inverse, m.channels, bad + 1, n,
	                m.weights + (td_i64)slot * m.channels * m.channels);
}

/* Which of the bad channels of a slot is c? -1: none of them. */
static inline int repair_find(const TD_GLOBAL int *bad, int c)
{
	int lo = 0, hi = bad[0];
	while (lo < hi) {
		int at = (lo + hi) / 2;
		if (bad[1 + at] < c)
			lo = at + 1;
		else
			hi = at;
	}
	return lo < bad[0] && bad[1 + lo] == c ? lo : -1;
}

/* One sample of the bad channel number b of a slot, x the sample of the first channel: as eeg_predict makes it. */
static inline td_f64 repair_predict(repairs m, int slot, int b, const TD_GLOBAL float *x)
{
	const TD_GLOBAL td_f64 *w = m.weights + ((td_i64)slot * m.channels + b) * m.channels;
	td_f64 sum = td_int_f64(0);
	int j = 0;
	for (; j + 8 <= m.channels; j += 8) {
		float v[8]; /* loads first: they do not wait for sums */
		TD_UNROLLED(8)
		for (int i = 0; i < 8; i++)
			v[i] = x[(td_i64)(j + i) * m.samples];
		TD_UNROLLED(8)
		for (int i = 0; i < 8; i++)
			sum = td_fma_f64(w[j + i], td_wide_f64(v[i]), sum);
	}
	for (; j < m.channels; j++)
		sum = td_fma_f64(w[j], td_wide_f64(x[(td_i64)j * m.samples]), sum);
	return sum;
}

/* Sample t of channel c of epoch e, repaired: what repair_tile makes, for an item a sample. */
static inline td_f64 repair_sample(repairs m, int e, int slot, int c, int t)
{
	const TD_GLOBAL float *x = m.x + (td_i64)e * m.channels * m.samples + t;
	int b = repair_find(m.bad + (td_i64)slot * (m.channels + 1), c);
	return b < 0 ? td_wide_f64(x[(td_i64)c * m.samples]) : repair_predict(m, slot, b, x);
}

/* The tile from sample t on of epoch e, repaired; `tile` is room for two. */
static inline void repair_tile(repairs m, int e, int slot, int t, const TD_GLOBAL float *ahead,
                               TD_GLOBAL td_f64 *tile)
{
	const TD_GLOBAL int *bad = m.bad + (td_i64)slot * (m.channels + 1);
	TD_GLOBAL td_f64 *made = tile + m.channels * EEG_TILE;
	eeg_tile_load(m.x + (td_i64)e * m.channels * m.samples, m.channels, m.samples, t, tile);
	eeg_tile_ahead(ahead, m.channels, m.samples);
	eeg_predict(tile, m.channels, m.weights + (td_i64)slot * m.channels * m.channels, bad[0], 0,
	            0, made, EEG_TILE);
	for (int b = 0; b < bad[0]; b++)
		for (int i = 0; i < EEG_TILE; i++)
			tile[bad[1 + b] * EEG_TILE + i] = made[b * EEG_TILE + i];
}

/* sum [channels][EEG_TILE] += the tile from sample t on of epoch e, repaired; then comes epoch `next`. */
static inline void repair_add(repairs m, int e, int next, int slot, int t, TD_GLOBAL td_f64 *tile,
                              TD_GLOBAL td_f64 *sum)
{
	const TD_GLOBAL float *ahead = m.x + (td_i64)next * m.channels * m.samples + t;
	const TD_GLOBAL float *x = m.x + (td_i64)e * m.channels * m.samples + t;
	if (m.bad[(td_i64)slot * (m.channels + 1)] == 0 && m.samples - t >= EEG_TILE) {
		for (int c = 0; c < m.channels; c++) {
			eeg_ahead(ahead + (td_i64)c * m.samples);
			for (int i = 0; i < EEG_TILE; i += 8) {
				TD_GLOBAL td_f64 *s = sum + c * EEG_TILE + i;
				td_v8d v = td_vwiden(x + (td_i64)c * m.samples + i);
				td_vstore_f64(td_vadd_f64(td_vload_f64(s), v), s);
			}
		}
		return;
	}
	repair_tile(m, e, slot, t, ahead, tile);
	for (int i = 0; i < m.channels * EEG_TILE; i += 8)
		td_vstore_f64(td_vadd_f64(td_vload_f64(sum + i), td_vload_f64(tile + i)), sum + i);
}

/* The root of the mean of the squares of a row, from 8 lanes. */
static inline td_f64 repair_root(const TD_GLOBAL td_f64 *lane, int samples)
{
	return td_sqrt_f64(td_div_f64(eeg_fold(lane), td_int_f64(samples)));
}

/* The root mean square of a row, by 8 lanes that end in `lane`. */
static inline td_f64 repair_rms(const TD_GLOBAL td_f64 *row, int samples, TD_GLOBAL td_f64 *lane)
{
	td_v8d sum = td_vall_f64(td_int_f64(0));
	int t = 0;
	for (; t + 8 <= samples; t += 8)
		sum = td_vfma_f64(td_vload_f64(row + t), td_vload_f64(row + t), sum);
	td_vstore_f64(sum, lane);
	for (; t < samples; t++)
		lane[t % 8] = td_fma_f64(row[t], row[t], lane[t % 8]);
	return repair_root(lane, samples);
}

/* All of epoch e, repaired, in y [channels][samples], and the root mean square of each channel. */
static inline void repair_epoch(repairs m, int e, int slot, TD_GLOBAL td_f64 *tile,
                                TD_GLOBAL td_f64 *y, TD_GLOBAL td_f64 *rms)
{
	for (int t = 0; t < m.samples; t += EEG_TILE) {
		repair_tile(m, e, slot, t, m.x + (td_i64)e * m.channels * m.samples + t, tile);
		for (int c = 0; c < m.channels; c++)
			for (int i = 0; i < EEG_TILE && t + i < m.samples; i++)
				y[(td_i64)c * m.samples + t + i] = tile[c * EEG_TILE + i];
	}
	for (int c = 0; c < m.channels; c++)
		rms[c] = repair_rms(y + (td_i64)c * m.samples, m.samples, tile);
}

/* Adds a tile of n prepared epochs, those in `kept`, to sum [channels][EEG_TILE], which starts at 0 with the
 * first chunk. With the last one, `count` is how many there were in all, and their mean is written. */
static inline void repair_mean(repairs m, const TD_GLOBAL int *kept, int first, int n, int tile_at,
                               int count, TD_GLOBAL td_f64 *tile, TD_GLOBAL td_f64 *sum,
                               TD_GLOBAL td_f64 *mean)
{
	int t = tile_at * EEG_TILE;
	td_f64 by = td_int_f64(count);
	for (int i = 0; i < m.channels * EEG_TILE && first == 0; i++)
		sum[i] = td_int_f64(0);
	for (int i = 0; i < n; i++)
		repair_add(m, kept[i], kept[i + 1 < n ? i + 1 : i], i, t, tile, sum);
	for (int c = 0; c < m.channels && count > 0; c++)
		for (int i = 0; i < EEG_TILE && t + i < m.samples; i++)
			mean[(td_i64)c * m.samples + t + i] = td_div_f64(sum[c * EEG_TILE + i], by);
}

#endif

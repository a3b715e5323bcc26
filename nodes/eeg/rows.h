/* rows.h: what the nodes of the family do with the samples of channels, in C and in OpenCL C.
 *
 * Everything that a decision hangs on is double. A tile is EEG_TILE samples of all channels of one
 * epoch, as doubles. */
#ifndef TD_NODES_EEG_ROWS_H
#define TD_NODES_EEG_ROWS_H

#include "td_f64.h"

enum { EEG_TILE = 32 };

static inline int eeg_least(int a, int b)
{
	return a < b ? a : b;
}

/* The sum of 8 lanes. */
static inline td_f64 eeg_fold(const TD_GLOBAL td_f64 *q)
{
	td_f64 a = td_add_f64(q[0], q[4]), b = td_add_f64(q[1], q[5]);
	td_f64 c = td_add_f64(q[2], q[6]), d = td_add_f64(q[3], q[7]);
	return td_add_f64(td_add_f64(a, c), td_add_f64(b, d));
}

/* Is a loss smaller than an earlier one by more than rounding? */
static inline bool eeg_better(td_f64 later, td_f64 earlier)
{
	td_f64 nearly_one = td_bits_f64(0x3fefffffffffdcd1u); /* 1 - 1e-12 */
	return td_lt_f64(later, td_mul_f64(earlier, nearly_one));
}

static inline td_f64 eeg_smaller(td_f64 a, td_f64 b)
{
	return td_lt_f64(a, b) ? a : b;
}

static inline td_f64 eeg_larger(td_f64 a, td_f64 b)
{
	return td_lt_f64(b, a) ? a : b;
}

/* Largest less smallest of n floats: exact extremes, one subtraction. 0 for n = 0, NaN if a sample is
 * no finite number. */
static inline td_f64 eeg_ptp(const TD_GLOBAL float *x, int n)
{
	float lo = n ? x[0] : 0, hi = lo,
	      none = 0; /* `none` stays 0 unless a sample is not finite */
	int t = 0;
	if (n >= 16) {
		float l16[16], h16[16], n16[16];
		td_v16 l = td_vload(x), h = l, z = td_vall(0);
		for (; t + 16 <= n; t += 16) {
			td_v16 v = td_vload(x + t);
			l = td_vsmaller(l, v);
			h = td_vlarger(h, v);
			z = td_vfma(v, td_vall(0), z);
		}
		td_vstore(l, l16);
		td_vstore(h, h16);
		td_vstore(z, n16);
		for (int i = 0; i < 16; i++) {
			lo = l16[i] < lo ? l16[i] : lo;
			hi = h16[i] > hi ? h16[i] : hi;
			none += n16[i];
		}
	}
	for (; t < n; t++) {
		lo = x[t] < lo ? x[t] : lo;
		hi = x[t] > hi ? x[t] : hi;
		none += x[t] * 0;
	}
	return td_add_f64(td_sub_f64(td_wide_f64(hi), td_wide_f64(lo)), td_wide_f64(none));
}

/* `n` floats as `width` doubles (a multiple of 8, at least n), zeros behind them. */
static inline void eeg_widen(const TD_GLOBAL float *x, int n, int width, TD_GLOBAL td_f64 *to)
{
	int i = 0;
	for (; i + 8 <= n; i += 8)
		td_vstore_f64(td_vwiden(x + i), to + i);
	for (; i < width; i++)
		to[i] = i < n ? td_wide_f64(x[i]) : td_int_f64(0);
}

/* Asks for a row of a tile that is needed next; rows lie far apart, so no processor foresees it. A row is seldom
 * aligned: it lies in three cache lines. */
static inline void eeg_ahead(const TD_GLOBAL float *row)
{
	td_ahead(row);
	td_ahead(row + EEG_TILE / 2);
	td_ahead(row + EEG_TILE - 1);
}

/* Asks for a tile, whose first row this is. */
static inline void eeg_tile_ahead(const TD_GLOBAL float *row, int channels, int samples)
{
	for (int c = 0; c < channels; c++)
		eeg_ahead(row + (td_i64)c * samples);
}

/* The tile from sample t on of an epoch x [channels][samples]; zeros behind the last sample. */
static inline void eeg_tile_load(const TD_GLOBAL float *x, int channels, int samples, int t,
                                 TD_GLOBAL td_f64 *tile)
{
	int n = eeg_least(EEG_TILE, samples - t);
	for (int c = 0; c < channels; c++)
		eeg_widen(x + (td_i64)c * samples + t, n, EEG_TILE, tile + c * EEG_TILE);
}

/* The first `rows` of four rows of a tile, which go `step` apart. */
TD_VINLINE void eeg_store(TD_OWN td_v8d (*s)[4], int rows, TD_GLOBAL td_f64 *out, td_i64 step)
{
	TD_UNROLLED(4)
	for (int r = 0; r < 4; r++) {
		TD_UNROLLED(4)
		for (int i = 0; i < 4; i++)
			if (r < rows)
				td_vstore_f64(s[r][i], out + r * step + 8 * i);
	}
}

/* out [rows][EEG_TILE], rows `out_step` apart, = weights [rows][channels] tile: each sum one chain of fma in
 * ascending order of channels, from 0. Four rows at a time; those that are not there repeat the last. The tile at
 * `ahead`, whose rows are `ahead_step` apart (0: none), is asked for meanwhile, evenly spread, because a
 * processor waits for few at once. */
static inline void eeg_predict(const TD_GLOBAL td_f64 *tile, int channels,
                               const TD_GLOBAL td_f64 *weights, int rows,
                               const TD_GLOBAL float *ahead, int ahead_step, TD_GLOBAL td_f64 *out,
                               td_i64 out_step)
{
	for (int row = 0; row < rows; row += 4) {
		int next = ahead_step ? row / 4 : channels;
		const TD_GLOBAL td_f64 *w[4];
		td_v8d s[4][4];
		TD_UNROLLED(4)
		for (int r = 0; r < 4; r++) {
			w[r] = weights + (td_i64)eeg_least(row + r, rows - 1) * channels;
			TD_UNROLLED(4)
			for (int i = 0; i < 4; i++)
				s[r][i] = td_vall_f64(td_int_f64(0));
		}
		for (int j = 0; j < channels; j++) {
			td_v8d x[4];
			if (j == next) {
				eeg_ahead(ahead + (td_i64)j * ahead_step);
				next += (rows + 3) / 4;
			}
			TD_UNROLLED(4)
			for (int i = 0; i < 4; i++)
				x[i] = td_vload_f64(tile + j * EEG_TILE + 8 * i);
			TD_UNROLLED(4)
			for (int r = 0; r < 4; r++) {
				td_v8d f = td_vall_f64(w[r][j]);
				TD_UNROLLED(4)
				for (int i = 0; i < 4; i++)
					s[r][i] = td_vfma_f64(f, x[i], s[r][i]);
			}
		}
		eeg_store(s, rows - row, out + row * out_step, out_step);
	}
}

#endif

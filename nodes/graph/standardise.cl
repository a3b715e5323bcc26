/* graph.standardise: on CPUs an item a row; on GPUs 16 items a row, one a lane of its sums. */
#include "tandem.clh"

#include "states.h"

#ifdef TD_FP64

#define IS_BAD(x) (!(fabs(x) <= FLT_MAX))

#ifdef TD_CPU

/* Some lane of the mask is set. */
static inline bool some(int16 m)
{
	int8 a = m.lo | m.hi;
	int4 b = a.lo | a.hi;
	int2 c = b.lo | b.hi;
	return (c.x | c.y) != 0;
}

/* The state of a row, and the sum of its samples. */
static inline int row_state(__global const float *x, int t, double *sum)
{
	int16 bad = 0, differs = 0;
	double16 lane = 0;
	float16 first = t ? x[0] : 0;
	int s = 0;
	for (; s + 16 <= t; s += 16) {
		float16 v = vload16(0, x + s);
		lane += convert_double16(v);
		bad |= IS_BAD(v);
		differs |= (v < first) | (v > first);
	}
	if (s < t) { /* what is missing counts 0 in the sum, and as the first otherwise */
		float16 v = td_load16(x + s, t - s, first.x);
		lane += convert_double16(td_load16(x + s, t - s, 0));
		bad |= IS_BAD(v);
		differs |= (v < first) | (v > first);
	}
	*sum = td_fold_sum_f64(lane);
	return some(bad) ? GRAPH_BAD : some(differs) ? GRAPH_FINE : GRAPH_CONSTANT;
}

static inline double row_squares(__global const float *x, int t, double mean)
{
	double16 lane = 0;
	int s = 0;
	for (; s + 16 <= t; s += 16) {
		double16 d = convert_double16(vload16(0, x + s)) - mean;
		lane = fma(d, d, lane);
	}
	double tail[16];
	vstore16(lane, 0, tail);
	for (int l = 0; s + l < t; l++)
		tail[l] = fma((double)x[s + l] - mean, (double)x[s + l] - mean, tail[l]);
	return td_fold_sum_f64(vload16(0, tail));
}

__kernel TD_WG(TD_FAT) void graph_standardise(__global const float *restrict x,
                                              __global float *restrict z,
                                              __global int *restrict state, int n, int t)
{
	int row = (int)get_global_id(0), s = 0;
	if (row >= n)
		return;
	x += (long)row * t;
	z += (long)row * t;
	double sum;
	int found = row_state(x, t, &sum);
	bool fine = found == GRAPH_FINE;
	state[row] = found;
	double mean = fine ? sum / t : 0;
	double scale = fine ? 1 / sqrt(row_squares(x, t, mean)) : 0;
	for (; fine && s + 16 <= t; s += 16)
		vstore16(convert_float16((convert_double16(vload16(0, x + s)) - mean) * scale), 0,
		         z + s);
	for (; s < t; s++)
		z[s] = fine ? (float)(((double)x[s] - mean) * scale) : 0;
}

#else

__kernel TD_WG(64) void graph_standardise(__global const float *restrict x,
                                          __global float *restrict z, __global int *restrict state,
                                          int n, int t)
{
	__local double sums[64];
	__local int seen[64];
	int row = (int)(get_global_id(0) / 16), lane = (int)(get_local_id(0) % 16);
	int mine = (int)get_local_id(0), end = row < n ? t : 0, found = 0;
	double sum = 0, squares = 0;
	x += (long)min(row, n - 1) * t;
	z += (long)min(row, n - 1) * t;
	for (int s = lane; s < end; s += 16) {
		sum += (double)x[s];
		found |= (IS_BAD(x[s]) ? 1 : 0) | (x[s] < x[0] || x[s] > x[0] ? 2 : 0);
	}
	seen[mine] = found;
	double mean = td_group_sum_f64(sum, sums) / t;
	for (int s = lane; s < end; s += 16)
		squares = fma((double)x[s] - mean, (double)x[s] - mean, squares);
	double scale = 1 / sqrt(td_group_sum_f64(squares, sums));
	for (int l = 0; l < 16; l++)
		found |= seen[mine / 16 * 16 + l];
	bool fine = found == 2;
	for (int s = lane; s < end; s += 16)
		z[s] = fine ? (float)(((double)x[s] - mean) * scale) : 0;
	if (lane == 0 && row < n)
		state[row] = found & 1 ? GRAPH_BAD : fine ? GRAPH_FINE : GRAPH_CONSTANT;
}

#endif
#endif

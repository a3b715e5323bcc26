/* Reductions over one axis of x [outer, n, inner]. inner = 1: an item a row; else an item for 16
 * neighbouring columns. Sums in the 16 lanes of td_reduce.h either way. */
#include "tandem.clh"

#include "vectors_cl.h"

/* What an item gets: `rows` or `columns` with x and y moved there; left: columns that exist. */
#define ROWS                                                                                       \
	long row = (long)get_global_id(0);                                                         \
	if (row >= outer)                                                                          \
		return;                                                                            \
	x += row * n;
#define COLUMNS                                                                                    \
	long blocks = (inner + 15) / 16, id = (long)get_global_id(0), row = id / blocks;           \
	long column = (id - row * blocks) * 16, left = min(inner - column, (long)16);              \
	if (row >= outer)                                                                          \
		return;                                                                            \
	x += row * n * inner + column;                                                             \
	y += row * inner + column;

/* -- sum, mean ------------------------------------------------------------------- */

/* divisor: 1, or n for a mean. FOLD_ROW: the fold of a vector of lanes; FOLD: of 16 vectors. */
#define SUM(T, FOLD_ROW, FINISH)                                                                   \
	__kernel TD_WG(TD_FAT) void tensor_sum_rows_##T(__global const T *restrict x,              \
	                                                __global T *restrict y, long outer, long n, \
	                                                long inner, T divisor)                     \
	{                                                                                          \
		T##16 lane = 0;                                                                    \
		ROWS                                                                               \
		(void)inner;                                                                       \
		long i = 0;                                                                        \
		for (; i + 16 <= n; i += 16)                                                       \
			lane += vload16(0, x + i);                                                 \
		T tail[16];                                                                        \
		vstore16(lane, 0, tail);                                                           \
		for (int k = 0; i + k < n; k++)                                                    \
			tail[k] += x[i + k];                                                       \
		y[row] = FOLD_ROW(vload16(0, tail)) / divisor;                                     \
	}                                                                                          \
	__kernel TD_WG(TD_FAT) void tensor_sum_columns_##T(__global const T *restrict x,           \
	                                                   __global T *restrict y, long outer,     \
	                                                   long n, long inner, T divisor)          \
	{                                                                                          \
		T##16 lane[16];                                                                    \
		for (int k = 0; k < 16; k++)                                                       \
			lane[k] = 0;                                                               \
		COLUMNS                                                                            \
		long i = 0;                                                                        \
		for (; i + 16 <= n; i += 16)                                                       \
			for (int k = 0; k < 16; k++)                                               \
				lane[k] += load_##T(x + (i + k) * inner, 1, left);                 \
		for (int k = 0; i + k < n; k++)                                                    \
			lane[k] += load_##T(x + (i + k) * inner, 1, left);                         \
		for (int k = 0; k < 8; k++)                                                        \
			lane[k] = (lane[k] + (T##16)(0)) + (lane[k + 8] + (T##16)(0));             \
		for (int k = 0; k < 4; k++)                                                        \
			lane[k] += lane[k + 4];                                                    \
		T##16 sum = (lane[0] + lane[2]) + (lane[1] + lane[3]);                             \
		store_##T(FINISH(sum) / divisor, y, left);                                         \
	}

#define ONE_NAN(sum) select((float16)(NAN), sum, sum <= (float16)(INFINITY))
#define ONE_NAN_F64(sum) select((double16)(NAN), sum, sum <= (double16)(INFINITY))
#define AS_IT_IS(sum) (sum)

static inline int fold_int(int16 v)
{
	int8 a = v.lo + v.hi;
	int4 b = a.lo + a.hi;
	int2 c = b.lo + b.hi;
	return c.x + c.y;
}

static inline long fold_long(long16 v)
{
	long8 a = v.lo + v.hi;
	long4 b = a.lo + a.hi;
	long2 c = b.lo + b.hi;
	return c.x + c.y;
}

SUM(float, td_fold_sum, ONE_NAN)
SUM(int, fold_int, AS_IT_IS)
SUM(long, fold_long, AS_IT_IS)
#ifdef TD_FP64
SUM(double, td_fold_sum_f64, ONE_NAN_F64)
#endif

/* -- largest and smallest, and where ------------------------------------------------- */

/* Is b to be preferred to a? sign is 1 for the largest, -1 for the smallest; NaN comes before all. */
#define BETTER_REAL(a, b) (!isnan(a) && (isnan(b) || (sign > 0 ? (b) > (a) : (b) < (a))))
#define BETTER_WHOLE(a, b) (sign > 0 ? (b) > (a) : (b) < (a))

/* Any order gives the same. `where` < 0: there was nothing. */
#define BEST(T, BETTER)                                                                            \
	static inline long best_##T(__global const T *x, long n, long step, int sign, T *best)     \
	{                                                                                          \
		long where = -1;                                                                   \
		for (long i = 0; i < n; i++) {                                                     \
			T v = x[i * step];                                                         \
			bool better = where < 0 || BETTER(*best, v);                               \
			*best = better ? v : *best;                                                \
			where = better ? i : where;                                                \
		}                                                                                  \
		return where;                                                                      \
	}                                                                                          \
	__kernel TD_WG(TD_LANES) void tensor_extreme_##T(__global const T *restrict x,             \
	                                                 __global T *restrict y, long outer, long n, \
	                                                 long inner, int sign, T nothing)          \
	{                                                                                          \
		long id = (long)get_global_id(0);                                                  \
		T best = nothing;                                                                  \
		if (id >= outer * inner)                                                           \
			return;                                                                    \
		long row = id / inner;                                                             \
		best_##T(x + row * n * inner + (id - row * inner), n, inner, sign, &best);         \
		y[id] = best;                                                                      \
	}                                                                                          \
	__kernel TD_WG(TD_LANES) void tensor_where_##T(__global const T *restrict x,               \
	                                               __global int *restrict y, long outer, long n, \
	                                               long inner, int sign)                       \
	{                                                                                          \
		long id = (long)get_global_id(0);                                                  \
		T best = 0;                                                                        \
		if (id >= outer * inner)                                                           \
			return;                                                                    \
		long row = id / inner;                                                             \
		y[id] = (int)best_##T(x + row * n * inner + (id - row * inner), n, inner, sign,    \
		                      &best);                                                      \
	}

BEST(float, BETTER_REAL)
BEST(int, BETTER_WHOLE)
BEST(long, BETTER_WHOLE)
#ifdef TD_FP64
BEST(double, BETTER_REAL)
#endif

/* -- truth --------------------------------------------------------------------------- */

/* How many are not 0; what is made of it: 0 the count, 1 "some", 2 "all". */
static inline int truths(__global const uchar *x, long n, long step)
{
	int count = 0;
	for (long i = 0; i < n; i++)
		count += x[i * step] != 0;
	return count;
}

__kernel TD_WG(TD_LANES) void tensor_count(__global const uchar *restrict x, __global int *restrict y,
                                           long outer, long n, long inner)
{
	long id = (long)get_global_id(0);
	if (id < outer * inner)
		y[id] = truths(x + id / inner * n * inner + id % inner, n, inner);
}

__kernel TD_WG(TD_LANES) void tensor_truth(__global const uchar *restrict x,
                                           __global uchar *restrict y, long outer, long n, long inner,
                                           long enough)
{
	long id = (long)get_global_id(0);
	if (id < outer * inner)
		y[id] = truths(x + id / inner * n * inner + id % inner, n, inner) >= enough;
}

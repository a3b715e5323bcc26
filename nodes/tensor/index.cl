/* tensor.keep, gather, scatter_add, iota: whole numbers that say which. */
#include "tandem.clh"

#include "vectors_cl.h"

#ifdef TD_CPU
#define KEEP_GROUP 1
#else
#define KEEP_GROUP 256
#endif

/* One group; each item has a piece of the mask, and counts those before it. */
__kernel TD_WG(KEEP_GROUP) void tensor_keep(__global const uchar *restrict mask, int n,
                                            __global int *restrict index, __global int *restrict kept)
{
	int item = (int)get_local_id(0), piece = (n + KEEP_GROUP - 1) / KEEP_GROUP;
	int first = min(item * piece, n), end = min(first + piece, n), at = 0;
#if KEEP_GROUP > 1
	__local int found[KEEP_GROUP];
	int mine = 0;
	for (int i = first; i < end; i++)
		mine += mask[i] != 0;
	found[item] = mine;
	barrier(CLK_LOCAL_MEM_FENCE);
	for (int i = 0; i < item; i++)
		at += found[i];
#endif
	for (int i = first; i < end; i++)
		if (mask[i] != 0)
			index[at++] = i;
	if (item == KEEP_GROUP - 1)
		kept[0] = at;
}

/* Rows of `inner` elements: 16 an item. A row outside of x is zeros, and counted. */
#define GATHER(T, size)                                                                            \
	__kernel TD_WG(TD_LANES) void tensor_gather_##size(                                        \
		__global const T *restrict x, __global const int *restrict index, __global T *restrict y, \
		__global int *restrict outside, long n, long k, long inner)                        \
	{                                                                                          \
		long chunks = max((inner + 15) / 16, (long)1), id = (long)get_global_id(0), row = id / chunks;   \
		long from = (id - row * chunks) * 16, end = min(from + 16, inner);                 \
		if (row >= k)                                                                      \
			return;                                                                    \
		long source = index[row];                                                          \
		bool inside = source >= 0 && source < n;                                           \
		if (!inside && from == 0)                                                          \
			atomic_inc(outside);                                                       \
		for (long i = from; i < end; i++)                                                  \
			y[row * inner + i] = inside ? x[source * inner + i] : (T)0;                \
	}
GATHER(uchar, 1)
GATHER(ushort, 2)
GATHER(uint, 4)
GATHER(ulong, 8)

__kernel TD_WG(1) void tensor_no_outside(__global int *restrict outside)
{
	outside[0] = 0;
}

/* y[index[k]] += x[k], k ascending: an item has some columns of all rows, so that nobody else adds there. */
#define SCATTER(T)                                                                                 \
	__kernel TD_WG(TD_FAT) void tensor_scatter_add_##T(                                        \
		__global const T *restrict x, __global const int *restrict index, __global T *restrict y, \
		__global int *restrict outside, long n, long k, long inner, long each)             \
	{                                                                                          \
		long from = (long)get_global_id(0) * each, end = min(from + each, inner);          \
		int missed = 0;                                                                    \
		for (long r = 0; r < n; r++)                                                       \
			for (long i = from; i < end; i++)                                          \
				y[r * inner + i] = 0;                                              \
		for (long r = 0; r < k; r++) {                                                     \
			long to = index[r];                                                        \
			bool inside = to >= 0 && to < n;                                           \
			missed += inside ? 0 : 1;                                                  \
			for (long i = from; i < end && inside; i++)                                \
				y[to * inner + i] += x[r * inner + i];                             \
		}                                                                                  \
		if (from == 0)                                                                     \
			outside[0] = missed;                                                       \
	}
SCATTER(float)
SCATTER(int)
SCATTER(long)
#ifdef TD_FP64
SCATTER(double)
#endif

/* A row of y, `inner` elements, written anew; the others stay. */
#define PUT(T, size)                                                                               \
	__kernel TD_WG(TD_LANES) void tensor_put_##size(__global const T *restrict value,          \
	                                                __global const long *restrict index,       \
	                                                __global T *restrict y, long n, long inner) \
	{                                                                                          \
		long i = (long)get_global_id(0) * 16, end = min(i + 16, inner), row = index[0];    \
		for (; i < end && row >= 0 && row < n; i++)                                        \
			y[row * inner + i] = value[i];                                             \
	}
PUT(uchar, 1)
PUT(ushort, 2)
PUT(uint, 4)
PUT(ulong, 8)

__kernel TD_WG(TD_LANES) void tensor_iota_int(__global int *restrict y, long n, long start, long step)
{
	long i = (long)get_global_id(0) * 16, end = min(i + 16, n);
	for (; i < end; i++)
		y[i] = (int)(start + i * step);
}

__kernel TD_WG(TD_LANES) void tensor_iota_long(__global long *restrict y, long n, long start, long step)
{
	long i = (long)get_global_id(0) * 16, end = min(i + 16, n);
	for (; i < end; i++)
		y[i] = start + i * step;
}

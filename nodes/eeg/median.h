/* median.h: medians of many columns at once, in C and in OpenCL C.
 *
 * On hosts and CPUs a sorting network (odd-even merges: Batcher, "Sorting networks and their applications", AFIPS
 * 1968; for any n). It moves whole rows of `work`, two vectors of columns wide, so that all columns are sorted
 * together: first eight rows at a time in registers, then by a list of the comparators that the middle depends
 * on. On GPUs an item a column, which selects: it looks at the rows where they lie, some 10 times. Medians are
 * exact: their bits do not depend on how. */
#ifndef TD_NODES_EEG_MEDIAN_H
#define TD_NODES_EEG_MEDIAN_H

#include "td_f64.h"

enum {
	MEDIAN_MOST = 65535,     /* rows of a network */
	MEDIAN_PAIRS = 64,       /* comparators a row, at most */
	MEDIAN_COLUMNS_F64 = 16, /* columns of a block of doubles */
	MEDIAN_COLUMNS = 32      /* … of floats */
};

/* Merges the two sorted halves of m rows from `lo` on; returns how many comparators there are now. */
static inline int median_merge(int n, int lo, int m, TD_GLOBAL td_set *pairs, int found)
{
	for (int k = m / 2; k >= 1; k /= 2)
		for (int j = k % (m / 2); j + k < m; j += 2 * k)
			for (int i = lo + j; i < lo + j + k && i + k < n; i++)
				pairs[found++] = (td_set)i << 16 | (td_set)(i + k);
	return found;
}

/* All comparators for n rows, as first << 16 | second, but those within eights; returns how many. Halves are
 * merged as soon as both are sorted, so that rows stay in the first cache while they can. */
static inline int median_all_pairs(int n, TD_GLOBAL td_set *pairs)
{
	int found = 0, top = 1;
	while (top < n)
		top *= 2;
	for (int end = 2; end <= top; end += 2)
		for (int m = 2; end % m == 0; m *= 2)
			if (m > 8 || end > n / 8 * 8)
				found = median_merge(n, end - m, m, pairs, found);
	return found;
}

/* Those that the middle of n rows, sorted by eights, depends on, in order; `needed` has room for n. */
static inline int median_network(int n, TD_GLOBAL td_set *pairs, TD_GLOBAL int *needed)
{
	int all = median_all_pairs(n, pairs), left = all, kept = 0;
	for (int i = 0; i < n; i++)
		needed[i] = i == n / 2 || i == (n - 1) / 2;
	for (int p = all - 1; p >= 0; p--) {
		int i = (int)(pairs[p] >> 16), j = (int)(pairs[p] & 0xffff);
		if (needed[i] || needed[j]) {
			needed[i] = needed[j] = 1;
			pairs[--left] = pairs[p];
		}
	}
	for (int p = left; p < all; p++)
		pairs[kept++] = pairs[p];
	return kept;
}

/* Sorts n rows so far that row n / 2 and row (n - 1) / 2 are what they should be. */
#define MEDIAN_SORT(name, T, V, W, LOAD, STORE, SMALLER, LARGER)                          \
	TD_VINLINE void name##_compare(TD_OWN V *a, TD_OWN V *b)                          \
	{                                                                                 \
		V less = SMALLER(*a, *b);                                                 \
		*b = LARGER(*a, *b);                                                      \
		*a = less;                                                                \
	}                                                                                 \
                                                                                          \
	/* One vector of eight rows. */                                                   \
	TD_VINLINE void name##_eight(TD_GLOBAL T *work)                                   \
	{                                                                                 \
		V v[8];                                                                   \
		TD_UNROLLED(8)                                                            \
		for (int i = 0; i < 8; i++)                                               \
			v[i] = LOAD(work + i * 2 * W);                                    \
		TD_UNROLLED(4)                                                            \
		for (int i = 0; i < 8; i += 2)                                            \
			name##_compare(v + i, v + i + 1);                                 \
		TD_UNROLLED(2)                                                            \
		for (int i = 0; i < 8; i += 4) {                                          \
			name##_compare(v + i, v + i + 2);                                 \
			name##_compare(v + i + 1, v + i + 3);                             \
			name##_compare(v + i + 1, v + i + 2);                             \
		}                                                                         \
		TD_UNROLLED(4)                                                            \
		for (int i = 0; i < 4; i++)                                               \
			name##_compare(v + i, v + i + 4);                                 \
		name##_compare(v + 2, v + 4);                                             \
		name##_compare(v + 3, v + 5);                                             \
		TD_UNROLLED(3)                                                            \
		for (int i = 1; i < 7; i += 2)                                            \
			name##_compare(v + i, v + i + 1);                                 \
		TD_UNROLLED(8)                                                            \
		for (int i = 0; i < 8; i++)                                               \
			STORE(v[i], work + i * 2 * W);                                    \
	}                                                                                 \
                                                                                          \
	static inline void name(const TD_GLOBAL td_set *pairs, int n_pairs, int n,        \
	                        TD_GLOBAL T *work)                                        \
	{                                                                                 \
		for (int i = 0; i + 8 <= n; i += 8) {                                     \
			name##_eight(work + i * 2 * W);                                   \
			name##_eight(work + i * 2 * W + W);                               \
		}                                                                         \
		for (int p = 0; p < n_pairs; p++) {                                       \
			TD_GLOBAL T *a = work + (int)(pairs[p] >> 16) * 2 * W;            \
			TD_GLOBAL T *b = work + (int)(pairs[p] & 0xffff) * 2 * W;         \
			V a0 = LOAD(a), a1 = LOAD(a + W), b0 = LOAD(b), b1 = LOAD(b + W); \
			STORE(SMALLER(a0, b0), a);                                        \
			STORE(SMALLER(a1, b1), a + W);                                    \
			STORE(LARGER(a0, b0), b);                                         \
			STORE(LARGER(a1, b1), b + W);                                     \
		}                                                                         \
	}

MEDIAN_SORT(median_sort, float, td_v16, 16, td_vload, td_vstore, td_vsmaller, td_vlarger)
MEDIAN_SORT(median_sort_f64, td_f64, td_v8d, 8, td_vload_f64, td_vstore_f64, td_vsmaller_f64,
            td_vlarger_f64)

#undef MEDIAN_SORT

#ifdef __OPENCL_C_VERSION__

/* -- selection -------------------------------------------------------------------------
 *
 *   median_pick p = median_start(n);
 *   do
 *           for (int i = 0; i < n; i++)
 *                   median_see(&p, median_key(x[i]));
 *   while (median_next(&p));
 *   p.lo and p.hi are the keys of the elements of rank (n - 1) / 2 and n / 2
 *
 * A pass counts the keys up to the middle of the range that the wanted one lies in, and cuts the range to the
 * keys next to that middle: 64 passes at most, some 10 for data. Keys are in the order of the numbers, but
 * -0 comes before +0; of a NaN they are whatever they are. */

typedef struct {
	int n, count;             /* keys; those of this pass that are <= mid */
	td_u64 lo, hi;            /* the wanted key is one of lo … hi */
	td_u64 mid, below, above; /* the largest key <= mid, the smallest > mid */
} median_pick;

static inline td_u64 median_key(float x)
{
	uint u = as_uint(x);
	return u ^ (u >> 31 ? 0xffffffffu : 0x80000000u);
}

static inline float median_value(td_u64 key)
{
	uint u = (uint)key;
	return as_float(u ^ (u >> 31 ? 0x80000000u : 0xffffffffu));
}

static inline td_u64 median_key_f64(td_f64 x)
{
#ifdef TD_FP64
	td_u64 u = as_ulong(x);
#else
	td_u64 u = x.bits;
#endif
	return u ^ (u >> 63 ? 0xffffffffffffffffu : 0x8000000000000000u);
}

static inline td_f64 median_value_f64(td_u64 key)
{
	return td_bits_f64(key ^ (key >> 63 ? 0x8000000000000000u : 0xffffffffffffffffu));
}

static inline median_pick median_start(int n)
{
	median_pick p;
	p.n = n;
	p.count = 0;
	p.lo = 0;
	p.hi = 0xffffffffffffffffu;
	p.mid = p.hi / 2;
	p.below = p.lo;
	p.above = p.hi;
	return p;
}

static inline void median_see(TD_OWN median_pick *p, td_u64 key)
{
	bool low = key <= p->mid;
	p->count += low;
	p->below = low && key > p->below ? key : p->below;
	p->above = !low && key < p->above ? key : p->above;
}

/* After a pass: is another one needed? The last one looks for the element of rank n / 2. */
static inline bool median_next(TD_OWN median_pick *p)
{
	if (p->lo == p->hi) {
		p->hi = p->count > p->n / 2 ? p->lo : p->above;
		return false;
	}
	if (p->count > (p->n - 1) / 2)
		p->hi = p->below;
	else
		p->lo = p->above;
	p->mid = p->lo + (p->hi - p->lo) / 2;
	p->count = 0;
	p->below = 0;
	p->above = 0xffffffffffffffffu;
	return p->lo != p->hi || p->n % 2 == 0;
}

#endif
#endif

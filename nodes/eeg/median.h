/* median.h: medians of many columns at once, in C and in OpenCL C.
 *
 * A sorting network (odd-even merges: Batcher, "Sorting networks and their applications", AFIPS 1968; for any n)
 * without the comparators that the middle does not depend on. It moves whole rows of `work`, two vectors
 * of columns wide, so that all columns are sorted together. Medians are exact: their bits do not depend on
 * the network. */
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

/* All comparators for n rows, as first << 16 | second; returns how many. Halves are merged as soon as both
 * are sorted, so that rows stay in the first cache while they can. */
static inline int median_all_pairs(int n, TD_GLOBAL td_set *pairs)
{
	int found = 0, top = 1;
	while (top < n)
		top *= 2;
	for (int end = 2; end <= top; end += 2)
		for (int m = 2; end % m == 0; m *= 2)
			found = median_merge(n, end - m, m, pairs, found);
	return found;
}

/* Those that the middle of n rows depends on, in order; `needed` has room for n. */
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

/* Sorts so far that row n / 2 and row (n - 1) / 2 are what they should be. */
#define MEDIAN_SORT(name, T, V, W, LOAD, STORE, SMALLER, LARGER)                          \
	static inline void name(const TD_GLOBAL td_set *pairs, int n, TD_GLOBAL T *work)  \
	{                                                                                 \
		for (int p = 0; p < n; p++) {                                             \
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
#endif

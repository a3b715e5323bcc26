/* graph.knn: on CPUs an item a row; on GPUs a group a row, whose items look at 256 columns at a time
 * and leave the few that are good enough to the first item. */
#include "tandem.clh"

#include "knn_cl.h"

#ifdef TD_CPU

__kernel TD_WG(1) void graph_knn_rows(__global const float *restrict w,
                                      __global float *restrict weights, __global int *restrict ids,
                                      int n, int k, int mask)
{
	int row = (int)get_global_id(0);
	long list = (long)row * graph_stride(k) + 16;
	graph_row_reads(w + (long)row * n, n, row, mask, k, weights + list, ids + list);
}

#else

enum { GROUP = 256 };

__kernel TD_WG(256) void graph_knn_rows(__global const float *restrict w,
                                        __global float *restrict weights,
                                        __global int *restrict ids, int n, int k, int mask)
{
	__local float good[GROUP], bound;
	__local int column[GROUP], found;
	int row = (int)get_group_id(0), mine = (int)get_local_id(0);
	long list = (long)row * graph_stride(k) + 16;
	if (mine == 0) {
		found = 0;
		bound = weights[list + k - 1];
	}
	for (int first = 0; first < n; first += GROUP) {
		int c = first + mine;
		float here = c < n ? as_float(as_int(w[(long)row * n + c]) & mask) : 0;
		barrier(CLK_LOCAL_MEM_FENCE);
		if (here > bound && c != row) {
			int slot = atomic_inc(&found);
			good[slot] = here;
			column[slot] = c;
		}
		barrier(CLK_LOCAL_MEM_FENCE);
		if (mine == 0) {
			/* in any order: the list ends up the same */
			for (int i = 0; i < found; i++)
				graph_offer_alone(weights + list, ids + list, k, good[i], column[i]);
			found = 0;
			bound = weights[list + k - 1];
		}
	}
}

#endif

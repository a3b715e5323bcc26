/* knn_cl.h: from lists of the best (best.h) to edges, for graph.knn and graph.corr_knn. OpenCL only. */
#ifndef TD_NODES_GRAPH_KNN_CL_H
#define TD_NODES_GRAPH_KNN_CL_H

#include "best.h"
#include "offsets_cl.h"

/* Empty lists for `lists` rows. */
__kernel TD_WG(TD_LANES) void graph_knn_start(__global float *restrict weights,
                                              __global int *restrict ids, int lists, int k,
                                              float floor_)
{
	int row = (int)get_global_id(0);
	long at = (long)row * graph_stride(k);
	for (int i = 0; i < graph_stride(k) && row < lists; i++) {
		weights[at + i] = i == 15 ? INFINITY : floor_;
		ids[at + i] = -1;
	}
}

__kernel TD_WG(TD_LANES) void graph_knn_degree(__global const int *restrict ids,
                                               __global int *restrict degree, int n, int k)
{
	int row = (int)get_global_id(0), found = 0;
	if (row >= n)
		return;
	__global const int *list = ids + (long)row * graph_stride(k) + 16;
	while (found < k && list[found] >= 0)
		found++;
	degree[row] = found;
}

__kernel TD_WG(TD_LANES) void graph_knn_emit(__global const float *restrict weights,
                                             __global const int *restrict ids,
                                             __global const int *restrict offset,
                                             __global int *restrict src, __global int *restrict dst,
                                             __global float *restrict weight, int n, int k)
{
	int row = (int)get_global_id(0);
	if (row >= n)
		return;
	long list = (long)row * graph_stride(k) + 16;
	for (int at = offset[row], i = 0; at < offset[row + 1]; at++, i++) {
		src[at] = row;
		dst[at] = ids[list + i];
		weight[at] = weights[list + i];
	}
}

#ifdef TD_GPU
/* Does weight a of column i come before weight b of column j? Neither is NaN. */
static inline bool graph_before(float a, int i, float b, int j)
{
	return a > b || (!(a < b) && i < j);
}

/* The same as graph_offer for one of many thin items: one place after the other. */
static inline void graph_offer_alone(__global float *weights, __global int *ids, int k, float w,
                                     int id)
{
	int at = k - 1;
	if (graph_before(weights[at], ids[at], w, id))
		return;
	for (; at > 0 && graph_before(w, id, weights[at - 1], ids[at - 1]); at--) {
		weights[at] = weights[at - 1];
		ids[at] = ids[at - 1];
	}
	weights[at] = w;
	ids[at] = id;
}
#endif

#endif

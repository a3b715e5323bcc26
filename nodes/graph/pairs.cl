/* graph.union and graph.mutual: edges are counted under their lower end, put in slots there, and each
 * pair is told by the slot that stands for it. The order inside a lower end's slots does not matter. */
#include "tandem.clh"

#include "offsets_cl.h"
#include "pairs.h"

__kernel TD_WG(TD_LANES) void graph_pairs_clear(__global int *restrict count, int n)
{
	int i = (int)get_global_id(0);
	if (i < n)
		count[i] = 0;
}

__kernel TD_WG(TD_LANES) void graph_pairs_count(__global const int *restrict src,
                                                __global const int *restrict dst, int edges, int n,
                                                __global int *restrict count)
{
	int e = (int)get_global_id(0);
	int a = e < edges ? graph_lower_end(src[e], dst[e], n) : -1;
	if (a >= 0)
		atomic_inc(&count[a]);
}

/* Leaves count at 0. */
__kernel TD_WG(TD_LANES) void graph_pairs_place(__global const int *restrict src,
                                                __global const int *restrict dst, int edges, int n,
                                                __global int *restrict count,
                                                __global const int *restrict start,
                                                __global int *restrict upper,
                                                __global int *restrict edge)
{
	int e = (int)get_global_id(0);
	int a = e < edges ? graph_lower_end(src[e], dst[e], n) : -1;
	if (a < 0)
		return;
	int slot = start[a] + atomic_dec(&count[a]) - 1;
	upper[slot] = src[e] + dst[e] - a;
	edge[slot] = e;
}

#define SLOTS (graph_slots){src, dst, weight, start, upper, edge}

__kernel TD_WG(TD_LANES) void graph_pairs_judge(__global const int *restrict src,
                                                __global const int *restrict dst,
                                                __global const float *restrict weight,
                                                __global const int *restrict start,
                                                __global const int *restrict upper,
                                                __global const int *restrict edge, int n, int mutual,
                                                __global int *restrict stands,
                                                __global float *restrict joined,
                                                __global int *restrict count)
{
	int p = (int)get_global_id(0);
	if (p >= start[n])
		return;
	stands[p] = graph_slot_stands(SLOTS, p, mutual != 0, &joined[p]);
	if (stands[p])
		atomic_inc(&count[min(src[edge[p]], dst[edge[p]])]);
}

__kernel TD_WG(TD_LANES) void graph_pairs_emit(__global const int *restrict src,
                                               __global const int *restrict dst,
                                               __global const float *restrict weight,
                                               __global const int *restrict start,
                                               __global const int *restrict upper,
                                               __global const int *restrict edge, int n,
                                               __global const int *restrict stands,
                                               __global const float *restrict joined,
                                               __global const int *restrict first,
                                               __global int *restrict pair,
                                               __global float *restrict pair_weight)
{
	int p = (int)get_global_id(0);
	if (p >= start[n] || !stands[p])
		return;
	int a = min(src[edge[p]], dst[edge[p]]), at = first[a] + graph_slot_rank(SLOTS, p, stands);
	pair[2 * at] = a;
	pair[2 * at + 1] = upper[p];
	pair_weight[at] = joined[p];
}

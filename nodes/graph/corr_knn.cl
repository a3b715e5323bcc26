/* graph.corr_knn: on CPUs tiles of packed z, each looked at by its rows and its columns while it is in
 * the cache; on GPUs a group has 64 rows and goes over the columns. */
#include "tandem.clh"

#include "knn_cl.h"
#include "tile_cl.h"

#ifdef TD_CPU

/* One pair of blocks in a round. */
__kernel TD_WG(1) void graph_corr_knn_tiles(__global const float *restrict packed,
                                            __global float *restrict weights,
                                            __global int *restrict ids, int n, int t, int k,
                                            int mask, int round, int blocks, int panels)
{
	float tile[GRAPH_TILE];
	graph_pair p = graph_pair_of(round, (int)get_global_id(0), blocks, panels);
	graph_tile(packed, t, p, mask, tile);
	graph_tile_looks(tile, p, n, k, weights, ids);
}

#else

/* A row looks at one row of the group's tile. */
static inline void row_looks_alone(const __local float *w, int row, int column, int columns, int k,
                                   __global float *weights, __global int *ids)
{
	for (int c = 0; c < columns; c++)
		if (w[c] > weights[k - 1] && column + c != row)
			graph_offer_alone(weights, ids, k, w[c], column + c);
}

/* Group (g, s): rows 64 g … and, of the tiles of 64 columns, every one of split s. Columns come in
 * ascending order, so that a tie with the last of a list stays outside. */
__kernel TD_WG2(16, 16) void graph_corr_knn_rows(__global const float *restrict z,
                                                 __global float *restrict weights,
                                                 __global int *restrict ids, int n, int t, int k,
                                                 int mask)
{
	__local float a[SLICE][SIDE + 1], b[SLICE][SIDE + 1], tile[SIDE][SIDE + 1];
	int first = SIDE * (int)get_group_id(0), split = (int)get_group_id(1);
	int splits = (int)get_num_groups(1), mine = (int)(get_local_id(1) * 16 + get_local_id(0));
	int row = first + mine;
	long list = ((long)split * n + row) * graph_stride(k) + 16;
	for (int column = split * SIDE; column < n; column += splits * SIDE) {
		group_tile(z, n, t, first, column, mask, a, b, tile);
		if (mine < SIDE && row < n)
			row_looks_alone(tile[mine], row, column, min((int)SIDE, n - column), k,
			                weights + list, ids + list);
	}
}

/* The lists of a row's splits become one, the first. */
__kernel TD_WG(TD_LANES) void graph_corr_knn_merge(__global float *restrict weights,
                                                   __global int *restrict ids, int n, int k,
                                                   int splits)
{
	int row = (int)get_global_id(0);
	if (row >= n)
		return;
	long list = (long)row * graph_stride(k) + 16;
	for (int s = 1; s < splits; s++) {
		long other = list + (long)s * n * graph_stride(k);
		for (int i = 0; i < k && ids[other + i] >= 0; i++)
			graph_offer_alone(weights + list, ids + list, k, weights[other + i],
			                  ids[other + i]);
	}
}

#endif

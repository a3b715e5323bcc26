/* tile_cl.h: kernels around tiles for graph.corr and graph.corr_knn: packing for CPUs, the tile of a
 * group for GPUs. OpenCL only. */
#ifndef TD_NODES_GRAPH_TILE_CL_H
#define TD_NODES_GRAPH_TILE_CL_H

#include "tile.h"

#ifdef TD_CPU

__kernel TD_WG(1) void graph_pack(__global const float *restrict z, __global float *restrict packed,
                                  int n, int t)
{
	graph_pack_panel(z, packed, n, t, (int)get_global_id(0),
	                 (int)get_global_id(1) * GRAPH_PACKED);
}

#else

/* A group of 16 x 16 items has a tile of 64 x 64: each item 4 x 4 sums. */
enum { SIDE = 64, SLICE = 16 };

/* A slice of 64 rows of z from `row` on, samples from `from` on; zeros outside. */
static inline void load_slice(__global const float *z, int n, int t, int row, int from,
                              __local float (*s)[SIDE + 1])
{
	int k = (int)get_local_id(0);
	for (int r = (int)get_local_id(1); r < SIDE; r += 16)
		s[k][r] = row + r < n && from + k < t ? z[(long)(row + r) * t + from + k] : 0;
}

/* tile[r][c]: the weight of rows row + r and column + c, for the whole group. The sums are those of
 * graph_strip: samples in ascending order, then fma(0, 0, sum), which changes nothing. */
static inline void group_tile(__global const float *z, int n, int t, int row, int column, int mask,
                              __local float (*a)[SIDE + 1], __local float (*b)[SIDE + 1],
                              __local float (*tile)[SIDE + 1])
{
	int x = 4 * (int)get_local_id(0), y = 4 * (int)get_local_id(1);
	float sum[4][4] = {{0}};
	for (int from = 0; from < t; from += SLICE) {
		barrier(CLK_LOCAL_MEM_FENCE);
		load_slice(z, n, t, row, from, a);
		load_slice(z, n, t, column, from, b);
		barrier(CLK_LOCAL_MEM_FENCE);
		for (int k = 0; k < SLICE; k++)
			for (int r = 0; r < 4; r++)
				for (int c = 0; c < 4; c++)
					sum[r][c] = fma(a[k][y + r], b[k][x + c], sum[r][c]);
	}
	for (int r = 0; r < 4; r++)
		for (int c = 0; c < 4; c++) {
			float w = sum[r][c];
			w = w > 1 ? 1 : w < -1 ? -1 : w;
			tile[y + r][x + c] = as_float(as_int(w) & mask);
		}
	barrier(CLK_LOCAL_MEM_FENCE);
}

#endif
#endif

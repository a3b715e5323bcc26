/* graph.corr: tiles as in graph.corr_knn, stored on both sides of the diagonal. */
#include "tandem.clh"

#include "tile_cl.h"

#ifdef TD_CPU

/* One pair of blocks; all rounds at once. */
__kernel TD_WG(1) void graph_corr_tiles(__global const float *restrict packed,
                                        __global float *restrict r, int n, int t, int blocks,
                                        int panels)
{
	float tile[GRAPH_TILE];
	int pair = (int)get_global_id(0), round = (int)get_global_id(1);
	if (pair >= graph_pairs(round, blocks))
		return;
	graph_pair p = graph_pair_of(round, pair, blocks, panels);
	graph_tile(packed, t, p, -1, tile);
	graph_tile_stores(tile, p, n, r);
}

#else

__kernel TD_WG2(16, 16) void graph_corr_square(__global const float *restrict z,
                                               __global float *restrict r, int n, int t)
{
	__local float a[SLICE][SIDE + 1], b[SLICE][SIDE + 1], tile[SIDE][SIDE + 1];
	int row = SIDE * (int)get_group_id(0), column = SIDE * (int)get_group_id(1);
	if (column < row)
		return;
	group_tile(z, n, t, row, column, -1, a, b, tile);
	for (int i = (int)(get_local_id(1) * 16 + get_local_id(0)); i < SIDE * SIDE; i += 256) {
		int y = i / SIDE, x = i % SIDE;
		float here = tile[y][x];
		if (row + y == column + x && here > 0)
			here = 1;
		if (row + y < n && column + x < n)
			r[(long)(row + y) * n + column + x] = here;
		if (row != column && row + x < n && column + y < n)
			r[(long)(column + y) * n + row + x] = tile[x][y];
	}
}

#endif

/* graph.gcn: h w into panels, then ahat times the panels; on GPUs an item an element. */
#include "tandem.clh"

#include "gcn.h"

#define SIZES (graph_gcn_sizes){batches, n, f, g}

#ifdef TD_CPU

__kernel TD_WG(1) void graph_gcn_first(__global const float *restrict h,
                                       __global const float *restrict w, __global float *restrict p,
                                       int batches, int n, int f, int g)
{
	graph_gcn_panel_first(h, w, p, SIZES, (int)get_global_id(0), (int)get_global_id(1) * GCN_ROWS);
}

__kernel TD_WG(1) void graph_gcn_second(__global const float *restrict ahat,
                                        __global const float *restrict p,
                                        __global const float *restrict b, __global float *restrict y,
                                        int batches, int n, int f, int g)
{
	graph_gcn_panel_second(ahat, p, b, y, SIZES, (int)get_global_id(0),
	                       (int)get_global_id(1) * GCN_ROWS);
}

#else

__kernel TD_WG(TD_LANES) void graph_gcn_first(__global const float *restrict h,
                                              __global const float *restrict w,
                                              __global float *restrict p, int batches, int n, int f,
                                              int g)
{
	int column = (int)get_global_id(0), node = (int)get_global_id(1);
	if (column < (batches * g + 15) / 16 * 16)
		p[((long)(column / 16) * n + node) * 16 + column % 16] =
			graph_gcn_first_one(h, w, SIZES, node, column);
}

__kernel TD_WG(TD_LANES) void graph_gcn_second(__global const float *restrict ahat,
                                               __global const float *restrict p,
                                               __global const float *restrict b,
                                               __global float *restrict y, int batches, int n, int f,
                                               int g)
{
	int column = (int)get_global_id(0), row = (int)get_global_id(1);
	float sum = 0;
	(void)f; /* the CPU form needs it */
	if (column >= batches * g)
		return;
	p += (long)(column / 16) * n * 16 + column % 16;
	for (int j = 0; j < n; j++)
		sum = fma(ahat[(long)row * n + j], p[j * 16], sum);
	y[((long)(column / g) * n + row) * g + column % g] = sum + b[column % g];
}

#endif

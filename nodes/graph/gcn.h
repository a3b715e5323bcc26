/* gcn.h: the two products of graph.gcn on CPUs, in C and in OpenCL C.
 *
 * The first product is kept in panels of 16 columns: column batch G + g is lane c % 16 of panel c / 16,
 * a panel is [N][16], lanes behind the last column are 0. So the second product runs over whole vectors
 * whatever G is. A work item has 8 rows of one panel: 8 chains of fma keep two units busy. */
#ifndef TD_NODES_GRAPH_GCN_H
#define TD_NODES_GRAPH_GCN_H

#include "td_vectors.h"

enum { GCN_ROWS = 8 };

/* batches, nodes, features in and out */
typedef struct {
	int batches, n, f, g;
} graph_gcn_sizes;

/* Are the 16 columns of a panel neighbours in one batch? */
static inline bool graph_gcn_whole(graph_gcn_sizes s, int panel)
{
	return panel * 16 % s.g + 16 <= s.g && panel * 16 / s.g < s.batches;
}

/* One element of the first product; 0 behind the last column. */
static inline float graph_gcn_first_one(const TD_GLOBAL float *h, const TD_GLOBAL float *w,
                                        graph_gcn_sizes s, int node, int column)
{
	int batch = column / s.g, g = column % s.g;
	float sum = 0;
	if (batch >= s.batches)
		return 0;
	h += ((td_i64)batch * s.n + node) * s.f;
	for (int k = 0; k < s.f; k++)
		sum = td_fma1(h[k], w[(td_i64)k * s.g + g], sum);
	return sum;
}

/* p[node][lane] = sum_f h[node][f] w[f][g], 8 nodes of a panel from `node` on. */
static inline void graph_gcn_panel_first(const TD_GLOBAL float *h, const TD_GLOBAL float *w,
                                         TD_GLOBAL float *p, graph_gcn_sizes s, int panel, int node)
{
	const int nodes = s.n - node < GCN_ROWS ? s.n - node : GCN_ROWS;
	p += ((td_i64)panel * s.n + node) * 16;
	if (!graph_gcn_whole(s, panel)) {
		for (int i = 0; i < 16 * nodes; i++)
			p[i] = graph_gcn_first_one(h, w, s, node + i / 16, panel * 16 + i % 16);
		return;
	}
	const TD_GLOBAL float *in = h + ((td_i64)(panel * 16 / s.g) * s.n + node) * s.f;
	w += panel * 16 % s.g;
	for (int r = 0; r < nodes; r++) {
		td_v16 sum = td_vall(0);
		for (int k = 0; k < s.f; k++)
			sum = td_vfma(td_vall(in[(td_i64)r * s.f + k]),
			              td_vload(w + (td_i64)k * s.g), sum);
		td_vstore(sum, p + r * 16);
	}
}

/* Adds the bias and stores one row of a panel where it belongs. */
static inline void graph_gcn_store(td_v16 sum, const TD_GLOBAL float *b, TD_GLOBAL float *y,
                                   graph_gcn_sizes s, int panel, int row)
{
	float lane[16];
	td_vstore(sum, lane);
	for (int l = 0; l < 16; l++) {
		int column = panel * 16 + l, batch = column / s.g, g = column % s.g;
		if (batch < s.batches)
			y[((td_i64)batch * s.n + row) * s.g + g] = lane[l] + b[g];
	}
}

/* y = ahat p + b, 8 rows of a panel from `row` on. Rows behind the last repeat it and are not kept. */
static inline void graph_gcn_panel_second(const TD_GLOBAL float *ahat, const TD_GLOBAL float *p,
                                          const TD_GLOBAL float *b, TD_GLOBAL float *y,
                                          graph_gcn_sizes s, int panel, int row)
{
	td_v16 sum[GCN_ROWS];
	td_i64 at[GCN_ROWS];
	TD_UNROLLED(8)
	for (int r = 0; r < GCN_ROWS; r++) {
		sum[r] = td_vall(0);
		at[r] = (td_i64)(row + r < s.n ? row + r : s.n - 1) * s.n;
	}
	p += (td_i64)panel * s.n * 16;
	for (int j = 0; j < s.n; j++) {
		td_v16 x = td_vload(p + j * 16);
		TD_UNROLLED(8)
		for (int r = 0; r < GCN_ROWS; r++)
			sum[r] = td_vfma(td_vall(ahat[at[r] + j]), x, sum[r]);
	}
	TD_UNROLLED(8)
	for (int r = 0; r < GCN_ROWS; r++)
		if (row + r < s.n)
			graph_gcn_store(sum[r], b, y, s, panel, row + r);
}

#endif

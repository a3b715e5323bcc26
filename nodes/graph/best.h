/* best.h: lists of the best neighbours, in C and in OpenCL C.
 *
 * A row's list holds its best candidates so far: weight descending, ties to the lower index. Its
 * first k places count; the list is k rounded up to whole vectors. It starts as (floor, -1)
 * everywhere, and only a weight above the floor gets in. Before the first place stands (+Inf, -1),
 * which nothing is better than. What a list holds in the end does not depend on the order in which
 * the candidates come. */
#ifndef TD_NODES_GRAPH_BEST_H
#define TD_NODES_GRAPH_BEST_H

#include "tile.h"

/* From one list to the next; place 0 of row r is at r * stride + 16. */
static inline int graph_stride(int k)
{
	return (k + 15) / 16 * 16 + 16;
}

/* Is (w, id) better than what stands in the 16 places? */
static inline td_m16 graph_better(float w, int id, td_v16 than_w, td_m16 than_id)
{
	return (td_vall(w) > than_w) | ((td_vall(w) >= than_w) & (id < than_id));
}

static inline td_m16 graph_select(td_m16 mask, td_m16 yes, td_m16 no)
{
	return (yes & mask) | (no & ~mask);
}

/* Puts the candidate in its place, if it has one: places behind it move back by one. */
static inline void graph_offer(TD_GLOBAL float *weights, TD_GLOBAL int *ids, int k, float w, int id)
{
	td_m16 bits = td_bits16(td_vall(w)), number = td_bits16(td_vall(0)) + id;
	for (int at = graph_stride(k) - 32; at >= 0; at -= 16) {
		td_v16 here = td_vload(weights + at), before = td_vload(weights + at - 1);
		td_m16 id_here = td_vload_ids(ids + at), id_before = td_vload_ids(ids + at - 1);
		td_m16 move = graph_better(w, id, before, id_before),
		       put = graph_better(w, id, here, id_here);
		td_m16 bits_here = graph_select(put, bits, td_bits16(here));
		id_here = graph_select(put, number, id_here);
		td_vstore(td_float16(graph_select(move, td_bits16(before), bits_here)),
		          weights + at);
		td_vstore_ids(graph_select(move, id_before, id_here), ids + at);
	}
}

/* What the weight of a candidate must exceed to be worth an offer, when no candidate has an index
 * below `first`: a tie gets in by a lower index only. */
static inline float graph_bound(const TD_GLOBAL float *weights, const TD_GLOBAL int *ids, int k,
                                int first)
{
	float weight = weights[k - 1];
	return first > ids[k - 1] ? weight : td_vfloat(td_vbits(weight) - 1);
}

/* A row looks at 16 n neighbouring columns, the first of which is `first`. */
static inline void graph_row_looks(const float *w, int n, int first, TD_GLOBAL float *weights,
                                   TD_GLOBAL int *ids, int k)
{
	float bound = graph_bound(weights, ids, k, first);
	td_m16 hit = td_bits16(td_vall(0));
	for (int v = 0; v < 16 * n; v += 16)
		hit |= td_vload(w + v) > td_vall(bound);
	if (!td_lanes(hit))
		return;
	for (int v = 0; v < 16 * n; v += 16) {
		td_set lanes = td_lanes(td_vload(w + v) > td_vall(bound));
		for (; lanes; lanes &= lanes - 1) {
			int at = v + td_lowest(lanes);
			graph_offer(weights, ids, k, w[at], first + at);
			bound = graph_bound(weights, ids, k, first);
		}
	}
}

/* 16 neighbouring columns, whose lists lie graph_stride(k) apart, look at row `row`. */
static inline void graph_columns_look_at(const float *w, int row, int first, float *bound,
                                         TD_GLOBAL float *weights, TD_GLOBAL int *ids, int k)
{
	td_set lanes = td_lanes(td_vload(w) > td_vload(bound));
	for (; lanes; lanes &= lanes - 1) {
		int l = td_lowest(lanes), list = l * graph_stride(k);
		graph_offer(weights + list, ids + list, k, w[l], row);
		bound[l] = graph_bound(weights + list, ids + list, k, first);
	}
}

/* 16 neighbouring columns, `there` of which are there, look at 4 n rows that lie `apart` from each
 * other; the first of them is row `first`. */
static inline void graph_columns_look(const float *w, int apart, int n, int first, int there,
                                      TD_GLOBAL float *weights, TD_GLOBAL int *ids, int k)
{
	float bound[16];
	for (int l = 0; l < 16; l++)
		bound[l] = l < there ? graph_bound(weights + l * graph_stride(k),
		                                   ids + l * graph_stride(k), k, first)
		                     : INFINITY;
	for (int r = 0; r < 4 * n; r += 4, w += 4 * apart) {
		td_v16 b = td_vload(bound);
		if (!td_lanes((td_vload(w) > b) | (td_vload(w + apart) > b) |
		              (td_vload(w + 2 * apart) > b) | (td_vload(w + 3 * apart) > b)))
			continue;
		for (int s = 0; s < 4; s++)
			graph_columns_look_at(w + s * apart, first + r + s, first, bound, weights,
			                      ids, k);
	}
}

/* All rows and columns of a tile of weights look at each other; lists of n rows from `weights` and
 * `ids` on. No row looks at itself. */
static inline void graph_tile_looks(float *tile, graph_pair p, int n, int k,
                                    TD_GLOBAL float *weights, TD_GLOBAL int *ids)
{
	const int row = p.i * GRAPH_PANEL, column = p.j * GRAPH_PANEL;
	const int columns = p.n_j * GRAPH_PANEL;
	for (int r = 0; r < p.n_i * GRAPH_PANEL && row + r < n; r++) {
		int start = graph_row_start(p, r);
		td_i64 list = (td_i64)(row + r) * graph_stride(k) + 16;
		if (p.diagonal)
			tile[r * GRAPH_BLOCK + r] = 0;
		graph_row_looks(tile + r * GRAPH_BLOCK + start, (columns - start) / 16,
		                column + start, weights + list, ids + list, k);
	}
	for (int c = 0; c < columns; c += 16) {
		td_i64 list = (td_i64)(column + c) * graph_stride(k) + 16;
		graph_columns_look(tile + c, GRAPH_BLOCK, graph_column_end(p, c) / 4, row,
		                   n - column - c, weights + list, ids + list, k);
	}
}

enum { GRAPH_PIECE = 512 };

/* Row `row` of a matrix of weights looks at all n of them, through `mask`, but not at itself. */
static inline void graph_row_reads(const TD_GLOBAL float *w, int n, int row, int mask, int k,
                                   TD_GLOBAL float *weights, TD_GLOBAL int *ids)
{
	float piece[GRAPH_PIECE];
	for (int first = 0; first < n; first += GRAPH_PIECE) {
		int i = 0, there = n - first < GRAPH_PIECE ? n - first : GRAPH_PIECE;
		for (; i + 16 <= there; i += 16) {
			td_m16 bits = td_bits16(td_vload(w + first + i)) & mask;
			td_vstore(td_float16(bits), piece + i);
		}
		for (; i % 16 || i < there; i++)
			piece[i] = i < there ? td_vfloat(td_vbits(w[first + i]) & mask) : 0;
		if (row >= first && row < first + there)
			piece[row - first] = 0;
		graph_row_looks(piece, i / 16, first, weights, ids, k);
	}
}

#endif

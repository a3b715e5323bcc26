/* pairs.h: directed edges gathered under their lower end, for graph.union and graph.mutual, in C and
 * in OpenCL C.
 *
 * Every edge with two different ends that are rows has a slot, among those of its lower end `a`:
 * slots start[a] … start[a + 1], in any order. A slot knows the upper end and the edge. */
#ifndef TD_NODES_GRAPH_PAIRS_H
#define TD_NODES_GRAPH_PAIRS_H

#include "td_vectors.h"

typedef struct {
	const TD_GLOBAL int *src, *dst;
	const TD_GLOBAL float *weight;
	const TD_GLOBAL int *start, *upper, *edge;
} graph_slots;

/* The lower end of an edge; -1: it joins no two rows. */
static inline int graph_lower_end(int src, int dst, int n)
{
	int low = src < dst ? src : dst, high = src < dst ? dst : src;
	return low >= 0 && high < n && low < high ? low : -1;
}

/* The larger or the smaller of two weights, never -0; NaN if one of them is. */
static inline float graph_join(float a, float b, bool smaller)
{
	if (!(a >= b) && !(a < b))
		return td_vfloat(0x7fc00000);
	return ((a < b) == smaller ? a : b) + 0.0f;
}

/* Does slot p stand for its pair? Of the slots of a pair the one with the first edge does, if the pair
 * is joined at all: mutual ones need an edge either way. The pair's weight goes to *weight. */
static inline bool graph_slot_stands(graph_slots s, int p, bool mutual, TD_GLOBAL float *weight)
{
	int edge = s.edge[p], a = s.src[edge] < s.dst[edge] ? s.src[edge] : s.dst[edge];
	bool up = false, down = false, first = true;
	float w = s.weight[edge];
	for (int q = s.start[a]; q < s.start[a + 1]; q++) {
		if (s.upper[q] != s.upper[p])
			continue;
		up = up || s.src[s.edge[q]] == a;
		down = down || s.src[s.edge[q]] != a;
		first = first && s.edge[q] >= edge;
		w = graph_join(w, s.weight[s.edge[q]], mutual);
	}
	*weight = w;
	return first && (!mutual || (up && down));
}

/* Pairs of the same lower end whose upper end comes before that of slot p. */
static inline int graph_slot_rank(graph_slots s, int p, const TD_GLOBAL int *stands)
{
	int edge = s.edge[p], a = s.src[edge] < s.dst[edge] ? s.src[edge] : s.dst[edge], rank = 0;
	for (int q = s.start[a]; q < s.start[a + 1]; q++)
		rank += stands[q] != 0 && s.upper[q] < s.upper[p];
	return rank;
}

#endif

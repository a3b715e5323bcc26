/* synth.h: the numbers of graph.synth, integers until the last step, in C and in OpenCL C.
 *
 * A counter-based generator: every number is a hash of the seed and of what it is for. The mixing step
 * is the 32-bit one with multipliers 7feb352d and 846ca68b (C. Wellons' search for low-bias hashes). */
#ifndef TD_NODES_GRAPH_SYNTH_H
#define TD_NODES_GRAPH_SYNTH_H

#include "graph.h"

enum {
	SYNTH_SOURCES = 12,
	SYNTH_SMOOTH = 8, /* samples that one of a source lasts */
	SYNTH_NOISE = 16  /* how strong noise is; a source counts 2 to 9 */
};

static inline graph_set synth_mix(graph_set x)
{
	x = (x ^ (x >> 16)) * 0x7feb352du;
	x = (x ^ (x >> 15)) * 0x846ca68bu;
	return x ^ (x >> 16);
}

/* A number for purpose `what` (0 sources, 1 rows, 2 noise), of place a, b. */
static inline graph_set synth_hash(graph_set seed, graph_set what, graph_set a, graph_set b)
{
	return synth_mix(synth_mix(synth_mix(seed + what) ^ a) ^ synth_mix(b + 0x9e3779b9u));
}

/* The sum of the four bytes less its mean: near a normal number, mean 0, sd 148. */
static inline int synth_bell(graph_set x)
{
	return (int)((x & 255) + (x >> 8 & 255) + (x >> 16 & 255) + (x >> 24)) - 510;
}

/* Sample t of a source: a moving sum of noise, sd 418. */
static inline int synth_source(graph_set seed, int source, int t)
{
	int sum = 0;
	for (int d = 0; d < SYNTH_SMOOTH; d++)
		sum += synth_bell(synth_hash(seed, 0, (graph_set)source, (graph_set)(t + d)));
	return sum;
}

/* What a row is: its level, and two sources with their shares. */
typedef struct {
	int level, first, first_share, second, second_share;
} synth_row;

static inline synth_row synth_row_of(graph_set seed, int row)
{
	graph_set a = synth_hash(seed, 1, (graph_set)row, 0), b = synth_hash(seed, 1, (graph_set)row, 1);
	synth_row r;
	r.level = (int)(1000 + (a & 0xffff) % 9000);
	r.first = (int)((b & 0xffff) % SYNTH_SOURCES);
	r.first_share = (int)(2 + (a >> 16 & 7));
	r.second = (int)((b >> 16) % SYNTH_SOURCES);
	r.second_share = (int)((a >> 20) % 7) - 3;
	return r;
}

/* A sample: level plus sources and noise, in steps of 1 / 1024. Below 2^24 steps: exact in a float. */
static inline float synth_sample(graph_set seed, synth_row r, int row, int t, int first, int second)
{
	int noise = synth_bell(synth_hash(seed, 2, (graph_set)row, (graph_set)t));
	int steps = r.level * 1024 + r.first_share * first + r.second_share * second +
	            SYNTH_NOISE * noise;
	return (float)steps * (1.0f / 1024);
}

#endif

/* synth.h: the numbers of graph.synth, in C and in OpenCL C: integers until the last step. */
#ifndef TD_NODES_GRAPH_SYNTH_H
#define TD_NODES_GRAPH_SYNTH_H

#include "td_random.h"
#include "td_vectors.h"

enum {
	SYNTH_SOURCES = 12,
	SYNTH_SMOOTH = 8, /* samples that one number of a source lasts */
	SYNTH_NOISE = 16  /* how strong noise is; a source counts 2 to 9 */
};

/* Streams of random words: what for, and for which source or row. */
enum { SYNTH_SOURCE, SYNTH_ROW, SYNTH_SAMPLE };

static inline td_words synth_words(td_u64 seed, int what, int which, int index)
{
	return td_random_words(seed, (td_u64)what << 32 | (td_u64)which, (td_u64)index);
}

/* The sum of the four bytes less its mean: near a normal number, mean 0, sd 148. */
static inline int synth_bell(td_set word)
{
	return (int)((word & 255) + (word >> 8 & 255) + (word >> 16 & 255) + (word >> 24)) - 510;
}

/* Sample t of a source: a moving sum, sd 418. */
static inline int synth_source(td_u64 seed, int source, int t)
{
	int sum = 0;
	for (int d = t; d < t + SYNTH_SMOOTH; d++)
		sum += synth_bell(synth_words(seed, SYNTH_SOURCE, source, d).x);
	return sum;
}

/* What a row is: its level, and two sources with their shares. */
typedef struct {
	int level, first, first_share, second, second_share;
} synth_row;

static inline synth_row synth_row_of(td_u64 seed, int row)
{
	td_words w = synth_words(seed, SYNTH_ROW, row, 0);
	synth_row r;
	r.level = (int)(1000 + (w.x & 0xffff) % 9000);
	r.first = (int)((w.y & 0xffff) % SYNTH_SOURCES);
	r.first_share = (int)(2 + w.z % 8);
	r.second = (int)((w.y >> 16) % SYNTH_SOURCES);
	r.second_share = (int)(w.w % 7) - 3;
	return r;
}

/* A sample: level plus sources and noise, in steps of 1 / 1024. Below 2^24 steps: exact in a float. */
static inline float synth_sample(synth_row r, int first, int second, td_set word)
{
	int steps = r.level * 1024 + r.first_share * first + r.second_share * second +
	            SYNTH_NOISE * synth_bell(word);
	return (float)steps * (1.0f / 1024);
}

/* Samples 4 index … of a row, as many as there are of t; `first` and `second` are its sources. */
static inline void synth_four(td_u64 seed, synth_row r, int row, int index, int t,
                              const TD_GLOBAL int *first, const TD_GLOBAL int *second,
                              TD_GLOBAL float *x)
{
	td_words w = synth_words(seed, SYNTH_SAMPLE, row, index);
	td_set word[4] = {w.x, w.y, w.z, w.w};
	for (int i = 0, s = 4 * index; i < 4 && s < t; i++, s++)
		x[s] = synth_sample(r, first[s], second[s], word[i]);
}

#endif

/* splits_gpu_cl.h: random numbers of eeg.splits and eeg.subsets by a group of items. OpenCL C only.
 *
 * Of the Mersenne twister, 227 words at a time depend only on words before them. One item takes those that are
 * small enough, in order, for all shuffles of all splits or subsets; these are then shuffled side by side. */
#ifndef TD_NODES_EEG_SPLITS_GPU_CL_H
#define TD_NODES_EEG_SPLITS_GPU_CL_H

#include "twister.h"

enum { SPLITS_GROUP = 256, TWISTER_STEP = 227, SPLITS_PARTS = 5 };

/* Numbers that are drawn already. */
typedef struct {
	const __global int *draw;
} splits_random;

static inline int splits_below(splits_random *r, int most)
{
	return most == 0 ? 0 : *r->draw++;
}

/* The next TWISTER words, and what is made of them: `fresh`. */
static inline void splits_words(__local uint *word, __local uint *fresh)
{
	int item = (int)get_local_id(0);
	for (int from = 0; from < TWISTER; from += TWISTER_STEP) {
		int i = from + item;
		bool mine = item < TWISTER_STEP && i < TWISTER;
		uint x = 0;
		if (mine)
			x = splits_next(word[i], word[(i + 1) % TWISTER],
			                word[(i + 397) % TWISTER]);
		barrier(CLK_LOCAL_MEM_FENCE);
		if (mine) {
			word[i] = x;
			fresh[i] = splits_temper(x);
		}
		barrier(CLK_LOCAL_MEM_FENCE);
	}
}

/* What is to be shuffled: `units` times `parts` rows, of `length` each. */
typedef struct {
	int units, parts, length[SPLITS_PARTS];
} splits_plan;

/* How many numbers a unit draws. */
static inline int splits_draws(splits_plan plan)
{
	int n = 0;
	for (int p = 0; p < plan.parts; p++)
		n += max(plan.length[p] - 1, 0);
	return n;
}

/* Draws for all shuffles: for rows of n elements, numbers of 0 … n - 1, 0 … n - 2, …, 0 … 1. */
static inline void splits_draw(splits_plan plan, uint seed, __local uint *word, __local uint *fresh,
                               __local int *found, __global int *draw)
{
	int all = plan.units * splits_draws(plan), n = 0, part = -1, most = 0;
	if (get_local_id(0) == 0) {
		*found = 0;
		word[0] = seed;
		for (int i = 1; i < TWISTER; i++)
			word[i] = splits_seeded(word[i - 1], i);
	}
	barrier(CLK_LOCAL_MEM_FENCE);
	while (*found < all) {
		splits_words(word, fresh);
		for (int k = 0; k < TWISTER && n < all && get_local_id(0) == 0; k++) {
			while (most <= 0) {
				part = (part + 1) % plan.parts;
				most = plan.length[part] - 1;
			}
			uint x = fresh[k] & (0xffffffffu >> clz((uint)most));
			if (x <= (uint)most) {
				draw[n++] = (int)x;
				most--;
			}
		}
		if (get_local_id(0) == 0)
			*found = n;
		barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE);
	}
}

#endif

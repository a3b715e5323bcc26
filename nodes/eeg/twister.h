/* twister.h: the words of the Mersenne twister MT19937 (Matsumoto and Nishimura, 1998) with its classic start from
 * one word; in C and in OpenCL C. */
#ifndef TD_NODES_EEG_TWISTER_H
#define TD_NODES_EEG_TWISTER_H

#include "td_vectors.h"

enum { TWISTER = 624 };

/* Word i of the start, after word i - 1. */
static inline td_set splits_seeded(td_set before, int i)
{
	return 1812433253u * (before ^ before >> 30) + (td_set)i;
}

/* What a word becomes, the one after it and the one 397 places on being these. */
static inline td_set splits_next(td_set word, td_set after, td_set other)
{
	td_set y = (word & 0x80000000u) | (after & 0x7fffffffu);
	return other ^ y >> 1 ^ ((y & 1) != 0 ? 0x9908b0dfu : 0u);
}

static inline td_set splits_temper(td_set y)
{
	y ^= y >> 11;
	y ^= y << 7 & 0x9d2c5680u;
	y ^= y << 15 & 0xefc60000u;
	return y ^ y >> 18;
}

#endif

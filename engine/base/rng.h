/* rng.h: counter-based random numbers, Philox4x32-10. Layer 0.
 *
 * The same numbers come from nodes/td_random.h in kernels: a draw is a function of (seed, stream,
 * index) and of nothing else, on every device.
 * Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC11. */
#ifndef TD_BASE_RNG_H
#define TD_BASE_RNG_H

#include <stdint.h>

typedef struct {
	uint32_t word[4];
} td_philox;

/* Four words for one counter (index, stream) under the key `seed`. */
td_philox td_philox_at(uint64_t seed, uint64_t stream, uint64_t index);

/* A stream read one after the other. */
typedef struct {
	uint64_t seed, stream, index;
	td_philox now;
	int left;
} td_rng;
td_rng td_rng_make(uint64_t seed, uint64_t stream);
uint32_t td_rng_u32(td_rng *r);
/* Uniform in [0, 1), 53 bits. */
double td_rng_unit(td_rng *r);
/* Uniform in 0 … n-1, unbiased; n > 0. */
uint32_t td_rng_below(td_rng *r, uint32_t n);
/* Standard normal (Box-Muller in double; host use only). */
double td_rng_normal(td_rng *r);

#endif

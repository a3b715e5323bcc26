#include "rng.h"

#include <math.h>

td_philox td_philox_at(uint64_t seed, uint64_t stream, uint64_t index)
{
	uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
	td_philox c = {{(uint32_t)index, (uint32_t)(index >> 32), (uint32_t)stream,
	                (uint32_t)(stream >> 32)}};
	for (int round = 0; round < 10; round++) {
		uint64_t p0 = (uint64_t)0xD2511F53u * c.word[0],
			 p1 = (uint64_t)0xCD9E8D57u * c.word[2];
		c = (td_philox){{(uint32_t)(p1 >> 32) ^ c.word[1] ^ k0, (uint32_t)p1,
		                 (uint32_t)(p0 >> 32) ^ c.word[3] ^ k1, (uint32_t)p0}};
		k0 += 0x9E3779B9u;
		k1 += 0xBB67AE85u;
	}
	return c;
}

td_rng td_rng_make(uint64_t seed, uint64_t stream)
{
	return (td_rng){.seed = seed, .stream = stream};
}

uint32_t td_rng_u32(td_rng *r)
{
	if (!r->left) {
		r->now = td_philox_at(r->seed, r->stream, r->index++);
		r->left = 4;
	}
	return r->now.word[4 - r->left--];
}

double td_rng_unit(td_rng *r)
{
	uint64_t hi = td_rng_u32(r) >> 5, lo = td_rng_u32(r) >> 6;
	return (double)((hi << 26) | lo) * 0x1p-53;
}

uint32_t td_rng_below(td_rng *r, uint32_t n)
{
	uint32_t limit = UINT32_MAX - (UINT32_MAX % n + 1) % n, x;
	do
		x = td_rng_u32(r);
	while (x > limit);
	return x % n;
}

double td_rng_normal(td_rng *r)
{
	double u = 1 - td_rng_unit(r), v = td_rng_unit(r);
	return sqrt(-2 * log(u)) * cos(2 * 3.14159265358979323846 * v);
}

/* td_random.h: random numbers as functions of (seed, stream, i), the same bits in C and OpenCL C.
 *
 * Philox4x32-10 with the seed as key and (index, stream) as counter gives four words, the same as
 * td_philox_at of engine/base/rng.h. Nothing is kept between calls, so element i of stream s is the
 * same number whoever draws it, in whatever order. Take a stream of its own for each use.
 * Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC11.
 *
 * In both languages (seed, stream, i: 64 bits; _f64 in OpenCL with TD_FP64):
 *   td_random_words(seed, stream, index)   four words .x .y .z .w (OpenCL: uint4)
 *   td_unit(word)                          uniform in [0, 1), the word's upper 24 bits
 *   td_unit_f64(a, b)                      … 53 bits, as td_rng_unit takes them
 *   td_normal_pair(a, b, &second)          two standard normals (Box and Muller): |n| < 5.8
 *   td_normal_pair_f64(words, &second)     … from all four words: |n| < 8.6
 *   td_uniform(seed, stream, i)            element i: td_unit of word i % 4 of block i / 4
 *   td_normal(seed, stream, i)             element i: blocks hold two pairs
 *   td_uniform_f64, td_normal_f64          … blocks hold two elements
 *   td_below(seed, stream, i, n)           integer in 0 … n-1 for 0 < n < 2^32, block i; unbiased
 * OpenCL C only: td_uniform_x16, td_normal_x16: elements i … i+15 as float16, i a multiple of 4.
 * In C a loop over blocks costs a quarter of one over elements. */
#ifndef TD_RANDOM_H
#define TD_RANDOM_H

#include "td_math.h"

#ifdef __OPENCL_C_VERSION__
#define U32 uint
#define U64 ulong
#define HIGH(a, b) mul_hi(a, b)
typedef uint4 td_words;
#else
#define U32 uint32_t
#define U64 uint64_t
#define HIGH(a, b) ((uint32_t)(((uint64_t)(a) * (b)) >> 32))
typedef struct {
	uint32_t x, y, z, w;
} td_words;
#endif

/* Ten rounds over one counter. */
static inline td_words td_m_philox(td_words c, U64 seed)
{
	U32 k0 = (U32)seed, k1 = (U32)(seed >> 32);
	for (int round = 0; round < 10; round++) {
		U32 high0 = HIGH(0xd2511f53u, c.x), low0 = 0xd2511f53u * c.x;
		U32 high1 = HIGH(0xcd9e8d57u, c.z), low1 = 0xcd9e8d57u * c.z;
		c.x = high1 ^ c.y ^ k0;
		c.y = low1;
		c.z = high0 ^ c.w ^ k1;
		c.w = low0;
		k0 += 0x9e3779b9u;
		k1 += 0xbb67ae85u;
	}
	return c;
}

static inline td_words td_random_words(U64 seed, U64 stream, U64 index)
{
	td_words c;
	c.x = (U32)index;
	c.y = (U32)(index >> 32);
	c.z = (U32)stream;
	c.w = (U32)(stream >> 32);
	return td_m_philox(c, seed);
}

/* Word k of four. */
static inline U32 td_m_word(td_words w, U32 k)
{
	U32 low = (k & 1u) != 0u ? w.y : w.x, high = (k & 1u) != 0u ? w.w : w.z;
	return (k & 2u) != 0u ? high : low;
}

static inline float td_unit(U32 word)
{
	return (float)(word >> 8) * 0x1p-24f;
}

static inline float td_uniform(U64 seed, U64 stream, U64 i)
{
	return td_unit(td_m_word(td_random_words(seed, stream, i >> 2), (U32)i));
}

/* The radius comes from (0, 1], where the logarithm is finite; the angle is 2 pi td_unit(b). */
static inline float td_normal_pair(U32 a, U32 b, float *second)
{
	float cosine, sine = td_sincospi(2.0f * td_unit(b), &cosine);
	float radius = td_sqrt(-2.0f * td_log(td_unit(a) + 0x1p-24f));
	*second = radius * sine;
	return radius * cosine;
}

static inline float td_normal(U64 seed, U64 stream, U64 i)
{
	td_words w = td_random_words(seed, stream, i >> 2);
	float second, first = td_normal_pair(td_m_word(w, (U32)i & 2u),
	                                     td_m_word(w, ((U32)i & 2u) | 1u), &second);
	return (i & 1u) != 0u ? second : first;
}

/* The high part of n x, x the first 64 bits of the block, unless the low part is among the 2^64 mod
 * n values that would make some results likelier (Lemire 2019); then the block becomes the counter
 * and is drawn anew: once in 2^32 draws at most. */
static inline U32 td_below(U64 seed, U64 stream, U64 i, U32 n)
{
	td_words w = td_random_words(seed, stream, i);
	for (;;) {
		U64 low = (U64)w.y * n, high = (U64)w.x * n + (low >> 32);
		U64 rest = (high << 32) | (U32)low;
		if (rest >= n || rest >= (0u - (U64)n) % n)
			return (U32)(high >> 32);
		w = td_m_philox(w, seed);
	}
}

#if !defined __OPENCL_C_VERSION__ || defined TD_FP64

static inline double td_unit_f64(U32 a, U32 b)
{
	return (double)(((U64)(a >> 5) << 26) | (b >> 6)) * 0x1p-53;
}

static inline double td_uniform_f64(U64 seed, U64 stream, U64 i)
{
	td_words w = td_random_words(seed, stream, i >> 1);
	return (i & 1u) != 0u ? td_unit_f64(w.z, w.w) : td_unit_f64(w.x, w.y);
}

static inline double td_normal_pair_f64(td_words w, double *second)
{
	double cosine, sine = td_sincospi_f64(2.0 * td_unit_f64(w.z, w.w), &cosine);
	double radius = td_sqrt_f64(-2.0 * td_log_f64(td_unit_f64(w.x, w.y) + 0x1p-53));
	*second = radius * sine;
	return radius * cosine;
}

static inline double td_normal_f64(U64 seed, U64 stream, U64 i)
{
	double second, first = td_normal_pair_f64(td_random_words(seed, stream, i >> 1), &second);
	return (i & 1u) != 0u ? second : first;
}

#endif

#ifdef __OPENCL_C_VERSION__

/* Blocks index … index + 3, one after the other. */
static inline uint16 td_m_words_x16(ulong seed, ulong stream, ulong index)
{
	ulong4 at = index + (ulong4)(0, 1, 2, 3);
	uint4 x = convert_uint4(at), y = convert_uint4(at >> 32);
	uint4 z = (uint)stream, w = (uint)(stream >> 32);
	uint k0 = (uint)seed, k1 = (uint)(seed >> 32);
	for (int round = 0; round < 10; round++) {
		uint4 high0 = mul_hi((uint4)(0xd2511f53u), x), low0 = 0xd2511f53u * x;
		uint4 high1 = mul_hi((uint4)(0xcd9e8d57u), z), low1 = 0xcd9e8d57u * z;
		x = high1 ^ y ^ k0;
		y = low1;
		z = high0 ^ w ^ k1;
		w = low0;
		k0 += 0x9e3779b9u;
		k1 += 0xbb67ae85u;
	}
	return (uint16)(x.s0, y.s0, z.s0, w.s0, x.s1, y.s1, z.s1, w.s1, x.s2, y.s2, z.s2, w.s2,
	                x.s3, y.s3, z.s3, w.s3);
}

static inline float16 td_m_unit_x16(uint16 words)
{
	return convert_float16(words >> 8) * 0x1p-24f;
}

static inline float16 td_uniform_x16(ulong seed, ulong stream, ulong i)
{
	return td_m_unit_x16(td_m_words_x16(seed, stream, i >> 2));
}

static inline float16 td_normal_x16(ulong seed, ulong stream, ulong i)
{
	float16 u = td_uniform_x16(seed, stream, i), angle, radius, cosine, sine, n;
	radius.even = u.even;
	radius.odd = u.even;
	angle.even = u.odd;
	angle.odd = u.odd;
	sine = td_sincospi_x16(2.0f * angle, &cosine);
	radius = td_sqrt_x16(-2.0f * td_log_x16(radius + 0x1p-24f));
	n.even = cosine.even;
	n.odd = sine.odd;
	return radius * n;
}

#endif

#undef U32
#undef U64
#undef HIGH
#endif

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
#define UNROLLED __attribute__((opencl_unroll_hint(10)))
typedef uint4 td_words;
#else
#define UNROLLED
#define U32 uint32_t
#define U64 uint64_t
typedef struct {
	uint32_t x, y, z, w;
} td_words;
#endif

/* Ten rounds over one counter. */
TD_INLINE td_words td_m_philox(td_words c, U64 seed)
{
	U32 k0 = (U32)seed, k1 = (U32)(seed >> 32);
	UNROLLED
	for (int round = 0; round < 10; round++) {
		U64 p0 = (U64)0xd2511f53u * c.x, p1 = (U64)0xcd9e8d57u * c.z;
		c.x = (U32)(p1 >> 32) ^ c.y ^ k0;
		c.y = (U32)p1;
		c.z = (U32)(p0 >> 32) ^ c.w ^ k1;
		c.w = (U32)p0;
		k0 += 0x9e3779b9u;
		k1 += 0xbb67ae85u;
	}
	return c;
}

TD_INLINE td_words td_random_words(U64 seed, U64 stream, U64 index)
{
	td_words c;
	c.x = (U32)index;
	c.y = (U32)(index >> 32);
	c.z = (U32)stream;
	c.w = (U32)(stream >> 32);
	return td_m_philox(c, seed);
}

/* Word k of four. */
TD_INLINE U32 td_m_word(td_words w, U32 k)
{
	U32 low = (k & 1u) != 0u ? w.y : w.x, high = (k & 1u) != 0u ? w.w : w.z;
	return (k & 2u) != 0u ? high : low;
}

TD_INLINE float td_unit(U32 word)
{
	return (float)(word >> 8) * 0x1p-24f;
}

TD_INLINE float td_uniform(U64 seed, U64 stream, U64 i)
{
	return td_unit(td_m_word(td_random_words(seed, stream, i >> 2), (U32)i));
}

/* The radius comes from (0, 1], where the logarithm is finite; the angle is 2 pi td_unit(b). */
TD_INLINE float td_normal_pair(U32 a, U32 b, float *second)
{
	float cosine, sine = td_sincospi(2.0f * td_unit(b), &cosine);
	float radius = td_sqrt(-2.0f * td_log(td_unit(a) + 0x1p-24f));
	*second = radius * sine;
	return radius * cosine;
}

TD_INLINE float td_normal(U64 seed, U64 stream, U64 i)
{
	td_words w = td_random_words(seed, stream, i >> 2);
	float second, first = td_normal_pair(td_m_word(w, (U32)i & 2u),
	                                     td_m_word(w, ((U32)i & 2u) | 1u), &second);
	return (i & 1u) != 0u ? second : first;
}

/* The high part of n x, x the first 64 bits of the block, unless the low part is among the 2^64 mod
 * n values that would make some results likelier (Lemire 2019); then the block becomes the counter
 * and is drawn anew: once in 2^32 draws at most. */
TD_INLINE U32 td_below(U64 seed, U64 stream, U64 i, U32 n)
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

TD_INLINE double td_unit_f64(U32 a, U32 b)
{
	return (double)(((U64)(a >> 5) << 26) | (b >> 6)) * 0x1p-53;
}

TD_INLINE double td_uniform_f64(U64 seed, U64 stream, U64 i)
{
	td_words w = td_random_words(seed, stream, i >> 1);
	return (i & 1u) != 0u ? td_unit_f64(w.z, w.w) : td_unit_f64(w.x, w.y);
}

TD_INLINE double td_normal_pair_f64(td_words w, double *second)
{
	double cosine, sine = td_sincospi_f64(2.0 * td_unit_f64(w.z, w.w), &cosine);
	double radius = td_sqrt_f64(-2.0 * td_log_f64(td_unit_f64(w.x, w.y) + 0x1p-53));
	*second = radius * sine;
	return radius * cosine;
}

TD_INLINE double td_normal_f64(U64 seed, U64 stream, U64 i)
{
	double second, first = td_normal_pair_f64(td_random_words(seed, stream, i >> 1), &second);
	return (i & 1u) != 0u ? second : first;
}

#endif

#ifdef __OPENCL_C_VERSION__

/* Blocks index … index + 3, one after the other. Each word is the low half of 64 bits: so products
 * need no conversions (and mul_hi is slow on PoCL). */
TD_INLINE uint16 td_m_words_x16(ulong seed, ulong stream, ulong index)
{
	ulong4 at = index + (ulong4)(0, 1, 2, 3), low = 0xffffffffu;
	ulong4 x = at & low, y = at >> 32, z = stream & 0xffffffffu, w = stream >> 32;
	uint k0 = (uint)seed, k1 = (uint)(seed >> 32);
	UNROLLED
	for (int round = 0; round < 10; round++) {
		ulong4 p0 = 0xd2511f53u * x, p1 = 0xcd9e8d57u * z;
		x = (p1 >> 32) ^ y ^ k0;
		y = p1 & low;
		z = (p0 >> 32) ^ w ^ k1;
		w = p0 & low;
		k0 += 0x9e3779b9u;
		k1 += 0xbb67ae85u;
	}
	uint4 a = convert_uint4(x), b = convert_uint4(y), c = convert_uint4(z),
	      d = convert_uint4(w);
	return (uint16)(a.s0, b.s0, c.s0, d.s0, a.s1, b.s1, c.s1, d.s1, a.s2, b.s2, c.s2, d.s2,
	                a.s3, b.s3, c.s3, d.s3);
}

TD_INLINE float16 td_m_unit_x16(uint16 words)
{
	return convert_float16(words >> 8) * 0x1p-24f;
}

TD_INLINE float16 td_uniform_x16(ulong seed, ulong stream, ulong i)
{
	return td_m_unit_x16(td_m_words_x16(seed, stream, i >> 2));
}

TD_INLINE float16 td_normal_x16(ulong seed, ulong stream, ulong i)
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
#undef UNROLLED
#endif

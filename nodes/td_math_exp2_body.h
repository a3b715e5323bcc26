/* td_math_exp2_body.h: the part of exp2 that td_exp2.h needs of vectors in C as well. No guard on purpose.
 * VF: a number or a vector; K, FMA, FN, BITS, FROM_BITS, TD_INLINE as in td_math.h; LARGER(a, b): b where it
 * is larger, else a. */

/* 2^r for |r| <= 0.5. */
TD_INLINE VF FN(m_exp2_poly)(VF r)
{
	VF p = K(0x1.17aec0p-13f);
	p = FMA(p, r, K(0x1.5ef466p-10f));
	p = FMA(p, r, K(0x1.3b67f4p-7f));
	p = FMA(p, r, K(0x1.c6af9ep-5f));
	p = FMA(p, r, K(0x1.ebfb94p-3f));
	p = FMA(p, r, K(0x1.62e430p-1f));
	return FMA(p, r, K(1.0f));
}

/* 2^x for x <= 127, and 0 for x <= -126.5: nothing is subnormal. NaN stays some NaN. The low bits of y
 * are k + 127, k being the integer nearest to x, and nothing once k is -127. */
TD_INLINE VF FN(exp2_low)(VF x)
{
	const VF magic = K(0x1.8p23f + 127.0f);
	VF c = LARGER(x, K(-127.0f)), y = c + magic;
	return FN(m_exp2_poly)(c - (y - magic)) * FROM_BITS(BITS(y) << 23);
}

/* td_math_pow_body.h: powers of floats, the last part of td_math_f32_body.h. */

/* log2(a) = n + 2/ln 2 atanh(s), s = f / (2 + f), as an unevaluated sum t + *low with about 31 good
 * bits; a > 0 and finite. */
TD_INLINE VF FN(m_log2_long)(VF a, VF *low)
{
	VF n, f = FN(m_log_split)(a, &n);
	VF d = K(2.0f) + f, d_low = f - (d - K(2.0f)), inverse = K(1.0f) / d;
	VF s = f * inverse, s_low = FMA(-s, d_low, FMA(-s, d, f)) * inverse, z = s * s;
	VF q = FMA(K(0x1.646778p-2f), z, K(0x1.a51e30p-2f));
	q = FMA(q, z, K(0x1.277872p-1f));
	q = FMA(q, z, K(0x1.ec709cp-1f));
	VF w = q * z, w_low = FMA(q, FMA(s, s, -z), FMA(q, z, -w));
	VF h = s * K(0x1.715476p+1f), h_low = FMA(s, K(0x1.715476p+1f), -h);
	h_low = FMA(s, K(0x1.4ae0c0p-25f), FMA(s_low, FMA(w, K(3.0f), K(0x1.715476p+1f)), h_low));
	h_low = FMA(s, w, FMA(s, w_low, h_low));
	VF t = n + h, t_low = ((n - t) + h) + h_low, sum = t + t_low;
	*low = (t - sum) + t_low;
	return sum;
}

/* a^y = 2^(y log2 a) for a > 0. */
TD_INLINE VF FN(m_pow)(VF a, VF y)
{
	VF low, t = FN(m_log2_long)(a, &low);
	VF z = y * t, c = z > K(-152.0f) ? z : K(-152.0f);
	c = c < K(130.0f) ? c : K(130.0f);
	VF z_low = FMA(y, low, FMA(y, t, -z));
	z_low = ABS(z) < K(152.0f) ? z_low : K(0.0f);
	VI k = FN(m_nearest)(c, K(1.0f));
	return FN(m_scale)(FN(m_exp2_poly)((c - TO_REAL(k)) + z_low), k);
}

/* C99 F.9.4.4 in all special cases. */
TD_INLINE VF FN(pow)(VF x, VF y)
{
	VF a = ABS(x), v = FROM_BITS(BITS(y) & MASK(ABS(y) < K(0x1p24f))); /* above, y is even */
	VI n = TO_INT(v), whole = BITS(TO_REAL(n)) == BITS(v), part = BITS(TO_REAL(n)) != BITS(v);
	VI odd = (n & 1) != 0, negative = BITS(x) >= SIGN_BIT, inside = (a > K(0.0f)) & (a < INF),
	   up = y > K(0.0f);
	VF r = FN(m_pow)(inside ? a : K(1.0f), y);
	r = BITS(a) == 0x3f800000u ? K(1.0f) : r;
	r = a > K(0.0f) ? r : (up ? K(0.0f) : INF);
	r = a < INF ? r : (up ? INF : K(0.0f));
	r = FROM_BITS(BITS(r) ^ ((negative & whole & odd) ? KU(SIGN_BIT) : KU(0u)));
	r = (negative & inside & part) ? NOT_A_NUMBER : r;
	r = ((a <= INF) & (ABS(y) <= INF)) ? r : NOT_A_NUMBER;
	r = BITS(x) == 0x3f800000u ? K(1.0f) : r;
	return (BITS(y) << 1) == 0u ? K(1.0f) : r;
}

/* td_math_f64_body.h: the double functions of td_math.h, once a vector width. No guard on purpose.
 *
 * Built like td_math_f32_body.h, with longer polynomials; what differs is said here. */

#define INF K((double)INFINITY)
#define NOT_A_NUMBER FROM_BITS((VU)(0x7ff8000000000000u))
#define SIGN_BIT 0x8000000000000000u

/* 2^k p for p in [0.5, 2] and k in -2000 … 2046; the second product rounds. */
TD_INLINE VF FN(m_scale)(VF p, VI k)
{
	VI k1 = k >> 1, k2 = k - k1;
	return p * FROM_BITS(UNSIGNED(k1 + 1023) << 52) * FROM_BITS(UNSIGNED(k2 + 1023) << 52);
}

/* The integer nearest to x y, for |x y| < 2^51. */
TD_INLINE VI FN(m_nearest)(VF x, VF y)
{
	return SIGNED(BITS(FMA(x, y, K(0x1.8p52))) - 0x4338000000000000u);
}

/* |y| with the sign of x. */
TD_INLINE VF FN(m_copysign)(VF y, VF x)
{
	return FROM_BITS((BITS(y) & ~SIGN_BIT) | (BITS(x) & SIGN_BIT));
}

/* -- exponentials --------------------------------------------------------- */

/* x = k ln 2 + r with |r| <= 0.3466, for |x| <= 750. */
TD_INLINE VF FN(m_ln2_reduce)(VF x, VI *k)
{
	*k = FN(m_nearest)(x, K(0x1.71547652b82fep+0));
	VF n = TO_REAL(*k);
	return FMA(n, K(-0x1.abc9e3b39803fp-56), FMA(n, K(-0x1.62e42fefa39efp-1), x));
}

/* (e^r - 1 - r) / r^2 for |r| <= 0.3466. */
TD_INLINE VF FN(m_exp_tail)(VF r)
{
	VF p = K(0x1.1ee89435cc781p-29);
	p = FMA(p, r, K(0x1.af5e6a58b265fp-26));
	p = FMA(p, r, K(0x1.27e5361ea39d7p-22));
	p = FMA(p, r, K(0x1.71ddf8846060fp-19));
	p = FMA(p, r, K(0x1.a01a017bcf6f8p-16));
	p = FMA(p, r, K(0x1.a01a01afd1d68p-13));
	p = FMA(p, r, K(0x1.6c16c16c1f053p-10));
	p = FMA(p, r, K(0x1.111111110f6dfp-7));
	p = FMA(p, r, K(0x1.555555555553fp-5));
	p = FMA(p, r, K(0x1.5555555555559p-3));
	return FMA(p, r, K(0.5));
}

/* e^r for |r| <= 0.3466. */
TD_INLINE VF FN(m_exp_poly)(VF r)
{
	return FMA(FMA(FN(m_exp_tail)(r), r, K(1.0)), r, K(1.0));
}

/* e^x, x not NaN. */
TD_INLINE VF FN(m_exp)(VF x)
{
	VI k;
	VF c = x > K(-746.0) ? x : K(-746.0);
	c = c < K(710.0) ? c : K(710.0);
	VF r = FN(m_ln2_reduce)(c, &k);
	return FN(m_scale)(FN(m_exp_poly)(r), k);
}

/* e^x for |x| <= 700: no subnormal results. */
TD_INLINE VF FN(m_exp_inside)(VF x)
{
	VI k;
	VF r = FN(m_ln2_reduce)(x, &k);
	return FN(m_exp_poly)(r) * FROM_BITS(UNSIGNED(k + 1023) << 52);
}

TD_INLINE VF FN(exp)(VF x)
{
	VF y = FN(m_exp)(x);
	return x <= INF ? y : NOT_A_NUMBER;
}

TD_INLINE VF FN(expm1)(VF x)
{
	VI k;
	VF c = x > K(-38.0) ? x : K(-38.0);
	c = c < K(710.0) ? c : K(710.0);
	VF r = FN(m_ln2_reduce)(c, &k), q = FN(m_exp_tail)(r) * (r * r);
	VF s = FROM_BITS(UNSIGNED(k + 1022) << 52);
	VF y = K(2.0) * FMA(s, q, FMA(s, r, s - K(0.5)));
	return x <= INF ? FN(m_copysign)(y, x) : NOT_A_NUMBER;
}

/* -- logarithms ----------------------------------------------------------- */

/* log(1 + f) + n ln 2. With s = f / (2 + f), log(1 + f) = 2 atanh(s) = 2 s + s z p, z = s^2; and
 * 2 s = f - s f, so that only small terms are rounded. */
TD_INLINE VF FN(m_log_sum)(VF f, VF n)
{
	VF s = f / (K(2.0) + f), z = s * s, h = K(0.5) * f * f;
	VF p = K(0x1.1b67e3642f57ep-3);
	p = FMA(p, z, K(0x1.0dcf6c88056adp-3));
	p = FMA(p, z, K(0x1.3b358594d94d5p-3));
	p = FMA(p, z, K(0x1.745c4cb24bac2p-3));
	p = FMA(p, z, K(0x1.c71c7487c58a8p-3));
	p = FMA(p, z, K(0x1.24924921ed7a8p-2));
	p = FMA(p, z, K(0x1.999999999c0dap-2));
	p = FMA(p, z, K(0x1.555555555554fp-1));
	VF r = FMA(s, FMA(p, z, h), n * K(0x1.9ef35793c7673p-41));
	return FMA(n, K(0x1.62e42fefa2000p-1), f - (h - r));
}

/* y = log(x) where that is a number; else -Inf at 0, NaN below, Inf at Inf. */
TD_INLINE VF FN(m_log_edges)(VF y, VF x)
{
	VF low = (BITS(x) << 1) == 0u ? -INF : NOT_A_NUMBER;
	y = x < INF ? y : x;
	return x > K(0.0) ? y : low;
}

TD_INLINE VF FN(log)(VF x)
{
	VI tiny = x < K(0x1p-1022);
	VF v = tiny ? x * K(0x1p52) : x;
	VU e = (BITS(v) - 0x3fe5555555555555u) & 0xfff0000000000000u;
	VF n = FMA(TO_REAL(SIGNED(e)), K(0x1p-52), tiny ? K(-52.0) : K(0.0));
	VF y = FN(m_log_sum)(FROM_BITS(BITS(v) - e) - K(1.0), n);
	return FN(m_log_edges)(y, x);
}

TD_INLINE VF FN(log1p)(VF x)
{
	VI large = x > K(0x1p60);
	VF v = large ? x * K(0x1p-64) : x, one = large ? K(0.0) : K(1.0);
	VU e = (BITS(one + v) - 0x3fe5555555555555u) & 0xfff0000000000000u;
	VF scale = FROM_BITS(0x3ff0000000000000u - e);
	VF n = FMA(TO_REAL(SIGNED(e)), K(0x1p-52), large ? K(64.0) : K(0.0));
	VF y = FN(m_log_sum)(FMA(v, scale, FMA(one, scale, K(-1.0))), n);
	y = x < INF ? FN(m_copysign)(y, x) : x;
	VF low = BITS(x) == 0xbff0000000000000u ? -INF : NOT_A_NUMBER;
	return x > K(-1.0) ? y : low;
}

/* -- sigmoids ------------------------------------------------------------- */

/* x + x^3 p(x^2) below 0.6, 1 - 2 / (e^2x + 1) above. */
TD_INLINE VF FN(tanh)(VF x)
{
	VF a = ABS(x), c = a < K(20.0) ? a : K(20.0), s = c * c;
	VF p = K(-0x1.2035ffb88a032p-16);
	p = FMA(p, s, K(0x1.4caaac12b18dbp-14));
	p = FMA(p, s, K(-0x1.e32d54754a850p-13));
	p = FMA(p, s, K(0x1.33db17663f4a3p-11));
	p = FMA(p, s, K(-0x1.7d79d975be85cp-10));
	p = FMA(p, s, K(0x1.d6d0c6204ba5dp-9));
	p = FMA(p, s, K(-0x1.226e2292911f2p-7));
	p = FMA(p, s, K(0x1.664f47f012f1dp-6));
	p = FMA(p, s, K(-0x1.ba1ba1b7808acp-5));
	p = FMA(p, s, K(0x1.111111110e1acp-3));
	p = FMA(p, s, K(-0x1.5555555555530p-2));
	VF near = FMA(c * s, p, c);
	VF far = K(1.0) - K(2.0) / (FN(m_exp_inside)(c + c) + K(1.0));
	VF y = FN(m_copysign)(c < K(0.6) ? near : far, x);
	return a <= INF ? y : NOT_A_NUMBER;
}

TD_INLINE VF FN(sigmoid)(VF x)
{
	VF z = FN(m_exp)(-ABS(x)), d = K(1.0) + z, d_low = z - (d - K(1.0));
	VF inverse = K(1.0) / d, above = x < K(0.0) ? z : K(1.0), y = above * inverse;
	y = FMA(FMA(-y, d_low, FMA(-y, d, above)), inverse, y);
	return x <= INF ? y : NOT_A_NUMBER;
}

/* -- error function ------------------------------------------------------- */

/* erf(x) = x + x p(x^2) for 0 <= x <= 1. */
TD_INLINE VF FN(m_erf_near)(VF x)
{
	VF s = x * x;
	VF p = K(-0x1.abae05030c260p-31);
	p = FMA(p, s, K(0x1.d71af70c001d3p-27));
	p = FMA(p, s, K(-0x1.5c072342ac37ap-23));
	p = FMA(p, s, K(0x1.b97fd33683f17p-20));
	p = FMA(p, s, K(-0x1.f4ca4d5dacaf2p-17));
	p = FMA(p, s, K(0x1.f9a2baa7c7002p-14));
	p = FMA(p, s, K(-0x1.c02db03dc9334p-11));
	p = FMA(p, s, K(0x1.565bccf92acc2p-8));
	p = FMA(p, s, K(-0x1.b82ce311fa909p-6));
	p = FMA(p, s, K(0x1.ce2f21a040d15p-4));
	p = FMA(p, s, K(-0x1.812746b0379bdp-2));
	p = FMA(p, s, K(0x1.06eba8214db68p-3));
	return FMA(x, p, x);
}

/* erfc(x) for 1 <= x <= 6 with an absolute error of 2^-56: exp of a polynomial in x - 1. */
TD_INLINE VF FN(m_erfc_rough)(VF x)
{
	VF u = x - K(1.0);
	VF q = K(-0x1.91ac41d56ab2bp-43);
	q = FMA(q, u, K(0x1.85ca5da69a526p-38));
	q = FMA(q, u, K(-0x1.61355a44f1f3dp-34));
	q = FMA(q, u, K(0x1.8d2fbce0fc394p-31));
	q = FMA(q, u, K(-0x1.354ce6fc3fd58p-28));
	q = FMA(q, u, K(0x1.5c939f702ddd9p-26));
	q = FMA(q, u, K(-0x1.173a972a35958p-24));
	q = FMA(q, u, K(0x1.03bbeeefa5bc9p-23));
	q = FMA(q, u, K(0x1.dcf1769cc0e2fp-24));
	q = FMA(q, u, K(-0x1.101177575cfa0p-19));
	q = FMA(q, u, K(0x1.4192af23646a5p-17));
	q = FMA(q, u, K(-0x1.c7690a1164b27p-16));
	q = FMA(q, u, K(0x1.b8c45465235ffp-16));
	q = FMA(q, u, K(0x1.f1b485c567183p-13));
	q = FMA(q, u, K(-0x1.033f68ef00c11p-9));
	q = FMA(q, u, K(0x1.48c9d406e0535p-7));
	q = FMA(q, u, K(-0x1.5477f09c90ce6p-5));
	q = FMA(q, u, K(-0x1.afabc11a29027p-1));
	q = FMA(q, u, K(-0x1.51c9b0006c23cp+1));
	q = FMA(q, u, K(-0x1.d97fbf27aa2a1p+0));
	return FN(m_exp_inside)(q);
}

TD_INLINE VF FN(erf)(VF x)
{
	VF a = ABS(x), c = a < K(6.0) ? a : K(6.0);
	VF y = c < K(1.0) ? FN(m_erf_near)(c) : K(1.0) - FN(m_erfc_rough)(c);
	return a <= INF ? FN(m_copysign)(y, x) : NOT_A_NUMBER;
}

/* -- circular functions --------------------------------------------------- */

/* a = q pi/2 + hi + lo for 0 <= a <= 2^30. */
TD_INLINE VU FN(m_reduce_near)(VF a, VF *hi, VF *lo)
{
	VI q = FN(m_nearest)(a, K(0x1.45f306dc9c883p-1));
	VF k = TO_REAL(q), r = FMA(k, K(-0x1.921fb54442d18p+0), a);
	VF p = k * K(0x1.1a62633145c07p-54), rest = FMA(k, K(0x1.1a62633145c07p-54), -p);
	VF h = r - p;
	*hi = h;
	*lo = FMA(k, K(0x1.f1976b7ed8fbcp-110), ((r - h) - p) - rest);
	return UNSIGNED(q);
}

/* a = q pi/2 + hi + lo for finite a >= 2^30: 170 bits of 1 / (2 pi), 1 turn = 2^64. */
TD_INLINE VU FN(m_reduce_far)(VF a, VF *hi, VF *lo)
{
	VU place = (BITS(a) >> 52) - 1053u, s = place & 63u, back = 63u - s, w = (place >> 6) & 15u;
	VU a0 = TURN_BITS(w), a1 = TURN_BITS(w + 1u), a2 = TURN_BITS(w + 2u),
	   a3 = TURN_BITS(w + 3u);
	VU t0 = (a0 << s) | ((a1 >> 1) >> back), t1 = (a1 << s) | ((a2 >> 1) >> back);
	VU t2 = (a2 << s) | ((a3 >> 1) >> back);
	VU m = (BITS(a) & 0xfffffffffffffu) | 0x10000000000000u;
	VF scaled = TO_REAL(SIGNED(m)) * K(0x1p-53), u1 = TO_REAL(SIGNED(t1 >> 11));
	VF u2 = TO_REAL(SIGNED(((t1 & 0x7ffu) << 42) | (t2 >> 22))), p = scaled * u1;
	VI whole = SIGNED((BITS(p + K(0x1p53)) - 0x4340000000000000u) << 1);
	VF rest = (p - TO_REAL(whole)) + FMA(scaled * K(0x1p-53), u2, FMA(scaled, u1, -p));
	VU turns = m * t0 + UNSIGNED(whole), q = (turns + 0x2000000000000000u) >> 62;
	VI left = SIGNED(turns - (q << 62));
	VF f = TO_REAL(left), g = TO_REAL(left - TO_INT(f)) + rest;
	VF t = f + g, u = (f - t) + g, h = t * K(0x1.921fb54442d18p-62);
	*hi = h;
	*lo = FMA(u, K(0x1.921fb54442d18p-62),
	          FMA(t, K(0x1.1a62633145c07p-116), FMA(t, K(0x1.921fb54442d18p-62), -h)));
	return q;
}

TD_INLINE VU FN(m_reduce)(VF a, VF *hi, VF *lo)
{
	VI far = a > K(0x1p30);
	VU q = FN(m_reduce_near)(FROM_BITS(BITS(a) & MASK(a <= K(0x1p30))), hi, lo);
	if (ANY(far)) {
		VF far_hi, far_lo;
		VU far_q = FN(m_reduce_far)(a, &far_hi, &far_lo);
		*hi = far ? far_hi : *hi;
		*lo = far ? far_lo : *lo;
		q = far ? far_q : q;
	}
	return q;
}

/* sin(h + l) and cos(h + l) for |h| <= 0.786, |l| <= ulp(h). */
TD_INLINE VF FN(m_sin_poly)(VF h, VF l)
{
	VF s = h * h;
	VF p = FMA(K(0x1.5d8dfdfd1dd20p-33), s, K(-0x1.ae5e5471f4c80p-26));
	p = FMA(p, s, K(0x1.71de35603f387p-19));
	p = FMA(p, s, K(-0x1.a01a019bf57e6p-13));
	p = FMA(p, s, K(0x1.111111110f78fp-7));
	p = FMA(p, s, K(-0x1.5555555555548p-3));
	return h + FMA(h * s, p, l);
}

TD_INLINE VF FN(m_cos_poly)(VF h, VF l)
{
	VF s = h * h;
	VF p = FMA(K(-0x1.8fa292aa66c95p-37), s, K(0x1.1ee9d3e0143cbp-29));
	p = FMA(p, s, K(-0x1.27e4f7e543b86p-22));
	p = FMA(p, s, K(0x1.a01a019c7ce1bp-16));
	p = FMA(p, s, K(-0x1.6c16c16c14f47p-10));
	p = FMA(p, s, K(0x1.555555555554bp-5));
	p = FMA(p, s, K(-0.5));
	return K(1.0) + FMA(s, p, -(h * l));
}

/* The sine of quadrant q: of sin and cos of the rest the one that applies, with its sign; a zero
 * stays positive. */
TD_INLINE VF FN(m_quadrant)(VU q, VF sine, VF cosine)
{
	VF y = (q & 1u) != 0u ? cosine : sine;
	return (q & 2u) != 0u ? K(0.0) - y : y;
}

TD_INLINE VF FN(sincos)(VF x, VF *cosine)
{
	VF h, l, a = ABS(x);
	VU q = FN(m_reduce)(a, &h, &l);
	VF s = FN(m_sin_poly)(h, l), c = FN(m_cos_poly)(h, l);
	VF sine = FROM_BITS(BITS(FN(m_quadrant)(q, s, c)) ^ (BITS(x) & SIGN_BIT));
	*cosine = a < INF ? FN(m_quadrant)(q + 1u, s, c) : NOT_A_NUMBER;
	return a < INF ? sine : NOT_A_NUMBER;
}

TD_INLINE VF FN(sin)(VF x)
{
	VF cosine;
	return FN(sincos)(x, &cosine);
}

TD_INLINE VF FN(cos)(VF x)
{
	VF cosine;
	(void)FN(sincos)(x, &cosine);
	return cosine;
}

/* sin(pi x) and cos(pi x): the reduction is exact for every x. */
TD_INLINE VF FN(sincospi)(VF x, VF *cosine)
{
	VF a = ABS(x), c = FROM_BITS(BITS(a) & MASK(a < K(0x1p53))); /* above, x is even */
	c -= TO_REAL(
		SIGNED((BITS(c + K(0x1p54)) - 0x4350000000000000u) << 2)); /* mod 4: |c| <= 2 */
	VI q = FN(m_nearest)(c, K(2.0));
	VF r = FMA(TO_REAL(q), K(-0.5), c), s = r * r;
	VF p = FMA(K(0x1.e3ff291b279acp-12), s, K(-0x1.e300989b8c943p-8));
	p = FMA(p, s, K(0x1.5078300c46e9ep-4));
	p = FMA(p, s, K(-0x1.32d2cce324185p-1));
	p = FMA(p, s, K(0x1.466bc67758cb2p+1));
	p = FMA(p, s, K(-0x1.4abbce625be46p+2));
	p = FMA(p, s, K(0x1.1a62633145c07p-53));
	VF sn = FMA(r, K(0x1.921fb54442d18p+1), r * p);
	p = FMA(K(-0x1.b263c45a8fbb4p-14), s, K(0x1.f9cc40b06f45fp-10));
	p = FMA(p, s, K(-0x1.a6d1ec7e10c73p-6));
	p = FMA(p, s, K(0x1.e1f5068367b93p-3));
	p = FMA(p, s, K(-0x1.55d3c7e3c9280p+0));
	p = FMA(p, s, K(0x1.03c1f081b5aaep+2));
	p = FMA(p, s, K(-0x1.3bd3cc9be45dep+2));
	VF cs = FMA(p, s, K(1.0));
	VF sine = FROM_BITS(BITS(FN(m_quadrant)(UNSIGNED(q), sn, cs)) ^ (BITS(x) & SIGN_BIT));
	*cosine = a < INF ? FN(m_quadrant)(UNSIGNED(q + 1), sn, cs) : NOT_A_NUMBER;
	return a < INF ? sine : NOT_A_NUMBER;
}

TD_INLINE VF FN(sinpi)(VF x)
{
	VF cosine;
	return FN(sincospi)(x, &cosine);
}

TD_INLINE VF FN(cospi)(VF x)
{
	VF cosine;
	(void)FN(sincospi)(x, &cosine);
	return cosine;
}

/* -- roots ---------------------------------------------------------------- */

TD_INLINE VF FN(sqrt)(VF x)
{
	VF y = SQRT(x > K(0.0) ? x : K(0.0));
	y = x > K(0.0) ? y : x;
	return x >= K(0.0) ? y : NOT_A_NUMBER;
}

/* 1 / sqrt(x) in two rounded steps; Inf with the sign of x at 0. */
TD_INLINE VF FN(rsqrt)(VF x)
{
	VF y = K(1.0) / SQRT(x > K(0.0) ? x : K(1.0));
	VF low = (BITS(x) << 1) == 0u ? FN(m_copysign)(INF, x) : NOT_A_NUMBER;
	return x > K(0.0) ? y : low;
}

#undef INF
#undef NOT_A_NUMBER
#undef SIGN_BIT
#undef LANES
#undef SUFFIX
#undef MASK
#undef ANY
#undef TURN_BITS

/* td_math_f32_body.h: the float functions of td_math.h, once a vector width. No guard on purpose.
 *
 * x is what comes in, a = |x|, y what goes out. Comparisons with NaN are false; "y = x <= INFINITY ?
 * y : NAN" is therefore how NaN goes through. Coefficients: nodes/README.md. */

#define INF K(INFINITY)
#define NOT_A_NUMBER FROM_BITS((VU)(0x7fc00000u))
#define SIGN_BIT 0x80000000u

/* 2^k p for p in [0.5, 2] and k in -252 … 254; the second product rounds. */
TD_INLINE VF FN(m_scale)(VF p, VI k)
{
	VI k1 = k >> 1, k2 = k - k1;
	return p * FROM_BITS(UNSIGNED(k1 + 127) << 23) * FROM_BITS(UNSIGNED(k2 + 127) << 23);
}

/* The integer nearest to x y, for |x y| < 2^22: the low bits of x y + 1.5 2^23. */
TD_INLINE VI FN(m_nearest)(VF x, VF y)
{
	return SIGNED(BITS(FMA(x, y, K(0x1.8p23f))) - 0x4b400000u);
}

/* |y| with the sign of x. */
TD_INLINE VF FN(m_copysign)(VF y, VF x)
{
	return FROM_BITS((BITS(y) & ~SIGN_BIT) | (BITS(x) & SIGN_BIT));
}

/* -- exponentials --------------------------------------------------------- */

/* x = k ln 2 + r with |r| <= 0.3466, for |x| <= 110. */
TD_INLINE VF FN(m_ln2_reduce)(VF x, VI *k)
{
	*k = FN(m_nearest)(x, K(0x1.715476p+0f));
	VF n = TO_REAL(*k);
	return FMA(n, K(0x1.05c610p-29f), FMA(n, K(-0x1.62e430p-1f), x));
}

/* (e^r - 1 - r) / r^2 for |r| <= 0.3475. */
TD_INLINE VF FN(m_exp_tail)(VF r)
{
	VF p = K(0x1.6acbc6p-10f);
	p = FMA(p, r, K(0x1.122e20p-7f));
	p = FMA(p, r, K(0x1.55578ap-5f));
	p = FMA(p, r, K(0x1.5554a8p-3f));
	return FMA(p, r, K(0x1.fffffep-2f));
}

/* e^r for |r| <= 0.3475. */
TD_INLINE VF FN(m_exp_poly)(VF r)
{
	return FMA(FMA(FN(m_exp_tail)(r), r, K(1.0f)), r, K(1.0f));
}

/* e^x, x not NaN. */
TD_INLINE VF FN(m_exp)(VF x)
{
	VI k;
	VF c = x > K(-104.0f) ? x : K(-104.0f);
	c = c < K(89.0f) ? c : K(89.0f);
	VF r = FN(m_ln2_reduce)(c, &k);
	return FN(m_scale)(FN(m_exp_poly)(r), k);
}

/* e^x for |x| <= 60: no subnormal results. */
TD_INLINE VF FN(m_exp_inside)(VF x)
{
	VI k;
	VF r = FN(m_ln2_reduce)(x, &k);
	return FN(m_exp_poly)(r) * FROM_BITS(UNSIGNED(k + 127) << 23);
}

TD_INLINE VF FN(exp)(VF x)
{
	VF y = FN(m_exp)(x);
	return x <= INF ? y : NOT_A_NUMBER;
}

#include "td_math_exp2_body.h"

TD_INLINE VF FN(exp2)(VF x)
{
	VF c = x > K(-151.0f) ? x : K(-151.0f);
	c = c < K(129.0f) ? c : K(129.0f);
	VI k = FN(m_nearest)(c, K(1.0f));
	VF y = FN(m_scale)(FN(m_exp2_poly)(c - TO_REAL(k)), k);
	return x <= INF ? y : NOT_A_NUMBER;
}

/* e^x - 1 = 2 ((s r + (s - 1/2)) + s q) with s = 2^(k-1), q = e^r - 1 - r; nothing cancels. */
TD_INLINE VF FN(expm1)(VF x)
{
	VI k;
	VF c = x > K(-18.0f) ? x : K(-18.0f);
	c = c < K(89.0f) ? c : K(89.0f);
	VF r = FN(m_ln2_reduce)(c, &k);
	VF s = FROM_BITS(UNSIGNED(k + 126) << 23), q = FN(m_exp_tail)(r) * (r * r);
	VF y = K(2.0f) * FMA(s, q, FMA(s, r, s - K(0.5f)));
	return x <= INF ? FN(m_copysign)(y, x) : NOT_A_NUMBER;
}

/* -- logarithms ----------------------------------------------------------- */

/* x = 2^n (1 + f) with f in [-1/3, 1/3]; x > 0 and finite, or the result means nothing. */
TD_INLINE VF FN(m_log_split)(VF x, VF *n)
{
	VI tiny = x < K(0x1p-126f);
	VF v = tiny ? x * K(0x1p23f) : x;
	VU e = (BITS(v) - 0x3f2aaaabu) & 0xff800000u;
	*n = FMA(TO_REAL(SIGNED(e)), K(0x1p-23f), tiny ? K(-23.0f) : K(0.0f));
	return FROM_BITS(BITS(v) - e) - K(1.0f);
}

/* log(1 + f) + n ln 2. */
TD_INLINE VF FN(m_log_sum)(VF f, VF n)
{
	VF q = K(-0x1.0805aap-3f);
	q = FMA(q, f, K(0x1.1e669cp-3f));
	q = FMA(q, f, K(-0x1.f3112cp-4f));
	q = FMA(q, f, K(0x1.1ed71cp-3f));
	q = FMA(q, f, K(-0x1.559dccp-3f));
	q = FMA(q, f, K(0x1.99d028p-3f));
	q = FMA(q, f, K(-0x1.fffef0p-3f));
	q = FMA(q, f, K(0x1.555506p-2f));
	q = FMA(q, f, K(-0.5f));
	VF r = FMA(q, f * f, n * K(0x1.7f7d1cp-20f));
	return FMA(n, K(0x1.62e400p-1f), f + r);
}

/* y = log(x) where that is a number; else -Inf at 0, NaN below, Inf at Inf. */
TD_INLINE VF FN(m_log_edges)(VF y, VF x)
{
	VF low = (BITS(x) << 1) == 0u ? -INF : NOT_A_NUMBER;
	y = x < INF ? y : x;
	return x > K(0.0f) ? y : low;
}

TD_INLINE VF FN(log)(VF x)
{
	VF n, f = FN(m_log_split)(x, &n);
	return FN(m_log_edges)(FN(m_log_sum)(f, n), x);
}

/* n + (f log2(e) + f^2 q): exact where x is a power of two. */
TD_INLINE VF FN(log2)(VF x)
{
	VF n, f = FN(m_log_split)(x, &n);
	VF q = K(-0x1.677cccp-3f);
	q = FMA(q, f, K(0x1.a0b4a0p-3f));
	q = FMA(q, f, K(-0x1.6c8ae0p-3f));
	q = FMA(q, f, K(0x1.9d1ed6p-3f));
	q = FMA(q, f, K(-0x1.ec8b16p-3f));
	q = FMA(q, f, K(0x1.27a384p-2f));
	q = FMA(q, f, K(-0x1.715492p-2f));
	q = FMA(q, f, K(0x1.ec7014p-2f));
	q = FMA(q, f, K(-0x1.715476p-1f));
	VF r = FMA(q, f, K(0x1.4ae0c0p-26f));
	VF y = n + FMA(f, K(0x1.715476p+0f), f * r);
	return FN(m_log_edges)(y, x);
}

/* 1 + x = 2^n (1 + f) gives f = 2^-n x + (2^-n - 1) with one rounding. Above 2^60 the 1 is left
 * away and x is scaled, so that 2^-n stays in range. */
TD_INLINE VF FN(log1p)(VF x)
{
	VI large = x > K(0x1p60f);
	VF v = large ? x * K(0x1p-64f) : x, one = large ? K(0.0f) : K(1.0f);
	VU e = (BITS(one + v) - 0x3f2aaaabu) & 0xff800000u;
	VF scale = FROM_BITS(0x3f800000u - e);
	VF n = FMA(TO_REAL(SIGNED(e)), K(0x1p-23f), large ? K(64.0f) : K(0.0f));
	VF y = FN(m_log_sum)(FMA(v, scale, FMA(one, scale, K(-1.0f))), n);
	y = x < INF ? FN(m_copysign)(y, x) : x;
	VF low = BITS(x) == 0xbf800000u ? -INF : NOT_A_NUMBER;
	return x > K(-1.0f) ? y : low;
}

/* -- sigmoids ------------------------------------------------------------- */

/* x + x^3 p(x^2) below 0.6, 1 - 2 / (e^2x + 1) above. */
TD_INLINE VF FN(tanh)(VF x)
{
	VF a = ABS(x), c = a < K(10.0f) ? a : K(10.0f), s = c * c;
	VF p = K(-0x1.828770p-8f);
	p = FMA(p, s, K(0x1.54c3c2p-6f));
	p = FMA(p, s, K(-0x1.b89abap-5f));
	p = FMA(p, s, K(0x1.1109bep-3f));
	p = FMA(p, s, K(-0x1.55553ep-2f));
	VF near = FMA(c * s, p, c);
	VF far = K(1.0f) - K(2.0f) / (FN(m_exp_inside)(c + c) + K(1.0f));
	VF y = FN(m_copysign)(c < K(0.6f) ? near : far, x);
	return a <= INF ? y : NOT_A_NUMBER;
}

/* 1 / (1 + e^-x), written with z = e^-|x| so that nothing overflows; the quotient is corrected by
 * what the sum and the division rounded away. */
TD_INLINE VF FN(sigmoid)(VF x)
{
	VF z = FN(m_exp)(-ABS(x)), d = K(1.0f) + z, d_low = z - (d - K(1.0f));
	VF inverse = K(1.0f) / d, above = x < K(0.0f) ? z : K(1.0f), y = above * inverse;
	y = FMA(FMA(-y, d_low, FMA(-y, d, above)), inverse, y);
	return x <= INF ? y : NOT_A_NUMBER;
}

/* -- error function ------------------------------------------------------- */

/* erf(x) = x + x p(x^2) for |x| <= 1. */
TD_INLINE VF FN(m_erf_near)(VF x)
{
	VF s = x * x;
	VF p = K(0x1.4771fcp-14f);
	p = FMA(p, s, K(-0x1.a3515ep-11f));
	p = FMA(p, s, K(0x1.53f224p-8f));
	p = FMA(p, s, K(-0x1.b7f71ap-6f));
	p = FMA(p, s, K(0x1.ce2ce6p-4f));
	p = FMA(p, s, K(-0x1.81273ep-2f));
	p = FMA(p, s, K(0x1.06eba8p-3f));
	return FMA(x, p, x);
}

/* erfc(x) for 1 <= x <= 4 with an absolute error of 2^-27: exp of a polynomial in x - 2. */
TD_INLINE VF FN(m_erfc_rough)(VF x)
{
	VF u = x - K(2.0f);
	VF q = K(0x1.86337cp-13f);
	q = FMA(q, u, K(-0x1.746f98p-11f));
	q = FMA(q, u, K(0x1.d104bcp-9f));
	q = FMA(q, u, K(-0x1.0e1374p-6f));
	q = FMA(q, u, K(-0x1.d8f60ep-1f));
	q = FMA(q, u, K(-0x1.1ac320p+2f));
	q = FMA(q, u, K(-0x1.575b32p+2f));
	return FN(m_exp_inside)(q);
}

TD_INLINE VF FN(erf)(VF x)
{
	VF a = ABS(x), c = a < K(4.0f) ? a : K(4.0f);
	VF y = c < K(1.0f) ? FN(m_erf_near)(c) : K(1.0f) - FN(m_erfc_rough)(c);
	return a <= INF ? FN(m_copysign)(y, x) : NOT_A_NUMBER;
}

/* erfc(x) = exp(-x^2) w p(w - 3/16) with w = 1 / (1 + 2x), for 0.8 <= x <= 10.2; p w and
 * x^2 are carried in two parts, as the product would show their rounding. */
TD_INLINE VF FN(m_erfc_tail)(VF x)
{
	VF d = K(1.0f) + K(2.0f) * x, d_low = K(2.0f) * x - (d - K(1.0f)), w = K(1.0f) / d;
	VF w_low = FMA(-w, d_low, FMA(-w, d, K(1.0f))) * w, v = w - K(0.1875f);
	VF p = K(0x1.98bd32p+8f);
	p = FMA(p, v, K(-0x1.20414ap+8f));
	p = FMA(p, v, K(0x1.bd2ecep+5f));
	p = FMA(p, v, K(0x1.74150ap+4f));
	p = FMA(p, v, K(-0x1.41040ap+4f));
	p = FMA(p, v, K(0x1.4b4cf0p+2f));
	p = FMA(p, v, K(0x1.dd6354p+0f));
	p = FMA(p, v, K(-0x1.1ea28ap+1f));
	p = FMA(p, v, K(0x1.613c98p-2f));
	VF c = K(0x1.45e426p+0f), g = FMA(p, v, c), g_low = FMA(p, v, c - g) + K(0x1.e92db0p-26f);
	VF y = g * w, y_low = FMA(g_low, w, FMA(g, w_low, FMA(g, w, -y)));
	VF s = x * x, s_low = FMA(x, x, -s);
	VI k = FN(m_nearest)(s, K(-0x1.715476p+0f));
	VF n = TO_REAL(k), a = FMA(n, K(-0x1.62e430p-1f), -s);
	VF b = FMA(n, K(0x1.05c610p-29f), -s_low), r = a + b, r_low = (a - r) + b;
	VF e = r + FMA(FN(m_exp_tail)(r), r * r, r_low);
	return FN(m_scale)(y + FMA(y, e, y_low), k);
}

TD_INLINE VF FN(erfc)(VF x)
{
	VF c = x > K(-4.0f) ? x : K(-4.0f);
	c = c < K(10.2f) ? c : K(10.2f);
	VF left = K(2.0f) - FN(m_erfc_rough)(-c), near = K(1.0f) - FN(m_erf_near)(c);
	VF y = c < K(0.8125f) ? near : FN(m_erfc_tail)(c);
	y = c < K(-1.0f) ? left : y;
	return x <= INF ? y : NOT_A_NUMBER;
}

/* -- circular functions --------------------------------------------------- */

/* a = q pi/2 + hi + lo for 0 <= a <= 2^16 (Cody and Waite): a - k c1 and c2 k are exact, and so is
 * what h leaves of their difference. */
TD_INLINE VU FN(m_reduce_near)(VF a, VF *hi, VF *lo)
{
	VI q = FN(m_nearest)(a, K(0x1.45f306p-1f));
	VF k = TO_REAL(q), r = FMA(k, K(-0x1.921fb6p+0f), a);
	VF p = k * K(-0x1.777a5cp-25f), rest = FMA(k, K(-0x1.777a5cp-25f), -p);
	VF h = r - p;
	*hi = h;
	*lo = FMA(k, K(0x1.ee59dap-50f), ((r - h) - p) - rest);
	return UNSIGNED(q);
}

/* Bits of 1 / (2 pi) from place (exponent of a) - 16 on, 32 in each word: t[0] t[1] t[2]. */
TD_INLINE VU FN(m_two_pi_bits)(VF a, VU *t1, VU *t2)
{
	VU place = (BITS(a) >> 23) - 143u, s = place & 31u, back = 31u - s;
	VI odd = (place & 32u) != 0u, high = (place & 64u) != 0u;
	VU a0 = odd ? KU(0xb727220au) : KU(0x00517cc1u),
	   a1 = odd ? KU(0x94fe13abu) : KU(0xb727220au);
	VU a2 = odd ? KU(0xe8fa9a6eu) : KU(0x94fe13abu),
	   a3 = odd ? KU(0xe06db14au) : KU(0xe8fa9a6eu);
	VU a4 = odd ? KU(0xcc9e21c8u) : KU(0xe06db14au),
	   a5 = odd ? KU(0x20ff28b1u) : KU(0xcc9e21c8u);
	a0 = high ? a2 : a0;
	a1 = high ? a3 : a1;
	a2 = high ? a4 : a2;
	a3 = high ? a5 : a3;
	*t1 = (a1 << s) | ((a2 >> 1) >> back);
	*t2 = (a2 << s) | ((a3 >> 1) >> back);
	return (a0 << s) | ((a1 >> 1) >> back);
}

/* a = q pi/2 + hi + lo for finite a >= 2^16 (Payne and Hanek). With a = m 2^z, m an integer, bits of
 * 1 / (2 pi) before place z make whole turns: 80 bits from there on are multiplied by m, the first
 * 32 in integers modulo 1 turn = 2^32, the others in floats. */
TD_INLINE VU FN(m_reduce_far)(VF a, VF *hi, VF *lo)
{
	VU t1, t2, t0 = FN(m_two_pi_bits)(a, &t1, &t2), m = (BITS(a) & 0x7fffffu) | 0x800000u;
	VF scaled = TO_REAL(SIGNED(m)) * K(0x1p-24f);
	VF u1 = TO_REAL(SIGNED(t1 >> 8)), u2 = TO_REAL(SIGNED(((t1 & 0xffu) << 16) | (t2 >> 16)));
	VF p = scaled * u1;
	VI whole = SIGNED((BITS(p + K(0x1p24f)) - 0x4b800000u) << 1); /* even, |p - whole| <= 1 */
	VF rest = (p - TO_REAL(whole)) + FMA(scaled * K(0x1p-24f), u2, FMA(scaled, u1, -p));
	VU turns = m * t0 + UNSIGNED(whole), q = (turns + 0x20000000u) >> 30;
	VI left = SIGNED(turns - (q << 30));
	VF f = TO_REAL(left), g = TO_REAL(left - TO_INT(f)) + rest;
	VF t = f + g, u = (f - t) + g, h = t * K(0x1.921fb6p-30f);
	*hi = h;
	*lo = FMA(u, K(0x1.921fb6p-30f),
	          FMA(t, K(-0x1.777a5cp-55f), FMA(t, K(0x1.921fb6p-30f), -h)));
	return q;
}

TD_INLINE VU FN(m_reduce)(VF a, VF *hi, VF *lo)
{
	VI far = a > K(0x1p16f);
	VU q = FN(m_reduce_near)(FROM_BITS(BITS(a) & MASK(a <= K(0x1p16f))), hi, lo);
	if (ANY(far)) {
		VF far_hi, far_lo;
		VU far_q = FN(m_reduce_far)(a, &far_hi, &far_lo);
		*hi = far ? far_hi : *hi;
		*lo = far ? far_lo : *lo;
		q = far ? far_q : q;
	}
	return q;
}

/* sin(h + l) and cos(h + l) for |h| <= 0.793, |l| <= ulp(h). */
TD_INLINE VF FN(m_sin_poly)(VF h, VF l)
{
	VF s = h * h;
	VF p = FMA(K(0x1.7b587ap-19f), s, K(-0x1.a056a2p-13f));
	p = FMA(p, s, K(0x1.111172p-7f));
	p = FMA(p, s, K(-0x1.555556p-3f));
	return h + FMA(h * s, p, l);
}

TD_INLINE VF FN(m_cos_poly)(VF h, VF l)
{
	VF s = h * h;
	VF p = FMA(K(0x1.99de6ep-16f), s, K(-0x1.6c0c14p-10f));
	p = FMA(p, s, K(0x1.55554ap-5f));
	p = FMA(p, s, K(-0.5f));
	return K(1.0f) + FMA(s, p, -(h * l));
}

/* The sine of quadrant q: of sin and cos of the rest the one that applies, with its sign; a
 * zero stays positive. */
TD_INLINE VF FN(m_quadrant)(VU q, VF sine, VF cosine)
{
	VF y = (q & 1u) != 0u ? cosine : sine;
	return (q & 2u) != 0u ? K(0.0f) - y : y;
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
	VF a = ABS(x), c = FROM_BITS(BITS(a) & MASK(a < K(0x1p24f)));    /* above, x is even */
	c -= TO_REAL(SIGNED((BITS(c + K(0x1p25f)) - 0x4c000000u) << 2)); /* mod 4: |c| <= 2 */
	VI q = FN(m_nearest)(c, K(2.0f));
	VF r = FMA(TO_REAL(q), K(-0.5f), c), s = r * r;
	VF p = FMA(K(0x1.443a36p-4f), s, K(-0x1.32adaap-1f));
	p = FMA(p, s, K(0x1.466b78p+1f));
	p = FMA(p, s, K(-0x1.4abbcep+2f));
	p = FMA(p, s, K(-0x1.777a5cp-24f));
	VF sn = FMA(r, K(0x1.921fb6p+1f), r * p);
	p = FMA(K(0x1.d4f2d8p-3f), s, K(-0x1.55b2b6p+0f));
	p = FMA(p, s, K(0x1.03c1b0p+2f));
	p = FMA(p, s, K(-0x1.3bd3ccp+2f));
	VF cs = FMA(p, s, K(1.0f));
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
	VF y = SQRT(x > K(0.0f) ? x : K(0.0f));
	y = x > K(0.0f) ? y : x;
	return x >= K(0.0f) ? y : NOT_A_NUMBER;
}

/* 1 / sqrt(x) in two rounded steps; Inf with the sign of x at 0. */
TD_INLINE VF FN(rsqrt)(VF x)
{
	VF y = K(1.0f) / SQRT(x > K(0.0f) ? x : K(1.0f));
	VF low = (BITS(x) << 1) == 0u ? FN(m_copysign)(INF, x) : NOT_A_NUMBER;
	return x > K(0.0f) ? y : low;
}

#include "td_math_pow_body.h"

#undef INF
#undef NOT_A_NUMBER
#undef SIGN_BIT
#undef LANES
#undef SUFFIX
#undef MASK
#undef ANY

/* td_soft_body.h: double arithmetic with integers, once a number of lanes. No guard on purpose.
 *
 * Written in VU and VI (64 bits), their constants KU and KI, AS_U, AS_I, CLZ and SUFFIX: td_soft.h.
 * A number is taken apart into sign, biased exponent e and a significand m: m / 2^62 * 2^(e - 1023). The
 * leading bit of m is bit 62, and bit 0 is set where bits were lost behind it ("jammed"), so that it
 * rounds as if they were there. */

#define SIGN KU(0x8000000000000000u)
#define TOP KU(0x4000000000000000u) /* the leading bit of a significand */
#define INF KU(0x7ff0000000000000u)
#define NOT_A_NUMBER KU(0x7ff8000000000000u)
#define MANTISSA KU(0x000fffffffffffffu)
#define FN(name) TD_SOFT_JOIN(td_soft_##name, SUFFIX)

/* m >> n, jammed, for m < 2^63 and n >= 0. */
TD_SOFT VU FN(shift)(VU m, VI n)
{
	VU by = AS_U(n > KI(63) ? KI(63) : n);
	VU lost = m & ((KU(1) << by) - KU(1));
	return m >> by | (lost != KU(0) ? KU(1) : KU(0));
}

/* The same of the 128 bits hi, lo. */
TD_SOFT VU FN(shift_128)(VU hi, VU *lo, VI n)
{
	VI far = n > KI(127) ? KI(127) : n;
	VU by = AS_U(far) & KU(63), back = KU(63) - by;
	VU lost = *lo & ((KU(1) << by) - KU(1));
	VU low = *lo >> by | hi << back << KU(1), high = hi >> by;
	VU lost_far = *lo | (hi & ((KU(1) << by) - KU(1)));
	lost = far > KI(63) ? lost_far : lost;
	low = far > KI(63) ? high : low;
	*lo = low | (lost != KU(0) ? KU(1) : KU(0));
	return far > KI(63) ? KU(0) : high;
}

/* The number nearest to a significand; ties to even. m is 0, or its leading bit is bit 62. */
TD_SOFT VU FN(round)(VU sign, VI e, VU m)
{
	VU s = FN(shift)(m, e < KI(1) ? KI(1) - e : KI(0));
	VI field = e < KI(1) ? KI(0) : e - KI(1);
	VU u = (AS_U(field) << KU(52)) + ((s + KU(0x1ff) + (s >> KU(10) & KU(1))) >> KU(10));
	u = e > KI(2046) ? INF : u;
	return sign | (m == KU(0) ? KU(0) : u);
}

/* The significand of |a|, leading bit 62, and its exponent; 0 for 0. */
TD_SOFT VU FN(take)(VU a, VI *e)
{
	VI field = AS_I(a >> KU(52));
	VU m = (a & MANTISSA) | (field > KI(0) ? KU(1) << KU(52) : KU(0));
	VI n = AS_I(CLZ(m)) - KI(1); /* 10, more for subnormals */
	*e = (field > KI(0) ? field : KI(1)) + KI(10) - n;
	return m << AS_U(n);
}

/* The 128 bits of a product: the lower half in *lo, the upper one returned. From products of 32 bits, which
 * is what processors have; mul_hi is slow with PoCL. */
TD_SOFT VU FN(product)(VU a, VU b, VU *lo)
{
	VU low = KU(0xffffffff), al = a & low, ah = a >> KU(32), bl = b & low, bh = b >> KU(32);
	VU ll = al * bl, lh = al * bh, hl = ah * bl;
	VU middle = (ll >> KU(32)) + (lh & low) + (hl & low);
	*lo = middle << KU(32) | (ll & low);
	return ah * bh + (lh >> KU(32)) + (hl >> KU(32)) + (middle >> KU(32));
}

TD_SOFT VU FN(neg)(VU a)
{
	return a ^ SIGN;
}

TD_SOFT VU FN(abs)(VU a)
{
	return a & ~SIGN;
}

TD_SOFT VU FN(add)(VU a, VU b)
{
	VU p = a & ~SIGN, q = b & ~SIGN, large = p < q ? q : p, small = p < q ? p : q;
	VU sign = (p < q ? b : a) & SIGN, minus = (a ^ b) & SIGN;
	VI el = AS_I(large >> KU(52)), es = AS_I(small >> KU(52));
	VU ml = (large & MANTISSA) << KU(10) | (el > KI(0) ? TOP : KU(0));
	VU ms = (small & MANTISSA) << KU(10) | (es > KI(0) ? TOP : KU(0));
	el = el > KI(0) ? el : KI(1);
	es = es > KI(0) ? es : KI(1);
	ms = FN(shift)(ms, el - es);
	VU m = minus != KU(0) ? ml - ms : ml + ms;
	VI n = AS_I(CLZ(m));
	m = n == KI(0) ? m >> KU(1) | (m & KU(1)) : m << (AS_U(n - KI(1)) & KU(63));
	sign = ((m == KU(0)) & (minus != KU(0))) ? KU(0) : sign;
	VU sum = FN(round)(sign, el + KI(1) - n, m);
	sum = large == INF ? large | sign : sum;
	return ((large > INF) | ((small == INF) & (minus != KU(0)))) ? NOT_A_NUMBER : sum;
}

TD_SOFT VU FN(mul)(VU a, VU b)
{
	VI ea, eb;
	VU p = a & ~SIGN, q = b & ~SIGN, sign = (a ^ b) & SIGN;
	VU ma = FN(take)(p, &ea), mb = FN(take)(q, &eb) << KU(1);
	VU lo, hi = FN(product)(ma, mb, &lo); /* leading bit 61 or 62 */
	hi |= lo != KU(0) ? KU(1) : KU(0);
	VU m = hi < TOP ? hi << KU(1) : hi;
	VU x = FN(round)(sign, ea + eb - (hi < TOP ? KI(1023) : KI(1022)), m);
	VU special = ((p == KU(0)) | (q == KU(0))) ? NOT_A_NUMBER : sign | INF;
	x = ((p == INF) | (q == INF)) ? special : x;
	return ((p > INF) | (q > INF)) ? NOT_A_NUMBER : x;
}

/* a b + c, rounded once. The product has 106 bits: x and y, of 128, are it and c by size. */
TD_SOFT VU FN(fma)(VU a, VU b, VU c)
{
	VI ea, eb, ec;
	VU p = a & ~SIGN, q = b & ~SIGN, r = c & ~SIGN;
	VU sign = (a ^ b) & SIGN, minus = (a ^ b ^ c) & SIGN;
	VU ma = FN(take)(p, &ea), mb = FN(take)(q, &eb) << KU(1), mc = FN(take)(r, &ec);
	VU lo, hi = FN(product)(ma, mb, &lo), high = hi;
	hi = high < TOP ? hi << KU(1) | lo >> KU(63) : hi;
	lo = high < TOP ? lo << KU(1) : lo;
	ea += eb - (high < TOP ? KI(1023) : KI(1022));
	ea = hi == KU(0) ? KI(-5000) : ea;
	ec = mc == KU(0) ? KI(-5000) : ec;
	VI is_c = ((ea < ec) | ((ea == ec) & (hi < mc))) ? KI(-1) : KI(0);
	VU xh = is_c < KI(0) ? mc : hi, xl = is_c < KI(0) ? KU(0) : lo;
	VU yh = is_c < KI(0) ? hi : mc, yl = is_c < KI(0) ? lo : KU(0);
	VI e = is_c < KI(0) ? ec : ea, apart = is_c < KI(0) ? ec - ea : ea - ec;
	sign = is_c < KI(0) ? c & SIGN : sign;
	yh = FN(shift_128)(yh, &yl, apart);
	VU l = minus != KU(0) ? xl - yl : xl + yl;
	VU carried = (minus != KU(0) ? xl < yl : l < xl) ? KU(1) : KU(0);
	VU h = minus != KU(0) ? xh - yh - carried : xh + yh + carried;
	sign = (((h | l) == KU(0)) & (minus != KU(0))) ? KU(0) : sign;
	/* the leading bit to bit 126 */
	e -= h == KU(0) ? KI(64) : KI(0);
	VU t = h == KU(0) ? l : h, rest = h == KU(0) ? KU(0) : l;
	VI n = AS_I(CLZ(t));
	VU by = AS_U(n - KI(1)) & KU(63);
	VU left = t << by | rest >> KU(1) >> (KU(63) - by), right = t >> KU(1) | (t & KU(1));
	VU lost = n == KI(0) ? rest : rest << by;
	VU m = (n == KI(0) ? right : left) | (lost != KU(0) ? KU(1) : KU(0));
	VU x = FN(round)(sign, e + KI(1) - n, m);
	x = r == INF ? c : x;
	VI endless = ((p == INF) | (q == INF)) ? KI(-1) : KI(0);
	x = endless != KI(0) ? ((a ^ b) & SIGN) | INF : x;
	VI nothing =
		((p == KU(0)) | (q == KU(0)) | ((r == INF) & (minus != KU(0)))) ? endless : KI(0);
	nothing |= ((p > INF) | (q > INF) | (r > INF)) ? KI(-1) : KI(0);
	return nothing != KI(0) ? NOT_A_NUMBER : x;
}

/* -- comparisons ----------------------------------------------------------------------------- */

/* Integers in the order of the numbers; both zeros are 0. */
TD_SOFT VI FN(key)(VU a)
{
	VI size = AS_I(a & ~SIGN);
	return (a & SIGN) != KU(0) ? -size : size;
}

/* -1 where a < b, else 0. */
TD_SOFT VI FN(less)(VU a, VU b)
{
	VI before = FN(key)(a) < FN(key)(b) ? KI(-1) : KI(0);
	return (((a & ~SIGN) > INF) | ((b & ~SIGN) > INF)) ? KI(0) : before;
}

/* -- conversions ----------------------------------------------------------------------------- */

/* The number nearest to an integer. */
TD_SOFT VU FN(from_int)(VI i)
{
	VU u = i < KI(0) ? KU(0) - AS_U(i) : AS_U(i);
	VI n = AS_I(CLZ(u));
	VU m = n == KI(0) ? u >> KU(1) | (u & KU(1)) : u << (AS_U(n - KI(1)) & KU(63));
	return FN(round)(i < KI(0) ? SIGN : KU(0), KI(1086) - n, m);
}

/* A float, given by its bits. */
TD_SOFT VU FN(from_float)(VU f)
{
	VU sign = f >> KU(31) << KU(63), size = f & KU(0x7fffffff), m = f & KU(0x7fffff);
	VU n = CLZ(m) - KU(11); /* subnormal: m << n has the leading bit 52 */
	VU small = m == KU(0) ? KU(0) : ((KU(925) - n) << KU(52)) + (m << n);
	VU x = size < KU(0x800000) ? small : (size << KU(29)) + (KU(896) << KU(52));
	VU endless = m == KU(0) ? INF : NOT_A_NUMBER | m << KU(29);
	return sign | (size < KU(0x7f800000) ? x : endless);
}

#undef SIGN
#undef TOP
#undef INF
#undef NOT_A_NUMBER
#undef MANTISSA
#undef AS_U
#undef AS_I
#undef FN
#undef VU
#undef VI
#undef CLZ
#undef SUFFIX

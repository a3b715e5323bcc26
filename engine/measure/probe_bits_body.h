/* probe_bits_body.h: the part of probe_bits.c that is the same for float and double. REAL, WORD: the number
 * and an integer of its width; MANTISSA: bits of it; BIAS: of the exponent; NAME(x): x_f32 or x_f64;
 * RIGHT: the rightly rounded result. */

static void NAME(host)(const td_call *c, const void *arg)
{
	const work *k = arg;
	const REAL *x = k->d->x, *y = k->d->y, *w = k->d->w;
	REAL *z = k->d->came;
	(void)c;
	for (int64_t i = 0; i < N; i++)
		z[i] = k->which == MUL_ADD  ? x[i] * y[i] + w[i]
		       : k->which == FMA_OP ? FMA_OF(x[i], y[i], w[i])
		       : k->which == DIVIDE ? x[i] / y[i]
		       : k->which == ROOT   ? SQRT_OF(x[i])
		                            : x[i] * y[i];
}

/* Every exponent and both signs, or, `moderate`, numbers between 2^-8 and 2^8. */
static void NAME(fill)(desk *d, bool moderate)
{
	td_rng r = td_rng_make(20, MANTISSA);
	REAL *to[] = {d->x, d->y, d->w};
	const int top = 8 * (int)sizeof(WORD);
	for (int k = 0; k < 3; k++)
		for (int64_t i = 0; i < N; i++) {
			WORD word = (WORD)((uint64_t)td_rng_u32(&r) << 32 | td_rng_u32(&r));
			WORD low = ((WORD)1 << MANTISSA) - 1, sign = word & ((WORD)1 << (top - 1));
			WORD exponent = (WORD)(BIAS - 8) + (word >> 3) % 17;
			if (moderate)
				word = sign | exponent << MANTISSA | (word & low);
			else if (!k) /* the leading bits of x count up */
				word = (word & (low >> 4)) | (WORD)i << (top - INDEX_BITS);
			memcpy(&to[k][i], &word, sizeof word);
		}
}

static void NAME(expect)(desk *d, op o)
{
	const REAL *x = d->x, *y = d->y, *w = d->w;
	REAL *right = d->right;
	for (int64_t i = 0; i < N; i++)
		right[i] = RIGHT(o, x[i], y[i], w[i]);
}

static WORD NAME(bits)(REAL x)
{
	WORD word;
	memcpy(&word, &x, sizeof word);
	return word;
}

static tally NAME(count)(const desk *d, op o)
{
	const REAL *x = d->x, *y = d->y, *w = d->w, *right = d->right, *came = d->came;
	tally t = {0};
	for (int64_t i = 0; i < N; i++) {
		bool two = o != ROOT, three = o == MUL_ADD || o == FMA_OP;
		bool small = fpclassify(x[i]) == FP_SUBNORMAL ||
		             fpclassify(right[i]) == FP_SUBNORMAL ||
		             (two && fpclassify(y[i]) == FP_SUBNORMAL) ||
		             (three && fpclassify(w[i]) == FP_SUBNORMAL);
		bool same = NAME(bits)(right[i]) == NAME(bits)(came[i]) ||
		            (isnan(right[i]) && isnan(came[i]));
		REAL fused = FMA_OF(x[i], y[i], w[i]);
		t.n += !small;
		t.other += !small && !same;
		t.n_small += small;
		t.other_small += small && !same;
		if (o != MUL_ADD || NAME(bits)(right[i]) == NAME(bits)(fused))
			continue;
		t.telling++;
		t.fused += NAME(bits)(came[i]) == NAME(bits)(fused);
	}
	return t;
}

#undef REAL
#undef WORD
#undef MANTISSA
#undef BIAS
#undef NAME
#undef RIGHT
#undef FMA_OF
#undef SQRT_OF

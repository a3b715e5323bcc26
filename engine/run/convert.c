#include "convert.h"

#include "../model/half.h"

#include <string.h>

td_dtype td_wide(td_dtype d)
{
	return td_dtype_of(d)->is_float ? TD_F64 : TD_I64;
}

/* Rounds a double to `keep` fraction bits with exponents from `lowest`, ties to even, in double. */
static uint16_t to_small(double x, int exp_bits, int frac_bits)
{
	uint64_t bits;
	memcpy(&bits, &x, sizeof bits);
	uint32_t sign = (uint32_t)(bits >> 63) << (exp_bits + frac_bits);
	uint32_t top = ((1u << exp_bits) - 1) << frac_bits;
	int exp = (int)(bits >> 52 & 0x7ff) - 1023, bias = (1 << (exp_bits - 1)) - 1;
	if (exp == 1024)
		return (uint16_t)(sign | top | (bits << 12 ? 1u << (frac_bits - 1) : 0));
	uint64_t frac = (bits & 0xfffffffffffff) | (uint64_t)(exp > -1023) << 52;
	int shift = 52 - frac_bits + (exp < 1 - bias ? 1 - bias - exp : 0);
	if (shift > 63)
		return (uint16_t)sign;
	uint64_t kept = frac >> shift, rest = frac & ((1ull << shift) - 1),
		 half = 1ull << (shift - 1);
	kept += rest > half || (rest == half && (kept & 1));
	if (exp >= 1 - bias) /* the hidden bit counts one exponent up */
		kept += (uint64_t)(exp + bias - 1) << frac_bits;
	return (uint16_t)(sign | (kept >= top ? top : (uint32_t)kept));
}

static double load_float(const void *from, td_dtype d, int64_t i)
{
	switch (d) {
	case TD_F32:
		return (double)((const float *)from)[i];
	case TD_F64:
		return ((const double *)from)[i];
	case TD_F16:
		return (double)td_from_f16(((const uint16_t *)from)[i]);
	case TD_BF16:
		return (double)td_from_bf16(((const uint16_t *)from)[i]);
	case TD_I32:
	case TD_I64:
	case TD_U8:
	case TD_N_DTYPES:
	default:
		return 0;
	}
}

static int64_t load_int(const void *from, td_dtype d, int64_t i)
{
	if (d == TD_I64)
		return ((const int64_t *)from)[i];
	return d == TD_I32 ? ((const int32_t *)from)[i] : ((const uint8_t *)from)[i];
}

static void store_float(void *to, td_dtype d, int64_t i, double x)
{
	if (d == TD_F64)
		((double *)to)[i] = x;
	else if (d == TD_F32)
		((float *)to)[i] = (float)x;
	else
		((uint16_t *)to)[i] = d == TD_F16 ? to_small(x, 5, 10) : to_small(x, 8, 7);
}

static void store_int(void *to, td_dtype d, int64_t i, int64_t x)
{
	if (d == TD_I64)
		((int64_t *)to)[i] = x;
	else if (d == TD_I32)
		((int32_t *)to)[i] = (int32_t)(uint32_t)(uint64_t)x;
	else
		((uint8_t *)to)[i] = (uint8_t)(uint64_t)x;
}

void td_convert(void *to, td_dtype to_dtype, const void *from, td_dtype from_dtype, int64_t n)
{
	if (to_dtype == from_dtype) {
		if (n)
			memcpy(to, from, (size_t)n * td_sizeof(to_dtype));
		return;
	}
	for (int64_t i = 0; i < n; i++)
		if (td_dtype_of(from_dtype)->is_float)
			store_float(to, to_dtype, i, load_float(from, from_dtype, i));
		else
			store_int(to, to_dtype, i, load_int(from, from_dtype, i));
}

double td_element(const td_tensor *t, int64_t i)
{
	if (td_dtype_of(t->dtype)->is_float)
		return load_float(t->data, t->dtype, i);
	int64_t x = load_int(t->data, t->dtype, i);
	return (double)x;
}

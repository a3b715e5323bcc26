/* half.h: 16-bit floats made wider, which is exact. Layer 1. */
#ifndef TD_MODEL_HALF_H
#define TD_MODEL_HALF_H

#include <stdint.h>
#include <string.h>

/* IEEE 754 half precision: 5 bits of exponent, 10 of fraction. */
static inline float td_from_f16(uint16_t h)
{
	uint32_t sign = (uint32_t)(h & 0x8000) << 16, exp = (h >> 10) & 31, frac = h & 0x3ff, bits;
	if (exp == 31) {
		bits = sign | 0x7f800000 | frac << 13;
	} else if (exp) {
		bits = sign | (exp + 112) << 23 | frac << 13;
	} else {
		float f = (float)frac * 0x1p-24f;
		return sign ? -f : f;
	}
	float f;
	memcpy(&f, &bits, sizeof f);
	return f;
}

/* The upper half of a float. */
static inline float td_from_bf16(uint16_t h)
{
	uint32_t bits = (uint32_t)h << 16;
	float f;
	memcpy(&f, &bits, sizeof f);
	return f;
}

#endif

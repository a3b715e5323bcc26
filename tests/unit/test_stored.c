/* test_stored.c: nodes/td_stored.h beside model/half.h and run/convert.h: every number of 16 bits, and floats of every
 * exponent with the tails that rounding turns on. What kernels make of them is held by the twins of tensor.cast,
 * nn.linear and attention.attention. */
#include "../../nodes/td_stored.h"

#include "model/half.h"
#include "run/convert.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct {
	int kind;
	td_dtype dtype;
} kinds[] = {{TD_STORED_F16, TD_F16}, {TD_STORED_BF16, TD_BF16}};

static void widens_every_number(void **state)
{
	(void)state;
	for (size_t n = 0; n < TD_COUNT(kinds); n++)
		for (uint32_t h = 0; h < 65536; h += 16) {
			uint16_t in[32];
			float out[16];
			for (uint32_t l = 0; l < 16; l++)
				in[l] = (uint16_t)(h + l);
			td_vstore(td_stored_load(in, 0, 16, kinds[n].kind), out);
			for (int l = 0; l < 16; l++) {
				float want = kinds[n].dtype == TD_F16 ? td_from_f16(in[l])
				                                      : td_from_bf16(in[l]);
				float one = td_stored_get(in, l, kinds[n].kind);
				assert_true(isnan(want) ? isnan(out[l]) && isnan(one)
				                        : td_vbits(out[l]) == td_vbits(want) &&
				                                  td_vbits(one) == td_vbits(want));
			}
		}
}

/* Tails around the ties of f16 (13 bits less) and of bf16 (16 less), odd and even above them. */
static float hard(int i)
{
	static const uint32_t tails[] = {0,       1,       0x0fff,   0x1000,  0x1001, 0x2fff,
	                                 0x3000,  0x3001,  0x7fff,   0x8000,  0x8001, 0x17fff,
	                                 0x18000, 0x18001, 0x400000, 0x7fffff};
	return td_vfloat((int32_t)(((uint32_t)i / 16) << 23 | tails[i % 16]));
}

static void rounds_as_the_engine_does(void **state)
{
	(void)state;
	for (size_t n = 0; n < TD_COUNT(kinds); n++)
		for (int i = 0; i < 512 * 16; i += 16) {
			float in[16];
			uint16_t out[32],
				one[32]; /* as large as floats, which gcc cannot rule out */
			for (int l = 0; l < 16; l++) {
				in[l] = hard(i + l);
				td_stored_set(one, l, kinds[n].kind, in[l]);
			}
			td_stored_store(td_vload(in), out, 0, 16, kinds[n].kind);
			for (int l = 0; l < 16; l++) {
				uint16_t want;
				double x = (double)in[l];
				td_convert(&want, kinds[n].dtype, &x, TD_F64, 1);
				if (isnan(in[l])) /* the one NaN */
					want = kinds[n].dtype == TD_F16 ? 0x7e00 : 0x7fc0;
				assert_int_equal(out[l], want);
				assert_int_equal(one[l], want);
			}
		}
}

/* Fewer than 16: what is there, and nothing behind it. */
static void keeps_to_what_is_there(void **state)
{
	(void)state;
	for (int n = 0; n <= 16; n++) {
		uint16_t out[32], in[32];
		float wide[16];
		for (int i = 0; i < 17; i++)
			out[i] = 0xabcd;
		td_stored_store(td_vall(1), out, 0, n, TD_STORED_F16);
		for (int i = 0; i < 17; i++)
			assert_int_equal(out[i], i < n ? 0x3c00 : 0xabcd);
		for (int i = 0; i < n; i++)
			in[i] = 0x4000;
		td_vstore(td_stored_load(in, 0, n, TD_STORED_F16), wide);
		for (int i = 0; i < 16; i++)
			assert_int_equal(td_vbits(wide[i]), i < n ? td_vbits(2) : 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(widens_every_number),
		cmocka_unit_test(rounds_as_the_engine_does),
		cmocka_unit_test(keeps_to_what_is_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

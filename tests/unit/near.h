/* near.h: asserts on doubles. */
#ifndef TESTS_NEAR_H
#define TESTS_NEAR_H

#include "testing.h"

#include <math.h>

static inline void assert_near(double got, double want, double relative)
{
	if (!(fabs(got - want) <= relative * fabs(want)))
		fail_msg("%.17g is not %.17g", got, want);
}

#define assert_same(got, want) assert_true(td_feq_exact((got), (want)))

#endif

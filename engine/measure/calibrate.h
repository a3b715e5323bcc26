/* calibrate.h: a clock witness: the same small work, before and after each run. Layer 5. */
#ifndef TD_MEASURE_CALIBRATE_H
#define TD_MEASURE_CALIBRATE_H

#include "../device/device.h"

/* Nanoseconds of a chain of dependent fma without memory, about 2 ms on a CPU of today: what changes
 * between two of them is the clock, or somebody else on the machine. The fastest of three. */
TD_MUST_USE bool td_calibrate(td_device *dev, int64_t *ns, td_err *e);

#endif

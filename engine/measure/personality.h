/* personality.h: what a device's arithmetic and clocks really do, found by small kernels. Layer 5.
 *
 * Probed once a device and environment (driver, libraries, variables that matter); what the driver says
 * about itself is in td_caps. The answers about bits make the personality: when it changes, agreement
 * that was found before counts no more (v_stale). */
#ifndef TD_MEASURE_PERSONALITY_H
#define TD_MEASURE_PERSONALITY_H

#include "../run/record.h"

/* Takes about half a second. A device that cannot do something (doubles, 64-bit atomics) has the probe
 * with the verdict "absent"; false is an error of the device. */
TD_MUST_USE bool td_personality_probe(td_device *dev, td_personality *p, td_err *e);

/* The probe of that name, or NULL. */
const td_probe *td_personality_find(const td_personality *p, const char *name);

#endif

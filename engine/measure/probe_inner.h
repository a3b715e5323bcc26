/* probe_inner.h: shared by the files of personality. Layer 5. */
#ifndef TD_MEASURE_PROBE_INNER_H
#define TD_MEASURE_PROBE_INNER_H

#include "personality.h"

/* A device being probed. */
typedef struct {
	td_device *dev;
	bool opencl;
	const char *source; /* of probe.cl */
	td_personality *p;
} td_probing;

/* One kernel with its arguments, or what the host does in its place. */
typedef struct {
	const char *kernel;
	int64_t items;
	const td_arg *args;
	size_t n;
	void (*host)(const td_call *c, const void *arg);
	const void *arg;
} td_task;

/* Runs it and waits. `t` (may be NULL): its times; from the host's clock alone on the host. */
TD_MUST_USE bool td_probe_run(const td_probing *b, const td_task *task, td_times *t, td_err *e);
/* Nanoseconds that it took: on the device's clock, or on the host's. */
int64_t td_probe_took(const td_times *t);

/* A tensor argument of so many bytes of device memory. */
td_tensor td_probe_tensor(const td_mem *m);

/* Adds an answer. `bits`: it belongs to the personality. */
TD_PRINTF(5, 6)
void td_probe_add(td_probing *b, const char *name, bool bits, const char *verdict, const char *fmt,
                  ...);
void td_probe_number(td_probing *b, const char *name, double number, const char *unit);

TD_MUST_USE bool td_probe_bits(td_probing *b, td_err *e);  /* probe_bits.c */
TD_MUST_USE bool td_probe_speed(td_probing *b, td_err *e); /* probe_speed.c */

#endif

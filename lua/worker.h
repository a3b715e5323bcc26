/* worker.h: starts the program again for one timed run and reads what it says. Layer 7. */
#ifndef TD_LUA_WORKER_H
#define TD_LUA_WORKER_H

#include "../engine/measure/timed.h"
#include "../engine/model/registry.h"

typedef struct {
	const td_registry *registry; /* its plug-ins are given to the worker */
	double seconds;              /* of samples */
	double limit_s;              /* a worker that takes longer is killed */
} td_worker_options;

/* Times a saved plan on a device, in a fresh process of this program ($TANDEM_PROGRAM where it is not the
 * program itself that runs). A worker that crashes, hangs or fails is no error: `t` then has its code and
 * what happened. False when no process could be started at all. */
TD_MUST_USE bool td_worker_run(const char *plan, const char *device, const td_worker_options *o,
                               td_timed *t, td_err *e);

#endif

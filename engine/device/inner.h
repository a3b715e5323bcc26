/* inner.h: what the files of engine/device share, OpenCL aside. Layer 3; nobody else includes it.
 *
 * A device has either a pool of threads (native, ref) or an OpenCL side (cl_inner.h). A device is
 * used by one thread. */
#ifndef TD_DEVICE_INNER_H
#define TD_DEVICE_INNER_H

#include "device.h"

#include "../base/arena.h"
#include "../base/str.h"

typedef struct td_pool td_pool;
typedef struct td_cl td_cl;
typedef struct td_program td_program;

/* A launch that was not handed over yet; `event` is a cl_event, NULL on native and ref. */
typedef struct {
	td_launched what;
	void *event;
} td_pending;

struct td_device {
	td_caps caps;
	td_pool *pool; /* native and ref */
	td_cl *cl;     /* OpenCL devices */
	struct {
		td_pending *items;
		int n, cap;
	} pending;
	struct {
		const char **items;
		int n, cap;
	} names;        /* of launches; see td_device_name */
	td_arena arena; /* names and kernels */
};

/* What td_call.rt points to while an impl runs. */
struct td_runtime {
	td_device *dev;
	const td_impl *impl;
	td_program *program; /* the one with the impl's kernels; NULL on native and ref */
	int64_t tag;
};

/* A copy of `name` that lives as long as the device; the same name gives the same copy. */
const char *td_device_name(td_device *dev, const char *name);
/* Remembers a launch until td_device_collect; `event` is taken over. */
void td_device_remember(td_device *dev, const td_launched *what, void *event);

/* -- picking (pick.c) ----------------------------------------------------- */

/* Index of the device that `name` means, by the rules of td_device_open. */
TD_MUST_USE bool td_device_pick(const td_device_list *list, const char *name, int *index,
                                td_err *e);

/* -- threads (pool.c) ----------------------------------------------------- */

/* TANDEM_THREADS, else the processors this process may use. TD_E_USAGE for a wrong value. */
TD_MUST_USE bool td_threads_wanted(int *n, td_err *e);
/* `n` threads, the caller's included. */
TD_MUST_USE bool td_pool_new(int n, td_pool **pool, td_err *e);
void td_pool_free(td_pool *pool);
int td_pool_size(const td_pool *pool);

#endif

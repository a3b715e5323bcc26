/* probe_speed.c: are a device's clocks sane, what does a launch cost, and how fast can it be at all?
 * Layer 5. Peaks are the best of several tries: they are the ceiling of a roofline, not an average. */
#include "../base/clock.h"
#include "probe_inner.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#if defined __GNUC__ && !defined __clang__
#pragma GCC optimize("O3", "no-math-errno", "no-trapping-math") /* the host's peaks: vectors */
#endif

enum {
	CHAINS = 128,
	VECTOR = 64,
	TRIES = 5
};                                        /* chains of an item of probe.cl, bytes of its vectors */
static const int64_t enough_ns = 4000000; /* one try of a peak */

/* -- clocks --------------------------------------------------------------- */

static void host_nothing(const td_call *c, const void *arg)
{
	(void)c;
	(void)arg;
}

/* What is wrong with the times of a launch, or NULL; `wall` is the host's around all of it. */
static const char *odd(const td_times *t, int64_t wall, int64_t last_end)
{
	if (!t->end_ns)
		return t->host_end_ns < t->host_begin_ns ? "the host's clock goes back" : NULL;
	return t->submit_ns < t->queued_ns             ? "submitted before it was queued"
	       : t->start_ns < t->submit_ns            ? "started before it was submitted"
	       : t->end_ns < t->start_ns               ? "ended before it started"
	       : t->start_ns < last_end                ? "started before the one before it ended"
	       : t->end_ns - t->start_ns > wall + 1000 ? "took longer than the host waited"
	                                               : NULL;
}

static bool clocks(td_probing *b, const td_task *nothing, td_err *e)
{
	enum { TIMES = 64 };
	const char *what = NULL;
	int64_t last = 0, tick = INT64_MAX, waited = INT64_MAX;
	for (int i = 0; i < TIMES; i++) {
		td_times t = {0};
		int64_t begin = td_now_ns();
		if (!td_probe_run(b, nothing, &t, e))
			return false;
		int64_t wall = td_now_ns() - begin, took = td_probe_took(&t);
		const char *wrong = odd(&t, wall, last);
		what = what ? what : wrong;
		last = t.end_ns;
		tick = took > 0 && took < tick ? took : tick;
		waited = wall < waited ? wall : waited;
	}
	td_probe_add(b, "event_clock", false, what ? "other" : "ok", "%s",
	             what                ? what
	             : tick == INT64_MAX ? "ordered, but shows no time for a launch"
	                                 : "ordered, within the host's time");
	td_probe_number(b, "launch_ns", (double)waited, "ns from enqueueing to the end, at best");
	return true;
}

/* -- what profiling costs -------------------------------------------------- */

static bool launches(td_probing *b, const td_task *nothing, int n, double *each_ns, td_err *e)
{
	*each_ns = (double)INFINITY;
	for (int k = 0; k < TRIES; k++) {
		int64_t begin = td_now_ns();
		for (int i = 0; i < n; i++)
			if (!td_probe_run(b, nothing, NULL, e))
				return false;
		*each_ns = fmin(*each_ns, (double)(td_now_ns() - begin) / n);
	}
	return true;
}

static bool profiling(td_probing *b, const td_task *nothing, td_err *e)
{
	enum { LAUNCHES = 50 };
	double with = 0, without = 0;
	if (!b->opencl)
		return true;
	bool ok = launches(b, nothing, LAUNCHES, &with, e) &&
	          td_device_profiling(b->dev, false, e) &&
	          launches(b, nothing, LAUNCHES, &without, e);
	td_err second;
	if (!td_device_profiling(b->dev, true, ok ? e : &second) || !ok)
		return false;
	td_probe_number(b, "profiling_ns", with - without,
	                "ns more a launch with profiling than without");
	return true;
}

/* -- peaks ---------------------------------------------------------------- */

/* Work of the host's threads. */
typedef struct {
	float *x, *z;
	int64_t n; /* items, or vectors */
	int turns;
	bool copy;
} stretch;

static void flops_of(const void *arg, int64_t lo, int64_t hi)
{
	const stretch *s = arg;
	for (int64_t item = lo; item < hi; item++) {
		float a[CHAINS], sum = 0;
		for (int k = 0; k < CHAINS; k++)
			a[k] = s->x[0] + (float)k;
		for (int i = 0; i < s->turns; i++)
			for (int k = 0; k < CHAINS; k++)
				a[k] = fmaf(a[k], 0.5f, 1.0f);
		for (int k = 0; k < CHAINS; k++)
			sum += a[k];
		s->z[item] = sum;
	}
}

static void bytes_of(const void *arg, int64_t lo, int64_t hi)
{
	enum { WIDE = VECTOR / 4, STEP = 4 * WIDE };
	const stretch *s = arg;
	const float *x = s->x + lo * WIDE;
	int64_t n = (hi - lo) * WIDE;
	float a[STEP] = {0}, sum = 0;
	if (s->copy) {
		memcpy(s->x + (s->n + lo) * WIDE, x, (size_t)n * sizeof *x);
		return;
	}
	for (int pass = 0; pass < s->turns; pass++)
		for (int64_t i = 0; i + STEP <= n; i += STEP)
			for (int k = 0; k < STEP; k++)
				a[k] += x[i + k];
	for (int k = 0; k < STEP; k++)
		sum += a[k];
	volatile float used = sum; /* or nothing would be read */
	(void)used;
}

static void host_flops(const td_call *c, const void *arg)
{
	const stretch *s = arg;
	td_parallel(c, s->n, 1, flops_of, s);
}

static void host_bytes(const td_call *c, const void *arg)
{
	const stretch *s = arg;
	td_parallel(c, s->n, (s->n + 7) / 8, bytes_of, s);
}

/* The best rate of a task; its turns grow until a try takes long enough. */
typedef struct {
	td_probing *b;
	td_mem x, z;
	int64_t items;
} bench;

typedef bool attempt(bench *m, int64_t n, int turns, int64_t *ns, td_err *e);

static bool best_of(bench *m, attempt *try, int64_t n, bool grow, double each, double *rate,
                    td_err *e)
{
	int turns = 1;
	int64_t ns = 0;
	*rate = 0;
	for (int k = 0; k < TRIES; k++) {
		if (!try(m, n, turns, &ns, e))
			return false;
		if (grow && ns < enough_ns && turns < 1 << 24) {
			double more = ns > 1000 ? 1.25 * (double)enough_ns / (double)ns : 64;
			turns = (int)(turns * fmin(fmax(more, 2), 64));
			k = -1; /* from the start */
			continue;
		}
		*rate = ns > 0 ? fmax(*rate, each * turns / ((double)ns * 1e-9)) : *rate;
	}
	return true;
}

static bool try_flops(bench *m, int64_t n, int turns, int64_t *ns, td_err *e)
{
	td_tensor z = td_probe_tensor(&m->z);
	td_times t = {0};
	const td_arg args[] = {TD_T(&z), TD_I(turns), TD_F(1)};
	const stretch s = {m->x.host, m->z.host, n, turns, false};
	const td_task task = {"td_probe_flops", n, args, TD_COUNT(args), host_flops, &s};
	bool ok = td_probe_run(m->b, &task, &t, e);
	*ns = td_probe_took(&t);
	return ok;
}

static bool try_read(bench *m, int64_t n, int turns, int64_t *ns, td_err *e)
{
	td_tensor x = td_probe_tensor(&m->x), z = td_probe_tensor(&m->z);
	td_times t = {0};
	const td_arg args[] = {TD_T(&x), TD_T(&z), TD_L(n), TD_I(turns)};
	const stretch s = {m->x.host, m->z.host, n, turns, false};
	const td_task task = {"td_probe_read", m->items, args, TD_COUNT(args), host_bytes, &s};
	bool ok = td_probe_run(m->b, &task, &t, e);
	*ns = td_probe_took(&t);
	return ok;
}

/* From the first half to the second. */
static bool try_copy(bench *m, int64_t n, int turns, int64_t *ns, td_err *e)
{
	td_tensor x = td_probe_tensor(&m->x);
	td_times t = {0};
	const td_arg args[] = {TD_T(&x), TD_L(n)};
	const stretch s = {m->x.host, m->z.host, n, turns, true};
	const td_task task = {"td_probe_copy", m->items, args, TD_COUNT(args), host_bytes, &s};
	bool ok = td_probe_run(m->b, &task, &t, e);
	*ns = td_probe_took(&t);
	return ok;
}

/* A number of vectors that so many items read whole, four at a time. */
static int64_t whole(int64_t vectors, int64_t items)
{
	return vectors / (4 * items) * (4 * items);
}

/* Cached: few enough items, and 2 KiB or less for each, that a first-level cache of a CPU or the last one of a
 * GPU holds it all. */
static bool cached_rate(bench *m, double *rate, td_err *e)
{
	const td_caps *d = td_device_caps(m->b->dev);
	bool gpu = m->b->opencl && !d->unified;
	int64_t all = m->items, units = d->compute_units;
	m->items = gpu ? units * 256 : all;
	int64_t few = m->items * (gpu ? 4 : 32);
	bool ok = best_of(m, try_read, few, true, VECTOR * (double)few, rate, e);
	m->items = all;
	return ok;
}

static bool peaks(bench *m, td_err *e)
{
	int64_t vectors = m->x.bytes / VECTOR, n = whole(vectors, m->items), half = n / 2;
	double flops, cached, read, copy;
	if (!best_of(m, try_flops, m->items, true, 2.0 * CHAINS * (double)m->items, &flops, e) ||
	    !cached_rate(m, &cached, e) ||
	    !best_of(m, try_read, n, false, VECTOR * (double)n, &read, e) ||
	    !best_of(m, try_copy, half, false, 2.0 * VECTOR * (double)half, &copy, e))
		return false;
	read = fmax(read, copy);
	td_probe_number(m->b, "peak_flops", flops, "operations a second (f32 fma counts two)");
	td_probe_number(m->b, "peak_bytes", read, "bytes a second from and to memory");
	td_probe_number(m->b, "peak_cached_bytes", fmax(read, cached),
	                "bytes a second from its caches");
	return true;
}

/* Bytes that caches may hold: the last level, as the driver or the system says. */
static void take_cache(void *arg, const char *field, const char *value)
{
	int64_t n, *most = arg;
	if ((td_same(field, "CL_DEVICE_GLOBAL_MEM_CACHE_SIZE") ||
	     td_same(field, "cache_l2_bytes") || td_same(field, "cache_l3_bytes")) &&
	    td_read_int(value, &n) && n > *most)
		*most = n;
}

static double cache_bytes(td_device *dev)
{
	int64_t most = 0;
	td_device_fields(dev, take_cache, &most);
	if (td_device_caps(dev)->type == TD_DEVICE_CPU)
		td_host_fields(take_cache, &most);
	return (double)most;
}

bool td_probe_speed(td_probing *b, td_err *e)
{
	const td_caps *d = td_device_caps(b->dev);
	bool cpu = d->unified || !b->opencl;
	int64_t units = d->compute_units, bytes = cpu ? 48 << 20 : 256 << 20;
	bench m = {.b = b, .items = (units * (cpu ? 4 : 2048) + 63) / 64 * 64}; /* whole groups */
	bytes = bytes < d->max_alloc_bytes / 4 ? bytes : d->max_alloc_bytes / 4 / VECTOR * VECTOR;
	bool ok = td_mem_new(b->dev, bytes, &m.x, e) && td_mem_new(b->dev, m.items * 8, &m.z, e);
	td_tensor z = td_probe_tensor(&m.z);
	const td_arg args[] = {TD_T(&z)};
	const td_task nothing = {"td_probe_nothing", 1, args, 1, host_nothing, NULL};
	const float zero = 0;
	ok = ok && td_mem_fill(b->dev, &m.x, 0, bytes, &zero, sizeof zero, e) &&
	     td_mem_fill(b->dev, &m.z, 0, m.items * 8, &zero, sizeof zero, e) &&
	     clocks(b, &nothing, e) && profiling(b, &nothing, e) && peaks(&m, e);
	if (ok)
		td_probe_number(b, "cache_bytes", cache_bytes(b->dev), "bytes, of the last level");
	td_mem_free(b->dev, &m.z);
	td_mem_free(b->dev, &m.x);
	return ok;
}

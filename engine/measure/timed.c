#include "timed.h"

#include "../base/clock.h"
#include "calibrate.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { MOST_WARMUP = 220, MOST_SAMPLES = 1000 };

/* Sums of the launches and transfers of the executions under way. */
typedef struct {
	int64_t kernel_ns, upload_ns, download_ns;
} sums;

/* On the device's clock where it has one: a host that waits for a copy waits for kernels too. */
static int64_t taken(const td_times *t)
{
	return t->end_ns ? t->end_ns - t->start_ns : t->host_end_ns - t->host_begin_ns;
}

static bool add_up(void *ctx, const td_record *r, td_err *e)
{
	sums *s = ctx;
	(void)e;
	if (r->kind == TD_REC_LAUNCH)
		s->kernel_ns += taken(&r->as.launch.launched->t);
	else if (r->kind == TD_REC_TRANSFER)
		*(r->as.transfer.up ? &s->upload_ns : &s->download_ns) += taken(&r->as.transfer.t);
	return true;
}

typedef struct {
	td_exec *x;
	sums s;
	td_timed *t;
	int repeat, cap;
} timing;

/* Of so many executions, one at least. */
static bool sample(timing *g, int executions, int32_t warmup, td_err *e)
{
	g->s = (sums){0};
	int64_t begin = td_now_ns();
	int i = 0;
	do {
		td_exec_restart(g->x, g->repeat++);
		if (!td_exec_run(g->x, e))
			return false;
	} while (++i < executions);
	int64_t wall = td_now_ns() - begin;
	td_timed *t = g->t;
	if (t->n_samples == g->cap) {
		g->cap = g->cap ? 2 * g->cap : 64;
		t->samples = td_realloc(t->samples, (size_t)g->cap * sizeof *t->samples);
	}
	t->samples[t->n_samples++] = (td_sample){
		wall / i, g->s.kernel_ns / i, g->s.upload_ns / i, g->s.download_ns / i, warmup, i};
	return true;
}

/* Until the series is steady; what comes before that is kept as warm-up. */
static bool warm_up(timing *g, int executions, td_err *e)
{
	double wall[MOST_WARMUP];
	td_steady found = {.is = TD_STEADY_NOT_YET};
	for (int i = 0; i < MOST_WARMUP && found.is == TD_STEADY_NOT_YET; i++) {
		if (!sample(g, executions, 1, e))
			return false;
		wall[i] = (double)g->t->samples[i].wall_ns;
		found = td_steady_of(wall, (size_t)i + 1);
	}
	g->t->steadiness = found.is;
	g->t->n_warmup = g->t->n_samples;
	return true;
}

static int64_t switches(void)
{
	struct rusage u;
	return getrusage(RUSAGE_SELF, &u) == 0 ? (int64_t)u.ru_nivcsw : 0;
}

/* How often, from what the warm-up's last sample took. */
static bool take_samples(timing *g, const td_timing *how, td_err *e)
{
	double each = (double)g->t->samples[g->t->n_samples - 1].wall_ns / 1e9;
	td_sampling plan = td_sampling_for(each, 1e-9);
	double n = how->seconds > 0 ? how->seconds / 0.5 * (double)plan.n : (double)plan.n;
	int64_t before = switches();
	for (int i = 0; i < 10 || i < (int)(n < MOST_SAMPLES ? n : MOST_SAMPLES); i++)
		if (!sample(g, (int)plan.k, 0, e))
			return false;
	g->t->involuntary = switches() - before;
	return true;
}

static bool time_all(timing *g, td_device *dev, const td_timing *how, td_err *e)
{
	td_timed *t = g->t;
	const td_build *b = td_exec_build(g->x);
	t->build_ns = b->build_ns;
	t->from_cache = b->from_cache;
	memcpy(t->source_sha256, b->source_sha256, sizeof t->source_sha256);
	memcpy(t->options, b->options, sizeof t->options);
	int64_t begin = td_now_ns();
	if (!td_exec_run(g->x, e))
		return false;
	t->first_ns = td_now_ns() - begin;
	td_sampling k = td_sampling_for((double)t->first_ns / 1e9, 1e-9);
	return td_calibrate(dev, &t->calibrated_before_ns, e) && warm_up(g, (int)k.k, e) &&
	       take_samples(g, how, e) && td_calibrate(dev, &t->calibrated_after_ns, e);
}

bool td_timed_run(const td_plan *p, td_device *dev, const td_run_inputs *in, const td_timing *how,
                  td_timed *out, td_err *e)
{
	timing g = {.t = out};
	td_sink sink = {&g.s, add_up};
	*out = (td_timed){0};
	if (!td_exec_new(p, dev, in, &sink, 0, &g.x, e))
		return false;
	td_exec_restart(g.x, g.repeat++);
	bool ok = time_all(&g, dev, how, e);
	if (ok) {
		out->peak_bytes = td_exec_peak(g.x, TD_MAIN);
		td_sha256 made = td_outputs_sha256(p, g.x);
		memcpy(out->outputs_sha256, made.hex, sizeof made.hex);
	}
	td_exec_free(g.x);
	return ok;
}

void td_timed_fini(td_timed *t)
{
	free(t->samples);
	*t = (td_timed){0};
}

double td_timed_median(const td_timed *t, td_span_kind what)
{
	int n = t->n_samples - t->n_warmup;
	double *x = td_alloc(td_size_mul((size_t)(n > 0 ? n : 1), sizeof *x)), m = 0;
	for (int i = 0; i < n; i++) {
		const td_sample *s = &t->samples[t->n_warmup + i];
		x[i] = (double)(what == TD_KERNEL_ONLY ? s->kernel_ns : s->wall_ns);
	}
	if (n > 0) {
		td_sort(x, (size_t)n);
		m = td_quantile(x, (size_t)n, 0.5);
	}
	free(x);
	return m;
}

bool td_sample_adds_up(const td_sample *s)
{
	int64_t host = s->wall_ns - s->kernel_ns - s->upload_ns - s->download_ns;
	return s->wall_ns > 0 && host >= -s->wall_ns / 50;
}

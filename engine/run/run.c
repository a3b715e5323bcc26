#include "run.h"

#include "../base/clock.h"
#include "../base/file.h"
#include "../base/log.h"
#include "convert.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

td_sha256 td_tensor_sha256(const td_tensor *t)
{
	return td_sha256_of(t->data, td_size_mul((size_t)td_numel(t), td_sizeof(t->dtype)));
}

td_sha256 td_outputs_sha256(const td_plan *p, const td_exec *x)
{
	td_hasher *h = td_hasher_new();
	for (int i = 0; i < p->graph->outputs.n; i++) {
		td_sha256 sha = td_tensor_sha256(td_exec_output(x, i));
		td_hasher_add(h, sha.hex, 64);
	}
	td_sha256 all = td_hasher_end(h);
	td_hasher_free(h);
	return all;
}

static bool subnormal(td_dtype d, double x)
{
	double least = d == TD_F64 ? 0x1p-1022 : d == TD_F16 ? 0x1p-14 : 0x1p-126;
	return td_dtype_of(d)->is_float && fabs(x) < least && (x > 0 || x < 0);
}

td_summary td_summarise(const td_tensor *t)
{
	td_summary s = {
		.n = td_numel(t), .min = (double)NAN, .max = (double)NAN, .mean = (double)NAN};
	double sum = 0;
	int64_t finite = 0;
	for (int64_t i = 0; i < s.n; i++) {
		double x = td_element(t, i);
		s.n_nan += isnan(x) != 0;
		s.n_inf += isinf(x) != 0;
		s.n_zero += td_feq_exact(x, 0);
		s.n_subnormal += subnormal(t->dtype, x);
		if (!isfinite(x))
			continue;
		s.min = finite && s.min < x ? s.min : x;
		s.max = finite && s.max > x ? s.max : x;
		sum += x;
		finite++;
	}
	if (finite)
		s.mean = sum / (double)finite;
	return s;
}

static int by_value(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;
	return *x < *y ? -1 : *x > *y;
}

static int64_t median(const int64_t *values, int n)
{
	int64_t *sorted = td_alloc(td_size_mul((size_t)n, sizeof *sorted));
	memcpy(sorted, values, (size_t)n * sizeof *sorted);
	qsort(sorted, (size_t)n, sizeof *sorted, by_value);
	int64_t m = n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
	free(sorted);
	return m;
}

bool td_run_emit_inputs(const td_plan *p, const td_run_inputs *in, const td_run_options *o,
                        td_err *e)
{
	for (int i = 0; i < in->n; i++) {
		if (!in->loaded[i] || p->graph->inputs.items[i].supplied)
			continue;
		char *path = td_input_path(&p->graph->inputs.items[i]);
		td_record r = {
			.kind = TD_REC_INPUT,
			.as.input = {o->run, i, path, &in->items[i].sha, in->items[i].bytes}};
		bool ok = td_emit(o->sink, &r, e);
		free(path);
		if (!ok)
			return false;
	}
	return true;
}

/* Larger ones are too large for a picture as well. */
enum { SHOWN_MAX = 1 << 20 };

static void add_element(const td_tensor *t, int64_t i, td_str *out)
{
	if (td_dtype_of(t->dtype)->is_float)
		td_str_add(out, td_number_text(td_element(t, i)).text);
	else
		td_str_addf(out, "%.0f", td_element(t, i));
}

/* The elements of an output that a picture shows. */
static td_str shown(const td_graph *g, int output, const td_tensor *t)
{
	td_str text = {0};
	if (!td_output_shown(g, output) || td_numel(t) > SHOWN_MAX)
		return text;
	td_str_add(&text, "");
	for (int64_t i = 0; i < td_numel(t); i++) {
		if (i)
			td_str_add(&text, " ");
		add_element(t, i, &text);
	}
	return text;
}

bool td_run_check_inputs(const td_graph *g, const td_run_inputs *in, const td_run_options *o,
                         td_err *e)
{
	bool ok = true;
	for (int i = 0; i < in->n && ok; i++) {
		const td_input *input = &g->inputs.items[i];
		td_sha256 sha;
		int64_t bytes;
		if (!in->loaded[i] || input->supplied)
			continue;
		char *path = td_input_path(input);
		td_record r = {.kind = TD_REC_INPUT, .as.input = {o->run, i, path, &sha, 0, true}};
		ok = td_file_sha256(path, &sha, &bytes, e) && td_emit(o->sink, &r, e);
		if (ok && !td_same(sha.hex, in->items[i].sha.hex))
			ok = td_fail(e, TD_E_DATA,
			             "the file was changed while the run went on (its SHA-256 was "
			             "%.12s…, is "
			             "%.12s…); run it again",
			             in->items[i].sha.hex, sha.hex);
		if (!ok)
			(void)td_within(e, "input \"%s\", %s", input->name, path);
		free(path);
	}
	return ok;
}

bool td_run_emit_outputs(const td_plan *p, const td_exec *x, const td_run_options *o, int repeat,
                         td_err *e)
{
	for (int i = 0; o->sink && i < p->graph->outputs.n; i++) {
		const td_output *out = &p->graph->outputs.items[i];
		const td_tensor *t = td_exec_output(x, i);
		td_str numbers = shown(p->graph, i, t);
		td_record r = {.kind = TD_REC_VALUE,
		               .as.value = {o->run, repeat, out->value, out->name, *t,
		                            td_tensor_sha256(t), td_summarise(t), numbers.data}};
		bool ok = td_emit(o->sink, &r, e);
		td_str_fini(&numbers);
		if (!ok)
			return false;
	}
	return true;
}

static bool emit_costs(const td_plan *p, const td_exec *x, const td_run_options *o, td_err *e)
{
	for (int i = 0; o->sink && i < p->runs.n; i++) {
		td_record r = {
			.kind = TD_REC_COST,
			.as.cost = {o->run, p->runs.items[i].step, td_exec_times(x)[i].cost}};
		if (!td_emit(o->sink, &r, e))
			return false;
	}
	return true;
}

/* Warm-ups, then repeats; `wall` gets the time of each repeat. */
static bool repeat_all(td_exec *x, const td_run_options *o, td_run_result *res, int64_t *wall,
                       td_err *e)
{
	td_progress progress = {0};
	bool ok = true;
	for (int i = -o->warmup; i < o->repeat && ok; i++) {
		td_exec_restart(x, i);
		int64_t begin = td_now_ns();
		ok = td_exec_run(x, e);
		int64_t took = td_now_ns() - begin;
		if (ok && i == -o->warmup)
			res->first_ns = took;
		if (ok && i >= 0)
			wall[res->repeats++] = took;
		if (o->progress)
			td_progress_show(&progress, "running", i + o->warmup + 1,
			                 o->repeat + o->warmup);
	}
	td_progress_end(&progress);
	return ok;
}

static bool run_body(const td_plan *p, td_device *dev, const td_run_inputs *in,
                     const td_run_options *o, td_run_result *res, int64_t *wall, td_err *e)
{
	td_exec *x;
	if (!td_exec_new(p, dev, in, o->sink, o->run, &x, e))
		return false;
	res->build_ns = td_exec_build(x)->build_ns;
	bool ok = td_run_emit_inputs(p, in, o, e) && repeat_all(x, o, res, wall, e) &&
	          td_run_check_inputs(p->graph, in, o, e);
	ok = ok && emit_costs(p, x, o, e) && td_run_emit_outputs(p, x, o, o->repeat - 1, e);
	ok = ok && (!o->done || o->done(o->arg, p, x, e));
	res->peak_bytes[TD_MAIN] = td_exec_peak(x, TD_MAIN);
	res->peak_bytes[TD_HOST] = td_exec_peak(x, TD_HOST);
	td_exec_free(x);
	return ok;
}

bool td_run(const td_plan *p, td_device *dev, const td_run_inputs *in, const td_run_options *o,
            td_run_result *result, td_err *e)
{
	int64_t *wall = td_alloc(td_size_mul((size_t)o->repeat, sizeof *wall));
	td_record begin = {.kind = TD_REC_RUN,
	                   .as.run = {.run = o->run,
	                              .plan = p,
	                              .device = dev,
	                              .pipeline = o->pipeline,
	                              .device_name = o->device_name,
	                              .seed = o->seed,
	                              .warmup = o->warmup,
	                              .repeat = o->repeat}};
	*result = (td_run_result){0};
	bool ok = td_emit(o->sink, &begin, e) && run_body(p, dev, in, o, result, wall, e);
	if (result->repeats)
		result->wall_ns = median(wall, result->repeats);
	td_record end = {.kind = TD_REC_RUN_END,
	                 .as.run_end = {.run = o->run,
	                                .code = ok ? TD_OK : e->code,
	                                .error = ok ? NULL : e->text,
	                                .wall_ns = result->wall_ns,
	                                .build_ns = result->build_ns,
	                                .peak_bytes = result->peak_bytes[TD_MAIN],
	                                .repeats = result->repeats,
	                                .repeat_ns = wall}};
	td_err second;
	ok = td_emit(o->sink, &end, ok ? e : &second) && ok;
	free(wall);
	return ok;
}

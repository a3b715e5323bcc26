#include "../base/clock.h"
#include "../base/embed.h"
#include "probe_inner.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

/* -- tasks ---------------------------------------------------------------- */

static bool on_device(const td_call *c, td_err *e)
{
	const td_task *t = c->params;
	return td_launch(c, t->kernel, (int64_t[3]){t->items, 1, 1}, t->args, t->n, e);
}

static bool on_host(const td_call *c, td_err *e)
{
	const td_task *t = c->params;
	(void)e;
	t->host(c, t->arg);
	return true;
}

static bool take(void *arg, const td_launched *l, td_err *e)
{
	(void)e;
	*(td_times *)arg = l->t;
	return true;
}

static td_impl impl_of(const td_probing *b)
{
	return b->opencl ? (td_impl){"cl", TD_ON_OPENCL, on_device, "probe.cl", .text = b->source}
	                 : (td_impl){"native", TD_ON_HOST, on_host};
}

bool td_probe_run(const td_probing *b, const td_task *task, td_times *t, td_err *e)
{
	td_times unused;
	td_impl impl = impl_of(b);
	td_call call = {.params = task};
	return td_device_run(b->dev, &impl, &call, 0, e) && td_device_finish(b->dev, e) &&
	       td_device_collect(b->dev, take, t ? t : &unused, e);
}

int64_t td_probe_took(const td_times *t)
{
	return t->end_ns ? t->end_ns - t->start_ns : t->host_end_ns - t->host_begin_ns;
}

td_tensor td_probe_tensor(const td_mem *m)
{
	return (td_tensor){.dtype = TD_F32,
	                   .rank = 1,
	                   .dim = {m->bytes / (int64_t)sizeof(float)},
	                   .data = m->cl ? NULL : m->host,
	                   .mem = m->cl};
}

/* -- answers -------------------------------------------------------------- */

static td_probe *new_probe(td_probing *b, const char *name, bool bits, const char *verdict)
{
	td_personality *p = b->p;
	td_probe *x = &p->items[p->n < TD_MAX_PROBES ? p->n++ : TD_MAX_PROBES - 1];
	*x = (td_probe){.bits = bits, .verdict = verdict, .number = (double)NAN};
	td_clip(x->name, sizeof x->name, "%s", name);
	return x;
}

void td_probe_add(td_probing *b, const char *name, bool bits, const char *verdict, const char *fmt,
                  ...)
{
	td_probe *x = new_probe(b, name, bits, verdict);
	td_str text = {0};
	va_list args;
	va_start(args, fmt);
	td_str_addv(&text, fmt, args);
	va_end(args);
	td_clip(x->value, sizeof x->value, "%s", td_str_text(&text));
	td_str_fini(&text);
}

void td_probe_number(td_probing *b, const char *name, double number, const char *unit)
{
	td_probe *x = new_probe(b, name, false, "measured");
	x->number = number;
	td_clip(x->value, sizeof x->value, "%.4g %s", number, unit);
}

const td_probe *td_personality_find(const td_personality *p, const char *name)
{
	for (int i = 0; i < p->n; i++)
		if (td_same(p->items[i].name, name))
			return &p->items[i];
	return NULL;
}

/* -- the whole ------------------------------------------------------------ */

/* Of all answers about bits. */
static td_sha256 sha_of(const td_personality *p)
{
	td_hasher *h = td_hasher_new();
	for (int i = 0; i < p->n; i++)
		if (p->items[i].bits) {
			td_hasher_add(h, p->items[i].name, strlen(p->items[i].name) + 1);
			td_hasher_add(h, p->items[i].value, strlen(p->items[i].value) + 1);
		}
	td_sha256 sha = td_hasher_end(h);
	td_hasher_free(h);
	return sha;
}

bool td_personality_probe(td_device *dev, td_personality *p, td_err *e)
{
	const td_embedded *source = td_embedded_find("engine/measure/probe.cl");
	td_device_type type = td_device_caps(dev)->type;
	td_probing b = {.dev = dev,
	                .opencl = type != TD_DEVICE_NATIVE && type != TD_DEVICE_REF,
	                .source = source ? source->text : "",
	                .p = p};
	const td_impl impl = impl_of(&b), *impls = &impl;
	int64_t begin = td_now_ns();
	memset(p, 0, sizeof *p);
	bool ok = td_device_build(dev, &impls, 1, NULL, e) && td_probe_bits(&b, e) &&
	          td_probe_speed(&b, e);
	p->sha = sha_of(p);
	p->took_ns = td_now_ns() - begin;
	return ok || td_within(e, "probing %s", td_device_caps(dev)->id);
}

/* db_fakes.h: stand-ins for functions of layers that are not merged yet. Weak: where the library has
 * the real one linked in, that one counts. To be deleted with its #include in db_fixture.h. */
#ifndef TESTS_DB_FAKES_H
#define TESTS_DB_FAKES_H

#include "device/device.h"
#include "plan/plan.h"

#define WEAK __attribute__((weak))

WEAK void td_graph_text(const td_graph *g, td_str *out)
{
	td_str_addf(out, "graph %s\n", g->name);
	for (int i = 0; i < g->steps.n; i++) {
		td_str_addf(out, "%d = %s\n", i, g->steps.items[i].node_name);
		for (const td_param *p = g->steps.items[i].node->params; p && p->name; p++) {
			td_str_addf(out, " %s=", p->name);
			td_param_text(p, g->steps.items[i].params, out);
		}
	}
}

WEAK td_sha256 td_graph_sha256(const td_graph *g)
{
	td_str text = {0};
	td_graph_text(g, &text);
	td_sha256 sha = td_sha256_text(td_str_text(&text));
	td_str_fini(&text);
	return sha;
}

WEAK void td_plan_save(const td_plan *p, td_str *out)
{
	td_str_addf(out, "plan on %s\n", p->caps.id);
	td_graph_text(p->graph, out);
}

WEAK td_sha256 td_plan_sha256(const td_plan *p)
{
	td_str text = {0};
	td_plan_save(p, &text);
	td_sha256 sha = td_sha256_text(td_str_text(&text));
	td_str_fini(&text);
	return sha;
}

WEAK bool td_device_open(const char *name, td_device **dev, td_err *e)
{
	static char any;
	(void)name;
	(void)e;
	*dev = (td_device *)(void *)&any;
	return true;
}

WEAK void td_device_close(td_device *dev)
{
	(void)dev;
}

WEAK int td_device_threads(const td_device *dev)
{
	(void)dev;
	return 2;
}

WEAK void td_device_fields(const td_device *dev,
                           void (*take)(void *arg, const char *field, const char *value), void *arg)
{
	(void)dev;
	take(arg, "cpu.cores", "2");
	take(arg, "driver.note", "none");
}

WEAK const char *td_device_type_name(td_device_type t)
{
	return t == TD_DEVICE_NATIVE ? "native" : t == TD_DEVICE_CPU ? "cpu" : "other";
}

WEAK void td_parallel(const td_call *c, int64_t n, int64_t grain,
                      void (*body)(const void *arg, int64_t lo, int64_t hi), const void *arg)
{
	(void)c;
	(void)grain;
	body(arg, 0, n);
}

WEAK bool td_launch(const td_call *c, const char *kernel, const int64_t items[3],
                    const td_arg *args, size_t n_args, td_err *e)
{
	(void)c;
	(void)kernel;
	(void)items;
	(void)args;
	(void)n_args;
	return td_fail(e, TD_E_DEVICE, "no device");
}

#endif

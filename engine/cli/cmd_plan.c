#include "cli.h"

#include "../base/log.h"

#include <stdio.h>

/* The device to plan for: a profile file, or a device of this machine. */
static bool caps_for(const td_cli *c, td_caps *caps, td_err *e)
{
	td_device *dev;
	if (c->profile)
		return td_caps_read(caps, c->profile, e);
	if (!td_device_open(c->n_on ? c->on[0] : "auto", &dev, e))
		return false;
	*caps = *td_device_caps(dev);
	td_device_close(dev);
	return true;
}

/* -o saves the plan itself; stdout gets the text for people. */
static bool show(td_cli *c, const td_plan *p, int format, td_err *e)
{
	td_str text = {0}, saved = {0};
	(format ? td_plan_json : td_plan_print)(p, &text);
	fputs(td_str_text(&text), stdout);
	td_plan_save(p, &saved);
	bool ok = !c->output || td_cli_write(c, &saved, e);
	td_str_fini(&text);
	td_str_fini(&saved);
	return ok;
}

int td_cmd_plan(td_cli *c)
{
	static const char *const formats[] = {"text", "json", NULL};
	td_job j = td_cli_job(c);
	td_loaded l = {0};
	td_caps caps;
	td_err e;
	int format, code = TD_OK;
	if (c->n_on + (c->profile != NULL) > 1) {
		td_fail(&e, TD_E_USAGE, "plan takes one device: --on DEVICE or --profile FILE");
		return td_cli_fail(&e);
	}
	if (!td_cli_format(c, formats, &format, &e) || !td_job_prove(&j, false, &l, &e) ||
	    !caps_for(c, &caps, &e)) {
		code = td_cli_fail(&e);
		td_job_unload(&l);
		return code;
	}
	td_plan *p = td_job_plan(&j, &l, &caps, &e);
	if (p && !c->quiet)
		td_job_print_findings(&l);
	if (!p || !show(c, p, format, &e))
		code = td_cli_fail(&e);
	td_plan_free(p);
	td_job_unload(&l);
	return code;
}

#include "cli.h"

#include "../../lua/driver.h"
#include "../base/file.h"
#include "../device/device.h"
#include "../measure/personality.h"

#include <stdlib.h>
#include <string.h>

/* What check and plan take elsewhere in the device's place, with its measured peaks. */
static bool write_profile(const td_cli *c, td_err *e)
{
	td_device *dev;
	if (!td_device_open(c->n_on ? c->on[0] : "auto", &dev, e))
		return false;
	td_caps caps = *td_device_caps(dev);
	td_personality *p = td_alloc(sizeof *p);
	bool ok = td_personality_probe(dev, p, e);
	const td_probe *flops = td_personality_find(p, "peak_flops"),
		       *bytes = td_personality_find(p, "peak_bytes");
	if (flops && bytes) {
		caps.flops = flops->number;
		caps.bandwidth = bytes->number;
	}
	char *text = td_caps_json(&caps);
	ok = ok && td_file_write(c->write_profile, text, strlen(text), e);
	free(text);
	free(p);
	td_device_close(dev);
	return ok;
}

/* The examination is a driver script of our own: lua/drivers/doctor.lua. $TANDEM_SYSTEM_ROOT stands for
 * the root of the file system in tests. */
int td_cmd_doctor(td_cli *c)
{
	static const char *const formats[] = {"text", "json", NULL};
	const char *root = getenv("TANDEM_SYSTEM_ROOT");
	td_err e;
	int format;
	if (c->n_on > 1)
		td_fail(&e, TD_E_USAGE, "doctor takes one device");
	if (c->n_on > 1 || !td_cli_format(c, formats, &format, &e))
		return td_cli_fail(&e);
	const char *args[] = {c->n_on ? c->on[0] : "", formats[format], root ? root : ""};
	bool ok = td_driver_run_embedded(&c->registry, "lua/drivers/doctor.lua", args, 3,
	                                 td_cli_db(c), &e) &&
	          (!c->write_profile || write_profile(c, &e));
	return ok ? TD_OK : td_cli_fail(&e);
}

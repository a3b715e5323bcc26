/* driver.h: driver scripts: plain Lua with all libraries, and `require "tandem"` to check, run,
 * compare and query. Layer 7. A driver is trusted; pipelines it names still run in the sandbox. */
#ifndef TD_LUA_DRIVER_H
#define TD_LUA_DRIVER_H

#include "job.h"

/* Runs a script file with the arguments in `arg`. `db` is the database that queries and runs take
 * when the script names none. A Lua error is TD_E_USAGE with its message; os.exit works. */
TD_MUST_USE bool td_driver_run(const td_registry *r, const char *path, const char *const *args,
                               int n_args, const char *db, td_err *e);
/* The same for an embedded script ("lua/tandem/report.lua"). */
TD_MUST_USE bool td_driver_run_embedded(const td_registry *r, const char *path,
                                        const char *const *args, int n_args, const char *db,
                                        td_err *e);

#endif

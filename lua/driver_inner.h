/* driver_inner.h: what driver scripts find; for the files driver*.c alone. Layer 7. */
#ifndef TD_LUA_DRIVER_INNER_H
#define TD_LUA_DRIVER_INNER_H

#include "driver.h"

#include <lua.h>

/* Pushes the module "tandem". `r` NULL: with a registry of its own; `db` NULL: TANDEM_DB, else tandem.db. Both
 * are borrowed. */
void td_driver_push_module(lua_State *L, const td_registry *r, const char *db);

#endif

/* store.h: the product's memory: a td_sink that writes to a SQLite file. Layer 6.
 *
 * Records of a run are kept in memory until its RUN_END; then the whole run is written in one
 * transaction, also when it failed. SESSION_END writes the agreement records and how the command
 * ended. Whatever kills the program, the file holds every run that had ended, whole, and nothing of
 * the one that had not. Several programs may write to one file. */
#ifndef TD_DB_STORE_H
#define TD_DB_STORE_H

#include "run/record.h"

typedef struct td_store td_store;

/* Opens the database, or makes it, and brings it to this tandem's schema. TD_E_DEVICE: cannot be
 * written; TD_E_DATA: not a database of tandem, of a newer one, or damaged. NULL after an error. */
TD_MUST_USE bool td_store_open(const char *path, td_store **s, td_err *e);
/* Drops what was not written. */
void td_store_close(td_store *s);

/* One session at a time: SESSION, then runs, which may overlap, then SESSION_END. After RUN_END only
 * AGREEMENT may name a run. The sink lives as long as the store. */
td_sink td_store_sink(td_store *s);

/* Has this device been probed in the environment of the open session? If so, that is its personality now. */
TD_MUST_USE bool td_store_knows(td_store *s, const td_device *dev, bool *known, td_err *e);

/* Does it round otherwise than C does, by the probes of its personality now? False where it has none. Those of
 * td_math do not count: it is made of what the others ask about, so that a difference is a fault. */
TD_MUST_USE bool td_store_unlike(td_store *s, const td_device *dev, bool *unlike, td_err *e);

/* Row ids, for people and for `reproduce`; 0 as long as nothing is written. `number` counts the
 * runs of the session from 0. */
int64_t td_store_session_id(const td_store *s);
int64_t td_store_run_id(const td_store *s, int number);

#endif

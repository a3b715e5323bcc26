/* store_inner.h: what a store holds; for the files of db/ alone. Layer 6. */
#ifndef TD_DB_STORE_INNER_H
#define TD_DB_STORE_INNER_H

#include "base/clock.h"
#include "base/intern.h"
#include "env.h"
#include "sql_inner.h"
#include "store.h"

/* -- records in memory ---------------------------------------------------- */

/* A launch as it is kept until the end of the run. */
typedef struct {
	int step, repeat, kernel; /* kernel: number in td_held.kernels */
	int64_t n, turn;
	td_times t;
} td_held_launch;

/* The key of td_held.kernels: this, then impl and name, each with its NUL. */
typedef struct {
	int64_t items[3];
	int32_t local[3], place;
} td_held_kernel;

/* A run that has begun. */
typedef struct {
	int64_t id; /* of its row, 0: not written */
	bool ended;
	td_rec_run begun; /* plan and device are borrowed until the end */
	td_date started;
	td_arena arena; /* strings, records, kernels */
	td_facts state;
	TD_LIST(td_record *) records;
	td_intern kernels;
	td_str key; /* being made */
	struct {
		td_held_launch *items; /* from td_realloc: there may be millions */
		int n, cap;
	} launches;
} td_held;

typedef struct {
	bool open;
	int64_t id; /* of its row, 0: not written */
	td_rec_session begun;
	td_date started;
	td_arena arena;
	td_facts environment;
	td_git git;
	TD_LIST(td_held *) runs;
	TD_LIST(td_record *) tail; /* agreement, protocol, speed-ups: written at the end */
} td_held_session;

/* -- statements ----------------------------------------------------------- */

typedef enum {
	TD_PUT_TEXT,
	TD_PUT_GRAPH,
	TD_PUT_STEP,
	TD_PUT_GRAPH_VALUE,
	TD_PUT_PLAN,
	TD_PUT_DEVICE,
	TD_PUT_DEVICE_FIELD,
	TD_PUT_ENVIRONMENT,
	TD_PUT_ENVIRONMENT_FIELD,
	TD_PUT_SESSION,
	TD_PUT_RUN,
	TD_PUT_PARAM,
	TD_PUT_SOURCE,
	TD_PUT_INPUT,
	TD_PUT_PLUGIN,
	TD_PUT_STATE,
	TD_PUT_REPEAT,
	TD_PUT_BUILD,
	TD_PUT_KERNEL,
	TD_PUT_LAUNCH,
	TD_PUT_TRANSFER,
	TD_PUT_BIND,
	TD_PUT_VALUE,
	TD_PUT_SHOWN,
	TD_PUT_AGREEMENT,
	TD_PUT_REPEATABILITY,
	TD_PUT_TIMED,
	TD_PUT_PROTOCOL,
	TD_PUT_SPEEDUP,
	TD_PUT_PERSONALITY,
	TD_PUT_COST,
	TD_PUT_BLAME,
	TD_PUT_GIT,
	TD_PUT_PROBE,
	TD_N_PUTS
} td_put;

typedef enum {
	TD_FIND_GRAPH,
	TD_FIND_PLAN,
	TD_FIND_DEVICE,
	TD_FIND_ENVIRONMENT,
	TD_FIND_KERNEL,
	TD_FIND_PERSONALITY,
	TD_FIND_UNLIKE,
	TD_N_FINDS
} td_find;

struct td_store {
	td_sql sql;
	sqlite3_stmt *put[TD_N_PUTS], *find[TD_N_FINDS];
	td_held_session session;
};

/* Inserts a row; the cells are those of the table in store.c, in its order. */
TD_MUST_USE bool td_store_put_n(td_store *s, td_put which, const td_cell *cells, int n, td_err *e);
#define td_store_put(s, which, e, ...)                           \
	td_store_put_n(s, which, (const td_cell[]){__VA_ARGS__}, \
	               (int)(sizeof((const td_cell[]){__VA_ARGS__}) / sizeof(td_cell)), e)
/* The id of the row just inserted. */
int64_t td_store_new_id(const td_store *s);
/* The id of the row with these key cells; 0: none. */
TD_MUST_USE bool td_store_find(td_store *s, td_find which, const td_cell *cells, int n, int64_t *id,
                               td_err *e);

/* -- writing: each is one transaction ------------------------------------- */

TD_MUST_USE bool td_store_begin(td_store *s, td_err *e);
/* Commits, or takes everything back and keeps the error. */
TD_MUST_USE bool td_store_finish(td_store *s, bool ok, td_err *e);

TD_MUST_USE bool td_store_write_run(td_store *s, td_held *run, const td_rec_run_end *end,
                                    td_err *e);
TD_MUST_USE bool td_store_write_end(td_store *s, const td_rec_session_end *end, td_err *e);

TD_MUST_USE bool td_store_write_personality(td_store *s, const td_rec_personality *r, td_err *e);

/* The id of the session's row, which is written with the first thing that belongs to it. */
TD_MUST_USE bool td_store_know_session(td_store *s, int64_t *id, td_err *e);

/* Parts of it, in content.c: rows that exist once a content. */
TD_MUST_USE bool td_store_text(td_store *s, const char *text, td_sha256 *sha, td_err *e);
TD_MUST_USE bool td_store_plan(td_store *s, const td_plan *p, int64_t *id, td_err *e);
TD_MUST_USE bool td_store_device(td_store *s, const td_caps *c, const td_device *dev, int64_t *id,
                                 td_err *e);
TD_MUST_USE bool td_store_environment(td_store *s, const td_facts *f, int64_t *id, td_err *e);

/* Rows (id, field, value). */
TD_MUST_USE bool td_store_facts(td_store *s, td_put which, int64_t id, const td_facts *f,
                                td_err *e);

/* Frees what a run holds; its id stays. */
void td_held_empty(td_held *run);
/* Frees all of a session. */
void td_held_forget(td_held_session *x);

#endif

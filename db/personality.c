/* What devices really do: written at first sight, and asked about. */
#include "store_inner.h"

#define I TD_CELL_I
#define R TD_CELL_R
#define T TD_CELL_T

static bool find_personality(td_store *s, const td_device *dev, int64_t key[2], int64_t *id,
                             td_err *e)
{
	if (!td_store_device(s, td_device_caps(dev), dev, &key[0], e) ||
	    !td_store_environment(s, &s->session.environment, &key[1], e))
		return false;
	const td_cell cells[] = {I(key[0]), I(key[1])};
	return td_store_find(s, TD_FIND_PERSONALITY, cells, TD_COUNT(cells), id, e);
}

/* It is the one in force from now on. */
static bool met_again(td_store *s, int64_t id, td_err *e)
{
	td_date now = td_date_now();
	const td_cell cells[] = {I(id), T(now.text)};
	return td_sql_change(&s->sql, "UPDATE personality SET last_at = ?2 WHERE id = ?1", cells,
	                     TD_COUNT(cells), e);
}

bool td_store_knows(td_store *s, const td_device *dev, bool *known, td_err *e)
{
	int64_t key[2], id = 0;
	if (!td_store_begin(s, e))
		return false;
	bool ok = find_personality(s, dev, key, &id, e) && (!id || met_again(s, id, e));
	ok = td_store_finish(s, ok, e);
	*known = id != 0;
	return ok;
}

bool td_store_unlike(td_store *s, const td_device *dev, bool *unlike, td_err *e)
{
	int64_t key[2], id = 0, found = 0;
	if (!td_store_begin(s, e))
		return false;
	bool ok = find_personality(s, dev, key, &id, e);
	if (ok && id) {
		const td_cell cell = I(id);
		ok = td_store_find(s, TD_FIND_UNLIKE, &cell, 1, &found, e);
	}
	ok = td_store_finish(s, ok, e);
	*unlike = found != 0;
	return ok;
}

static bool put_personality(td_store *s, const td_rec_personality *r, td_err *e)
{
	int64_t key[2], id;
	td_date now = td_date_now();
	if (!find_personality(s, r->device, key, &id, e))
		return false;
	if (id) /* another program was quicker */
		return true;
	if (!td_store_put(s, TD_PUT_PERSONALITY, e, I(key[0]), I(key[1]), T(r->what->sha.hex),
	                  T(now.text), T(now.text), I(r->what->took_ns)))
		return false;
	id = td_store_new_id(s);
	for (int i = 0; i < r->what->n; i++) {
		const td_probe *p = &r->what->items[i];
		if (!td_store_put(s, TD_PUT_PROBE, e, I(id), T(p->name), I(p->bits), T(p->verdict),
		                  T(p->value), R(p->number)))
			return false;
	}
	return true;
}

bool td_store_write_personality(td_store *s, const td_rec_personality *r, td_err *e)
{
	return td_store_begin(s, e) && td_store_finish(s, put_personality(s, r, e), e);
}

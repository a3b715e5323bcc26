#include "intern.h"

#include <string.h>

static uint32_t hash_bytes(const void *bytes, int n)
{
	const unsigned char *p = bytes;
	uint32_t h = 2166136261u; /* FNV-1a */
	for (int i = 0; i < n; i++)
		h = (h ^ p[i]) * 16777619u;
	return h;
}

static int32_t *find_slot(const td_intern *t, uint32_t hash, const void *bytes, int n)
{
	uint32_t i = hash & (t->n_slots - 1);
	for (; t->slot[i]; i = (i + 1) & (t->n_slots - 1)) {
		const td_interned *x = &t->items[t->slot[i] - 1];
		if (x->hash == hash && x->n == n && (!n || memcmp(x->bytes, bytes, (size_t)n) == 0))
			break;
	}
	return &t->slot[i];
}

static void rehash(td_arena *a, td_intern *t)
{
	t->n_slots = t->n_slots ? t->n_slots * 2 : 64;
	t->slot = td_arena_array(a, t->n_slots, sizeof *t->slot);
	for (int i = 0; i < t->n; i++)
		*find_slot(t, t->items[i].hash, t->items[i].bytes, t->items[i].n) = i + 1;
}

int td_intern_find(const td_intern *t, const void *bytes, int n)
{
	return t->n_slots ? *find_slot(t, hash_bytes(bytes, n), bytes, n) - 1 : -1;
}

int td_intern_add(td_arena *a, td_intern *t, const void *bytes, int n)
{
	uint32_t hash = hash_bytes(bytes, n);
	if ((uint32_t)t->n * 2 >= t->n_slots)
		rehash(a, t);
	int32_t *slot = find_slot(t, hash, bytes, n);
	if (*slot)
		return *slot - 1;
	void *copy = td_arena_alloc(a, (size_t)n + 1);
	if (n)
		memcpy(copy, bytes, (size_t)n);
	TD_PUSH(a, *t, ((td_interned){hash, n, copy}));
	*slot = t->n;
	return t->n - 1;
}

int td_intern_add_text(td_arena *a, td_intern *t, const char *text)
{
	return td_intern_add(a, t, text, (int)strlen(text));
}

int td_intern_find_text(const td_intern *t, const char *text)
{
	return td_intern_find(t, text, (int)strlen(text));
}

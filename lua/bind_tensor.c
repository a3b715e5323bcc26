#include "bind_tensor.h"

#include "base/rng.h"
#include "model/dtype.h"
#include "run/convert.h"

#include <lauxlib.h>
#include <math.h>
#include <string.h>

static const char DRAFT[] = "tandem.draft", ARENA[] = "tandem.arena"; /* registry */

const td_draft *td_bind_draft(lua_State *L, int index)
{
	return luaL_testudata(L, index, DRAFT);
}

static const td_draft *check_draft(lua_State *L, int index)
{
	return luaL_checkudata(L, index, DRAFT);
}

static bool whole(const td_draft *d)
{
	return !td_dtype_of(d->dtype)->is_float;
}

/* -- making --------------------------------------------------------------- */

static td_arena *arena_of(lua_State *L)
{
	lua_getfield(L, LUA_REGISTRYINDEX, ARENA);
	td_arena *a = lua_touserdata(L, -1);
	lua_pop(L, 1);
	return a;
}

/* `bytes` from the arena, within the memory limit. */
static void *take(lua_State *L, td_arena *a, int64_t n, size_t size)
{
	size_t bytes;
	if (n < 0 || __builtin_mul_overflow((size_t)n, size, &bytes) ||
	    __builtin_add_overflow(bytes, a->used, &bytes))
		bytes = SIZE_MAX / 2;
	td_sandbox_hold(L, bytes);
	td_sandbox_spend(L, n);
	return td_arena_array(a, (size_t)n + 1, size);
}

/* Pushes a draft of zeros with the dtype, rank and dims of `like`. */
static td_draft *push_draft(lua_State *L, const td_draft *like)
{
	td_draft *d = lua_newuserdatauv(L, sizeof *d, 0);
	*d = *like;
	d->n = 1;
	for (int i = 0; i < d->rank; i++)
		if (d->dim[i] < 0 || __builtin_mul_overflow(d->n, d->dim[i], &d->n))
			td_script_fail(L, "a tensor with %lld as a dim", (long long)d->dim[i]);
	d->as.r = take(L, arena_of(L), d->n, sizeof(double));
	luaL_setmetatable(L, DRAFT);
	return d;
}

static double element(const td_draft *d, int64_t i)
{
	return whole(d) ? (double)d->as.i[i] : d->as.r[i];
}

/* Stores the number on top, which stays. */
static void store(lua_State *L, td_draft *d, int64_t i)
{
	int is_number;
	lua_Number x = lua_tonumberx(L, -1, &is_number);
	if (!is_number)
		td_script_fail(L, "a tensor is made of numbers, not of a %s", luaL_typename(L, -1));
	if (!whole(d)) {
		d->as.r[i] = x;
		return;
	}
	int is_integer;
	lua_Integer k = lua_tointegerx(L, -1, &is_integer);
	if (!is_integer)
		td_script_fail(L, "%s holds no %s", td_dtype_name(d->dtype),
		               td_number_text(x).text);
	d->as.i[i] = k;
}

/* Reads `dtype` from the table of options at `index`, which may be absent. */
static td_dtype option_dtype(lua_State *L, int index, td_dtype otherwise)
{
	td_dtype dtype = otherwise;
	if (!lua_istable(L, index))
		return dtype;
	if (lua_getfield(L, index, "dtype") != LUA_TNIL &&
	    !td_dtype_parse(td_script_text(L, -1, "dtype"), &dtype))
		td_script_fail(L, "there is no dtype \"%s\"", lua_tostring(L, -1));
	lua_pop(L, 1);
	return dtype;
}

static double option(lua_State *L, const char *name, double otherwise)
{
	lua_getfield(L, 1, name);
	double x = luaL_optnumber(L, -1, otherwise);
	lua_pop(L, 1);
	return x;
}

/* Is the word one of a list like "value, dtype"? */
static bool listed(const char *list, const char *word)
{
	size_t n = strlen(word);
	for (const char *s = list; n && (s = strstr(s, word)) != NULL; s++)
		if ((s == list || s[-1] == ' ') && (s[n] == ',' || !s[n]))
			return true;
	return false;
}

/* { dims…, dtype = } at index 1, and no options but these. */
static td_draft read_dims(lua_State *L, const char *options)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	td_draft d = {.dtype = option_dtype(L, 1, TD_F32)};
	lua_Integer n = td_sandbox_keys(L, 1);
	for (lua_Integer i = 1; i <= n; i++, lua_pop(L, 1)) {
		lua_rawgeti(L, -1, i);
		if (lua_isinteger(L, -1)) {
			lua_rawgeti(L, 1, i);
			if (i > TD_MAX_RANK || lua_tointeger(L, -2) != i || !lua_isinteger(L, -1))
				td_script_fail(L, "dims are at most %d integers", TD_MAX_RANK);
			d.dim[d.rank++] = lua_tointeger(L, -1);
			lua_pop(L, 1);
		} else if (!listed(options, lua_tostring(L, -1))) {
			td_script_fail(L, "there is no option \"%s\" here: %s", lua_tostring(L, -1),
			               options);
		}
	}
	lua_pop(L, 1);
	return d;
}

/* -- c.values ------------------------------------------------------------- */

/* Dims of the nested tables on top, from their first elements. */
static void nested_dims(lua_State *L, td_draft *d)
{
	int top = lua_gettop(L);
	while (lua_istable(L, -1)) {
		if (d->rank == TD_MAX_RANK)
			td_script_fail(L, "a tensor has at most %d dims", TD_MAX_RANK);
		d->dim[d->rank++] = (int64_t)lua_rawlen(L, -1);
		lua_rawgeti(L, -1, 1);
	}
	lua_settop(L, top);
}

/* Stores what the table on top holds, row by row: `at` counts, one position a dim. */
static void nested_values(lua_State *L, td_draft *d)
{
	int64_t at[TD_MAX_RANK] = {0};
	int depth = 0; /* tables on the stack beside the outermost */
	luaL_checkstack(L, TD_MAX_RANK + 4, NULL);
	for (int64_t i = 0; i < d->n; i++) {
		for (; depth < d->rank; depth++) {
			if (!lua_istable(L, -1) || (int64_t)lua_rawlen(L, -1) != d->dim[depth])
				td_script_fail(L, "the rows of a tensor have one length");
			lua_rawgeti(L, -1, at[depth] + 1);
		}
		store(L, d, i);
		while (depth > 0) {
			depth--;
			lua_pop(L, 1);
			if (++at[depth] < d->dim[depth])
				break;
			at[depth] = 0;
		}
	}
}

/* c.values(nested tables or a number, { dtype = }) */
static int values(lua_State *L)
{
	td_draft like = {.dtype = option_dtype(L, 2, TD_F32)};
	luaL_checkany(L, 1);
	lua_settop(L, 1);
	nested_dims(L, &like);
	td_draft *d = push_draft(L, &like);
	lua_pushvalue(L, 1);
	nested_values(L, d);
	lua_settop(L, 2);
	return 1;
}

/* -- random and constant tensors ------------------------------------------ */

static td_rng rng(lua_State *L)
{
	lua_getfield(L, 1, "seed");
	lua_Integer seed = luaL_optinteger(L, -1, 0);
	lua_pop(L, 1);
	return td_rng_make((uint64_t)seed, 0);
}

/* Stores a double into a draft of any dtype. */
static void store_real(lua_State *L, td_draft *d, int64_t i, double x)
{
	lua_pushnumber(L, whole(d) ? rint(x) : x);
	store(L, d, i);
	lua_pop(L, 1);
}

/* c.normal{ dims…, seed =, mean =, sd =, dtype = } */
static int normal(lua_State *L)
{
	td_draft like = read_dims(L, "seed, mean, sd, dtype");
	double mean = option(L, "mean", 0), sd = option(L, "sd", 1);
	td_rng r = rng(L);
	td_draft *d = push_draft(L, &like);
	for (int64_t i = 0; i < d->n; i++)
		store_real(L, d, i, mean + sd * td_rng_normal(&r));
	return 1;
}

/* c.uniform{ dims…, lo =, hi =, seed =, dtype = }: lo <= x < hi */
static int uniform(lua_State *L)
{
	td_draft like = read_dims(L, "lo, hi, seed, dtype");
	double lo = option(L, "lo", 0), hi = option(L, "hi", 1);
	td_rng r = rng(L);
	td_draft *d = push_draft(L, &like);
	for (int64_t i = 0; i < d->n; i++)
		store_real(L, d, i, lo + (hi - lo) * td_rng_unit(&r));
	return 1;
}

/* c.ints{ dims…, lo =, hi =, seed =, dtype = }: lo <= x <= hi */
static int ints(lua_State *L)
{
	td_draft like = read_dims(L, "lo, hi, seed, dtype");
	double lo = option(L, "lo", 0), hi = option(L, "hi", 9);
	if (!(lo <= hi && hi - lo < 0x1p32 - 1 && fabs(lo) <= 0x1p53))
		td_script_fail(L, "c.ints needs lo <= hi, less than 2^32 apart");
	td_rng r = rng(L);
	bool drawn = option_dtype(L, 1, TD_N_DTYPES) != TD_N_DTYPES;
	like.dtype = drawn ? like.dtype : TD_I32;
	td_draft *d = push_draft(L, &like);
	for (int64_t i = 0; i < d->n; i++)
		store_real(L, d, i, lo + td_rng_below(&r, (uint32_t)(hi - lo) + 1));
	return 1;
}

/* c.full{ dims…, value =, dtype = } */
static int full(lua_State *L)
{
	td_draft like = read_dims(L, "value, dtype");
	td_draft *d = push_draft(L, &like);
	lua_getfield(L, 1, "value");
	for (int64_t i = 0; i < d->n; i++)
		store(L, d, i);
	lua_pop(L, 1);
	return 1;
}

/* -- changed copies ------------------------------------------------------- */

/* The number that an input of this dtype would hold. */
static double rounded(const td_draft *d, int64_t i)
{
	double x = element(d, i);
	return d->dtype == TD_F32 ? (double)(float)x : x;
}

static void push_element(lua_State *L, const td_draft *d, int64_t i)
{
	if (whole(d))
		lua_pushinteger(L, d->as.i[i]);
	else
		lua_pushnumber(L, rounded(d, i));
}

/* c.with(tensor, { [i] = number }): i counts elements from 1 */
static int with(lua_State *L)
{
	const td_draft *old = check_draft(L, 1);
	luaL_checktype(L, 2, LUA_TTABLE);
	td_draft *d = push_draft(L, old);
	memcpy(d->as.r, old->as.r, (size_t)d->n * sizeof *d->as.r);
	for (lua_pushnil(L); lua_next(L, 2); lua_pop(L, 1)) {
		lua_Integer i = lua_isinteger(L, -2) ? lua_tointeger(L, -2) : 0;
		if (i < 1 || i > d->n)
			td_script_fail(L, "c.with: the tensor has elements 1 … %lld",
			               (long long)d->n);
		store(L, d, i - 1);
	}
	return 1;
}

/* c.map(tensor, function(x, i) … end) */
static int map(lua_State *L)
{
	const td_draft *old = check_draft(L, 1);
	luaL_checktype(L, 2, LUA_TFUNCTION);
	td_draft *d = push_draft(L, old);
	for (int64_t i = 0; i < d->n; i++) {
		lua_pushvalue(L, 2);
		push_element(L, old, i);
		lua_pushinteger(L, i + 1);
		lua_call(L, 2, 1);
		store(L, d, i);
		lua_pop(L, 1);
	}
	return 1;
}

void td_bind_tensors(lua_State *L, td_arena *arena)
{
	static const luaL_Reg c[] = {
		{"values", values}, {"normal", normal}, {"uniform", uniform}, {"ints", ints},
		{"full", full},     {"with", with},     {"map", map},         {NULL, NULL},
	};
	lua_pushlightuserdata(L, arena);
	lua_setfield(L, LUA_REGISTRYINDEX, ARENA);
	luaL_newmetatable(L, DRAFT);
	lua_pushliteral(L, "tensor");
	lua_setfield(L, -2, "__name");
	lua_pop(L, 1);
	luaL_newlib(L, c);
	lua_pushnumber(L, (lua_Number)NAN);
	lua_setfield(L, -2, "nan");
	lua_pushnumber(L, HUGE_VAL);
	lua_setfield(L, -2, "inf");
}

/* -- tensors of drafts ---------------------------------------------------- */

static void write_element(const td_draft *d, int64_t i, td_tensor *out)
{
	switch (out->dtype) {
	case TD_F32:
		((float *)out->data)[i] = (float)element(d, i);
		break;
	case TD_F64:
		((double *)out->data)[i] = element(d, i);
		break;
	case TD_I32:
		((int32_t *)out->data)[i] = (int32_t)d->as.i[i];
		break;
	case TD_U8:
		((uint8_t *)out->data)[i] = (uint8_t)d->as.i[i];
		break;
	case TD_F16:
	case TD_BF16: {
		double x = element(d, i);
		td_convert((uint16_t *)out->data + i, out->dtype, &x, TD_F64, 1);
		break;
	}
	case TD_I64:
	case TD_N_DTYPES:
	default:
		((int64_t *)out->data)[i] = d->as.i[i];
		break;
	}
}

static void make_tensor(lua_State *L, td_arena *arena, const td_draft *d, td_dtype dtype,
                        td_tensor *out)
{
	*out = (td_tensor){.dtype = dtype, .rank = d->rank};
	memcpy(out->dim, d->dim, sizeof out->dim);
	out->data = take(L, arena, d->n, td_sizeof(dtype));
	for (int64_t i = 0; i < d->n; i++)
		write_element(d, i, out);
}

void td_draft_input(lua_State *L, td_arena *arena, const td_draft *d, td_tensor *out)
{
	const td_dtype_info *info = td_dtype_of(d->dtype);
	for (int64_t i = 0; whole(d) && i < d->n; i++)
		if (element(d, i) < info->lo || element(d, i) > info->hi)
			td_script_fail(L, "%s holds no %lld", info->name, (long long)d->as.i[i]);
	make_tensor(L, arena, d, d->dtype, out);
}

void td_draft_expected(lua_State *L, td_arena *arena, const td_draft *d, bool integers,
                       td_tensor *out)
{
	td_draft copy = *d;
	if (integers && !whole(d)) {
		copy.as.i = take(L, arena, d->n, sizeof(int64_t));
		for (int64_t i = 0; i < d->n; i++) {
			double x = d->as.r[i];
			if (!(fabs(x) <= 0x1p53 && td_feq_exact(x, rint(x))))
				td_script_fail(L, "%s is expected of an output of integers",
				               td_number_text(x).text);
			copy.as.i[i] = (int64_t)x;
		}
		copy.dtype = TD_I64;
	}
	make_tensor(L, arena, &copy, integers ? TD_I64 : TD_F64, out);
}

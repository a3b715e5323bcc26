#include "script.h"

#include "base/embed.h"
#include "base/file.h"

#include <ctype.h>
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SOURCE_BYTES = 4 << 20, LONGEST_LINE = 1000 };

static const char LOADED[] = "tandem.loaded"; /* registry: results of `require` */

td_script *td_script_of(lua_State *L)
{
	return td_sandbox_of(L)->owner;
}

const char *td_script_text(lua_State *L, int index, const char *what)
{
	size_t n;
	if (lua_type(L, index) != LUA_TSTRING)
		td_script_fail(L, "%s must be a string, not a %s", what, luaL_typename(L, index));
	const char *s = lua_tolstring(L, index, &n);
	if (strlen(s) != n)
		td_script_fail(L, "%s holds a zero byte", what);
	return s;
}

/* -- sources and places --------------------------------------------------- */

int td_script_add(td_script *s, const char *name, const char *text, size_t n)
{
	td_script_source x = {.name = name, .text = text};
	for (size_t i = 0; i < n; i++)
		x.n_lines += text[i] == '\n';
	x.n_lines++;
	x.line = td_arena_array(&s->arena, (size_t)x.n_lines + 1, sizeof *x.line);
	int line = 0;
	for (size_t i = 0; i < n; i++)
		if (text[i] == '\n')
			x.line[++line] = (int)i + 1;
	x.line[x.n_lines] = (int)n + 1;
	size_t length = strlen(name), room = sizeof x.shown - 1;
	if (length <= room)
		td_clip(x.shown, sizeof x.shown, "%s", name);
	else
		td_clip(x.shown, sizeof x.shown, "...%s", name + length - (room - 3));
	TD_PUSH(&s->arena, s->sources, x);
	return s->sources.n - 1;
}

static bool in_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Does the line hold the word at i? As a field: with "=" behind it. */
static bool word_at(const char *line, size_t n, size_t i, const char *word, bool field)
{
	size_t m = strlen(word), end = i + m;
	if (end > n || memcmp(line + i, word, m) != 0 || (i && in_word(line[i - 1])) ||
	    (end < n && in_word(line[end])))
		return false;
	while (end < n && line[end] == ' ')
		end++;
	return !field || (end < n && line[end] == '=');
}

static int find_word(const char *line, size_t n, const char *word, bool field)
{
	int col = 0;
	for (size_t i = 0; i < n && n < LONGEST_LINE; i++) {
		if (!word_at(line, n, i, word, field))
			continue;
		if (col)
			return 0; /* which one is meant? */
		col = (int)i + 1;
	}
	return col;
}

int td_script_column(const td_script_source *x, int line, const char *word, bool field)
{
	if (line < 1 || line > x->n_lines || !*word)
		return 0;
	const char *text = x->text + x->line[line - 1];
	size_t n = (size_t)(x->line[line] - x->line[line - 1] - 1);
	int col = find_word(text, n, word, field);
	const char *dot = strchr(word, '.');
	return col || !dot ? col : find_word(text, n, dot + 1, field);
}

const td_script_source *td_script_source_of(const td_script *s, const char *chunk)
{
	for (int i = 0; *chunk == '@' && i < s->sources.n; i++)
		if (td_same(s->sources.items[i].name, chunk + 1))
			return &s->sources.items[i];
	return NULL;
}

td_origin td_script_where(lua_State *L, const char *word)
{
	td_script *s = td_script_of(L);
	lua_Debug ar;
	for (int level = 0; lua_getstack(L, level, &ar); level++) {
		lua_getinfo(L, "Sl", &ar);
		const td_script_source *x = td_script_source_of(s, ar.source);
		if (!x || ar.currentline < 1)
			continue;
		word = word ? word : s->word;
		s->at = (td_origin){x->name, ar.currentline, 0};
		s->at.col = td_script_column(x, ar.currentline, word, false);
		return s->at;
	}
	return s->at;
}

static void seen(lua_State *L)
{
	td_script_where(L, NULL);
}

void td_script_fail(lua_State *L, const char *fmt, ...)
{
	char text[512];
	va_list args;
	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	td_origin at = td_script_where(L, NULL);
	lua_pushfstring(L, "%s:%d: %s", at.file, at.line, text);
	lua_error(L);
	abort(); /* lua_error does not return */
}

/* -- loading -------------------------------------------------------------- */

void td_script_load(lua_State *L, int source)
{
	const td_script_source *x = &td_script_of(L)->sources.items[source];
	size_t mark = td_starts(x->text, "\xef\xbb\xbf") ? 3 : 0; /* what some editors begin with */
	size_t skip = mark + (x->text[mark] == '#' ? strcspn(x->text + mark, "\n") : 0);
	size_t n = (size_t)x->line[x->n_lines];
	const char *chunk = lua_pushfstring(L, "@%s", x->name);
	if (luaL_loadbufferx(L, x->text + skip, n - 1 - skip, chunk, "t") != LUA_OK)
		lua_error(L);
	lua_remove(L, -2);
}

/* tandem.x.y is lua/tandem/x/y.lua; pushes its function. */
static bool load_own(lua_State *L, const char *name)
{
	const char *path = td_same(name, "tandem") ? "tandem.init" : name;
	path = luaL_gsub(L, path, ".", "/");
	const char *chunk = lua_pushfstring(L, "=%s.lua", path);
	const td_embedded *f = td_embedded_find(lua_pushfstring(L, "lua/%s.lua", path));
	if (!f)
		return false;
	if (luaL_loadbufferx(L, f->text, f->n, chunk, "t") != LUA_OK)
		lua_error(L);
	return true;
}

/* Does the name say a file below the folder: words joined by dots? */
static bool module_name(const char *name)
{
	bool after_word = false;
	for (; *name; name++) {
		if (!in_word(*name) && (*name != '.' || !after_word))
			return false;
		after_word = *name != '.';
	}
	return after_word;
}

/* Reads the file of a module into the sources of script and graph; returns its number. */
static int read_module(lua_State *L, const char *path)
{
	td_script *s = td_script_of(L);
	char *text;
	size_t n;
	td_err e;
	if (!td_file_read(path, SOURCE_BYTES, &text, &n, &e))
		td_script_fail(L, "%s", e.text);
	td_graph_source(s->graph, path, text, n);
	free(text); /* before anything that can raise */
	const td_source *x = &s->graph->sources.items[s->graph->sources.n - 1];
	return td_script_add(s, x->name, x->text, n);
}

/* name.lua beside the pipeline; pushes its function. */
static void load_user(lua_State *L, const char *name)
{
	td_script *s = td_script_of(L);
	if (!module_name(name))
		td_script_fail(L,
		               "require \"%s\": a module is named by words joined by dots, and "
		               "lies beside the pipeline",
		               name);
	if (!s->folder || !s->graph)
		td_script_fail(L,
		               "require \"%s\": this script has no folder, so only tandem's "
		               "own modules are there",
		               name);
	const char *file = lua_pushfstring(L, "%s.lua", luaL_gsub(L, name, ".", "/"));
	const char *path =
		td_same(s->folder, ".") ? file : lua_pushfstring(L, "%s/%s", s->folder, file);
	td_script_load(L, read_module(L, path));
}

int td_script_require(lua_State *L)
{
	const char *name = td_script_text(L, 1, "the name of a module");
	lua_settop(L, 1);
	luaL_getsubtable(L, LUA_REGISTRYINDEX, LOADED);
	int type = lua_getfield(L, 2, name);
	if (type == LUA_TNIL) {
		lua_pushlightuserdata(L, L); /* until it is loaded */
		lua_setfield(L, 2, name);
		bool own = td_same(name, "tandem") || td_starts(name, "tandem.");
		if (own && !load_own(L, name))
			td_script_fail(L, "require \"%s\": there is no such module", name);
		if (!own)
			load_user(L, name);
		lua_pushvalue(L, 1);
		if (own)
			lua_getfield(L, LUA_REGISTRYINDEX, "tandem.core");
		lua_call(L, own ? 2 : 1, 1);
		if (lua_isnil(L, -1))
			lua_pushboolean(L, true);
		lua_pushvalue(L, -1);
		lua_setfield(L, 2, name);
	} else if (type == LUA_TLIGHTUSERDATA) {
		td_script_fail(L, "require \"%s\": the module requires itself", name);
	}
	return 1;
}

/* -- running -------------------------------------------------------------- */

/* Message handler: keeps the place of the error and makes its value a text. */
static int on_error(lua_State *L)
{
	td_script_where(L, NULL);
	if (lua_type(L, 1) == LUA_TSTRING)
		return 1;
	lua_pushfstring(L, "an error that is no text: %s", td_sandbox_text(L, 1));
	return 1;
}

/* The rest of a message after its "name:", or NULL when it does not start with that. */
static const char *after_name(const char *message, const char *name)
{
	size_t n = strlen(name);
	bool there = strncmp(message, name, n) == 0 && message[n] == ':' &&
	             isdigit((unsigned char)message[n + 1]);
	return there ? message + n + 1 : NULL;
}

static bool fail(td_script *s, const char *message, td_err *e)
{
	const char *rest = NULL;
	for (int i = 0; !rest && i < s->sources.n; i++) {
		const td_script_source *x = &s->sources.items[i];
		rest = after_name(message, x->name);
		rest = rest ? rest : after_name(message, x->shown);
		if (rest)
			td_fail(e, TD_E_USAGE, "%s:%s", x->name, rest);
	}
	if (!rest)
		td_fail(e, TD_E_USAGE, "%s:%d: %s", s->at.file, s->at.line, message);
	if (e && s->graph && s->graph->faults.n) {
		const td_fault *f = &s->graph->faults.items[0];
		size_t n = strlen(e->text);
		td_clip(e->text + n, sizeof e->text - n, "; before that, %s:%d: %s", f->at.file,
		        f->at.line, f->text);
	}
	return false;
}

bool td_script_run(td_script *s, td_limits limits, lua_CFunction main, td_err *e)
{
	s->at = (td_origin){s->sources.items[0].name, 1, 0};
	lua_State *L = td_sandbox_new(&s->box, limits, s);
	if (!L)
		return fail(s, td_sandbox_limit(&s->box, LUA_ERRMEM).text, e);
	s->box.seen = seen;
	lua_pushcfunction(L, on_error); /* light C functions: no memory, nothing raised yet */
	lua_pushcfunction(L, main);
	int status = lua_pcall(L, 0, 0, 1);
	if (status != LUA_OK) {
		td_limit_text limit = td_sandbox_limit(&s->box, status);
		const char *text = lua_tostring(L, -1);
		fail(s, *limit.text || !text ? limit.text : text, e);
	}
	lua_close(L);
	return status == LUA_OK;
}

#include "shape.h"

#include "param.h"

#include <ctype.h>
#include <string.h>

bool td_shape_spec_read(const char *shape, td_shape_spec *spec, td_err *e)
{
	*spec = (td_shape_spec){0};
	for (const char *at = shape; *at;) {
		size_t n = strcspn(at, " ");
		if (n == 3 && memcmp(at, "...", 3) == 0 && at == shape) {
			spec->any_lead = true;
		} else if (n) {
			if (spec->n == TD_MAX_RANK)
				return td_fail(e, TD_E_USAGE,
				               "the shape \"%s\" has more than %d dims", shape,
				               TD_MAX_RANK);
			td_shape_word w = {.text = at, .n = n};
			if (n > 2 && memcmp(at, "1|", 2) == 0)
				w = (td_shape_word){.text = at + 2, .n = n - 2, .or_one = true};
			for (size_t i = 0; i + 1 < n && !w.or_one; i++)
				if (at[i] == '<' && at[i + 1] == '=') {
					w = (td_shape_word){.text = at + i + 2,
					                    .n = n - i - 2,
					                    .late = at,
					                    .late_n = i};
					break;
				}
			spec->word[spec->n++] = w;
		}
		at += n;
		at += strspn(at, " ");
	}
	return true;
}

bool td_shape_word_plain(const td_shape_word *w)
{
	if (!w->n || isdigit((unsigned char)w->text[0]))
		return false;
	for (size_t i = 0; i < w->n; i++)
		if (!isalnum((unsigned char)w->text[i]) && w->text[i] != '_')
			return false;
	return true;
}

void td_shape_scope_init(td_shape_scope *s, td_dims *dims, const td_node *node, const void *params)
{
	s->dims = dims;
	s->node = node;
	s->params = params;
	s->n = 0;
	s->n_lead = -1;
}

td_dim td_shape_scope_get(td_shape_scope *s, const char *name, size_t n)
{
	for (int i = 0; i < s->n; i++)
		if (strlen(s->bound[i].name) == n && memcmp(s->bound[i].name, name, n) == 0)
			return s->bound[i].dim;
	for (const td_param *p = s->node ? s->node->params : NULL; p && p->name; p++)
		if ((p->type == TD_INT || p->type == TD_FLAG) && strlen(p->name) == n &&
		    memcmp(p->name, name, n) == 0)
			return td_dim_int(s->dims, td_param_int(p, s->params));
	return TD_DIM_BAD;
}

void td_shape_scope_bind(td_shape_scope *s, const char *name, size_t n, td_dim dim)
{
	if (s->n == TD_MAX_NAMES || n >= sizeof s->bound[0].name)
		return; /* td_node_valid has refused such a node */
	memcpy(s->bound[s->n].name, name, n);
	s->bound[s->n].name[n] = '\0';
	s->bound[s->n++].dim = dim;
}

static bool look_up(void *arg, const char *name, td_dim *dim)
{
	*dim = td_shape_scope_get(arg, name, strlen(name));
	return *dim != TD_DIM_BAD;
}

bool td_shape_scope_eval(td_shape_scope *s, const char *text, size_t n, td_dim *out, td_err *e)
{
	return td_dim_parse(s->dims, text, n, look_up, s, out, e);
}

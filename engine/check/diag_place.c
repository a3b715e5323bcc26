/* Columns of findings: origins often know the line only, but messages name things. */
#include "diag_place.h"

#include <ctype.h>
#include <string.h>

enum { LONGEST_LINE = 4096 }; /* what stands behind is not looked at */

typedef struct {
	const char *s;
	size_t n;
} piece;

const char *td_level_name(td_level level)
{
	return level == TD_ERROR ? "error" : level == TD_WARNING ? "warning" : "info";
}

static const td_source *find_source(const td_graph *g, const char *file)
{
	for (int i = 0; g && file && i < g->sources.n; i++)
		if (td_same(g->sources.items[i].name, file))
			return &g->sources.items[i];
	return NULL;
}

/* The text of the line of `at`; false when it is not known. */
static bool get_line(td_lines *l, td_origin at, piece *line)
{
	const td_source *source = find_source(l->g, at.file);
	if (!source || at.line < 1)
		return false;
	if (source != l->source || at.line < l->line)
		*l = (td_lines){.g = l->g, .source = source, .at = source->text, .line = 1};
	while (l->line < at.line) {
		const char *feed = strchr(l->at, '\n');
		if (!feed)
			return false;
		l->at = feed + 1;
		l->line++;
	}
	size_t n = strnlen(l->at, LONGEST_LINE);
	const char *feed = memchr(l->at, '\n', n);
	*line = (piece){l->at, feed ? (size_t)(feed - l->at) : n};
	if (line->n && line->s[line->n - 1] == '\r')
		line->n--;
	return line->n > 0;
}

static bool word_char(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* The first place of `word` in the line where it is not part of a longer word, or NULL. */
static const char *find_word(piece line, piece word)
{
	const char *end = line.s + line.n, *at = line.s;
	while (word.n && (size_t)(end - at) >= word.n &&
	       (at = memmem(at, (size_t)(end - at), word.s, word.n))) {
		bool left = at == line.s || !word_char(at[-1]) || !word_char(word.s[0]);
		const char *behind = at + word.n;
		bool right = behind == end || !word_char(*behind) || !word_char(behind[-1]);
		if (left && right)
			return at;
		at++;
	}
	return NULL;
}

/* The next piece in quotes, from *text on; *text moves behind it. */
static bool next_quoted(const char **text, piece *word)
{
	const char *open = strchr(*text, '"'), *close = open ? strchr(open + 1, '"') : NULL;
	if (!close)
		return false;
	*word = (piece){open + 1, (size_t)(close - open - 1)};
	*text = close + 1;
	return true;
}

/* The next word with a dot inside ("graph.corr"), from *text on; *text moves behind it. */
static bool next_dotted(const char **text, piece *word)
{
	for (const char *s = *text; *s;) {
		size_t n = strspn(
			s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.");
		const char *dot = memchr(s, '.', n);
		if (dot && dot > s && dot + 1 < s + n) {
			*word = (piece){s, s[n - 1] == '.' ? n - 1 : n};
			*text = s + n;
			return true;
		}
		s += n ? n : 1;
	}
	return false;
}

/* What the finding names and the line holds: quoted words first, then names of nodes, then what it
 * hangs on. */
static const char *find_named(piece line, const td_diag *x, piece *word)
{
	const char *found;
	for (const char *text = x->text; next_quoted(&text, word);)
		if ((found = find_word(line, *word)))
			return found;
	for (const char *text = x->text; next_dotted(&text, word);)
		if ((found = find_word(line, *word)))
			return found;
	const char *last = x->path ? strrchr(x->path, ' ') : NULL;
	*word = last ? (piece){last + 1, strlen(last + 1)} : (piece){"", 0};
	return find_word(line, *word);
}

/* "did you mean NAME?": the quoted word of the message can be replaced when it stands in the line
 * once. */
static bool find_better(piece line, const td_diag *x, piece *wrong, piece *better)
{
	static const char ask[] = "did you mean ";
	const char *text = x->text, *found;
	if (!x->fix || !td_starts(x->fix, ask) || !next_quoted(&text, wrong) ||
	    !(found = find_word(line, *wrong)))
		return false;
	*better = (piece){x->fix + sizeof ask - 1, strcspn(x->fix + sizeof ask - 1, "? ")};
	const char *behind = found + wrong->n;
	wrong->s = found;
	return better->n && td_same(better->s + better->n, "?") &&
	       !find_word((piece){behind, (size_t)(line.s + line.n - behind)}, *wrong);
}

td_place_of td_diag_place(td_lines *l, const td_diag *x)
{
	td_place_of p = {.col = x->at.col > 0 ? x->at.col : 1, .n_marked = 1};
	piece line, word, better;
	if (!get_line(l, x->at, &line))
		return p;
	p.line = line.s;
	p.n_line = line.n;
	const char *found = NULL;
	if (find_better(line, x, &word, &better)) {
		found = word.s;
		p.better = better.s;
		p.n_better = better.n;
	} else if (x->at.col <= 0) {
		found = find_named(line, x, &word);
	}
	if (found) {
		p.col = (int)(found - line.s) + 1;
		p.n_marked = (int)word.n;
	} else if (x->at.col <= 0) {
		while (p.col < (int)line.n && isspace((unsigned char)line.s[p.col - 1]))
			p.col++;
	} else if ((size_t)x->at.col <= line.n) {
		const char *s = line.s + x->at.col - 1, *end = line.s + line.n;
		while (s + p.n_marked < end && word_char(s[0]) &&
		       (word_char(s[p.n_marked]) || s[p.n_marked] == '.'))
			p.n_marked++;
	}
	return p;
}

/* Unit tests of model/dim.c against brute force: random expressions, computed with plain numbers. */
#include "dims.h"
#include "testing.h"

#include "base/rng.h"

/* A random expression of about `n` operands, written into `out`. */
static void random_text(td_rng *r, int n, td_str *out)
{
	static const char *const op[] = {"+", "-", "*", "/"};
	int open = 0;
	for (int i = 0; i < n; i++) {
		if (td_rng_below(r, 4) == 0 && open < 4) {
			static const char *const group[] = {"(", "-(", "(", "("};
			td_str_add(out, group[td_rng_below(r, 4)]);
			open++;
		}
		uint32_t kind = td_rng_below(r, 10);
		if (kind < 5)
			td_str_addf(out, "%c", 'A' + (int)kind);
		else if (kind < 8)
			td_str_addf(out, "%u", td_rng_below(r, 9));
		else
			td_str_addf(out, "%s(%c+%u,%c*2)", kind == 8 ? "min" : "max",
			            'A' + (int)td_rng_below(r, 5), td_rng_below(r, 5),
			            'A' + (int)td_rng_below(r, 5));
		if (open && td_rng_below(r, 3) == 0) {
			td_str_add(out, ")");
			open--;
		}
		td_str_add(out, i + 1 < n ? op[td_rng_below(r, 4)] : "");
	}
	for (; open; open--)
		td_str_add(out, ")");
}

/* What the text means, computed with plain numbers: a second reader, by recursive descent. */
typedef struct {
	const char *at;
	const int64_t *values;
	bool broken; /* a division by zero or less */
} plain;

static int64_t plain_sum(plain *p);

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the test makes it */
static int64_t plain_factor(plain *p)
{
	if (*p->at == '-') {
		p->at++;
		return -plain_factor(p);
	}
	if (*p->at == '(') {
		p->at++;
		int64_t x = plain_sum(p);
		p->at++;
		return x;
	}
	if (*p->at == 'm') {
		bool min = p->at[1] == 'i';
		p->at += 4;
		int64_t a = plain_sum(p);
		p->at++;
		int64_t b = plain_sum(p);
		p->at++;
		return min == (a < b) ? a : b;
	}
	if (*p->at >= 'A')
		return p->values[*p->at++ - 'A'];
	int64_t x = 0;
	for (; *p->at >= '0' && *p->at <= '9'; p->at++)
		x = x * 10 + (*p->at - '0');
	return x;
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the test makes it */
static int64_t plain_product(plain *p)
{
	int64_t x = plain_factor(p);
	while (*p->at == '*' || *p->at == '/') {
		bool times = *p->at++ == '*';
		int64_t y = plain_factor(p);
		if (times) {
			x *= y;
		} else if (y <= 0) {
			p->broken = true;
		} else {
			x = x / y - (x % y < 0);
		}
	}
	return x;
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the test makes it */
static int64_t plain_sum(plain *p)
{
	int64_t x = plain_product(p);
	while (*p->at == '+' || *p->at == '-') {
		bool plus = *p->at++ == '+';
		int64_t y = plain_product(p);
		x += plus ? y : -y;
	}
	return x;
}

/* Compares the dim with plain numbers and its range, for some values of the symbols. */
static int compare_values(td_dims *d, const char *text, td_dim dim, td_rng *r)
{
	int64_t lo, hi, out, values[SYMBOLS];
	int compared = 0;
	td_dim_range(d, dim, &lo, &hi);
	assert_true(lo <= hi);
	for (int turn = 0; turn < 30; turn++) {
		for (int i = 0; i < SYMBOLS; i++)
			values[i] = turn < 2 ? (turn ? 12 : 1) : 1 + td_rng_below(r, 12);
		plain p = {.at = text, .values = values};
		int64_t want = plain_sum(&p);
		if (p.broken)
			continue; /* the dim may have simplified the division away */
		if (!td_dim_eval(d, dim, values, &out) || out != want || out < lo || out > hi)
			fail_msg("%s: %lld, not %lld in %lld … %lld", text, (long long)out,
			         (long long)want, (long long)lo, (long long)hi);
		compared++;
	}
	return compared;
}

static void random_expressions(void **state)
{
	(void)state;
	td_rng r = td_rng_make(7, 0);
	td_dims *d = pool(), *other = pool();
	int parsed = 0, compared = 0;
	for (int i = 0; i < 3000; i++) {
		td_str text = {0}, once = {0};
		td_dim dim, back;
		random_text(&r, 1 + (int)td_rng_below(&r, 7), &text);
		if (parse(d, text.data, &dim, NULL)) {
			parsed++;
			compared += compare_values(d, text.data, dim, &r);
			td_dim_text(d, dim, &once);
			assert_ok(parse(d, once.data, &back, e));
			if (back != dim)
				fail_msg("%s became %s", text.data, once.data);
			reads_as(other, once.data, once.data);
		}
		td_str_fini(&text);
		td_str_fini(&once);
	}
	assert_true(parsed > 2000 && compared > 40000);
	td_dims_free(d);
	td_dims_free(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_expressions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Memory of devices: copies, fills, parts, maps, and what is refused. */
#include "devices.h"

static void round_trip(td_device *dev)
{
	static td_err e;
	td_mem m, part, empty;
	td_times t;
	enum { N = 8192 };
	static char bytes[N];
	int64_t unit = td_device_caps(dev)->base_align;
	for (int i = 0; i < N; i++)
		bytes[i] = (char)(i * 7);
	assert_true(td_mem_new(dev, N, &m, &e));
	assert_int_equal(m.bytes, N);
	assert_true(td_mem_write(dev, &m, 0, bytes, N, &t, &e));
	assert_true(t.host_end_ns >= t.host_begin_ns && t.host_begin_ns > 0);
	check_bytes(dev, &m, 0, bytes, N);
	check_bytes(dev, &m, 17, bytes + 17, 4000);
	check_bytes(dev, &m, N, bytes, 0);

	/* a part is a window on its block */
	assert_true(td_mem_part(dev, &m, 2 * unit, 1000, &part, &e));
	check_bytes(dev, &part, 0, bytes + 2 * unit, 1000);
	assert_true(td_mem_write(dev, &part, 3, "tandem", 6, NULL, &e));
	memcpy(bytes + 2 * unit + 3, "tandem", 6);
	check_bytes(dev, &m, 0, bytes, N);
	const uint16_t pattern = 0x4241;
	assert_true(td_mem_fill(dev, &part, 10, 4, &pattern, 2, &e));
	memcpy(bytes + 2 * unit + 10, "ABAB", 4);
	check_bytes(dev, &m, 0, bytes, N);
	assert_true(td_mem_part(dev, &m, N, 0, &empty, &e));
	assert_int_equal(empty.bytes, 0);
	td_mem_free(dev, &empty);
	td_mem_free(dev, &part);
	td_mem_free(dev, &m);
	assert_null(m.cl);
	td_mem_free(dev, &m);
}

/* A device with memory of its own has a copy, and nothing to map. */
static void check_own_memory(td_device *dev, td_mem *m, char *mine, int64_t n)
{
	static td_err e;
	char want[256];
	check_bytes(dev, m, 0, mine, n);
	mine[0] = 9;
	check_bytes(dev, m, 0, "\1", 1);
	assert_null(m->host);
	assert_false(td_mem_map(dev, m, n, &e));
	td_clip(want, sizeof want, "%s has memory of its own: copy instead of mapping",
	        dev->caps.id);
	assert_string_equal(e.text, want);
	td_mem_free(dev, m);
}

static void mapped(td_device *dev)
{
	static td_err e;
	td_mem m, part;
	enum { N = 4096 };
	char *mine = aligned_alloc(4096, N);
	memset(mine, 1, N);
	assert_true(td_mem_wrap(dev, mine, N, &m, &e));
	if (dev->cl && !dev->caps.unified) {
		check_own_memory(dev, &m, mine, N);
		free(mine);
		return;
	}
	assert_ptr_equal(m.host, mine);
	int64_t unit = td_device_caps(dev)->base_align;
	assert_true(td_mem_part(dev, &m, unit, 64, &part, &e));
	assert_ptr_equal(part.host, mine + unit);
	const char two = 2;
	assert_true(td_mem_fill(dev, &part, 0, 64, &two, 1, &e));
	assert_true(td_mem_map(dev, &m, N, &e));
	for (int i = 0; i < N; i++)
		assert_int_equal(mine[i], i >= unit && i < unit + 64 ? 2 : 1);
	mine[unit] = 3;
	assert_true(td_mem_unmap(dev, &m, &e));
	check_bytes(dev, &part, 0, "\3\2\2", 3);
	assert_true(td_mem_map(dev, &part, 64, &e));
	((char *)part.host)[1] = 4;
	assert_true(td_mem_unmap(dev, &part, &e));
	check_bytes(dev, &m, unit, "\3\4\2", 3);
	td_mem_free(dev, &part);
	td_mem_free(dev, &m);
	free(mine);

	assert_true(td_mem_wrap(dev, NULL, 0, &m, &e));
	assert_true(td_mem_map(dev, &m, 0, &e));
	assert_true(td_mem_unmap(dev, &m, &e));
	td_mem_free(dev, &m);
}

static void bad_memory(td_device *dev)
{
	static td_err e;
	td_mem m, part, none;
	td_caps caps = *td_device_caps(dev);
	char want[512], x[16] = "";
	assert_true(td_mem_new(dev, 1000, &m, &e));
	assert_false(td_mem_read(dev, &m, 990, x, 11, NULL, &e));
	assert_string_equal(e.text, "a read of 11 bytes at 990 in a buffer of 1000 bytes");
	assert_false(td_mem_write(dev, &m, -1, x, 1, NULL, &e));
	assert_string_equal(e.text, "a write of 1 bytes at -1 in a buffer of 1000 bytes");
	assert_false(td_mem_fill(dev, &m, 0, 9, x, 3, &e));
	assert_string_equal(e.text, "a fill with a pattern of 3 bytes; 1, 2, 4 … 128 go");
	assert_false(td_mem_fill(dev, &m, 4, 10, x, 4, &e));
	assert_string_equal(e.text, "a fill of 10 bytes at 4 with a pattern of 4 bytes: both must "
	                            "be multiples of it");
	assert_false(td_mem_part(dev, &m, 1, 10, &part, &e));
	td_clip(want, sizeof want, "a part of a buffer at 1; %s wants multiples of %d", caps.id,
	        caps.base_align);
	assert_string_equal(e.text, want);
	assert_false(td_mem_part(dev, &m, caps.base_align, 1000, &part, &e));
	assert_true(td_mem_part(dev, &m, caps.base_align, 100, &part, &e));
	assert_false(td_mem_part(dev, &part, 0, 10, &none, &e));
	assert_string_equal(e.text, "a part of a part of a buffer");
	td_mem_free(dev, &part);
	td_mem_free(dev, &m);
	assert_false(td_mem_wrap(dev, x + 1, 4, &m, &e));
	assert_true(td_starts(e.text, "memory to wrap must start on 4096 bytes, not at 0x"));

	int64_t bytes = caps.max_alloc_bytes + 1;
	assert_false(td_mem_new(dev, bytes, &m, &e));
	assert_int_equal(e.code, TD_E_DEVICE);
	td_clip(want, sizeof want,
	        "%s: a buffer of %lld bytes: needs %s in one buffer, the device allows %s", caps.id,
	        (long long)bytes, td_bytes_text((double)bytes).text,
	        td_bytes_text((double)caps.max_alloc_bytes).text);
	assert_string_equal(e.text, want);
	assert_null(m.host);
}

static void test_memory_native(void **state)
{
	(void)state;
	td_device *dev = open_native();
	round_trip(dev);
	mapped(dev);
	bad_memory(dev);
	td_device_close(dev);
}

static void test_memory_cl(void **state)
{
	(void)state;
	td_device *dev = open_cpu();
	round_trip(dev);
	mapped(dev);
	bad_memory(dev);
	td_device_close(dev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory_native),
		cmocka_unit_test(test_memory_cl),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

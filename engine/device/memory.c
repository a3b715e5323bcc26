/* memory.c: memory of any device: the checks, and the host's way. Layer 3. */
#include "cl_inner.h"

#include "../base/clock.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = 4096, LONGEST_PATTERN = 128 };

/* td_mem.kind */
enum { OWN = 1, WRAPPED, PART };

static bool fits_one_buffer(const td_device *dev, int64_t bytes, td_err *e)
{
	int64_t most = dev->caps.max_alloc_bytes;
	if (bytes < 0)
		return td_fail(e, TD_E_DEVICE, "a buffer of %" PRId64 " bytes", bytes);
	if (bytes <= most)
		return true;
	return td_fail(e, TD_E_DEVICE, "needs %s in one buffer, the device allows %s",
	               td_bytes_text((double)bytes).text, td_bytes_text((double)most).text);
}

static bool inside(const td_mem *m, int64_t offset, int64_t bytes, const char *what, td_err *e)
{
	if (offset >= 0 && bytes >= 0 && offset <= m->bytes && bytes <= m->bytes - offset)
		return true;
	return td_fail(e, TD_E_DEVICE,
	               "%s of %" PRId64 " bytes at %" PRId64 " in a buffer of %" PRId64 " bytes",
	               what, bytes, offset, m->bytes);
}

static int64_t align_unit(const td_device *dev)
{
	return dev->caps.base_align > 0 ? dev->caps.base_align : 1;
}

/* What a buffer of `bytes` really takes: whole alignment units, and at least one. */
static int64_t taken(const td_device *dev, int64_t bytes)
{
	int64_t unit = align_unit(dev);
	return bytes > 0 ? (bytes + unit - 1) / unit * unit : unit;
}

static bool host_new(int64_t bytes, void **host, td_err *e)
{
	if (posix_memalign(host, PAGE, (size_t)bytes) == 0)
		return true;
	*host = NULL;
	return td_fail(e, TD_E_DEVICE, "the host has no memory for it");
}

static bool on_host(const td_device *dev)
{
	return !dev->cl || dev->caps.unified;
}

bool td_mem_new(td_device *dev, int64_t bytes, td_mem *out, td_err *e)
{
	*out = (td_mem){.bytes = bytes, .kind = OWN};
	bool ok = fits_one_buffer(dev, bytes, e);
	if (ok && on_host(dev))
		ok = host_new(taken(dev, bytes), &out->host, e);
	if (ok && dev->cl)
		ok = td_cl_mem_new(dev, taken(dev, bytes), out, e);
	if (ok)
		return true;
	free(out->host);
	*out = (td_mem){0};
	return td_within(e, "%s: a buffer of %" PRId64 " bytes", dev->caps.id, bytes);
}

bool td_mem_wrap(td_device *dev, void *host, int64_t bytes, td_mem *out, td_err *e)
{
	*out = (td_mem){0};
	if (bytes == 0)
		return td_mem_new(dev, 0, out, e);
	if ((uintptr_t)host % PAGE)
		return td_fail(e, TD_E_DEVICE, "memory to wrap must start on %d bytes, not at %p",
		               PAGE, host);
	if (!on_host(dev))
		return td_mem_new(dev, bytes, out, e) &&
		       td_mem_write(dev, out, 0, host, bytes, NULL, e);
	*out = (td_mem){.host = host, .bytes = bytes, .kind = WRAPPED};
	if (fits_one_buffer(dev, bytes, e) && (!dev->cl || td_cl_mem_new(dev, bytes, out, e)))
		return true;
	*out = (td_mem){0};
	return td_within(e, "%s: %" PRId64 " bytes of the host", dev->caps.id, bytes);
}

/* Where a part may really start: an empty one at the end of its block steps back to where there
 * is a byte, because OpenCL knows no empty buffers. */
static int64_t part_start(const td_device *dev, const td_mem *block, int64_t offset, int64_t bytes)
{
	int64_t room = block->kind == OWN ? taken(dev, block->bytes) : block->bytes;
	return bytes || offset < room ? offset : (room - 1) / align_unit(dev) * align_unit(dev);
}

bool td_mem_part(td_device *dev, const td_mem *block, int64_t offset, int64_t bytes, td_mem *out,
                 td_err *e)
{
	*out = (td_mem){0};
	if (!inside(block, offset, bytes, "a part", e))
		return false;
	if (offset % align_unit(dev))
		return td_fail(e, TD_E_DEVICE,
		               "a part of a buffer at %" PRId64 "; %s wants multiples of %" PRId64,
		               offset, dev->caps.id, align_unit(dev));
	if (block->kind == PART)
		return td_fail(e, TD_E_DEVICE, "a part of a part of a buffer");
	int64_t start = part_start(dev, block, offset, bytes);
	td_mem part = {.bytes = bytes, .kind = PART};
	if (block->host)
		part.host = (char *)block->host + start;
	if (dev->cl && !td_cl_mem_part(block, start, bytes, &part, e))
		return td_within(e, "a part of %" PRId64 " bytes at %" PRId64, bytes, offset);
	*out = part;
	return true;
}

void td_mem_free(td_device *dev, td_mem *m)
{
	if (dev && dev->cl && m->cl)
		td_cl_mem_free(dev, m, m->host && m->kind != PART);
	if (m->kind == OWN)
		free(m->host);
	*m = (td_mem){0};
}

/* A copy on the host, timed by its clock alone. */
static void host_copy(void *to, const void *from, int64_t bytes, td_times *t)
{
	t->host_begin_ns = td_now_ns();
	memcpy(to, from, (size_t)bytes);
	t->host_end_ns = td_now_ns();
}

bool td_mem_write(td_device *dev, const td_mem *m, int64_t offset, const void *from, int64_t bytes,
                  td_times *t, td_err *e)
{
	td_times own = {0};
	bool ok = inside(m, offset, bytes, "a write", e);
	if (ok && bytes && dev->cl)
		ok = td_cl_mem_write(dev, m, offset, from, bytes, &own, e);
	else if (ok && bytes)
		host_copy((char *)m->host + offset, from, bytes, &own);
	if (t)
		*t = own;
	return ok;
}

bool td_mem_read(td_device *dev, const td_mem *m, int64_t offset, void *to, int64_t bytes,
                 td_times *t, td_err *e)
{
	td_times own = {0};
	bool ok = inside(m, offset, bytes, "a read", e);
	if (ok && bytes && dev->cl)
		ok = td_cl_mem_read(dev, m, offset, to, bytes, &own, e);
	else if (ok && bytes)
		host_copy(to, (const char *)m->host + offset, bytes, &own);
	if (t)
		*t = own;
	return ok;
}

static bool good_pattern(int64_t offset, int64_t bytes, int n, td_err *e)
{
	if (n < 1 || n > LONGEST_PATTERN || (n & (n - 1)))
		return td_fail(e, TD_E_DEVICE, "a fill with a pattern of %d bytes; 1, 2, 4 … %d go",
		               n, LONGEST_PATTERN);
	if (offset % n || bytes % n)
		return td_fail(e, TD_E_DEVICE,
		               "a fill of %" PRId64 " bytes at %" PRId64
		               " with a pattern of %d bytes: both must be multiples of it",
		               bytes, offset, n);
	return true;
}

bool td_mem_fill(td_device *dev, const td_mem *m, int64_t offset, int64_t bytes,
                 const void *pattern, int n, td_err *e)
{
	if (!inside(m, offset, bytes, "a fill", e) || !good_pattern(offset, bytes, n, e))
		return false;
	if (!bytes)
		return true;
	if (dev->cl)
		return td_cl_mem_fill(dev, m, offset, bytes, pattern, n, e);
	char *to = (char *)m->host + offset;
	for (int64_t i = 0; i < bytes; i += n)
		memcpy(to + i, pattern, (size_t)n);
	return true;
}

bool td_mem_map(td_device *dev, const td_mem *m, int64_t bytes, td_err *e)
{
	if (!inside(m, 0, bytes, "a map", e))
		return false;
	if (!on_host(dev))
		return td_fail(e, TD_E_DEVICE, "%s has memory of its own: copy instead of mapping",
		               dev->caps.id);
	return !dev->cl || td_cl_mem_map(dev, m, bytes, e);
}

bool td_mem_unmap(td_device *dev, const td_mem *m, td_err *e)
{
	return !dev->cl || td_cl_mem_unmap(dev, m, e);
}

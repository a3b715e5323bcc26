/* binary.c: the cache of built programs. Layer 3.
 *
 * A file is <key>.bin: one line "tandem kernels 1 <sha256 of the rest>\n", then the driver's binary.
 * A driver never sees damaged bytes.
 *
 * PoCL compiles every kernel of a program, launched or not, before it gives the binary: 70 ms each,
 * for 25 ms less at the next start, because it has a cache of its own. So on a CPU a binary is kept
 * only when its program was built from source ten times (counted in <key>.uses). */
#include "cl_inner.h"

#include "../base/file.h"
#include "../base/log.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD "tandem kernels 1 "

enum { HEAD_BYTES = sizeof HEAD - 1 + 64 + 1, LARGEST = 1 << 30, USES_ON_CPU = 10 };

/* $TANDEM_CACHE/kernels, else kernels in the cache folder of the user. */
static char *folder(void)
{
	const char *own = getenv("TANDEM_CACHE");
	return own && *own ? td_path_join(own, "kernels") : td_cache_path("kernels");
}

static char *file_of(const td_sha256 *key, const char *suffix)
{
	char name[80], *dir = folder();
	td_clip(name, sizeof name, "%s%s", key->hex, suffix);
	char *path = td_path_join(dir, name);
	free(dir);
	return path;
}

td_sha256 td_binary_key(const td_device *dev, const char *source_sha256)
{
	td_str s = {0};
	td_str_addf(&s, "%s%s\n%s\n%s\n%s\n%s\n", HEAD, source_sha256, dev->cl->options,
	            dev->caps.name, dev->caps.driver, dev->cl->platform_version);
	td_sha256 key = td_sha256_text(s.data);
	td_str_fini(&s);
	return key;
}

static bool sound(const char *file, size_t n)
{
	if (n <= HEAD_BYTES || memcmp(file, HEAD, sizeof HEAD - 1) != 0)
		return false;
	td_sha256 sha = td_sha256_of(file + HEAD_BYTES, n - HEAD_BYTES);
	return memcmp(file + sizeof HEAD - 1, sha.hex, 64) == 0 && file[HEAD_BYTES - 1] == '\n';
}

bool td_binary_load(const td_sha256 *key, unsigned char **data, size_t *n)
{
	char *path = file_of(key, ".bin"), *file = NULL;
	size_t bytes = 0;
	td_err why = {.text = "it is damaged"};
	bool there = td_file_exists(path);
	bool ok = there && td_file_read(path, LARGEST, &file, &bytes, &why) && sound(file, bytes);
	if (ok) {
		*n = bytes - HEAD_BYTES;
		*data = td_alloc(*n);
		memcpy(*data, file + HEAD_BYTES, *n);
	} else if (there) {
		td_note("%s is not used, the kernels are built again: %s", path, why.text);
	}
	free(file);
	free(path);
	return ok;
}

/* The binary of a program for one device, after room for the head; freed by the caller. */
static char *binary_of(cl_program program, size_t *n, td_err *e)
{
	size_t bytes = 0;
	cl_int rc = clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof bytes, &bytes, NULL);
	if (!td_cl_ok("clGetProgramInfo", rc, e))
		return NULL;
	*n = HEAD_BYTES + bytes;
	char *file = td_alloc(*n);
	unsigned char *at = (unsigned char *)file + HEAD_BYTES;
	rc = clGetProgramInfo(program, CL_PROGRAM_BINARIES, sizeof at, &at, NULL);
	if (bytes && td_cl_ok("clGetProgramInfo", rc, e))
		return file;
	if (!bytes)
		td_fail(e, TD_E_DEVICE, "the driver gives no binary");
	free(file);
	return NULL;
}

static bool write_file(const td_sha256 *key, char *file, size_t n, td_err *e)
{
	char head[HEAD_BYTES + 1], *dir = folder(), *path = file_of(key, ".bin");
	td_clip(head, sizeof head, "%s%s\n", HEAD,
	        td_sha256_of(file + HEAD_BYTES, n - HEAD_BYTES).hex);
	memcpy(file, head, HEAD_BYTES);
	bool ok = td_mkdirs(dir, e) && td_file_write(path, file, n, e);
	free(path);
	free(dir);
	return ok;
}

/* Counts a use of the program in <key>.uses, a byte each. */
static bool count_use(const td_sha256 *key, int64_t *uses, td_err *e)
{
	struct stat st = {0};
	char *dir = folder(), *path = file_of(key, ".uses");
	bool ok = td_mkdirs(dir, e);
	if (ok) {
		int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
		ok = fd >= 0 && write(fd, "+", 1) == 1 && fstat(fd, &st) == 0;
		if (!ok)
			td_fail_errno(e, TD_E_DEVICE, "cannot write %s", path);
		if (fd >= 0)
			close(fd);
	}
	*uses = st.st_size;
	free(path);
	free(dir);
	return ok;
}

static bool save(const td_program *p, td_err *e)
{
	size_t n = 0;
	char *file = binary_of(p->cl, &n, e);
	bool ok = file && write_file(&p->key, file, n, e);
	free(file);
	return ok;
}

void td_binary_save(const td_device *dev, const td_program *p)
{
	td_err why;
	int64_t uses = 0;
	bool slow = dev->caps.type == TD_DEVICE_CPU, ok = !slow || count_use(&p->key, &uses, &why);
	if (ok && slow && uses < USES_ON_CPU)
		return;
	if (ok && slow)
		td_note("keeping the compiled kernels for the next starts");
	if (!ok || !save(p, &why))
		td_warn("the compiled kernels are not kept: %s", why.text);
}

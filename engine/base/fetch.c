#include "fetch.h"

#include "arena.h"
#include "file.h"
#include "hash.h"
#include "log.h"
#include "str.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* How a file arrives. Its bytes go to "<hash>.part" beside the final name. Whoever holds the lock
 * (flock) of that file may write to it; the others wait and then find the finished file. The kernel
 * drops the lock of a process that dies, so nothing is ever left locked, and what came so far is
 * where the next try goes on. All bytes of the part file are hashed, old ones before the new ones
 * come, and only a file whose hash is right is renamed. */

enum { REDIRECTS = 10, TIMEOUT_S = 60, SLOW = 1000 /* bytes a second */ };

/* One download into the part file. */
typedef struct {
	const td_fetch *f;
	CURL *curl;
	td_hasher *hash;
	int fd;
	int64_t have; /* bytes in the part file, all hashed */
	int64_t kept; /* how many of them an earlier try left; 0 once they are dropped */
	bool begun;   /* the first bytes of the answer are there */
	bool failed;  /* `e` says why */
	bool unfit;   /* what came is not the pinned file: nothing of it is kept */
	td_progress progress;
	td_err *e;
} transfer;

char *td_fetch_path(const char *sha256)
{
	td_str name = {0};
	td_str_addf(&name, "fetch/%s", sha256);
	char *path = td_cache_path(name.data);
	td_str_fini(&name);
	return path;
}

static bool is_whole(const char *path, int64_t bytes)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == bytes;
}

bool td_fetch_cached(const char *sha256, int64_t bytes)
{
	char *path = td_fetch_path(sha256);
	bool whole = is_whole(path, bytes);
	free(path);
	return whole;
}

bool td_fetch_drop_damaged(const char *sha256, td_err *e)
{
	char *path = td_fetch_path(sha256);
	td_sha256 got;
	int64_t bytes;
	bool there = td_file_exists(path), ok = !there || td_file_sha256(path, &got, &bytes, e);
	if (ok && there && !td_same(got.hex, sha256)) {
		td_note("%s is damaged and is fetched again", path);
		ok = unlink(path) == 0 || td_fail_errno(e, TD_E_DEVICE, "cannot remove %s", path);
	}
	free(path);
	return ok;
}

/* -- what came ------------------------------------------------------------ */

TD_PRINTF(2, 3)
static bool fail(transfer *t, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	t->failed = true;
	td_fail_v(t->e, TD_E_DATA, fmt, args);
	va_end(args);
	return false;
}

/* The same when what came is not the pinned file. */
TD_PRINTF(2, 3)
static bool fail_unfit(transfer *t, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	t->failed = t->unfit = true;
	td_fail_v(t->e, TD_E_DATA, fmt, args);
	va_end(args);
	return false;
}

static bool fail_disk(transfer *t)
{
	t->failed = true;
	return td_fail_errno(t->e, TD_E_DEVICE, "cannot read or write the fetch cache");
}

static bool start_over(transfer *t)
{
	td_hasher_free(t->hash);
	t->hash = td_hasher_new();
	t->have = t->kept = 0;
	return (ftruncate(t->fd, 0) == 0 && lseek(t->fd, 0, SEEK_SET) == 0) || fail_disk(t);
}

/* First byte of the range that the server sends, or -1. */
static int64_t range_start(CURL *curl)
{
	struct curl_header *h;
	if (curl_easy_header(curl, "Content-Range", 0, CURLH_HEADER, -1, &h) != CURLHE_OK ||
	    strncasecmp(h->value, "bytes ", 6) != 0)
		return -1;
	char *end;
	errno = 0;
	long long at = strtoll(h->value + 6, &end, 10);
	return errno || *end != '-' ? -1 : at;
}

/* Looks at the head of the answer before any of its bytes is taken. */
static bool begin(transfer *t)
{
	enum { PART = 206, REDIRECT = 300 };
	long status = 0;
	curl_off_t length = -1;
	t->begun = true;
	curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(t->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
	if (status >= REDIRECT)
		return fail(t, "the server answers %ld instead of sending the file", status);
	if (status != PART && t->have && !start_over(t)) /* it ignores ranges */
		return false;
	if (status == PART && range_start(t->curl) != t->have)
		return fail_unfit(t, "the server sends another part of the file than asked for");
	if (length >= 0 && t->have + length != t->f->bytes)
		return fail_unfit(t,
		                  "its size is %" PRId64 " bytes, the pin says %" PRId64
		                  "; nothing was kept",
		                  t->have + length, t->f->bytes);
	return true;
}

static size_t take(char *data, size_t size, size_t count, void *arg)
{
	transfer *t = arg;
	size_t n = size * count;
	if (!t->begun && !begin(t))
		return CURL_WRITEFUNC_ERROR;
	if (n > (size_t)(t->f->bytes - t->have)) {
		fail_unfit(t,
		           "it is longer than the %" PRId64 " bytes of its pin; nothing was kept",
		           t->f->bytes);
		return CURL_WRITEFUNC_ERROR;
	}
	if (!td_fd_write(t->fd, data, n)) {
		fail_disk(t);
		return CURL_WRITEFUNC_ERROR;
	}
	td_hasher_add(t->hash, data, n);
	t->have += (int64_t)n;
	td_progress_show(&t->progress, t->f->url, t->have, t->f->bytes);
	return n;
}

/* -- the transfer --------------------------------------------------------- */

static bool is_file_url(const char *url)
{
	return strncasecmp(url, "file:", 5) == 0;
}

/* Plain http is for tests against a server in the same machine. */
static bool http_allowed(void)
{
	return td_same(getenv("TD_FETCH_ALLOW_HTTP"), "1");
}

#define SET(option, value) (ok = ok && curl_easy_setopt(t->curl, (option), (value)) == CURLE_OK)

static bool prepare(transfer *t, long timeout_s)
{
	const td_fetch *f = t->f;
	bool ok = true, http = http_allowed();
	SET(CURLOPT_URL, f->url);
	SET(CURLOPT_PROTOCOLS_STR, http ? "https,file,http" : "https,file");
	SET(CURLOPT_REDIR_PROTOCOLS_STR, http ? "https,http" : "https");
	SET(CURLOPT_FOLLOWLOCATION, 1L);
	SET(CURLOPT_MAXREDIRS, (long)REDIRECTS);
	SET(CURLOPT_FAILONERROR, 1L);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_CONNECTTIMEOUT, timeout_s);
	SET(CURLOPT_LOW_SPEED_LIMIT, (long)SLOW);
	SET(CURLOPT_LOW_SPEED_TIME, timeout_s);
	SET(CURLOPT_USERAGENT, "tandem");
	SET(CURLOPT_WRITEFUNCTION, take);
	SET(CURLOPT_WRITEDATA, t);
	if (f->ca_file)
		SET(CURLOPT_CAINFO, f->ca_file);
	if (t->have) {
		char range[32];
		td_clip(range, sizeof range, "%" PRId64 "-", t->have);
		SET(CURLOPT_RANGE, range);
	}
	return ok || fail(t, "this libcurl lacks an option that tandem needs (%s)", curl_version());
}

static const struct {
	CURLcode code;
	const char *text;
} reasons[] = {
	{CURLE_COULDNT_RESOLVE_HOST,
         "the name of the server cannot be resolved; is the network up?"},
	{CURLE_COULDNT_CONNECT, "the server cannot be reached"},
	{CURLE_TOO_MANY_REDIRECTS, "the server redirects more than 10 times; is the URL right?"},
	{CURLE_PEER_FAILED_VERIFICATION, "the certificate of the server is not trusted"},
	{CURLE_SSL_CACERT_BADFILE,
         "the CA certificates cannot be read; is the package ca-certificates installed?"},
	{CURLE_FILE_COULDNT_READ_FILE, "the file cannot be read"},
	{CURLE_URL_MALFORMAT, "the URL is malformed"},
};

static bool fail_curl(transfer *t, CURLcode code, long timeout_s)
{
	enum { RANGE_ERROR = 416 };
	long status = 0;
	const char *url = NULL;
	curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(t->curl, CURLINFO_EFFECTIVE_URL, &url);
	if (code == CURLE_HTTP_RETURNED_ERROR) {
		fail(t, "the server answers %ld", status);
		t->unfit = status == RANGE_ERROR; /* it has less than an earlier try left */
		return false;
	}
	if (code == CURLE_UNSUPPORTED_PROTOCOL)
		return fail(t, "it redirects to %s; only https is followed", url ? url : "?");
	if (code == CURLE_OPERATION_TIMEDOUT)
		return fail(t,
		            "less than 1 kB/s came in for %ld s; %" PRId64 " of %" PRId64
		            " bytes are there, try again to go on",
		            timeout_s, t->have, t->f->bytes);
	for (size_t i = 0; i < TD_COUNT(reasons); i++)
		if (reasons[i].code == code)
			return fail(t, "%s", reasons[i].text);
	if (code == CURLE_PARTIAL_FILE || code == CURLE_RECV_ERROR || code == CURLE_GOT_NOTHING)
		return true; /* broken off: perform() says how much is missing */
	return fail(t, "%s", curl_easy_strerror(code));
}

static bool perform(transfer *t)
{
	long timeout_s = t->f->timeout_s > 0 ? t->f->timeout_s : TIMEOUT_S;
	if (!prepare(t, timeout_s))
		return false;
	CURLcode code = curl_easy_perform(t->curl);
	td_progress_end(&t->progress);
	if (t->failed || (code != CURLE_OK && !fail_curl(t, code, timeout_s)))
		return false;
	if (code == CURLE_OK && !t->begun && !begin(t)) /* an answer without a body */
		return false;
	if (!t->have)
		return fail(t, "the connection ended before anything came; try again");
	if (t->have < t->f->bytes)
		return fail(t,
		            "the connection ended after %" PRId64 " of %" PRId64
		            " bytes; what came is kept, try again to go on",
		            t->have, t->f->bytes);
	return true;
}

/* -- the part file -------------------------------------------------------- */

/* Hashes what an earlier try left; what cannot be the beginning of the file is dropped. */
static bool hash_part(transfer *t)
{
	enum { PIECE = 1 << 18 };
	struct stat st;
	if (fstat(t->fd, &st) != 0 || lseek(t->fd, 0, SEEK_SET) != 0)
		return fail_disk(t);
	if (st.st_size > t->f->bytes || is_file_url(t->f->url))
		return start_over(t);
	char *piece = td_alloc(PIECE);
	ssize_t n;
	while ((n = td_fd_read(t->fd, piece, PIECE)) > 0) {
		td_hasher_add(t->hash, piece, (size_t)n);
		t->have += n;
	}
	free(piece);
	t->kept = t->have;
	return n == 0 || fail_disk(t);
}

static bool check_hash(transfer *t)
{
	td_sha256 got = td_hasher_end(t->hash);
	return td_same(got.hex, t->f->sha256) ||
	       fail_unfit(t,
	                  "its SHA-256 is %s, the pin says %s; nothing was kept: the file at this "
	                  "address has changed, or the pin is wrong",
	                  got.hex, t->f->sha256);
}

/* One try; `again`: it failed, but the part file that it continued may be to blame, which is gone. */
static bool try_once(const td_fetch *f, int fd, bool *again, bool *keep, td_err *e)
{
	transfer t = {.f = f, .fd = fd, .hash = td_hasher_new(), .e = e};
	t.curl = curl_easy_init();
	bool ok = hash_part(&t);
	if (ok && !t.curl)
		ok = fail(&t, "libcurl does not start");
	if (ok && t.have < f->bytes)
		ok = perform(&t);
	ok = ok && check_hash(&t);
	if (ok && fsync(fd) != 0)
		ok = fail_disk(&t);
	*again = !ok && t.unfit && t.kept > 0;
	*keep = t.have > 0 && !t.unfit;
	if (t.unfit && ftruncate(fd, 0) != 0)
		*again = false;
	curl_easy_cleanup(t.curl);
	td_hasher_free(t.hash);
	return ok;
}

static bool bring(const td_fetch *f, int fd, const char *part, const char *path, td_err *e)
{
	bool again, keep;
	bool ok = try_once(f, fd, &again, &keep, e);
	if (!ok && again)
		ok = try_once(f, fd, &again, &keep, e);
	if (!ok && !keep)
		unlink(part);
	if (ok && rename(part, path) != 0)
		ok = td_fail_errno(e, TD_E_DEVICE, "cannot rename %s", part);
	return ok;
}

/* Opens the part file and waits until it is ours. */
static bool lock_part(const td_fetch *f, const char *part, int *fd, td_err *e)
{
	*fd = open(part, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	bool ok = *fd >= 0;
	if (ok && flock(*fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
		td_note("another process is fetching %s; waiting for it", f->url);
	while (ok && flock(*fd, LOCK_EX) != 0)
		ok = errno == EINTR;
	if (ok)
		return true;
	td_fail_errno(e, TD_E_DEVICE, "cannot open and lock %s", part);
	if (*fd >= 0)
		close(*fd);
	return false;
}

/* Is it still the file of that name? Whoever had the lock before may have renamed or removed it. */
static bool is_named(int fd, const char *path)
{
	struct stat mine, named;
	return fstat(fd, &mine) == 0 && stat(path, &named) == 0 && mine.st_ino == named.st_ino &&
	       mine.st_dev == named.st_dev;
}

static bool fetch_into(const td_fetch *f, const char *path, const char *part, td_err *e)
{
	while (!is_whole(path, f->bytes)) {
		int fd;
		if (!lock_part(f, part, &fd, e))
			return false;
		bool ok = true;
		if (is_named(fd, part)) {
			if (is_whole(path, f->bytes)) /* came while we opened a new part file */
				unlink(part);
			else
				ok = bring(f, fd, part, path, e);
		}
		close(fd);
		if (!ok)
			return false;
	}
	return true;
}

static bool check_wish(const td_fetch *f, td_err *e)
{
	bool http = strncasecmp(f->url, "http:", 5) == 0 && http_allowed();
	if (strncasecmp(f->url, "https:", 6) != 0 && !is_file_url(f->url) && !http)
		return td_fail(e, TD_E_DATA, "only https: and file: URLs are fetched");
	if (!f->sha256 || !td_sha256_valid(f->sha256))
		return td_fail(e, TD_E_DATA,
		               "its pin \"%s\" is no SHA-256 of 64 lower-case hex digits",
		               f->sha256 ? f->sha256 : "");
	if (f->bytes < 0)
		return td_fail(e, TD_E_DATA, "its size in bytes must be pinned too");
	return true;
}

bool td_fetch_run(const td_fetch *f, td_err *e)
{
	if (!check_wish(f, e))
		return td_within(e, "cannot fetch %s", f->url);
	td_str part = {0};
	char *path = td_fetch_path(f->sha256), *dir = td_path_dir(path);
	td_str_addf(&part, "%s.part", path);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	bool ok = td_mkdirs(dir, e) && fetch_into(f, path, part.data, e);
	curl_global_cleanup();
	td_str_fini(&part);
	free(dir);
	free(path);
	return ok || td_within(e, "cannot fetch %s", f->url);
}

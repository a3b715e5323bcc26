/* What EDFlib, which others wrote, makes of a recording: its header, annotations and samples, as text.
 * peer read FILE; peer write FILE makes one. */
#include <edflib.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int fail(const char *what, int code)
{
	fprintf(stderr, "peer: %s: %d\n", what, code);
	return 1;
}

static int print_signal(int handle, const struct edf_param_struct *s, int number)
{
	int n = (int)s->smp_in_file, *digital = malloc(sizeof *digital * (size_t)n);
	double *physical = malloc(sizeof *physical * (size_t)n);
	bool ok = digital && physical && edfread_digital_samples(handle, number, n, digital) == n;
	edfrewind(handle, number);
	if (!ok || edfread_physical_samples(handle, number, n, physical) != n)
		return fail("samples", number);
	printf("signal %s|%s|%d|%d\n", s->label, s->physdimension, s->smp_in_datarecord, n);
	for (int i = 0; i < n; i++)
		printf("%d %.17g\n", digital[i], physical[i]);
	free(digital);
	free(physical);
	return 0;
}

static int read_file(const char *path)
{
	static struct edf_hdr_struct h;
	if (edfopen_file_readonly(path, &h, EDFLIB_READ_ALL_ANNOTATIONS) < 0)
		return fail(path, h.filetype);
	printf("records %lld %lld00\n", h.datarecords_in_file, h.datarecord_duration);
	for (int i = 0; i < (int)h.annotations_in_file; i++) {
		struct edf_annotation_struct a;
		if (edf_get_annotation(h.handle, i, &a))
			return fail("annotation", i);
		printf("annotation %lld00|%s|%s\n", a.onset, a.duration, a.annotation);
	}
	for (int i = 0; i < h.edfsignals; i++)
		if (print_signal(h.handle, &h.signalparam[i], i))
			return 1;
	return edfclose_file(h.handle);
}

/* Two channels of 3 s at 100 Hz in mV and V, and annotations. */
static int write_file(const char *path)
{
	int f = edfopen_file_writeonly(path, EDFLIB_FILETYPE_EDFPLUS, 2), bad = 0;
	if (f < 0)
		return fail(path, f);
	for (int i = 0; i < 2; i++) {
		bad += edf_set_samplefrequency(f, i, 100) != 0;
		bad += edf_set_physical_maximum(f, i, i ? 0.5 : 3) != 0;
		bad += edf_set_physical_minimum(f, i, i ? -0.25 : -3) != 0;
		bad += edf_set_digital_maximum(f, i, i ? 1000 : 32767) != 0;
		bad += edf_set_digital_minimum(f, i, i ? -2000 : -32768) != 0;
		bad += edf_set_label(f, i, i ? "EOG 1" : "EEG Fpz-Cz") != 0;
		bad += edf_set_physical_dimension(f, i, i ? "V" : "mV") != 0;
	}
	for (int second = 0; second < 3; second++)
		for (int i = 0; i < 2; i++) {
			int x[100];
			for (int s = 0; s < 100; s++)
				x[s] = (second * 100 + s) * (i ? 3 : -109) + (i ? 5 : 0);
			bad += edfwrite_digital_samples(f, x) != 0;
		}
	bad += edfwrite_annotation_utf8(f, 5000, 10000, "go, go") != 0;
	bad += edfwrite_annotation_utf8(f, 12500, -1, "stop") != 0;
	bad += edfclose_file(f) != 0;
	return bad ? fail("writing", bad) : 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "read") == 0)
		return read_file(argv[2]);
	return argc == 3 && strcmp(argv[1], "write") == 0 ? write_file(argv[2]) : 2;
}

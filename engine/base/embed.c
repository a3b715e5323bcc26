#include "embed.h"

#include "str.h"

const td_embedded *td_embedded_find(const char *path)
{
	for (const td_embedded *f = td_embedded_files; f->path; f++)
		if (td_same(f->path, path))
			return f;
	return NULL;
}

/*
 * Links to the raw data: every file that the manifest hashed, what other stages own, and the charts' data.
 * The page works without them.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/lib/dirnames.h"
#include "engine/lib/json.h"
#include "reports/html.h"
#include "reports/lang.h"

static void data_link(struct pb_page *p, const char *name)
{
	pb_html_add(p, "<li><a href=\"../");
	pb_escape_url(&p->b, name);
	pb_html_add(p, "\"><code>%1</code></a></li>\n", name);
}

/* Files that other stages own stand in no list of hashes; only those that are there are linked. */
static void data_link_if(struct pb_page *p, const char *name)
{
	if (faccessat(p->facts->in->dir->fd, name, F_OK, 0) == 0)
		data_link(p, name);
}

static void tune_links(struct pb_page *p)
{
	static const char *const files[] = {"tune.json", "steps.csv",       "manifest.json",
					    "undo.log",  "recommended.txt", "recommended.xml"};
	char name[256];

	for (size_t i = 0; i < p->facts->tunes.n; i++)
		for (size_t k = 0; k < sizeof(files) / sizeof(files[0]); k++) {
			snprintf(name, sizeof(name), "%s/%s", p->facts->tunes.v[i].dir, files[k]);
			data_link_if(p, name);
		}
}

/* The data of the charts, which take their place beside the page when it is complete (chartdir.h). */
static void chart_links(struct pb_page *p)
{
	struct pb_lang_file folder = pb_lang_file("report/charts");
	struct pb_strv names = {0};
	char name[256];
	DIR *dir;
	int fd;

	fd = openat(p->facts->in->dir->fd, "report/charts.new", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (fd >= 0 && !dir)
		close(fd);
	if (dir && pb_dir_names(dir, &names) == 0) {
		pb_strv_sort(&names);
		for (size_t i = 0; i < names.n; i++) {
			size_t len = strlen(names.v[i]);

			if (len < 5 || strcmp(names.v[i] + len - 4, ".csv") != 0)
				continue;
			snprintf(name, sizeof(name), "%s/%.150s", folder.s, names.v[i]);
			data_link(p, name);
		}
	}
	pb_strv_fini(&names);
}

void pb_html_data(struct pb_page *p)
{
	static const char *const own[] = {"manifest.json", "findings.json", "undo.log", "log.txt",
					  "paths/paths.json"};
	const json_t *files = json_object_get(p->facts->manifest, "files");
	const char *name;
	json_t *hash;

	pb_html_heading(p, "data", PB_MSG_H_DATA);
	pb_html_add(p, "<p class=muted>%1</p>\n<ul class=\"plain files\">\n",
		    pb_messages_get(PB_MSG_DATA_BESIDE));
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		data_link_if(p, own[i]);
	json_object_foreach((json_t *)files, name, hash)
	{
		(void)hash;
		data_link(p, name);
	}
	tune_links(p);
	chart_links(p);
	pb_html_add(p, "</ul>\n");
}

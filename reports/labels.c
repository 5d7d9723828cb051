/*
 * One gnuplot variable for each word. A quote inside one is doubled, as gnuplot wants it.
 */
#include "reports/labels.h"

#include <errno.h>

#include "engine/lib/replace.h"
#include "reports/format.h"
#include "reports/messages.h"

static const struct {
	const char *variable;
	enum pb_message text;
} labels[] = {
	{"l_after", PB_MSG_CHART_AFTER},
	{"l_all", PB_MSG_CHART_ALL},
	{"l_before", PB_MSG_CHART_BEFORE},
	{"l_cpu_per_io", PB_MSG_CHART_CPU_PER_IO},
	{"l_depth", PB_MSG_CHART_DEPTH},
	{"l_depth_short", PB_MSG_CHART_DEPTH_SHORT},
	{"l_guest_iops", PB_MSG_CHART_GUEST_IOPS},
	{"l_host_cpu", PB_MSG_CHART_HOST_CPU},
	{"l_host_cpus", PB_MSG_CHART_HOST_CPUS},
	{"l_interrupts_s", PB_MSG_CHART_INTERRUPTS_S},
	{"l_iops", PB_MSG_METRIC_IOPS},
	{"l_latency", PB_MSG_CHART_LATENCY},
	{"l_measured", PB_MSG_CHART_MEASURED},
	{"l_none", PB_MSG_CHART_NONE},
	{"l_pair", PB_MSG_CHART_PAIR},
	{"l_predicted", PB_MSG_CHART_PREDICTED},
	{"l_seconds", PB_MSG_CHART_SECONDS},
	{"l_share_slower", PB_MSG_CHART_SHARE_SLOWER},
	{"l_threads", PB_MSG_CHART_THREADS},
};

static void write_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\'')
			fputc('\'', out);
		fputc(*text, out);
	}
}

/* How axes shorten large numbers, as the text beside them does. */
static void write_powers(FILE *out)
{
	static const char *const variable[] = {"kilo", "mega"};
	const char *name;
	double scale;

	for (unsigned i = 0; i < 2; i++) {
		scale = pb_format_power(i, &name);
		fprintf(out, "%s = %g\n%s_name = '%s'\n", variable[i], scale, variable[i], name);
	}
}

int pb_labels_write(int outfd, struct pb_err *err)
{
	FILE *out = pb_replace_begin(outfd, "labels.gp", err);

	if (!out)
		return -EIO;
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		fprintf(out, "%s = '", labels[i].variable);
		write_text(out, pb_messages_get(labels[i].text));
		fputs("'\n", out);
	}
	write_powers(out);
	return pb_replace_commit(outfd, out, "labels.gp", err);
}

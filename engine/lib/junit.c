/*
 * Writes the document by hand: a dozen elements need no XML library. Escaping is the part that matters.
 */
#include "engine/lib/junit.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Length of the UTF-8 sequence at s with its code point, or 0 when it is none (overlong, surrogate, cut off).
 */
static size_t decode(const unsigned char *s, uint32_t *code)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t len = s[0] < 0x80 ? 1 : s[0] >> 5 == 6 ? 2 : s[0] >> 4 == 14 ? 3 : s[0] >> 3 == 30 ? 4 : 0;

	*code = len == 1 ? s[0] : s[0] & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		if (s[i] >> 6 != 2)
			return 0;
		*code = *code << 6 | (s[i] & 0x3f);
	}
	if (len == 0 || *code < least[len] || *code > 0x10ffff || (*code >= 0xd800 && *code < 0xe000))
		return 0;
	return len;
}

/*
 * Control characters of both sets, direction marks and what XML 1.0 (2.2) forbids; a line break or a tab is
 * none where the text has lines.
 */
static bool is_shown(uint32_t code, bool lines)
{
	if (code == '\n' || code == '\t')
		return lines;
	return code >= 0x20 && !(code >= 0x7f && code < 0xa0) && !(code >= 0x200b && code <= 0x200f) &&
	       !(code >= 0x202a && code <= 0x202e) && !(code >= 0x2060 && code <= 0x206f) && code != 0xfeff &&
	       code != 0xfffe && code != 0xffff;
}

static void add_text(struct pb_buf *b, const char *text, bool lines)
{
	for (size_t len; *text; text += len) {
		uint32_t code = 0;

		len = decode((const unsigned char *)text, &code);
		if (len == 0 || !is_shown(code, lines)) {
			pb_buf_str(b, code == '\n' || code == '\t' ? " " : "?");
			len = len ? len : 1;
		} else if (code == '<') {
			pb_buf_str(b, "&lt;");
		} else if (code == '>') {
			pb_buf_str(b, "&gt;");
		} else if (code == '&') {
			pb_buf_str(b, "&amp;");
		} else if (code == '"') {
			pb_buf_str(b, "&quot;");
		} else {
			pb_buf_add(b, text, len);
		}
	}
}

static void add_attribute(struct pb_buf *b, const char *name, const char *value)
{
	pb_buf_printf(b, " %s=\"", name);
	add_text(b, value, false);
	pb_buf_str(b, "\"");
}

void pb_junit_property(struct pb_junit *j, const char *name, const char *value)
{
	pb_buf_str(&j->properties, "      <property");
	add_attribute(&j->properties, "name", name);
	add_attribute(&j->properties, "value", value);
	pb_buf_str(&j->properties, "/>\n");
}

static void add_outcome(struct pb_buf *b, const char *element, const char *message, const char *text)
{
	pb_buf_printf(b, ">\n      <%s", element);
	add_attribute(b, "message", message);
	/* xUnit's skipped takes no type and no text. */
	if (!strcmp(element, "skipped")) {
		pb_buf_str(b, "/>\n    </testcase>\n");
		return;
	}
	add_attribute(b, "type", element);
	pb_buf_str(b, ">");
	add_text(b, text ? text : message, true);
	pb_buf_printf(b, "</%s>\n    </testcase>\n", element);
}

void pb_junit_case(struct pb_junit *j, const char *name, enum pb_junit_result result, const char *message,
		   const char *text)
{
	static const char *const elements[] = {NULL, "failure", "error", "skipped"};

	j->tests++;
	j->failures += result == PB_JUNIT_FAILED;
	j->errors += result == PB_JUNIT_ERROR;
	j->skipped += result == PB_JUNIT_SKIPPED;
	pb_buf_str(&j->cases, "    <testcase");
	add_attribute(&j->cases, "classname", j->class_name);
	add_attribute(&j->cases, "name", name);
	pb_buf_str(&j->cases, " time=\"0\"");
	if (elements[result])
		add_outcome(&j->cases, elements[result], message, text);
	else
		pb_buf_str(&j->cases, "/>\n");
}

static void add_counts(struct pb_buf *b, const struct pb_junit *j)
{
	pb_buf_printf(b, " tests=\"%u\" failures=\"%u\" errors=\"%u\"", j->tests, j->failures, j->errors);
}

int pb_junit_end(struct pb_junit *j, struct pb_buf *out)
{
	pb_buf_str(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites");
	add_counts(out, j);
	pb_buf_str(out, ">\n  <testsuite");
	add_attribute(out, "name", j->name);
	add_counts(out, j);
	pb_buf_printf(out, " skipped=\"%u\" time=\"0\"", j->skipped);
	if (j->timestamp && *j->timestamp)
		add_attribute(out, "timestamp", j->timestamp);
	pb_buf_str(out, ">\n");
	if (j->properties.len) {
		pb_buf_str(out, "    <properties>\n");
		pb_buf_add(out, j->properties.data, j->properties.len);
		pb_buf_str(out, "    </properties>\n");
	}
	if (j->cases.len)
		pb_buf_add(out, j->cases.data, j->cases.len);
	pb_buf_str(out, "  </testsuite>\n</testsuites>\n");
	out->failed = out->failed || j->properties.failed || j->cases.failed;
	pb_buf_fini(&j->properties);
	pb_buf_fini(&j->cases);
	return out->failed ? -ENOMEM : 0;
}

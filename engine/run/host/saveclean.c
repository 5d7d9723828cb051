/*
 * Cleaning by name, by known text and by form.
 */
#include "engine/run/host/saveclean.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define KNOWN_MIN 6 /* shorter "serials" ("1", "none") are ordinary words elsewhere */
#define DSN_ID 0x0003
#define UUID_LEN 36

bool pb_saveclean_is_identity(const char *name)
{
	static const char *const whole[] = {"serial", "serial_number", "wwid",        "wwn",       "nguid",
					    "eui",    "uuid",          "unique_id",   "subsysnqn", "hostnqn",
					    "hostid", "sas_address",   "product_uuid"};
	static const char *const ends[] = {"_serial", "_asset_tag"};
	size_t len = strlen(name);

	if (!strncmp(name, "vpd_pg", 6))
		return true;
	for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
		if (!strcmp(name, whole[i]))
			return true;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (len > strlen(ends[i]) && !strcmp(name + len - strlen(ends[i]), ends[i]))
			return true;
	return false;
}

static bool says_nothing(const char *text)
{
	static const char *const words[] = {"Not Specified", "To be filled by O.E.M.", "Default string",
					    "unknown"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcasecmp(text, words[i]))
			return true;
	return strspn(text, "0 .-") == strlen(text);
}

int pb_saveclean_learn(struct pb_strv *known, const char *text)
{
	char copy[128];
	size_t len;

	text += strspn(text, " \t\n");
	snprintf(copy, sizeof(copy), "%.127s", text);
	for (len = strlen(copy); len && isspace((unsigned char)copy[len - 1]);)
		copy[--len] = '\0';
	if (len < KNOWN_MIN || says_nothing(copy))
		return 0;
	for (size_t i = 0; i < known->n; i++)
		if (!strcmp(known->v[i], copy))
			return 0;
	return pb_strv_add(known, copy);
}

/* 8-4-4-4-12 hexadecimal digits. */
static bool is_uuid(const char *p)
{
	for (size_t i = 0; i < UUID_LEN; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? p[i] != '-' : !isxdigit((unsigned char)p[i]))
			return false;
	}
	return true;
}

/* "UUID=1234-ABCD", "PARTUUID=5ebd-02": file systems and partition tables have short forms, too. */
static void clean_short_uuids(char *data, size_t len)
{
	char *end = data + len;

	for (char *p = memmem(data, len, "UUID=", 5); p; p = memmem(p, (size_t)(end - p), "UUID=", 5))
		for (p += 5; p < end && (isxdigit((unsigned char)*p) || *p == '-'); p++)
			if (*p != '-')
				*p = '0';
}

void pb_saveclean_text(const struct pb_strv *known, char *data, size_t len)
{
	clean_short_uuids(data, len);
	for (size_t i = 0; i < known->n; i++) {
		size_t n = strlen(known->v[i]);
		char *end = data + len;

		for (char *p = memmem(data, len, known->v[i], n); p;
		     p = memmem(p, (size_t)(end - p), known->v[i], n)) {
			memset(p, 'x', n);
			p += n;
		}
	}
	for (size_t i = 0; i + UUID_LEN <= len; i++) {
		if (data[i + 8] != '-' || !is_uuid(data + i))
			continue;
		for (size_t k = 0; k < UUID_LEN; k++)
			if (data[i + k] != '-')
				data[i + k] = '0';
		i += UUID_LEN - 1;
	}
}

static uint32_t word(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

void pb_saveclean_config(unsigned char *data, size_t len)
{
	size_t at = 0x100;

	for (unsigned i = 0; i < 96 && at >= 0x100 && at + 12 <= len; i++) {
		uint32_t head = word(data + at);

		if (!head || head == UINT32_MAX)
			return;
		if ((head & 0xffff) == DSN_ID)
			memset(data + at + 4, 0, 8);
		at = head >> 20 & 0xffc;
	}
}

size_t pb_saveclean_mounts(char *data, size_t len)
{
	size_t kept = 0;

	for (size_t at = 0; at < len;) {
		const char *eol = memchr(data + at, '\n', len - at);
		size_t n = eol ? (size_t)(eol - (data + at)) + 1 : len - at;
		const char *dash = memmem(data + at, n, " - ", 3);
		const char *source =
			dash ? memchr(dash + 3, ' ', n - (size_t)(dash + 3 - (data + at))) : NULL;

		if (source && (size_t)(source + 6 - (data + at)) <= n && !strncmp(source, " /dev/", 6)) {
			memmove(data + kept, data + at, n);
			kept += n;
		}
		at += n;
	}
	return kept;
}

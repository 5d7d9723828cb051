/*
 * Interrupt remapping and posting. The chip names in /proc/interrupts are the proof of remapping that needs
 * no rights and no kernel log; posting is told by the capability registers and KVM's own switches.
 */
#include "engine/collectors/iommuinfo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/lib/csv.h" /* PB_NA */

#define INTEL_CAP_POSTED 59 /* VT-d capability register, PI */
#define AMD_GA_VAPIC 21     /* extended feature register, GAM: guest virtual APIC mode, low bit */

bool pb_iommuinfo_remapped(const char *interrupts)
{
	for (const char *p = strstr(interrupts, "IR-"); p; p = strstr(p + 3, "IR-")) {
		const char *before = p;

		/* The chip follows the last counter: digits and blanks, not the name of a driver. */
		while (before > interrupts && before[-1] == ' ')
			before--;
		if (before < p && before > interrupts && before[-1] >= '0' && before[-1] <= '9')
			return true;
	}
	return false;
}

static void read_remapping(const struct pb_root *root, struct pb_iommuinfo *info)
{
	struct pb_buf text = {0};

	if (!pb_root_slurp(root, &text, "/proc/interrupts") && text.data) {
		info->remapping = pb_iommuinfo_remapped(text.data);
		snprintf(info->remapping_how, sizeof(info->remapping_how),
			 info->remapping ? "/proc/interrupts names IR- chips"
					 : "no IR- chip in /proc/interrupts");
	}
	pb_buf_fini(&text);
}

/* Bit of a hexadecimal register, printed with or without 0x; -1 when it cannot be read. */
static int hex_bit(const struct pb_root *root, const char *unit, const char *file, unsigned bit)
{
	char text[64], *end;
	unsigned long long v;

	if (pb_root_read(root, text, sizeof(text), "/sys/class/iommu/%s/%s", unit, file) <= 0)
		return -1;
	v = strtoull(text, &end, 16);
	/* AMD prints two registers with a colon between since 6.7; the first is the one. */
	return end == text ? -1 : (int)(v >> bit & 1);
}

/* "Y" or "N", "1" or "0"; -1 when there is no such module. */
static int parameter(const struct pb_root *root, const char *name)
{
	char text[16];

	if (pb_root_read(root, text, sizeof(text), "/sys/module/%s", name) <= 0)
		return -1;
	return text[0] == 'Y' || text[0] == '1';
}

/* Is this word an option on the kernel's command line ("intremap=no_x2apic_optout,nopost")? */
static bool boot_option(const struct pb_root *root, const char *option, const char *value)
{
	char text[4096], *save = NULL;
	size_t len = strlen(option);

	if (pb_root_read(root, text, sizeof(text), "/proc/cmdline") <= 0)
		return false;
	for (char *w = strtok_r(text, " ", &save); w; w = strtok_r(NULL, " ", &save))
		if (!strncmp(w, option, len) && w[len] == '=' && strstr(w + len, value))
			return true;
	return false;
}

struct vendor {
	const char *prefix, *file, *name; /* units, their register */
	unsigned bit;
	const char *module, *option, *off; /* KVM's switch; what switches posting off at boot */
};

static const struct vendor vendors[] = {
	{"dmar", "intel-iommu/cap", "capability register bit 59", INTEL_CAP_POSTED,
	 "kvm_intel/parameters/enable_apicv", "intremap", "nopost"},
	{"ivhd", "amd-iommu/features", "feature register bit 21", AMD_GA_VAPIC, "kvm_amd/parameters/avic",
	 "amd_iommu_guest_ir", "legacy"},
};

static void judge_enabled(const struct pb_root *root, const struct vendor *v, struct pb_iommuinfo *info)
{
	int kvm = parameter(root, v->module);
	char *how = info->enabled_how;
	size_t size = sizeof(info->enabled_how);

	info->posted_enabled = 0;
	if (info->posted_capable == 0)
		snprintf(how, size, "the IOMMU cannot");
	else if (info->remapping == 0)
		snprintf(how, size, "no interrupt remapping");
	else if (boot_option(root, v->option, v->off))
		snprintf(how, size, "%s=%s on the kernel's command line", v->option, v->off);
	else if (kvm == 0)
		snprintf(how, size, "%s is off", v->module);
	else if (kvm < 0 || info->posted_capable == PB_NA || info->remapping == PB_NA)
		info->posted_enabled = PB_NA;
	else {
		info->posted_enabled = 1;
		snprintf(how, size, "%s is on", v->module);
	}
}

static void read_vendor(const struct pb_root *root, const struct pb_strv *units, const struct vendor *v,
			struct pb_iommuinfo *info)
{
	bool found = false;

	for (size_t i = 0; i < units->n; i++) {
		int bit;

		if (strncmp(units->v[i], v->prefix, strlen(v->prefix)))
			continue;
		found = true;
		bit = hex_bit(root, units->v[i], v->file, v->bit);
		/* One unit that cannot is enough: the disk may be behind it. */
		if (bit >= 0 && info->posted_capable != 0)
			info->posted_capable = bit;
	}
	if (!found)
		return;
	if (info->posted_capable != PB_NA)
		snprintf(info->capable_how, sizeof(info->capable_how), "%s", v->name);
	judge_enabled(root, v, info);
}

void pb_iommuinfo_read(const struct pb_root *root, struct pb_iommuinfo *info)
{
	struct pb_strv units = {0};

	*info = (struct pb_iommuinfo){.remapping = PB_NA, .posted_capable = PB_NA, .posted_enabled = PB_NA};
	read_remapping(root, info);
	if (!pb_root_list(root, &units, "/sys/class/iommu"))
		for (size_t i = 0; i < sizeof(vendors) / sizeof(vendors[0]); i++)
			read_vendor(root, &units, &vendors[i], info);
	pb_strv_fini(&units);
}

/*
 * The estimate for each instant of engine.csv. Rows are marked `estimate` in their own column, so that they
 * stay so in whatever table they are copied to.
 */
#include "engine/run/host/link_estimate.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "engine/collectors/pcidev.h"
#include "engine/lib/csv.h"
#include "engine/lib/pcieframe.h"

#define FILE_NAME "host/link_estimate.csv"

struct path {
	int64_t mps, mrrs, link_bytes_s; /* PB_NA = not known */
};

static int64_t mgts(double gts)
{
	return gts > 0 && gts < 1000 ? (int64_t)(gts * 1000 + 0.5) : PB_NA;
}

/* From the first instant of pcie.csv: the smallest payload of the path, the disk's read requests and link. */
static void read_path(const struct pb_table *t, struct path *p)
{
	int hop = pb_table_col(t, "hop"), mps = pb_table_col(t, "mps_bytes");

	*p = (struct path){PB_NA, PB_NA, PB_NA};
	for (size_t i = 0; i < pb_table_rows(t) && pb_table_i64(t, i, 0) == pb_table_i64(t, 0, 0); i++) {
		int64_t here = pb_table_i64(t, i, mps);

		if (here != PB_NA && (p->mps == PB_NA || here < p->mps))
			p->mps = here;
		if (pb_table_i64(t, i, hop) != 0)
			continue;
		p->mrrs = pb_table_i64(t, i, pb_table_col(t, "mrrs_bytes"));
		p->link_bytes_s =
			pb_pci_link_bytes_s(mgts(pb_table_num(t, i, pb_table_col(t, "link_speed_gts"))),
					    pb_table_i64(t, i, pb_table_col(t, "link_width")));
	}
}

/* The jobs of one instant, added up; the row after them. PB_NA is negative and makes the sum useless:
 * refused. */
static size_t add_instant(const struct pb_table *t, size_t row, struct pb_pcie_payload *sum)
{
	int rd = pb_table_col(t, "read_bytes"), wr = pb_table_col(t, "write_bytes"),
	    done = pb_table_col(t, "completed");
	int64_t now = pb_table_i64(t, row, 0);

	*sum = (struct pb_pcie_payload){0};
	for (; row < pb_table_rows(t) && pb_table_i64(t, row, 0) == now; row++) {
		int64_t add[3] = {pb_table_i64(t, row, rd), pb_table_i64(t, row, wr),
				  pb_table_i64(t, row, done)};

		for (size_t i = 0; i < 3; i++) /* the guest's numbers: none may overflow the sum */
			if (add[i] < 0 || add[i] > INT64_MAX / 4096 || sum->read_bytes > INT64_MAX / 4 ||
			    sum->write_bytes > INT64_MAX / 4 || sum->commands > INT64_MAX / 4)
				return 0;
		sum->read_bytes += add[0];
		sum->write_bytes += add[1];
		sum->commands += add[2];
	}
	return row;
}

static void write_rows(FILE *f, const struct pb_table *engine, const struct path *p)
{
	struct pb_csv c = {.f = f};

	fputs("t_ns,source,read_bytes,write_bytes,commands,to_host_bytes,to_device_bytes,mps_bytes,mrrs_"
	      "bytes,"
	      "link_bytes_s\r\n",
	      f);
	for (size_t row = 0; row < pb_table_rows(engine);) {
		int64_t t_ns = pb_table_i64(engine, row, 0);
		struct pb_pcie_payload sum;
		struct pb_pcie_wire wire;
		size_t next = add_instant(engine, row, &sum);

		if (!next || pb_pcie_frame(&sum, p->mps, p->mrrs, &wire) < 0)
			return;
		row = next;
		pb_csv_i64(&c, t_ns);
		pb_csv_str(&c, "estimate");
		pb_csv_i64(&c, sum.read_bytes);
		pb_csv_i64(&c, sum.write_bytes);
		pb_csv_i64(&c, sum.commands);
		pb_csv_i64(&c, wire.to_host_bytes);
		pb_csv_i64(&c, wire.to_device_bytes);
		pb_csv_i64(&c, p->mps);
		pb_csv_i64(&c, p->mrrs);
		pb_csv_i64(&c, p->link_bytes_s);
		pb_csv_end(&c);
	}
}

static int write_file(struct pb_rundir *dir, const struct pb_table *engine, const struct path *p,
		      struct pb_err *err)
{
	FILE *f = pb_rundir_begin(dir, FILE_NAME, err);
	int rc;

	if (!f)
		return -EIO;
	write_rows(f, engine, p);
	rc = pb_rundir_commit(dir, f, FILE_NAME, err);
	return rc < 0 ? rc : 1;
}

int pb_link_estimate_write(struct pb_rundir *dir, const char *guest, struct pb_err *err)
{
	struct pb_table *pcie = NULL, *engine = NULL;
	struct path p = {PB_NA, PB_NA, PB_NA};
	char name[128];
	int rc = 0;

	if (faccessat(dir->fd, "host/pciebw.csv", F_OK, 0) == 0)
		return 0;
	snprintf(name, sizeof(name), "guest/%s/engine.csv", guest);
	if (pb_table_read(&pcie, dir->fd, "host/pcie.csv", NULL) == 0)
		read_path(pcie, &p);
	if (p.mps >= 128 && p.mrrs >= 128 && pb_table_read(&engine, dir->fd, name, NULL) == 0 &&
	    pb_table_rows(engine) > 0)
		rc = write_file(dir, engine, &p, err);
	pb_table_free(pcie);
	pb_table_free(engine);
	return rc;
}

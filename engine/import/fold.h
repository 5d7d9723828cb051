/*
 * A series of any length in constant memory: when it is full, neighbours are averaged, so that what is
 * kept are means of 1, 2, 4, ... instants: batches, as pb_stats_batch_means takes them.
 */
#ifndef PB_IMPORT_FOLD_H
#define PB_IMPORT_FOLD_H

#define PB_FOLD_MAX 128u

struct pb_fold {
	double v[PB_FOLD_MAX];
	unsigned n;         /* values kept */
	unsigned per, part; /* instants in each value; instants in the one that grows */
	double sum;
};

/* Start with a zeroed struct. */
static inline void pb_fold_add(struct pb_fold *f, double x)
{
	if (f->per == 0)
		f->per = 1;
	f->sum += x;
	if (++f->part < f->per)
		return;
	f->v[f->n++] = f->sum / f->per;
	f->sum = 0;
	f->part = 0;
	if (f->n < PB_FOLD_MAX)
		return;
	for (unsigned i = 0; i < PB_FOLD_MAX / 2; i++)
		f->v[i] = (f->v[2 * i] + f->v[2 * i + 1]) / 2;
	f->n = PB_FOLD_MAX / 2;
	f->per *= 2;
}

#endif

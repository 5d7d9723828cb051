/*
 * Interned strings: blocks of text that never move and an open-addressing
 * hash table of numbers over them.
 */
#include "engine/lib/intern.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK ((size_t)64 << 10)

struct block {
	struct block *next;
	size_t used, size;
	char text[];
};

struct pb_intern {
	struct block *blocks;
	const char **texts; /* texts[id]; n of them, texts[0] is "" */
	uint32_t n, cap;
	uint32_t *slots; /* ids, 0 = free; n_slots is a power of two and at least twice n */
	size_t n_slots;
};

struct pb_intern *pb_intern_new(void)
{
	struct pb_intern *in = calloc(1, sizeof(*in));

	if (!in)
		return NULL;
	in->cap = 64;
	in->n_slots = 128;
	in->texts = calloc(in->cap, sizeof(*in->texts));
	in->slots = calloc(in->n_slots, sizeof(*in->slots));
	if (!in->texts || !in->slots) {
		pb_intern_free(in);
		return NULL;
	}
	in->texts[in->n++] = "";
	return in;
}

void pb_intern_free(struct pb_intern *in)
{
	if (!in)
		return;
	while (in->blocks) {
		struct block *b = in->blocks;

		in->blocks = b->next;
		free(b);
	}
	free(in->texts);
	free(in->slots);
	free(in);
}

/* FNV-1a, 64 bits (draft-eastlake-fnv), folded so that the low bits depend on all. */
static size_t hash(const char *text, size_t len)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)text[i]) * 0x100000001b3u;
	return (size_t)(h ^ (h >> 32));
}

/* Slot that holds the text, or the free one where it belongs. */
static uint32_t *find_slot(const struct pb_intern *in, const char *text, size_t len)
{
	size_t i = hash(text, len) & (in->n_slots - 1);

	for (;; i = (i + 1) & (in->n_slots - 1)) {
		const char *have = in->texts[in->slots[i]];

		if (!in->slots[i] || (strncmp(have, text, len) == 0 && !have[len]))
			return &in->slots[i];
	}
}

static int grow(struct pb_intern *in)
{
	const char **texts;
	uint32_t *slots;

	if (in->cap > UINT32_MAX / 4)
		return -ENOMEM;
	texts = reallocarray(in->texts, (size_t)in->cap * 2, sizeof(*texts));
	if (!texts)
		return -ENOMEM;
	in->texts = texts;
	slots = calloc(in->n_slots * 2, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	in->cap *= 2;
	free(in->slots);
	in->slots = slots;
	in->n_slots *= 2;
	for (uint32_t id = 1; id < in->n; id++)
		*find_slot(in, in->texts[id], strlen(in->texts[id])) = id;
	return 0;
}

static const char *keep(struct pb_intern *in, const char *text, size_t len)
{
	struct block *b = in->blocks;
	char *copy;

	if (!b || b->size - b->used < len + 1) {
		size_t size = len + 1 > BLOCK ? len + 1 : BLOCK;

		b = malloc(sizeof(*b) + size);
		if (!b)
			return NULL;
		*b = (struct block){.next = in->blocks, .size = size};
		in->blocks = b;
	}
	copy = b->text + b->used;
	memcpy(copy, text, len);
	copy[len] = '\0';
	b->used += len + 1;
	return copy;
}

int64_t pb_intern_add(struct pb_intern *in, const char *text, size_t len)
{
	const char *copy;
	uint32_t *slot, id;

	if (len == 0)
		return 0;
	slot = find_slot(in, text, len);
	id = *slot;
	if (id)
		return id;
	if (in->n == in->cap) {
		if (grow(in))
			return -ENOMEM;
		slot = find_slot(in, text, len);
	}
	copy = keep(in, text, len);
	if (!copy)
		return -ENOMEM;
	in->texts[in->n] = copy;
	*slot = in->n;
	return in->n++;
}

int64_t pb_intern_find(const struct pb_intern *in, const char *text, size_t len)
{
	return len ? *find_slot(in, text, len) : 0;
}

const char *pb_intern_text(const struct pb_intern *in, uint32_t id)
{
	return in->texts[id];
}

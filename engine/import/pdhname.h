/*
 * The parts of a PDH counter's name, \\HOST\OBJECT(INSTANCE)\COUNTER.
 */
#ifndef PB_IMPORT_PDHNAME_H
#define PB_IMPORT_PDHNAME_H

#include <stdbool.h>
#include <stdint.h>

#define PB_PDH_PART 256

struct pb_pdh_name {
	char host[PB_PDH_PART]; /* "" when the name has none */
	char object[PB_PDH_PART], instance[PB_PDH_PART], counter[PB_PDH_PART];
};

/* False when the text is no such name or a part is too long; instances may hold parentheses and backslashes.
 */
bool pb_pdh_name_parse(struct pb_pdh_name *name, const char *text);
/*
 * The first cell of the header, "(PDH-CSV 4.0) (W. Europe Standard Time)(-60)": the minutes that make UTC of
 * a local stamp when added. *known is false where the tool wrote none.
 */
bool pb_pdh_zone_parse(const char *text, int *minutes, bool *known);

#endif

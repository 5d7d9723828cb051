/*
 * A number as other tools print it in a cell of a table.
 */
#ifndef PB_IMPORT_NUMBER_H
#define PB_IMPORT_NUMBER_H

/*
 * Why a cell is no number, or NULL. *v: the number, NAN when the tool had none: an empty cell, blanks, "-",
 * or what a division by zero leaves ("nan", "-1.#IND"). A comma is taken for a decimal point where no point
 * stands. Nothing here may be negative, infinite or above 1e15, and "1.234,5" may mean two things.
 */
const char *pb_number_parse(const char *text, double *v);

#endif

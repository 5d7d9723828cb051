/*
 * SVGs drawn by other programs, made fit to stand inside a page.
 */
#ifndef PB_REPORTS_SVG_H
#define PB_REPORTS_SVG_H

#include "engine/lib/buf.h"
#include "engine/lib/err.h"

/*
 * Appends the <svg> element of text: prolog removed, ids and references prefixed with `prefix` so that
 * several can share a page, the colours of style.gp replaced by the page's variables. -EINVAL for what is not
 * an SVG or could act: script, foreignObject, event attributes, references to anything outside.
 */
int pb_svg_embed(struct pb_buf *out, const char *text, const char *prefix);

#endif

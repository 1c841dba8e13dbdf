/*
 * segments.h - what the pages of segments share.
 */
#ifndef LEADBOARD_HANDLERS_SEGMENTS_H
#define LEADBOARD_HANDLERS_SEGMENTS_H

#include "fcgi/views/segments.h"
#include "fcgi/web.h"
#include "gen/sql.h"
#include "shared/segment.h"

/* The segment of the path, if the user may see it; else ERR_NOT_FOUND, said. */
MUST_CHECK enum err segment_load(struct web *web, struct sql_segment_get *out_row);
/* Its owner may edit it, and whoever is at least a super user if it is shared. */
bool segment_may_edit(const struct web *web, const struct sql_segment_get *row);
/* As segment_may_edit; ERR_DENIED, said. */
MUST_CHECK enum err segment_need_edit(struct web *web, const struct sql_segment_get *row);
/* What is drawn above everything that is about one segment. */
MUST_CHECK enum err segment_head(struct web *web, struct request *request,
                                 struct response *response, const struct sql_segment_get *row,
                                 struct segment_view *out);
/* A page that shows members comes again until they are worked out. */
void segment_come_again(struct segment_view *view);

#endif

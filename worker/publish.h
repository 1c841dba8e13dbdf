/*
 * publish.h - tells open boards that cards have changed: follows card_change in commit order
 * (transaction id below the snapshot's xmin, so that nothing is skipped) and posts to nginx's
 * publisher, once a board and round. Only those who look at a board right now hear of it, so
 * what happened while nobody published is not caught up. Pages that have no live connection
 * poll.
 */
#ifndef LEADBOARD_PUBLISH_H
#define LEADBOARD_PUBLISH_H

#include "worker/service.h"

/* Not needed where PUBLISH_SOCKET is empty. */
extern const struct service_kind publish_service;

#endif

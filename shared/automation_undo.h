/*
 * automation_undo.h - takes back what an automation did in one operation (OP_AUTOMATION):
 * moves, owners, removed and created cards, tags, properties, each as far as nobody has changed
 * it since. What it handed over to be sent and that still waits is not sent; what was sent
 * stays sent, and is told by name in the operation's detail ("sent": ["2 to Shop"]).
 */
#ifndef LEADBOARD_AUTOMATION_UNDO_H
#define LEADBOARD_AUTOMATION_UNDO_H

#include "shared/operation.h"

/* For the table in operation.c. */
operation_undoer automation_undo;

#endif

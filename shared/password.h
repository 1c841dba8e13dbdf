/*
 * password.h - what a password must be like. Hashing is in crypt.h.
 */
#ifndef LEADBOARD_PASSWORD_H
#define LEADBOARD_PASSWORD_H

#include "shared/str.h"

#define PASSWORD_MIN 8 /* characters */
#define PASSWORD_MAX 200

/* A sentence saying why a password will not do, or "no value" when it will. email: of its
 * owner, may be empty. */
struct str password_objection(struct str password, struct str email);

#endif

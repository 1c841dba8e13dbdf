/*
 * arena.h - memory of one request or one job: taken piece by piece, given back all at once.
 *
 * Allocation never returns NULL: what does not fit below the cap ends the process (a request or
 * job that large is a bug or an attack that an earlier limit should have refused). Memory is
 * zeroed. Under the address sanitizer pieces are separated by red zones and poisoned after
 * reset. Not for threads: one arena belongs to one thread at a time.
 */
#ifndef LEADBOARD_ARENA_H
#define LEADBOARD_ARENA_H

#include "shared/str.h"

struct arena;

/* An arena that may hold at most cap bytes. Freed with arena_free. */
struct arena *arena_new(size_t cap);
/* Runs the deferred clean-ups, last first, and frees everything. Accepts NULL. */
void arena_free(struct arena *arena);
/* As arena_free, but keeps the arena and its first block for the next request. */
void arena_reset(struct arena *arena);

/* size zeroed bytes, aligned for any type. */
void *arena_alloc(struct arena *arena, size_t size);
/* As arena_alloc but not zeroed, for text that is written before it is read. */
void *arena_raw(struct arena *arena, size_t size);
/* Room for count objects of size bytes each; the product is checked. */
void *arena_array(struct arena *arena, size_t count, size_t size);
#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, count, type) ((type *)arena_array((arena), (count), sizeof(type)))

/* A copy that lives as long as the arena; NUL follows it. "No value" stays "no value". */
struct str arena_dup(struct arena *arena, struct str s);
/* A NUL-terminated copy; an embedded NUL ends it early. */
char *arena_cstr(struct arena *arena, struct str s);
/* Formatted text. */
struct str arena_print(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Calls release(object) when the arena is reset or freed. */
void arena_defer(struct arena *arena, void (*release)(void *), void *object);

/* Bytes in use, and the most that ever were. */
size_t arena_used(const struct arena *arena);
size_t arena_peak(const struct arena *arena);

#endif

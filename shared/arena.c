#include "shared/arena.h"

#include <stdalign.h>
#include <stdarg.h>

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN 1
#endif
#endif

#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
#define POISON(p, n) __asan_poison_memory_region((p), (n))
#define UNPOISON(p, n) __asan_unpoison_memory_region((p), (n))
#define RED_ZONE 16
#define MEMORY(n) calloc(1, (n)) /* gcc takes poisoning for a use */
#else
#define POISON(p, n) ((void)(p), (void)(n))
#define UNPOISON(p, n) ((void)(p), (void)(n))
#define RED_ZONE 0
#define MEMORY(n) malloc(n)
#endif

#define ALIGNMENT alignof(max_align_t)
#define FIRST_BLOCK ((size_t)16 * 1024)

struct block {
    struct block *next; /* older */
    size_t room, used;
    alignas(max_align_t) char bytes[];
};

struct deferred {
    struct deferred *next;
    void (*release)(void *);
    void *object;
};

struct arena {
    struct block *newest;
    struct deferred *deferred;
    size_t cap, used, peak;
};

static _Noreturn void die(const char *why)
{
    (void)fprintf(stderr, "level=error event=arena.die why=\"%s\"\n", why);
    abort();
}

static struct block *block_new(size_t room, struct block *next)
{
    struct block *block = MEMORY(sizeof(*block) + room);
    if (block == NULL) {
        die("out of memory");
    }
    *block = (struct block){.next = next, .room = room};
    POISON(block->bytes, room);
    return block;
}

struct arena *arena_new(size_t cap)
{
    struct arena *arena = calloc(1, sizeof(*arena));
    if (arena == NULL) {
        die("out of memory");
    }
    arena->cap = cap;
    arena->newest = block_new(FIRST_BLOCK, NULL);
    return arena;
}

static void run_deferred(struct arena *arena)
{
    while (arena->deferred != NULL) {
        struct deferred *first = arena->deferred;
        arena->deferred = first->next;
        first->release(first->object);
    }
}

void arena_reset(struct arena *arena)
{
    run_deferred(arena);
    while (arena->newest->next != NULL) {
        struct block *older = arena->newest->next;
        free(arena->newest);
        arena->newest = older;
    }
    arena->newest->used = 0;
    POISON(arena->newest->bytes, arena->newest->room);
    arena->used = 0;
}

void arena_free(struct arena *arena)
{
    if (arena == NULL) {
        return;
    }
    arena_reset(arena);
    free(arena->newest);
    free(arena);
}

static struct block *block_for(struct arena *arena, size_t size)
{
    struct block *block = arena->newest;
    if (block->room - block->used >= size) {
        return block;
    }
    size_t room = block->room * 2 > (size_t)1 << 20 ? (size_t)1 << 20 : block->room * 2;
    arena->newest = block_new(room < size ? size : room, block);
    return arena->newest;
}

void *arena_raw(struct arena *arena, size_t size)
{
    if (size > arena->cap) {
        die("arena cap reached");
    }
    size_t take = (size + RED_ZONE + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (take == 0) {
        take = ALIGNMENT;
    }
    if (take > arena->cap - arena->used) {
        die("arena cap reached");
    }
    struct block *block = block_for(arena, take);
    char *p = block->bytes + block->used;
    block->used += take;
    arena->used += take;
    arena->peak = arena->used > arena->peak ? arena->used : arena->peak;
    UNPOISON(p, size);
    return p;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    return memset(arena_raw(arena, size), 0, size);
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    size_t bytes = 0;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        die("arena cap reached");
    }
    return arena_alloc(arena, bytes);
}

struct str arena_dup(struct arena *arena, struct str s)
{
    if (s.p == NULL) {
        return (struct str){0};
    }
    char *copy = arena_alloc(arena, s.n + 1);
    if (s.n != 0) {
        memcpy(copy, s.p, s.n);
    }
    return (struct str){.p = copy, .n = s.n};
}

char *arena_cstr(struct arena *arena, struct str s)
{
    char *copy = arena_alloc(arena, s.n + 1);
    if (s.n != 0) {
        memcpy(copy, s.p, s.n);
    }
    return copy;
}

struct str arena_print(struct arena *arena, const char *format, ...)
{
    if (format == NULL) {
        die("no format");
    }
    char probe[2];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(probe, sizeof(probe), format, args);
    va_end(args);
    if (n < 0) {
        die("format");
    }
    char *text = arena_alloc(arena, (size_t)n + 1);
    va_start(args, format);
    (void)vsnprintf(text, (size_t)n + 1, format, args);
    va_end(args);
    return (struct str){.p = text, .n = (size_t)n};
}

void arena_defer(struct arena *arena, void (*release)(void *), void *object)
{
    struct deferred *deferred = ARENA_NEW(arena, struct deferred);
    *deferred =
        (struct deferred){.next = arena->deferred, .release = release, .object = object};
    arena->deferred = deferred;
}

size_t arena_used(const struct arena *arena)
{
    return arena->used;
}

size_t arena_peak(const struct arena *arena)
{
    return arena->peak;
}

#include "shared/memory.h"

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#define SEGMENTS_MAX 8

struct segment {
    char *p;
    size_t n;
};

/* Segments that cannot be written are as in the file, so nothing in them can be lost. Their
 * list stands in one of them: it is read before any is let go, or it would come back at once.
 */
static int let_go(struct dl_phdr_info *object, size_t size, void *context)
{
    (void)size;
    uintptr_t page = *(const uintptr_t *)context;
    struct segment segments[SEGMENTS_MAX];
    size_t n = 0;
    for (int i = 0; i < object->dlpi_phnum && n < SEGMENTS_MAX; i++) {
        const ElfW(Phdr) *header = &object->dlpi_phdr[i];
        if (header->p_type == PT_LOAD && (header->p_flags & PF_W) == 0) {
            uintptr_t from = (object->dlpi_addr + header->p_vaddr) / page * page;
            uintptr_t to = object->dlpi_addr + header->p_vaddr + header->p_memsz;
            segments[n++] = (struct segment){.p = (char *)0 + from, .n = to - from};
        }
    }
    for (size_t i = 0; i < n; i++) {
        (void)madvise(segments[i].p, segments[i].n, MADV_DONTNEED);
    }
    return 0;
}

void memory_settle(void)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    (void)malloc_trim(0);
    (void)dl_iterate_phdr(let_go, &page);
}

/*
 * memory.h - keeps processes that mostly wait small.
 */
#ifndef LEADBOARD_MEMORY_H
#define LEADBOARD_MEMORY_H

/* Lets go of what starting has touched of the program and its libraries, when that is over.
 * Binding libpq's forty libraries reads some 6 MB of them once; whatever is needed again comes
 * back from the page cache, a page fault each. */
void memory_settle(void);

#endif

/*
 * banned.h - calls that may not appear in this project; included by every file through str.h.
 *
 * Each is replaced by something that carries a length, cannot overflow or does not share state:
 * str_* and sb_* for text, str_to_i64 for numbers, clock_* for time.
 */
#ifndef LEADBOARD_BANNED_H
#define LEADBOARD_BANNED_H

/* The headers that declare them come first, so that poisoning does not break those. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf strtok atoi atol atoll
#pragma GCC poison strtol strtoll strtoul strtoull sscanf gets gmtime localtime ctime asctime
#pragma GCC poison system popen tmpnam mktemp rand srand

#endif

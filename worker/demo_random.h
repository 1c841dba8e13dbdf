/*
 * demo_random.h - numbers that look like chance and are the same every time (PCG32).
 */
#ifndef LEADBOARD_DEMO_RANDOM_H
#define LEADBOARD_DEMO_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct demo_random {
    uint64_t state;
};

void demo_random_init(struct demo_random *random, uint64_t seed);
/* 0 .. below - 1; below > 0. */
uint32_t demo_random_below(struct demo_random *random, uint32_t below);
/* from .. to, both included. */
int32_t demo_random_between(struct demo_random *random, int32_t from, int32_t to);
bool demo_random_chance(struct demo_random *random, uint32_t percent);
/* An index of weights, each as likely as its weight says. */
size_t demo_random_weighted(struct demo_random *random, const uint8_t *weights, size_t n);
/* Positive, mostly small, now and then large: waiting times. */
double demo_random_waiting(struct demo_random *random, double mean);

#endif

#include "worker/demo_random.h"

#include <math.h>

static uint32_t next(struct demo_random *random)
{
    uint64_t old = random->state;
    random->state = old * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    uint32_t mixed = (uint32_t)(((old >> 18) ^ old) >> 27);
    uint32_t turn = (uint32_t)(old >> 59);
    return (mixed >> turn) | (mixed << ((32 - turn) & 31));
}

void demo_random_init(struct demo_random *random, uint64_t seed)
{
    random->state = seed;
    (void)next(random);
}

uint32_t demo_random_below(struct demo_random *random, uint32_t below)
{
    return (uint32_t)(((uint64_t)next(random) * below) >> 32);
}

int32_t demo_random_between(struct demo_random *random, int32_t from, int32_t to)
{
    return from + (int32_t)demo_random_below(random, (uint32_t)(to - from + 1));
}

bool demo_random_chance(struct demo_random *random, uint32_t percent)
{
    return demo_random_below(random, 100) < percent;
}

size_t demo_random_weighted(struct demo_random *random, const uint8_t *weights, size_t n)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += weights[i];
    }
    uint32_t left = demo_random_below(random, sum);
    size_t i = 0;
    while (i + 1 < n && left >= weights[i]) {
        left -= weights[i++];
    }
    return i;
}

double demo_random_waiting(struct demo_random *random, double mean)
{
    double unit = ((double)next(random) + 1) / 4294967297.0;
    return -log(unit) * mean;
}
